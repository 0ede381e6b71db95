"""Documents that are passed over hold nothing, and nearly all are passed over."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.udfs.contamination.matched import CLIPS, FILLER, ITEMS, PLANET, index_of
from udfs.contamination import matching
from udfs.contamination.matching import Match, match_texts
from udfs.contamination.planting.changes import CHANGES
from udfs.contamination.sieve import rows_to_compare
from udfs.text.token_batch import TokenBatch
from udfs.text.tokenising import tokenise

INDEX = index_of()
CHUNKS = [
    *CLIPS.split(),
    *PLANET.question.split(),
    *"下列关于合同成立时间的说法",
    "12 * 345 + 678",
    "1,000.50",
    "３４５",
    "ﬁne café naïve",
    "\n",
    FILLER,
]


def tokens_of(texts: list[str]) -> TokenBatch:
    return tokenise(pa.array(texts, pa.large_string()))


def all_rows(tokens: TokenBatch) -> npt.NDArray[np.int64]:
    return np.arange(len(tokens.token_offsets) - 1)


def without_sieve(texts: list[str], patch: pytest.MonkeyPatch) -> list[Match]:
    with patch.context() as changed:
        changed.setattr(
            matching, "rows_to_compare", lambda tokens, _: np.arange(len(tokens.token_offsets) - 1)
        )
        return match_texts(tokens_of(texts), INDEX)


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.lists(st.sampled_from(CHUNKS), max_size=40).map(" ".join), min_size=1, max_size=4)
)
def test_what_is_passed_over_holds_nothing(texts: list[str]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        assert match_texts(tokens_of(texts), INDEX) == without_sieve(texts, patch)


def test_planted_items_of_every_change_are_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    chance = np.random.default_rng(3)
    texts = [
        f"{FILLER}\n{change.write(item, chance)}\n{FILLER}"
        for change in CHANGES
        for item in ITEMS
        if change.applies(item)
    ]
    found = match_texts(tokens_of(texts), INDEX)
    assert found == without_sieve(texts, monkeypatch)
    assert len({match.row for match in found}) > len(texts) / 2


def test_prose_is_passed_over() -> None:
    texts = [FILLER, "", "one two", f"{FILLER} {CLIPS}"]
    assert list(rows_to_compare(tokens_of(texts), INDEX)) == [3]


def test_a_row_is_chosen_for_what_it_holds_and_not_for_its_neighbours() -> None:
    half = len(CLIPS) // 2
    assert not len(rows_to_compare(tokens_of([CLIPS[: half // 3], FILLER, CLIPS[-10:]]), INDEX))
    assert list(rows_to_compare(tokens_of([FILLER, CLIPS, FILLER]), INDEX)) == [1]
