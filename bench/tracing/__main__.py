"""Bytes, speed, look-ups and completeness of the index of phrases, beside infini-gram and tokengrams.

``python -m bench.tracing [--quick] [--documents N] [--spark] [--peers]`` prints one JSON object a fact. Real
English and Chinese texts cut into documents of 4.6 kB, and N generated documents, in row groups of 20,000 and
once more in those that a run writes. Cold: the files of index and texts are dropped from the page cache
before each question. Peers index the first 20 MB of the real English texts.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NoReturn

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from bench.former_build import HERE, command_of
from bench.measuring import measured, measured_command, print_result, tree_cpu_s
from bench.shared_folder import require_data
from bench.tracing.corpora import (
    FOLDER,
    SCANNED,
    BenchTable,
    generated_table,
    real_table,
    regrouped_table,
)
from bench.tracing.peers import measure_peers
from jobs.index_phrases import index_stage
from jobs.inspection.tracing import trace_answer, trace_phrase
from jobs.recipes.loading import load_recipe
from jobs.runtime.contract.progress import Reporter
from jobs.runtime.contract.stage import RunContext
from jobs.runtime.contract.user_tables import open_user_table
from jobs.runtime.spark.han_variants import han_variants
from jobs.runtime.spark.session import start_session
from jobs.tracing.indexed_documents import table_documents
from udfs.text.folding import fold_table
from udfs.tracing.fingerprints import GUARANTEED, FoldedTexts, folded_texts
from udfs.tracing.matching import phrase_places

PHRASES, ANSWERS, SPANS = 60, 10, 6
LENGTHS = (9, 17, 37)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="2,000 generated documents")
    parser.add_argument("--documents", type=int, default=60_000)
    parser.add_argument("--spark", action="store_true", help="also through Spark, in local mode")
    parser.add_argument("--peers", action="store_true", help="also infini-gram and tokengrams")
    arguments = parser.parse_args()
    require_data()
    count = 2_000 if arguments.quick else arguments.documents
    tables = [real_table("en"), real_table("zh"), generated_table(count)]
    for table in (*tables, regrouped_table(tables[-1])):
        index = FOLDER / f"index-{table.name}"
        build(table, index)
        texts = folded_texts(table.texts(), fold_table(han_variants()))
        measure_phrases(table, index, texts)
        measure_answers(table, index, texts)
    if arguments.spark:
        build_by_spark(tables[-1])
        build_in_session((tables[0], tables[-1], tables[-1]))
    if arguments.peers:
        measure_peers(tables[0])


def build(table: BenchTable, index: Path) -> None:
    """Index a table by one thread; the kernels are compiled before."""
    for name in ("warm", "measured"):
        shutil.rmtree(index, ignore_errors=True)
        context = RunContext(_no_spark, str(index), Reporter(quiet=True), local=True, threads=1)
        source = table_documents(open_user_table(_no_spark, str(table.folder), None, None))
        recipe = load_recipe("default", ["run.driver_megabytes=4096"])
        manifest, cost = measured(lambda: index_stage(context, recipe, source))  # noqa: B023
        if name == "measured":
            postings = sum(file.bytes for file in manifest.files if "postings-" in file.path)
            print_result(
                "index", table.name, table.documents, table.text_bytes, **cost.fields(),
                index_bytes=manifest.bytes, bytes_a_text_byte=round(manifest.bytes / table.text_bytes, 4),
                postings_a_text_byte=round(postings / table.text_bytes, 4),
                mb_per_cpu_s=round(table.text_bytes / 1e6 / cost.cpu_s, 1),
            )  # fmt: skip


def build_by_spark(table: BenchTable) -> None:
    """The command with all its processes, started anew."""
    output = FOLDER / "spark-index"
    shutil.rmtree(output, ignore_errors=True)
    words = ("index", str(table.folder), str(output), "--set", "run.driver_megabytes=0", "--quiet")
    cost = measured_command(command_of(HERE, "jobs.command_line", *words, "--master", "local[1]"))
    print_result(
        "index_spark", table.name, table.documents, table.text_bytes, **cost.fields(),
        mb_per_cpu_s=round(table.text_bytes / 1e6 / cost.cpu_s, 1),
    )  # fmt: skip


def build_in_session(tables: Sequence[BenchTable]) -> None:
    """One table after the other by one Spark: from the second on nothing is started or compiled."""
    spark = start_session("bench.tracing", master="local[1]")
    output = FOLDER / "spark-index"
    for table in tables:
        shutil.rmtree(output, ignore_errors=True)
        context = RunContext(spark, str(output), Reporter(quiet=True))
        source = table_documents(open_user_table(spark, str(table.folder), None, None))
        started, before = time.perf_counter(), tree_cpu_s()
        manifest = index_stage(context, load_recipe("default"), source)
        seconds = tree_cpu_s() - before
        print_result(
            "index_session", table.name, table.documents, table.text_bytes,
            wall_s=round(time.perf_counter() - started, 2), cpu_s=round(seconds, 2),
            mb_per_cpu_s=round(table.text_bytes / 1e6 / seconds, 1),
            shuffled_bytes=manifest.costs.shuffled_bytes if manifest.costs else None,
            load=round(os.getloadavg()[0], 1),
        )  # fmt: skip
    spark.stop()


def measure_phrases(table: BenchTable, index: Path, texts: FoldedTexts) -> None:
    """Phrases from documents: time of each question, and who a full scan finds that it does not."""
    draw = np.random.default_rng(7)
    for length in LENGTHS:
        phrases = [_drawn(texts, draw, length) for _ in range(PHRASES)]
        missed = pairs = false = 0
        for words, tokens in phrases:
            wanted = set(np.flatnonzero(phrase_places(texts.hashes, texts.offsets, tokens) >= 0))
            told = {document.id for document in trace_phrase(str(index), words).documents}
            found = {number for number in told if number in range(SCANNED)}
            missed, false = missed + len(wanted - found), false + len(found - wanted)
            pairs += len(wanted)
        asked = [words for words, _ in phrases]
        cold = _timed(index, table, asked, lambda words: trace_phrase(str(index), words))
        print_result(
            "look_up", table.name, table.documents, table.text_bytes, tokens=length,
            pairs=pairs, missed=missed, false=false, **cold,
        )  # fmt: skip


def measure_answers(table: BenchTable, index: Path, texts: FoldedTexts) -> None:
    """Answers of about 200 words, most of them copied in six spans: time of each."""
    draw = np.random.default_rng(11)
    answers = []
    for number in range(ANSWERS):
        spans = [_drawn(texts, draw, int(draw.integers(GUARANTEED, 45)))[0] for _ in range(SPANS)]
        answers.append(" ".join(f"{span} zq{number}x{place}" for place, span in enumerate(spans)))
    found = [len(trace_answer(str(index), answer, limit=10).spans) for answer in answers]
    cold = _timed(index, table, answers, lambda text: trace_answer(str(index), text, limit=10))
    print_result(
        "answer", table.name, table.documents, table.text_bytes, answers=ANSWERS,
        spans_planted=SPANS * ANSWERS, spans_found=sum(found), **cold,
    )  # fmt: skip


def _drawn(
    texts: FoldedTexts, draw: np.random.Generator, length: int
) -> tuple[str, npt.NDArray[np.uint64]]:
    """A phrase of some document, as it is written there, and its tokens."""
    sizes = np.diff(texts.offsets)
    row = int(draw.choice(np.flatnonzero(sizes >= length)))
    first = int(texts.offsets[row] + draw.integers(sizes[row] - length + 1))
    begin, stop = int(texts.start[first]), int(texts.end[first + length - 1])
    words = texts.data[begin:stop].tobytes().decode("utf-8")
    tokens = folded_texts(pa.array([words]), fold_table(han_variants())).hashes
    return words, tokens


def _timed(
    index: Path, table: BenchTable, asked: Sequence[str], ask: Callable[[str], object]
) -> dict[str, float]:
    walls, seconds = [], []
    for words in asked:
        _drop_from_cache([*index.rglob("*.*"), *table.folder.glob("*")])
        started, before = time.perf_counter(), time.process_time()
        ask(words)
        walls.append(time.perf_counter() - started)
        seconds.append(time.process_time() - before)
    return {
        "cold_wall_ms": round(1e3 * statistics.median(walls), 1),
        "cold_wall_ms_worst": round(1e3 * max(walls), 1),
        "cpu_ms": round(1e3 * statistics.median(seconds), 1),
        "load": round(os.getloadavg()[0], 1),
    }


def _drop_from_cache(paths: Sequence[Path]) -> None:
    for path in paths:
        if path.is_file():
            with path.open("rb") as file:
                os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def _no_spark() -> NoReturn:
    raise RuntimeError("Spark was asked for")


if __name__ == "__main__":
    main()
