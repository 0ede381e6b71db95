"""What models say word for word: runs as a naive search finds them, texts as far as hits are right."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobs.ablation.memorised_text import recited_shares, recited_tokens, shared_runs
from jobs.models.reference.held_out import GRAM
from jobs.models.reference.row_stream import PackedRow

SENTENCE = list(range(100, 130))


def row(*segments: list[int], padding: int = 2) -> PackedRow:
    ids = np.array([one for part in segments for one in part] + [0] * padding, np.int32)
    lengths = np.array([len(part) for part in segments], np.int32)
    documents = pa.array([f"document {number}" for number in range(len(segments))])
    return PackedRow(ids, lengths, padding, documents, np.zeros(len(segments), np.bool_))


def naive_share(text: list[int], segments: list[list[int]]) -> float:
    covered = [False] * len(text)
    for first in range(len(text) - GRAM + 1):
        gram = text[first : first + GRAM]
        if any(
            part[place : place + GRAM] == gram for part in segments for place in range(len(part))
        ):
            covered[first : first + GRAM] = [True] * GRAM
    return sum(covered) / max(1, len(text))


IDS = st.integers(0, 2)


@settings(deadline=None)  # the first call may compile
@given(
    st.lists(st.lists(IDS, max_size=40), min_size=1, max_size=4),
    st.lists(st.lists(IDS, min_size=1, max_size=40), min_size=1, max_size=4),
)
def test_shares_are_those_of_a_naive_search(
    texts: list[list[int]], segments: list[list[int]]
) -> None:
    found = shared_runs(texts, [row(*segments[:2]), *(row(part) for part in segments[2:])])
    assert found.shares.tolist() == pytest.approx([naive_share(text, segments) for text in texts])
    assert found.tokens.tolist() == [len(text) for text in texts]


def test_the_longest_run_is_told_with_a_document_that_has_it() -> None:
    texts = [[1, *SENTENCE[:20], 2], [*SENTENCE[3:28], 7]]
    found = shared_runs(texts, [row([9] * 30, SENTENCE[:16]), row([5, 6], [4, *SENTENCE])])
    assert found.longest == SENTENCE[3:28]
    assert str(found.document) == "document 1"
    assert found.shares.tolist() == pytest.approx([20 / 22, 25 / 26])
    assert found.share(slice(0, 2)) == pytest.approx(45 / 48)
    assert found.share(slice(1, 2)) == pytest.approx(25 / 26)


def test_no_run_goes_on_in_another_text_segment_or_in_padding() -> None:
    half = SENTENCE[:10]
    assert shared_runs([half, SENTENCE[10:20]], [row(SENTENCE)]).shares.tolist() == [0, 0]
    assert shared_runs([SENTENCE], [row(half, SENTENCE[10:20])]).shares.tolist() == [0]
    assert shared_runs([[*SENTENCE[:12], 0]], [row(SENTENCE[:12], padding=5)]).shares.tolist() == [
        0
    ]


def test_where_nothing_was_written_there_is_no_run() -> None:
    found = shared_runs([[], []], [row(SENTENCE)])
    assert (found.longest, found.document, found.share(slice(0, 2))) == ([], None, 0.0)


def test_short_rows_are_recited_by_halves() -> None:
    assert (recited_tokens(64), recited_tokens(100), recited_tokens(4096)) == (32, 50, 50)


def test_a_document_is_recited_as_far_as_all_was_right() -> None:
    # Of a row of 8 tokens 4 are given: the third hit speaks of the fifth token.
    whole = [False, False, False, True, True, True, True]
    broken = [True, True, True, True, True, False, True]
    wrong = [True, True, True, False, True, True, True]
    short = [True, True, True, True, True, True]
    hits = [np.array(one) for one in (whole, broken, wrong, short)]
    assert recited_shares(hits, 8).tolist() == pytest.approx([1.0, 0.5, 0.0, np.nan], nan_ok=True)
