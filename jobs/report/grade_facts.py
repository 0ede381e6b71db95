"""quality/ → the report: which documents have no grade, by language, and why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pyarrow as pa
from pydantic import Field
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.report.fact import Count, Fact

LANGUAGE, GRADE = "language.language", "quality.grade"


class GradedLanguage(Fact):
    """One language's documents that reached the grader."""

    documents: Count
    without_grade: Count
    known: bool = Field(description="whether the grader knows the language")


def graded_languages(quality: DataFrame, details: Mapping[str, Any]) -> dict[str, GradedLanguage]:
    """Return the documents with and without a grade, most frequent language first.

    Args:
        quality: The dataset of that name.
        details: Of its manifest; ``languages`` are those that the grader knows, none: all.
    """
    missing = F.count(F.when(F.col(GRADE).isNull(), 1))
    rows = (
        quality.groupBy(F.coalesce(F.col(LANGUAGE), F.lit("und")).alias("language"))
        .agg(F.count(F.lit(1)).alias("documents"), missing.alias("without"))
        .collect()
    )
    return _facts(((row["language"], row["documents"], row["without"]) for row in rows), details)


def graded_table_languages(
    quality: pa.Table, details: Mapping[str, Any]
) -> dict[str, GradedLanguage]:
    """The same for ``LANGUAGE`` and ``GRADE`` in memory."""
    codes = quality.column(LANGUAGE).cast(pa.string()).fill_null("und")
    missing = quality.column(GRADE).is_null().cast(pa.int64())
    table = pa.table({"language": codes, "without": missing}).group_by("language")
    rows = table.aggregate([("without", "count"), ("without", "sum")]).to_pylist()
    counted = ((row["language"], row["without_count"], row["without_sum"]) for row in rows)
    return _facts(counted, details)


def _facts(
    counted: Iterable[tuple[str, int, int]], details: Mapping[str, Any]
) -> dict[str, GradedLanguage]:
    known = details.get("languages", ())
    return {
        code: GradedLanguage(
            documents=documents, without_grade=without, known=not known or code in known
        )
        for code, documents, without in sorted(counted, key=lambda row: (-row[1], row[0]))
    }
