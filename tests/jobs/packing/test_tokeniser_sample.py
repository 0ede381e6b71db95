"""The sample of a tokeniser: by content, weighted by language, never what is measured."""

import pyarrow as pa
import pytest
from pyspark.sql import SparkSession

from jobs.packing import tokeniser_sample
from jobs.packing.tokeniser_sample import draw_own_sample, draw_sample

pytestmark = pytest.mark.spark

ROWS = [
    (f"{language} text number {number} " + "x" * 969, language, "a" if number % 2 else "b")
    for language in ("en", "zh")
    for number in range(2_000)
]


def drawn(
    spark: SparkSession, weights: dict[str, float], partitions: int
) -> tokeniser_sample.TokeniserSample:
    frame = spark.createDataFrame(ROWS, "text string, language string, source string")
    return draw_sample(frame.repartition(partitions), 1, weights)


def test_languages_have_their_share_times_their_weight(
    spark: SparkSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tokeniser_sample, "MEASURED_BYTES", 200_000)
    even, weighted = drawn(spark, {}, 2), drawn(spark, {"zh": 3.0}, 5)
    assert 900_000 < sum(map(len, even.training)) < 1_100_000
    chinese = [text for text in weighted.training if text.startswith("zh")]
    assert 0.68 < len(chinese) / len(weighted.training) < 0.82
    assert not set(weighted.training) & {
        text for texts in weighted.measured.values() for text in texts
    }
    assert weighted.measured.keys() == {"en", "zh", "source a", "source b"}
    assert 120 < len(weighted.measured["zh"]) < 280
    assert drawn(spark, {"zh": 3.0}, 3) == weighted


@pytest.mark.parametrize("weights", [{}, {"zh": 3.0, "xx": 2.0}])
def test_a_table_in_memory_gives_the_same_sample(
    spark: SparkSession, monkeypatch: pytest.MonkeyPatch, weights: dict[str, float]
) -> None:
    monkeypatch.setattr(tokeniser_sample, "MEASURED_BYTES", 200_000)
    rows = [*ROWS, ("", "en", "a"), ("no language", None, None), (None, "zh", "b")]
    names = ["text", "language", "source"]
    frame = spark.createDataFrame(rows, "text string, language string, source string")
    table = pa.table({name: [row[place] for row in rows] for place, name in enumerate(names)})
    assert draw_own_sample(table, 1, weights) == draw_sample(frame, 1, weights)
    plain = frame.select("text")
    assert draw_own_sample(table.select(["text"]), 1, weights) == draw_sample(plain, 1, weights)
