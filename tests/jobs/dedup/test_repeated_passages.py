"""Repeated lines and paragraphs: which are found, which copy stays, and what is left of the text."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest
from pydantic import ValidationError

from jobs.dedup.repeated_passages import (
    PassageSettings,
    find_repeated_passages,
    without_passages,
)
from tests.jobs.query_plans import shuffled_columns

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

BANNER = "We use cookies to make this site better for you."
TEXTS = {
    1: f"First story, told in one line of words.\n{BANNER}\nok",
    2: f"{BANNER.upper()}\nAnother story, with another line of words.\nok",
    3: f"Third one has something else to tell us.\n\n  {BANNER[:-1]} 2024!\nok",
    4: f"{BANNER}\n\n{BANNER}",
    5: None,
    6: "",
}
BANNERS = {(1, 1), (2, 0), (3, 2), (4, 0), (4, 2)}


def settings(**given: object) -> PassageSettings:
    return PassageSettings.model_validate({"unit": "lines", **given})


def run(
    spark: SparkSession, texts: dict[int, str | None], wanted: PassageSettings, partitions: int = 2
) -> tuple[set[tuple[int, int]], dict[int, str | None]]:
    """The places cut, and the texts left."""
    documents = spark.createDataFrame(list(texts.items()), "id bigint, text string")
    documents = documents.repartition(partitions)
    cut = find_repeated_passages(documents, wanted)
    rows = cut.collect()
    for row in rows:
        assert row.passages == len(row.places)
        assert list(row.places) == sorted(row.places)
    places = {(row.id, place) for row in rows for place in row.places}
    left = {row.id: row.text for row in without_passages(documents, cut, wanted).collect()}
    emptied = {row.id for row in rows if row.emptied}
    assert emptied == {
        number for number, text in left.items() if texts[number] and not text.strip()
    }
    return places, left


@pytest.mark.spark
def test_all_but_one_copy_leave(spark: SparkSession) -> None:
    places, left = run(spark, TEXTS, settings())
    (stays,) = BANNERS - places
    assert places < BANNERS
    assert left[5] is None
    assert left[6] == ""
    counted = Counter(
        line.lower().rstrip("!. 0123456789").strip()
        for text in left.values() for line in (text or "").split("\n")
    )  # fmt: skip
    assert counted[BANNER.lower()[:-1]] == 1
    assert stays[0] in left
    assert counted["ok"] == 3  # too short to be boilerplate


@pytest.mark.spark
@pytest.mark.parametrize(("most", "cut"), [(4, BANNERS), (5, set())])
def test_above_a_frequency_no_copy_stays(
    spark: SparkSession, most: int, cut: set[tuple[int, int]]
) -> None:
    places, left = run(spark, TEXTS, settings(keep="none", max_copies=most))
    assert places == cut
    assert left[4] == ("" if cut else TEXTS[4])
    assert left[1] == (TEXTS[1].replace(f"\n{BANNER}", "") if cut else TEXTS[1])  # type: ignore[union-attr]


@pytest.mark.spark
def test_the_copy_that_stays_depends_on_texts_alone(spark: SparkSession) -> None:
    _, left = run(spark, TEXTS, settings())
    renamed = {100 - number: text for number, text in TEXTS.items()}
    _, again = run(spark, renamed, settings(), partitions=5)
    assert {100 - number: text for number, text in again.items()} == left


@pytest.mark.spark
def test_paragraphs_stand_between_empty_lines(spark: SparkSession) -> None:
    texts = {
        1: f"{BANNER}\nsecond line of it\n\nA story that stands alone here.",
        2: f"Another story that stands alone here.\n\n{BANNER}\nsecond line of it",
        3: f"{BANNER}\n\nYet another story that stands alone.",
    }
    places, _ = run(spark, texts, settings(unit="paragraphs", keep="none"))
    assert places == {(1, 0), (2, 1)}


@pytest.mark.spark
def test_text_is_never_shuffled(spark: SparkSession) -> None:
    documents = spark.createDataFrame(list(TEXTS.items()), "id bigint, text string")
    cut = find_repeated_passages(documents, settings())
    carried = shuffled_columns(cut)
    assert "hash" in carried
    assert not carried & {"text", "passage", "passages", "normal"}
    left = without_passages(documents, cut, settings())
    assert "text" not in shuffled_columns(left)


def test_it_is_off_by_default_and_faults_are_named() -> None:
    assert PassageSettings().unit == "none"
    with pytest.raises(ValidationError, match="greater than or equal to 1"):
        settings(max_copies=0)
