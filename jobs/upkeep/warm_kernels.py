"""Compile every kernel and archive Spark's classes, once a machine: `python -m jobs.upkeep.warm_kernels`.

Set-up and images run this, so that no worker spends half a minute compiling what another one has
compiled already, and no start of local mode reads Spark's jars again. It is the stages themselves on
a few lines of text, so no kernel is forgotten: pages in one process, texts in another, since
compiling takes one core; neither needs Spark. Printed are the seconds each part took; a second run
shows what the kernels' cache is worth.
"""

from __future__ import annotations

import argparse
import base64
import multiprocessing
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
import pyarrow as pa
from pyspark.sql import SparkSession, Window
from pyspark.sql import functions as F
from pyspark.sql.pandas.types import to_arrow_schema

from jobs.annotate_text import annotate_stage
from jobs.decide_verdicts import decide_stage
from jobs.find_duplicates import dedup_stage
from jobs.recipes.loading import load_recipe
from jobs.runtime.contract.driver_tables import table_chunk
from jobs.runtime.contract.progress import Reporter
from jobs.runtime.contract.stage import RunContext, Stage, all_rows_out, run_stage
from jobs.runtime.spark.arrow_frames import map_with_schema
from jobs.runtime.spark.class_archive import write_archive
from jobs.runtime.spark.java_runtime import use_java
from jobs.runtime.spark.parquet_frames import read_parquet
from jobs.runtime.spark.schemas import EXTRACTED
from jobs.runtime.spark.session import start_session
from jobs.train_perplexity import MODEL_DATASET, train_stage
from udfs.columns.batch_columns import in_schema
from udfs.extract_document import extract
from udfs.extraction.contract import ExtractionOptions
from udfs.text.folding import fold_table
from udfs.text.token_batch import TokenRoom
from udfs.tracing.fingerprints import (
    GUARANTEED,
    HASH_BITS,
    fingerprints,
    folded_texts,
    folded_tokens,
)
from udfs.tracing.matching import phrase_places
from udfs.tracing.posting_keys import PostingKeys
from udfs.tracing.shared_spans import answer_grams, extend_spans
from udfs.tracing.token_counts import TokenCounts
from udfs.trainer_files.packing.packed_groups import FrameIds, packed_groups
from udfs.trainer_files.packing.settings import PackSettings
from udfs.trainer_files.tokenising.engines import EngineName, TokenBatch
from udfs.trainer_files.tokenising.han_runs import han_runs
from udfs.trainer_files.tokenising.tiktoken_file import tokeniser_json

# Two stories that pass the default rules, so that no later kernel stays cold, and the kinds of text
# that kernels branch on: mixed scripts, capitals, marks, tags, lists, tables, repetition.
ENGLISH = (
    "The ferry left at six, as it had every morning since the bridge was washed away. Nobody on board "
    "spoke before the far bank came in sight, and then the baker would unwrap her loaves. The "
    "schoolmaster pretended that he was not hungry, which nobody believed. On the other side the carts "
    "were waiting, and the drivers had already begun to argue about the price of hay. When the bell rang "
    "for the second time, all of them went their ways, and the river was quiet again until noon."
)
CHINESE = (
    "渡船六点开，自从桥被冲走以后，每天早晨都是这样。船上的人在看见对岸以前都不说话，然后卖包子的大嫂就会把"
    "蒸笼打开。教书先生假装自己并不饿，可是没有一个人相信他。对岸的车子早就等在那里，赶车的人已经开始为草料的"
    "价钱争吵起来了。第二遍钟声响起的时候，大家各走各的路，一直到中午，河面上又安静下来。这样的日子过了三年，"
    "谁也没有觉得有什么不好。后来新桥修好了，渡船就停在柳树下面，再也没有人去解开它的缆绳。"
)
ODDITIES = (
    "日本語の文章とカタカナ、そして English words 123 と記号 ☆。\n\n- one\n- two\n\n"
    "| a | b |\n|---|---|\n| 1 | 2 |",
    "[12:01] <ada> hi\n[12:02] <jun> hello\nΚΑΙ Straße naïve cafe\u0301 — “quoted” ... № 5 { } 【注】",
    "灯还亮着。" * 30 + "cheap garden deals " * 60,
)
COPIES = 20
PAGE = f"<html><body><h1>The ferry</h1><p>{ENGLISH}</p><ul><li>one</li></ul><p>{CHINESE}</p></body></html>"


def warm_kernels() -> dict[str, float]:
    """Compile all kernels, in as many processes as there are parts and cores; return seconds by part."""
    parts = (read_pages, judge_texts)
    workers = min(len(parts), os.cpu_count() or 1)
    # Forked, a process would share the locks of numba's threads.
    spawned = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=spawned) as pool:
        return dict(pool.map(_timed, parts))


def _timed(part: Callable[[], None]) -> tuple[str, float]:
    started = time.monotonic()
    part()
    return part.__name__, round(time.monotonic() - started, 3)


def read_pages() -> None:
    """Run the profile that reads pages by kernels of its own (the others need none); pack and trace texts.

    Not in the guarded child, which has two minutes to start: on a busy machine compiling takes longer.
    """
    extract(PAGE.encode(), options=ExtractionOptions(profile="learned"))
    _pack()
    _trace()


def judge_texts() -> None:
    """Run all stages from training to deduplication over generated lines in a scratch folder."""
    lines = [
        f"{text} {number * 7919} {number % 3 * 'again '}"
        for number in range(COPIES)
        for text in (ENGLISH, CHINESE, *ODDITIES)
    ]
    texts = pa.table({"id": range(len(lines)), "text": lines})
    recipe = load_recipe("default", ["perplexity.min_training_tokens=10"])
    with tempfile.TemporaryDirectory() as folder:
        context = RunContext(_no_session, folder, Reporter(quiet=True), local=True)
        extracted = Stage(
            name="extract",
            dataset="extracted",
            module="jobs.extract_text",
            inputs={},
            configuration={},
            chunks=[table_chunk(lambda: in_schema(texts, EXTRACTED, status="ok"))],
            account=all_rows_out,
            in_driver=True,
        )
        run_stage(context, extracted)
        train_stage(context, recipe)
        annotate_stage(context, recipe, context.folder(MODEL_DATASET), None)
        decide_stage(context, recipe)
        dedup_stage(context, recipe)


def _no_session() -> SparkSession:
    raise AssertionError("a few lines of text asked for Spark")


class _Bytes:
    """A tokeniser without a vocabulary: packing needs one, and kernels do not care which."""

    name: EngineName = "tokenizers"

    def encode(self, texts: Sequence[str]) -> TokenBatch:
        """Return the bytes of each text."""
        contents = [text.encode("utf-8") for text in texts]
        offsets = np.cumsum([0, *map(len, contents)], dtype=np.int64)
        return TokenBatch(np.frombuffer(b"".join(contents), np.uint8).astype(np.int32), offsets)


def _trace() -> None:
    """Index two texts and look for one in the other."""
    column = pa.array([ENGLISH, CHINESE], pa.large_string())
    texts = folded_texts(column, fold_table())
    tokens, offsets = folded_tokens(column, fold_table(), TokenRoom())
    TokenCounts(column.nbytes).add(tokens, offsets, np.arange(len(column)))
    found = fingerprints(tokens, offsets)
    PostingKeys(HASH_BITS, 4, 24).dealt(found.hashes, found.texts)
    phrase_places(texts.hashes, texts.offsets, texts.hashes[-GUARANTEED:])
    longest = np.zeros(len(texts.hashes), np.int64)
    extend_spans(answer_grams(texts.hashes), texts.hashes, texts.offsets, longest)


def _pack() -> None:
    """Pack a few texts: `run` does not, and the kernels of `pack` would be compiled by every worker."""
    texts = [ENGLISH, CHINESE, *ODDITIES]
    columns = {
        "partition": pa.array([0] * len(texts), pa.int32()),
        "unit": pa.array([0] * len(texts), pa.int64()),
        "copy": pa.array([0] * len(texts), pa.int32()),
        "id": pa.array(range(len(texts)), pa.int64()),
        "text": pa.array(texts),
    }
    batches = [pa.RecordBatch.from_pydict(columns)]
    list(packed_groups(batches, _Bytes(), PackSettings(), FrameIds(1, 2, 0), pa.int64()))
    ranks = (base64.b64encode(bytes([byte])) + b" %d" % byte for byte in range(256))
    runs = han_runs(tokeniser_json(b"\n".join(ranks), "cl100k_base", {}))
    if runs is None:
        raise RuntimeError("a vocabulary of bytes has Chinese that may be taken out of texts")
    runs.encode([CHINESE], [0], _Bytes().encode)


def _as_they_are(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    yield from batches


def use_spark() -> None:
    """Do what runs ask of Spark, in small: the classes that it loads are those worth an archive."""
    spark = start_session("corpusmill warm-up", master="local[1]")
    with tempfile.TemporaryDirectory() as folder:
        rows = spark.range(100).select(
            "id", (F.col("id") % 7).alias("key"), F.lit("a").alias("text")
        )
        passed = map_with_schema(rows.repartition(2), _as_they_are, to_arrow_schema(rows.schema))
        passed.write.parquet(f"{folder}/rows")
        written = read_parquet(spark, sorted(map(str, Path(folder, "rows").glob("*.parquet"))))
        counts = written.groupBy("key").agg(F.count("*").alias("rows"), F.max("id").alias("last"))
        place = F.row_number().over(Window.partitionBy("key").orderBy("id"))
        first = written.withColumn("place", place).where("place <= 2")
        first.join(F.broadcast(counts), "key").join(written.select("id"), "id").orderBy(
            "id"
        ).collect()
    spark.stop()


def main() -> None:
    """Warm everything up; inside of the spark-submit that loads Spark's classes, only that."""
    if "PYSPARK_GATEWAY_PORT" in os.environ:
        use_spark()
        return
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kernels-only", action="store_true", help="leave Spark's classes alone")
    kernels_only = parser.parse_args().kernels_only
    sys.stdout.write("compiling kernels: a minute or two, once\n")
    sys.stdout.flush()
    sys.stdout.write(f"kernels ready; seconds by part: {warm_kernels()}\n")
    if kernels_only:
        return
    try:
        archived = write_archive(use_java(), Path(__file__), [Path(__file__).parents[2]])
    except OSError as error:  # no archive is no reason to do without kernels
        sys.stderr.write(f"Spark's classes are not archived: {error}\n")
        return
    sys.stdout.write(
        "Spark's classes archived; local mode starts faster now\n"
        if archived
        else "this Java archives no classes; local mode starts as it always did\n"
    )


if __name__ == "__main__":
    main()
