from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pytest
from pyspark.sql import functions as F

from jobs.verdicts.perplexity_calibration import bucket, calibrate
from jobs.verdicts.thresholds import BINS_PER_UNIT

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

SCHEMA = "language struct<language:string>, perplexity struct<perplexity:float>"


def frame(spark: SparkSession, *rows: tuple[str | None, float | None]) -> DataFrame:
    return spark.createDataFrame([((language,), (value,)) for language, value in rows], SCHEMA)


@pytest.mark.spark
def test_percentiles_and_buckets_are_the_languages_own(spark: SparkSession) -> None:
    english: list[Any] = [("en", float(value)) for value in range(1, 101)]
    chinese: list[Any] = [("zh", 1000.0 * value) for value in range(1, 101)]
    others: list[Any] = [("fr", 5.0), (None, 7.0), ("en", None)]
    data = frame(spark, *english, *chinese, *others)
    calibration = calibrate(data)
    assert list(calibration) == ["en", "zh"]  # one French document is no calibration
    assert calibration["en"]["documents"] == 100
    for language, unit in (("en", 1.0), ("zh", 1000.0)):
        for percentile, value in (("p1", 1.99), ("p30", 30.7), ("p60", 60.4), ("p99", 99.01)):
            found = calibration[language][percentile]
            assert found == pytest.approx(value * unit, rel=2 / BINS_PER_UNIT)
    language, value = (
        F.col("language.language").alias("l"),
        F.col("perplexity.perplexity").alias("v"),
    )
    rows = data.select(language, value, bucket(calibration)).collect()
    counts: dict[tuple[str, str], int] = {}
    for row in rows:
        counts[row.l, row.perplexity_bucket] = counts.get((row.l, row.perplexity_bucket), 0) + 1
    for code in ("en", "zh"):
        assert counts[code, "head"] in (30, 31)
        assert counts[code, "middle"] in (29, 30)
        assert sum(counts[code, name] for name in ("head", "middle", "tail")) == 100
    assert counts["en", None] == counts["fr", None] == counts[None, None] == 1  # type: ignore[index]


@pytest.mark.spark
def test_without_scores_there_is_no_calibration_and_no_bucket(spark: SparkSession) -> None:
    data = frame(spark, ("en", None), ("zh", math.nan))
    assert calibrate(data) == {}
    assert [row[0] for row in data.select(bucket({})).collect()] == [None, None]
