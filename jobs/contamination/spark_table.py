"""A user's table of any size and kind, compared with benchmarks by Spark."""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from jobs.contamination.given_benchmarks import GivenBenchmarks
from jobs.contamination.item_texts import with_item_texts
from jobs.contamination.phrase_counting import spark_counting
from jobs.dedup.file_bitmaps import quoted, without_rows
from jobs.recipes.rules import ResolvedRule
from jobs.runtime.contract.manifest import PublishedFile
from jobs.runtime.contract.stage import RunContext, StageWork, parquet_chunk
from jobs.runtime.contract.user_tables import ROW_ID, UserTable
from jobs.runtime.spark.arrow_frames import map_batches
from jobs.verdicts.expressions import excised, verdict_columns, without_lines
from udfs.contamination.benchmark_index import BenchmarkIndex
from udfs.contamination.signals import MATCHES, ContaminationBatches

DATASET = "contamination"
SIGNALS = "contamination"
HOSTS = 200  # clean documents that items are planted in


@dataclass(frozen=True)
class SparkTable:
    """A table that Spark reads, and what becomes of its rows.

    Attributes:
        context: The run.
        table: The user's.
        benchmarks: What rows are compared with.
        rules: What becomes of a row by its matches.
    """

    context: RunContext
    table: UserTable
    benchmarks: GivenBenchmarks
    rules: Sequence[ResolvedRule]

    def documents(self) -> int:
        """Return the number of rows."""
        return self._texts().count()

    def counting(self, index: Callable[[], BenchmarkIndex], drawn: int) -> StageWork:
        """Count phrases of items; see ``phrase_counting.Counting``."""
        return spark_counting(self.context, self._texts)(index, drawn)

    def matching(self, index: Callable[[], BenchmarkIndex]) -> StageWork:
        """Write every match by the user's id, with the reason by which its row leaves, and ``ROW_ID``."""
        return StageWork(parquet_chunk(lambda: self._matches(index)))

    def publishing(self) -> StageWork:
        """All columns of the rows kept, less what is cut out of their texts."""
        return StageWork(parquet_chunk(self._corpus))

    def dropped(self, files: Sequence[PublishedFile]) -> int:
        """Return how many rows the matches in some files make leave."""
        held = [file for file in files if file.rows]
        if not held:
            return 0
        matches = self.context.read_files(DATASET, held)
        return matches.where(F.col("reason").isNotNull()).select(ROW_ID).distinct().count()

    def hosts(self, files: Sequence[PublishedFile]) -> list[str]:
        """Return up to ``HOSTS`` texts in which nothing was found, drawn by the hash of their id."""
        texts = self._texts()
        held = [file for file in files if file.rows]
        if held:
            matched = self.context.read_files(DATASET, held).select(F.col(ROW_ID).alias("id"))
            texts = without_rows(texts, matched)
        return drawn_hosts(texts)

    def _texts(self) -> DataFrame:
        return self.table.read(self.context.spark).select(
            F.col(ROW_ID).alias("id"),
            F.col(quoted(self.table.id_column)).alias("given_id"),
            F.col(quoted(self.table.text_column)).alias("text"),
        )

    def _matches(self, index: Callable[[], BenchmarkIndex]) -> DataFrame:
        compared = map_batches(self._texts(), ContaminationBatches(index))
        judged = compared.select("id", "given_id", SIGNALS, *verdict_columns(self.rules))
        matches = judged.select(
            "id", "given_id", "reason", "flags", F.explode(f"{SIGNALS}.{MATCHES}").alias("match")
        )
        named = matches.select(
            F.col("given_id").alias("id"),
            "match.*",
            "reason",
            excised_match(self.rules).alias("excised"),
            F.col("id").alias(ROW_ID),
        )
        return with_item_texts(named, self.benchmarks)

    def _corpus(self) -> DataFrame:
        matches, _ = self.context.read(DATASET, "decontaminate")
        dropped = matches.where(F.col("reason").isNotNull()).select(ROW_ID)
        kept = without_rows(self.table.read(self.context.spark), dropped, ROW_ID)
        if any(rule.action == "excise" for rule in self.rules):
            text = quoted(self.table.text_column)
            span = F.struct("first_line", "last_line")
            cuts = matches.where("excised").groupBy(ROW_ID).agg(F.collect_set(span).alias("spans"))
            cut = kept.join(F.broadcast(cuts), ROW_ID, "left")
            less = without_lines(F.col(text), F.col("spans"))
            kept = cut.withColumn(self.table.text_column, less).select(*map(quoted, kept.columns))
        return kept.drop(ROW_ID)


def drawn_hosts(clean: DataFrame) -> list[str]:
    """Return up to ``HOSTS`` of the texts of ``id`` and ``text``."""
    drawn = clean.where(F.length("text") > 0).orderBy(F.xxhash64("id")).limit(HOSTS)
    return [row["text"] for row in drawn.select("text").collect()]


def excised_match(rules: Sequence[ResolvedRule]) -> Column:
    """Whether the lines of ``match`` are cut out of a document with ``reason`` and ``flags``."""
    cut = [
        F.array_contains("flags", rule.reason) & excised(rule, F.col("match"))
        for rule in rules
        if rule.action == "excise"
    ]
    return F.col("reason").isNull() & functools.reduce(operator.or_, cut, F.lit(False))
