"""Modified Kneser-Ney as Spark jobs: three shuffles of n-gram blocks for all orders together.

Between the steps the blocks lie as Parquet in the work folder: their statistics are needed by the
driver before the next step, and a lost executor then costs one step, not all. What the tasks compute
is in ``udfs.perplexity.ngram_blocks``.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from jobs.models.perplexity.block_rows import BLOCK_SCHEMA
from jobs.models.perplexity.trained_model import TrainedModel
from jobs.models.perplexity.training_tasks import (
    LINES_SCHEMA,
    WORDS_SCHEMA,
    CountBuckets,
    CountSentences,
    DiscountBuckets,
    FindWords,
    InterpolateBuckets,
    Plan,
)
from jobs.runtime.spark.arrow_frames import map_with_schema
from jobs.runtime.spark.connect import send
from jobs.runtime.spark.schemas import spark_schema
from jobs.runtime.store.storage import join, spark_path, spark_read_path
from udfs.perplexity.arpa_file import compress, format_section
from udfs.perplexity.kneser_ney import (
    Counts,
    Discounts,
    Reals,
    counts_of_counts,
    discounts,
    log10,
    unigram_probabilities,
)
from udfs.perplexity.word_ids import Vocabulary, build_vocabulary

_COLLECT_BYTES = 256 << 20  # compressed lines that the driver fetches in one job


def train_distributed(
    tokens: DataFrame,
    order: int,
    prune: Sequence[int],
    buckets: int,
    work_folder: str,
    spark: SparkSession,
) -> TrainedModel:
    """Train a model whose n-grams do not fit one machine's memory.

    Args:
        tokens: Column ``tokens`` (binary): token lines of each document; read twice.
        order: 2..6.
        prune: One threshold an order.
        buckets: Number of tasks a step; the n-grams of one bucket must fit a worker's memory.
        work_folder: Scratch for this model alone.
        spark: The session.

    Returns:
        The model; its sections are read from the work folder when they are iterated.
    """
    vocabulary = _collect_vocabulary(tokens)
    plan = Plan(order, tuple(prune), buckets, len(vocabulary.words))
    lookup = send(spark, (vocabulary.hashes, vocabulary.ids))
    store = _Store(spark, work_folder)
    texts = tokens.select("tokens")
    counted = _by_bucket(map_with_schema(texts, CountSentences(plan, lookup), BLOCK_SCHEMA), plan)
    store.write("counts", map_with_schema(counted, CountBuckets(plan), BLOCK_SCHEMA))
    of_orders, followers = _statistics(store.read("counts", "statistics", "followers"), plan)
    unigrams, _ = unigram_probabilities(followers, discounts(counts_of_counts(followers)))
    discounted = _by_bucket(store.read("counts", "counted"), plan)
    discount = DiscountBuckets(plan, of_orders)
    store.write("shares", map_with_schema(discounted, discount, BLOCK_SCHEMA))
    words = send(spark, (unigrams, vocabulary.words))
    shares = _by_bucket(store.read("shares", "share", "context"), plan)
    store.write("lines", map_with_schema(shares, InterpolateBuckets(plan, words), LINES_SCHEMA))
    gammas = _unigram_gammas(store.read("shares", "unigram"), plan.vocabulary)
    ids = np.arange(plan.vocabulary, dtype=np.int32)[:, None]
    first = compress(format_section(ids, log10(unigrams), log10(gammas), vocabulary.words))
    counts, sections = _sections(store, order)
    return TrainedModel([plan.vocabulary, *counts], itertools.chain([[first]], sections))


@dataclass(frozen=True)
class _Store:
    """The work folder: one Parquet dataset a step, a folder a kind of block."""

    spark: SparkSession
    folder: str

    def write(self, step: str, frame: DataFrame) -> None:
        path = spark_path(join(self.folder, step))
        frame.write.partitionBy("kind").mode("overwrite").parquet(path)

    def read(self, step: str, *kinds: str) -> DataFrame:
        path = spark_read_path(join(self.folder, step))
        schema = LINES_SCHEMA if step == "lines" else BLOCK_SCHEMA
        frame = self.spark.read.schema(spark_schema(schema)).parquet(path)  # none is looked for
        return frame.where(F.col("kind").isin(*kinds))


def _by_bucket(blocks: DataFrame, plan: Plan) -> DataFrame:
    return blocks.select(*BLOCK_SCHEMA.names).repartition(plan.buckets, "bucket")


def _collect_vocabulary(tokens: DataFrame) -> Vocabulary:
    words: set[bytes] = set()
    found = map_with_schema(tokens.select("tokens"), FindWords(), WORDS_SCHEMA)
    for row in found.toLocalIterator(prefetchPartitions=True):
        words.update(bytes(row.words).split())
    return build_vocabulary(words)


def _statistics(blocks: DataFrame, plan: Plan) -> tuple[dict[int, Discounts], Counts]:
    """Global numbers of all buckets.

    Returns:
        (discounts of orders 2..order; int64[words], how many different words each word follows).
    """
    sums = {n: np.zeros(4, np.int64) for n in range(2, plan.order + 1)}
    followers = np.zeros(plan.vocabulary, np.int64)
    for row in blocks.select("kind", "size", "words", "first").collect():
        numbers = np.frombuffer(row.first, np.int64)
        if row.kind == "statistics":
            sums[row.size] += numbers
        else:
            followers[np.frombuffer(row.words, np.int32)] += numbers
    return {n: discounts(counts) for n, counts in sums.items()}, followers


def _unigram_gammas(blocks: DataFrame, vocabulary: int) -> Reals:
    """float64[words]: gamma of every word as a context; 1 where nothing follows."""
    gammas = np.ones(vocabulary)
    for row in blocks.select("words", "first").collect():
        gammas[np.frombuffer(row.words, np.int32)] = np.frombuffer(row.first, np.float64)
    return gammas


def _sections(store: _Store, order: int) -> tuple[list[int], Iterator[Iterable[bytes]]]:
    """N-grams of orders 2..order, and their lines in the order of the buckets."""
    lines = store.read("lines", "lines")
    totals = lines.groupBy("size").agg(
        F.sum("ngrams").alias("ngrams"), F.sum(F.length("lines")).alias("bytes")
    )
    found = {row["size"]: row for row in totals.collect()}
    counts = [found[n]["ngrams"] if n in found else 0 for n in range(2, order + 1)]
    columns = lines.select("size", "bucket", "lines")
    if sum(row["bytes"] for row in found.values()) <= _COLLECT_BYTES:
        rows = sorted(columns.collect())
        return counts, ([bytes(r[2]) for r in rows if r[0] == n] for n in range(2, order + 1))

    def stream(n: int) -> Iterator[bytes]:
        ordered = columns.where(F.col("size") == n).orderBy("bucket")
        return (bytes(row[2]) for row in ordered.toLocalIterator())

    return counts, (stream(n) for n in range(2, order + 1))
