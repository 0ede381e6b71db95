from __future__ import annotations

import random
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobs.models.perplexity import (
    GatheredSample,
    PerplexitySettings,
    train_models,
    train_sampled,
)

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

Row = tuple[str | None, str | None]
SENTENCES = st.lists(
    st.tuples(
        st.one_of(
            st.none(), st.lists(st.sampled_from("abcde"), min_size=0, max_size=9).map(" ".join)
        ),
        st.sampled_from(["en", "zh", None]),
    ),
    max_size=60,
)


def corpus(documents: int) -> list[Row]:
    draw = random.Random(7)
    words = [f"w{number}" for number in range(60)]
    return [
        (" ".join(draw.choices(words, k=draw.randint(5, 40))), "en" if number % 3 else "zh")
        for number in range(documents)
    ]


def gathered(rows: list[Row], chosen: PerplexitySettings, batch: int, spark: Any) -> GatheredSample:
    found = GatheredSample(chosen, lambda: spark)
    for first in range(0, len(rows), batch):
        texts, languages = zip(*rows[first : first + batch], strict=True)
        columns = {
            "text": pa.array(texts, pa.string()),
            "language": pa.array(languages, pa.string()),
        }
        found.add(pa.table(columns))
    return found


@settings(max_examples=60, deadline=None)
@given(SENTENCES, st.integers(1, 200), st.integers(1, 3), st.integers(1, 20))
def test_what_is_let_go_on_the_way_would_not_have_been_chosen(
    rows: list[Row], most: int, folds: int, batch: int
) -> None:
    """All at once and nothing let go, against a sample that overflows again and again."""
    bounded = PerplexitySettings(max_tokens_per_language=most, folds=folds)
    passing = gathered(rows, bounded, batch, None)
    whole = gathered(rows, bounded.model_copy(update={"max_tokens_per_language": 10**9}), 99, None)
    whole_rows = whole.rows(whole.plan())
    planned = passing.plan()
    last_keys = {sample.language: sample.last_key for sample in planned}
    expected = [row for row in whole_rows if row[2] <= last_keys[row[0]]]
    assert sorted(passing.rows(planned)) == sorted(expected)
    for sample in planned:
        assert (
            sample.tokens <= most
            or len({row[2] for row in expected if row[0] == sample.language}) == 1
        )


@pytest.mark.spark
@pytest.mark.parametrize(
    "sizes", [{}, {"driver_tokens": 0, "bucket_tokens": 800}], ids=["driver", "spark"]
)
def test_models_are_those_that_spark_trains(
    spark: SparkSession, tmp_path: Path, sizes: dict[str, Any]
) -> None:
    rows = corpus(150)
    chosen = PerplexitySettings(
        min_training_tokens=100, order=3, max_tokens_per_language=1_500, **sizes
    )
    frame = spark.createDataFrame(rows, "text string, language string").repartition(3)
    by_spark = train_models(frame, chosen, str(tmp_path / "work"), str(tmp_path / "by_spark"))
    found = gathered(rows, chosen, 11, spark)
    here = train_sampled(found, chosen, str(tmp_path / "work"), str(tmp_path / "here"))
    assert here == by_spark
    for model in (tmp_path / "by_spark").glob("*.binary"):
        assert model.read_bytes() == (tmp_path / "here" / model.name).read_bytes()
    assert not any((tmp_path / "work").rglob("*"))
