"""Duplicate removal: signatures and end to end, accuracy against exact Jaccard beside.

``python -m bench.dedup.end_to_end [--quick] [--documents N] [--preset NAME] [--peers NAME ...]`` prints
one JSON object a line: ``{workload, system, docs, bytes, wall_s, cpu_s, peak_rss_mb, ...}``. Peers run in
environments of their own below bench-output/, made at the first run, on the same files in the same run.
``--growth N`` measures a corpus of any size that is generated in a stream. The corpus is generated
(``bench/dedup/synthetic_families.py``), so figures are ratios to compare systems by, not promises.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from pathlib import Path

import datasketch
import pyarrow as pa
import pyarrow.parquet as pq

from bench.dedup.peers import PEERS, run_peer
from bench.dedup.synthetic_families import Corpus, generate
from bench.dedup.truth import Truth, family_truth, score, score_removed
from bench.dedup.workloads import FOLDER, measure_kernels, write_corpus
from bench.measuring import Cost, measured, measured_command, print_result
from jobs.dedup import DedupSettings

DATASKETCH_SAMPLE = 300
MANIFESTS = "*/_manifest.json"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="10,000 documents")
    parser.add_argument("--documents", type=int, default=100_000)
    parser.add_argument("--preset", default="default")
    parser.add_argument("--spark-only", action="store_true", help="no search on the driver")
    parser.add_argument("--peers", nargs="*", default=[], choices=PEERS)
    parser.add_argument(
        "--memory", help="Java's heap, for --growth; the command's own choice without"
    )
    parser.add_argument("--growth", type=int, metavar="N", help="N documents, only this")
    arguments = parser.parse_args()
    given: dict[str, object] = {"preset": arguments.preset}
    system = f"corpusmill_{arguments.preset}"
    if arguments.spark_only:
        given["max_driver_documents"] = 0
        system += "_spark_only"
    if arguments.growth:
        measure_growth(arguments.growth, system, given, arguments.memory)
        return
    settings = DedupSettings.model_validate(given)
    count = 10_000 if arguments.quick else arguments.documents
    corpus = generate(count)
    measure_kernels(corpus, min(count, 20_000))
    measure_datasketch(corpus)
    source = write_corpus(count)
    cost, facts, removed = run_command(source, given)
    truth = family_truth(pa.concat_arrays(corpus.table["text"].chunks), corpus.family)
    size = int(corpus.table["text"].nbytes)
    ids, keepers = removed["id"].to_numpy(), removed["keeper_id"].to_numpy()
    print_result(
        "dedup_end_to_end", system, count, size, **cost.fields(), **facts,
        **score(truth, ids, keepers, settings.threshold),
    )  # fmt: skip
    for name in arguments.peers:
        measure_peer(name, source, count, size, truth)


def measure_datasketch(corpus: Corpus) -> None:
    """The same signatures by datasketch from word 5-grams (its default hash), on a sample."""
    texts = corpus.table["text"].slice(0, DATASKETCH_SAMPLE).to_pylist()

    def sign() -> None:
        for text in texts:
            words = text.lower().split()
            grams = {" ".join(words[i : i + 5]).encode() for i in range(max(1, len(words) - 4))}
            datasketch.MinHash(140).update_batch(list(grams))

    _, cost = measured(sign)
    print_result(
        "dedup_signatures", f"datasketch_{datasketch.__version__}", len(texts),
        sum(map(len, texts)), **cost.fields(), docs_per_cpu_s=round(len(texts) / cost.cpu_s),
        permutations=140,
    )  # fmt: skip


def measure_peer(name: str, source: Path, count: int, size: int, truth: Truth) -> None:
    """One peer from the same files to the ids it keeps, start of its interpreter included."""
    found = run_peer(name, source, FOLDER)
    print_result(
        "dedup_end_to_end", found.system, count, size, **found.cost.fields(),
        **score_removed(truth, found.removed(count), 0.7),
    )  # fmt: skip


def measure_growth(count: int, system: str, given: dict[str, object], memory: str | None) -> None:
    """Seconds and bytes a document of a corpus of any size; its files are deleted afterwards."""
    source = write_corpus(count)
    size = sum(path.stat().st_size for path in source.glob("*.parquet"))
    try:
        cost, facts, removed = run_command(source, given, memory)
    finally:
        shutil.rmtree(source)
    print_result(
        "dedup_growth", system, count, size, **cost.fields(), **facts, removed=len(removed),
        microseconds_per_doc=round(cost.wall_s / count * 1e6, 2),
    )  # fmt: skip


def run_command(
    source: Path, given: dict[str, object], memory: str | None = None
) -> tuple[Cost, dict[str, object], pa.Table]:
    """`corpusmill dedup` on local[2] from Parquet to the corpus, starts of Python and Java included."""
    work = FOLDER / "work"
    shutil.rmtree(work, ignore_errors=True)
    command = [sys.executable, "-m", "jobs.command_line", "dedup", str(source), str(work)]
    command += ["--quiet", "--master", "local[2]"]
    command += [
        word for name, value in given.items() for word in ("--set", f"dedup.{name}={value}")
    ]
    command += [] if memory is None else ["--spark-conf", f"spark.driver.memory={memory}"]
    cost = measured_command(command)
    manifests = {path.parent.name: json.loads(path.read_text()) for path in work.glob(MANIFESTS)}
    sub_stages = {
        path.parent.name: json.loads(path.read_text())["seconds"]
        for path in work.glob("_work/dedup/*/_fingerprint.json")
    }
    signatures = manifests["signatures"]
    count = signatures["accounts"]["rows_in"]
    shuffled = sum(manifest["costs"]["shuffled_bytes"] for manifest in manifests.values())
    screening = pq.read_table(work / "_work" / "dedup" / "screening", columns=["keeper_id"])
    facts = {
        "stages_s": {name: manifest["seconds"] for name, manifest in manifests.items()},
        "sub_stages_s": sub_stages,
        "shuffled_bytes_per_doc": round(shuffled / count),
        "persisted_bytes_per_doc": round(
            sum(file["bytes"] for file in signatures["files"]) / count
        ),
        "read_again": screening["keeper_id"].null_count,
    }
    removed = pq.read_table(work / "duplicates", columns=["id", "keeper_id"])
    shutil.rmtree(work)
    return cost, facts, removed


if __name__ == "__main__":
    main()
