"""Modified Kneser-Ney as Spark jobs: three shuffles of n-gram blocks for all orders together.

Between the steps the blocks lie as Parquet in the work folder: their statistics are needed by the
driver before the next step, and a lost executor then costs one step, not all. What the tasks compute
is in ``udfs.ngram_blocks``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from jobs.perplexity.block_rows import BLOCK_DDL, Values, join_blocks
from jobs.perplexity.trained_model import TrainedModel
from jobs.perplexity.training_tasks import (
    LINES_DDL,
    CountBuckets,
    CountSentences,
    DiscountBuckets,
    FindWords,
    InterpolateBuckets,
    Plan,
)
from jobs.runtime.storage import join, spark_path, spark_read_path
from udfs.arpa_file import compress, format_section
from udfs.kneser_ney import (
    Counts,
    Discounts,
    Ids,
    Reals,
    counts_of_counts,
    discounts,
    log10,
    unigram_probabilities,
)
from udfs.perplexity_ids import Vocabulary, build_vocabulary


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
    lookup = spark.sparkContext.broadcast((vocabulary.hashes, vocabulary.ids))
    store = _Store(spark, work_folder)
    counted = tokens.select("tokens").mapInArrow(CountSentences(plan, lookup), BLOCK_DDL)
    store.write("counts", _by_bucket(counted, plan).mapInArrow(CountBuckets(plan), BLOCK_DDL))
    of_orders = _discounts(store.read("counts", "statistics"), order)
    followers = _add_up(store.read("counts", "followers"), plan.vocabulary)
    unigrams, _ = unigram_probabilities(followers, discounts(counts_of_counts(followers)))
    discounted = _by_bucket(store.read("counts", "counted"), plan)
    store.write("shares", discounted.mapInArrow(DiscountBuckets(plan, of_orders), BLOCK_DDL))
    words = spark.sparkContext.broadcast((unigrams, vocabulary.words))
    shares = _by_bucket(store.read("shares", "share", "context"), plan)
    store.write("lines", shares.mapInArrow(InterpolateBuckets(plan, words), LINES_DDL))
    backoff = _unigram_backoffs(store.read("shares", "unigram"), plan.vocabulary)
    return _trained(store, vocabulary, unigrams, backoff, order)


@dataclass(frozen=True)
class _Store:
    """The work folder: one Parquet dataset a step, a folder a kind of block."""

    spark: SparkSession
    folder: str

    def write(self, step: str, frame: DataFrame) -> None:
        path = spark_path(join(self.folder, step))
        frame.write.partitionBy("kind").mode("overwrite").parquet(path)

    def read(self, step: str, *kinds: str) -> DataFrame:
        frame = self.spark.read.parquet(spark_read_path(join(self.folder, step)))
        return frame.where(F.col("kind").isin(*kinds))


def _by_bucket(blocks: DataFrame, plan: Plan) -> DataFrame:
    columns = [F.col(column.split(" ")[0]) for column in BLOCK_DDL.split(", ")]
    return blocks.select(*columns).repartition(plan.buckets, "bucket")


def _collect_vocabulary(tokens: DataFrame) -> Vocabulary:
    words: set[bytes] = set()
    found = tokens.select("tokens").mapInArrow(FindWords(), "words binary")
    for row in found.toLocalIterator(prefetchPartitions=True):
        words.update(bytes(row.words).split())
    return build_vocabulary(words)


def _arrays(blocks: DataFrame, kind: str, dtype: type) -> tuple[Ids, Values]:
    """(word ids, first values) of the collected blocks of one word each."""
    rows = [row.asDict() for row in blocks.select("kind", "size", "words", "first").collect()]
    table = pa.Table.from_pylist([{**row, "second": b""} for row in rows], _COLLECTED)
    words, first, _ = join_blocks(table, kind, 1, (dtype, dtype))
    return words[:, 0], first


_COLLECTED = pa.schema(
    [
        ("kind", pa.string()),
        ("size", pa.int32()),
        ("words", pa.binary()),
        ("first", pa.binary()),
        ("second", pa.binary()),
    ]
)


def _discounts(statistics: DataFrame, order: int) -> dict[int, Discounts]:
    """The discounts of orders 2..order from the counts of counts of all buckets."""
    sums = {n: np.zeros(4, np.int64) for n in range(2, order + 1)}
    for row in statistics.select("size", "first").collect():
        sums[row.size] += np.frombuffer(row.first, np.int64)
    return {n: discounts(counts) for n, counts in sums.items()}


def _add_up(followers: DataFrame, vocabulary: int) -> Counts:
    """int64[words]: in how many different words' company each word follows."""
    words, counts = _arrays(followers, "followers", np.int64)
    total = np.zeros(vocabulary, np.int64)
    np.add.at(total, words, counts)
    return total


def _unigram_backoffs(gammas: DataFrame, vocabulary: int) -> Reals:
    words, gamma = _arrays(gammas, "unigram", np.float64)
    backoff = np.ones(vocabulary)
    backoff[words] = gamma
    return backoff


def _trained(
    store: _Store, vocabulary: Vocabulary, unigrams: Reals, backoff: Reals, order: int
) -> TrainedModel:
    ids = np.arange(len(unigrams), dtype=np.int32)[:, None]
    first = compress(format_section(ids, log10(unigrams), log10(backoff), vocabulary.words))
    lines = store.read("lines", "lines")
    sums = {
        row.size: row.n for row in lines.groupBy("size").agg(F.sum("ngrams").alias("n")).collect()
    }

    def section(n: int) -> Iterator[bytes]:
        rows = lines.where(F.col("size") == n).orderBy("bucket").select("lines").toLocalIterator()
        return (bytes(row.lines) for row in rows)

    sections: Iterable[Iterable[bytes]] = (
        [first] if n == 1 else section(n) for n in range(1, order + 1)
    )
    counts = [len(unigrams), *(int(sums.get(n, 0)) for n in range(2, order + 1))]
    return TrainedModel(vocabulary, counts, sections)
