"""Duplicate removal: signatures and end to end, accuracy against exact Jaccard beside.

``python -m bench.dedup [--quick] [--documents N] [--preset NAME]`` prints one JSON object a line:
``{workload, system, docs, bytes, wall_s, cpu_s, peak_rss_mb, ...}``. The corpus is generated
(``bench/synthetic_families.py``), so figures are ratios to compare systems by, not promises.
"""

from __future__ import annotations

import argparse
import itertools
import json
import sys
import tempfile
from pathlib import Path

import datasketch
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from bench.dedup_truth import family_truth, score
from bench.measuring import measured, measured_command, print_result
from bench.synthetic_families import Corpus, generate
from jobs.dedup import DedupSettings
from udfs.document_signatures import sign_documents

DATASKETCH_SAMPLE = 300


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="10,000 documents")
    parser.add_argument("--documents", type=int, default=100_000)
    parser.add_argument("--preset", default="default")
    parser.add_argument("--spark-only", action="store_true", help="no search on the driver")
    arguments = parser.parse_args()
    count = 10_000 if arguments.quick else arguments.documents
    corpus = generate(count)
    given: dict[str, object] = {"preset": arguments.preset}
    system = f"corpusmill_{arguments.preset}"
    if arguments.spark_only:
        given["max_driver_documents"] = 0
        system += "_spark_only"
    measure_kernels(corpus, min(count, 20_000))
    measure_datasketch(corpus)
    measure_end_to_end(corpus, system, DedupSettings.model_validate(given))


def measure_kernels(corpus: Corpus, count: int) -> None:
    """Signatures on one core, from Arrow text to Arrow columns, as a Spark worker computes them."""
    plan = DedupSettings().signing_plan
    sample = signing_batches(corpus, count)
    list(sign_documents(sample[:1], plan))  # compiling, or loading what was compiled before
    _, cost = measured(lambda: list(sign_documents(sample, plan)))
    size = sum(batch.column("text").nbytes for batch in sample)
    print_result(
        "dedup_signatures", "corpusmill_kernels", count, size, **cost.fields(),
        docs_per_cpu_s=round(count / cost.cpu_s), permutations=plan.bands * plan.rows,
    )  # fmt: skip


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


def measure_end_to_end(corpus: Corpus, system: str, settings: DedupSettings) -> None:
    """From Parquet to the list of duplicates on local[2], starts of Python and Spark included."""
    count = len(corpus.family)
    with tempfile.TemporaryDirectory() as scratch:
        source, work = Path(scratch) / "documents", Path(scratch) / "work"
        write_corpus(corpus, source)
        command = [sys.executable, "-m", "bench.dedup_command", str(source), str(work)]
        cost = measured_command([*command, settings.model_dump_json()])
        seconds = {
            path.parent.name: json.loads(path.read_text())["seconds"]
            for path in work.glob("*/_fingerprint.json")
        }
        persisted = sum(p.stat().st_size for p in (work / "signatures").glob("*.parquet"))
        removed = pq.read_table(work / "duplicates")
    truth = family_truth(pa.concat_arrays(corpus.table["text"].chunks), corpus.family)
    ids, keepers = removed["id"].to_numpy(), removed["keeper_id"].to_numpy()
    print_result(
        "dedup_end_to_end", system, count, int(corpus.table["text"].nbytes), **cost.fields(),
        sub_stages_s=seconds, persisted_bytes_per_doc=round(persisted / count),
        **score(truth, ids, keepers, settings.threshold),
    )  # fmt: skip


def signing_batches(corpus: Corpus, count: int) -> list[pa.RecordBatch]:
    table = corpus.table.slice(0, count)
    table = table.append_column("address", pa.nulls(count, pa.string()))
    table = table.append_column("keep_value", pa.nulls(count, pa.float64()))
    return list(table.to_batches(max_chunksize=256))


def write_corpus(corpus: Corpus, folder: Path) -> None:
    folder.mkdir()
    files = max(4, len(corpus.family) // 50_000)
    bounds = np.linspace(0, len(corpus.family), files + 1).astype(int)
    for number, (start, stop) in enumerate(itertools.pairwise(bounds)):
        part = corpus.table.slice(start, stop - start)
        pq.write_table(part, folder / f"{number:04d}.parquet", compression="zstd")


if __name__ == "__main__":
    main()
