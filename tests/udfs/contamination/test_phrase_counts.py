"""Counts of phrases add up over any partition, and excuse a document only for items that it holds."""

from __future__ import annotations

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.udfs.contamination.matched import CLIPS, FILLER, ITEMS, PLANET, index_of
from udfs.contamination.phrase_counts import COUNTS_SCHEMA, PhraseCountBatches, frequencies

INDEX = index_of()
TEXTS = (
    CLIPS,
    FILLER,
    CLIPS[:70],
    PLANET.question,
    f"{CLIPS[:60]} {PLANET.question}",
    ITEMS[2].question,
    "",
)


def counts(*batches: list[str]) -> dict[tuple[int, int], int]:
    rows: dict[tuple[int, int], int] = {}
    for texts in batches:
        function = PhraseCountBatches(lambda: INDEX)
        given_batch = pa.RecordBatch.from_pydict({"text": pa.array(texts, pa.string())})
        (out,) = function(iter([given_batch]))
        assert out.schema == COUNTS_SCHEMA
        for row in out.to_pylist():
            place = (row["kind"], row["key"])
            rows[place] = rows.get(place, 0) + row["count"]
    return rows


@settings(max_examples=25, deadline=None)
@given(st.lists(st.sampled_from(TEXTS), max_size=8), st.integers(0, 8))
def test_counts_of_parts_are_those_of_the_whole(texts: list[str], cut: int) -> None:
    assert counts(texts) == counts(texts[:cut], texts[cut:])


def test_a_document_that_holds_an_item_counts_for_none_of_its_phrases() -> None:
    assert not [place for place in counts([CLIPS] * 5) if place[0] == 0]
    partly = counts([CLIPS[:70]] * 5)
    assert {count for (kind, _), count in partly.items() if kind == 0} == {5}


def test_holding_one_item_does_not_excuse_the_phrases_of_another() -> None:
    both = counts([f"{CLIPS[:70]} {PLANET.question}"])
    assert [place for place in both if place[0] == 0] == [
        place for place in counts([CLIPS[:70]]) if place[0] == 0
    ]


def test_a_phrase_is_common_from_one_document_more_than_allowed() -> None:
    rows = [{"kind": 0, "key": -5, "count": 2}, {"kind": 0, "key": 9, "count": 3}]
    found = frequencies(pa.Table.from_pylist(rows, COUNTS_SCHEMA), 10, 2)
    assert [list(keys) for keys in found.common] == [[9], [], []]
    assert found.documents == 10
    empty = frequencies(pa.Table.from_pylist([], COUNTS_SCHEMA), 0, 2)
    assert empty.totals == (0, 0)
