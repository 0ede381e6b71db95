"""Scoring in workers: `python -m bench.perplexity.workers [--documents N] [--megabytes N]`.

Throughput: the bare kenlm loop (lines that are tokens already, one ``score`` call each) beside scoring
raw text in one Spark worker, tokenising and unknown words included; processor time of the Python
process in both, and the wall time of the Spark job without its start. Memory: a binary of the given
size, made by ``build_binary -p`` (on PATH), open and scored in one process while another one does the
same; what the second holds for itself alone, from /proc, before and after.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from bench.measuring import measured, print_result
from bench.perplexity.training_and_scoring import ORDER, PRUNE, documents
from jobs.models.perplexity.trained_model import (
    model_card,
    train_in_memory,
    write_card,
    write_model_files,
)
from jobs.runtime.spark.arrow_frames import map_with_schema
from jobs.runtime.spark.session import start_session
from udfs.perplexity.folder import read_model
from udfs.perplexity.kenlm_binary import load
from udfs.perplexity.signals import score
from udfs.perplexity.tokens import tokenise_lines

SCORES = pa.schema([("perplexity", pa.float64()), ("spent", pa.float64())])
READER = """
import sys
import numpy as np, pyarrow as pa
from pathlib import Path
from udfs.perplexity.ngram_scoring import open_line_scorer
from udfs.perplexity.tokens import tokenise_lines

def private():
    lines = Path("/proc/self/smaps_rollup").read_text().splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith("Private_")) / 1024

lines = tokenise_lines(pa.array(Path(sys.argv[3]).read_text().split("\\f")))
open_line_scorer(Path(sys.argv[1])).score(lines.data, lines.line_offsets)
before = private()
scorer = open_line_scorer(Path(sys.argv[2]))
for _ in range(3):
    scorer.score(lines.data, lines.line_offsets)
print("open", flush=True)
sys.stdin.readline()
print(private() - before, flush=True)
sys.stdin.readline()
"""


class ScoreBatches:
    """A function for mapInArrow: scores, with the processor time that this took so far."""

    def __init__(self, folder: str, language: str) -> None:
        self.folder, self.language = folder, language

    def __call__(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        model = read_model(self.folder, verify=False)
        started = None
        for batch in batches:
            if started is None:  # kernels are loaded and the model is mapped by the first batch
                score(batch.column("text"), pa.array([self.language] * len(batch)), model)
                started = time.process_time()
            found = score(batch.column("text"), pa.array([self.language] * len(batch)), model)
            spent = time.process_time() - started
            perplexity = found.field("perplexity").cast(pa.float64())
            yield pa.record_batch([perplexity, [spent] * len(batch)], schema=SCORES)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", type=int, default=40_000)
    parser.add_argument("--megabytes", type=int, default=500)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        for language in ("en", "zh"):
            texts = documents(language, 4000)
            folder = Path(scratch) / language
            folder.mkdir()
            train(folder, language, texts[::2])
            measure_throughput(folder, language, texts, arguments.documents)
        if shutil.which("build_binary"):
            measure_memory(folder, language, texts[:500], arguments.megabytes)


def train(folder: Path, language: str, texts: list[str]) -> None:
    data = tokenise_lines(pa.array(texts)).data.tobytes()
    files = write_model_files(
        folder, language, train_in_memory([data], ORDER, PRUNE), [], binary=True
    )
    write_card(
        folder, model_card(ORDER, 1, {language: {"models": [{"held_out_fold": None, **files}]}}, {})
    )


def measure_throughput(folder: Path, language: str, texts: list[str], wanted: int) -> None:
    texts = (texts * (wanted // len(texts) + 1))[:wanted]
    pq.write_table(pa.table({"text": texts}), folder / "t.parquet", row_group_size=5000)
    scorer = load(folder / f"{language}.binary")
    ready = tokenise_lines(pa.array(texts)).data.tobytes().decode().splitlines()
    _, bare = measured(lambda: [scorer.score(line) for line in ready])
    spark = start_session("bench", master="local[1]")
    frame = spark.read.parquet(str(folder / "t.parquet")).coalesce(1)
    scored = map_with_schema(frame, ScoreBatches(str(folder), language), SCORES)
    started = time.perf_counter()
    spent = scored.selectExpr("max(spent)", "sum(perplexity)").collect()[0][0]
    wall = time.perf_counter() - started
    size = sum(map(len, texts))
    for system, seconds, job in (
        ("bare kenlm loop", bare.cpu_s, bare.wall_s),
        ("Spark worker", spent, wall),
    ):
        print_result(
            f"perplexity: score {language} in workers", system, len(texts), size, cpu_s=round(seconds, 3),
            wall_s=round(job, 3), docs_per_cpu_s=round(len(texts) / seconds),
            of_bare=round(bare.cpu_s / seconds, 3),
        )  # fmt: skip


def measure_memory(folder: Path, language: str, texts: list[str], megabytes: int) -> None:
    small = folder / f"{language}.binary"
    (arpa,) = folder.glob("*.arpa*")
    growth = 1.5 * megabytes * (1 << 20) / small.stat().st_size
    large = folder / "large.binary"
    command = ["build_binary", "-p", f"{growth:.2f}", "probing", str(arpa), str(large)]
    subprocess.run(command, check=True, capture_output=True)
    (folder / "texts").write_text("\f".join(texts))
    command = [sys.executable, "-c", READER, str(small), str(large), str(folder / "texts")]
    readers = []
    for _ in range(2):
        reader = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert reader.stdin is not None
        assert reader.stdout is not None
        reader.stdout.readline()
        readers.append(reader)
    found = []
    for reader in readers:
        reader.stdin.write("\n")
        reader.stdin.flush()
        found.append(round(float(reader.stdout.readline()), 2))
    for reader in readers:
        reader.communicate("\n")
    print_result(
        "perplexity: private memory of a worker", "corpusmill", len(texts), large.stat().st_size,
        private_mb_each=found,
    )  # fmt: skip


if __name__ == "__main__":
    main()
