"""Spans of an answer: the longest runs that one document has, as a comparison of all runs finds them."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from udfs.tracing.fingerprints import GUARANTEED
from udfs.tracing.shared_spans import answer_grams, extend_spans, maximal_spans

TOKENS = st.lists(st.integers(0, 3), max_size=50)


def slow_spans(answer: list[int], documents: list[list[int]]) -> list[tuple[int, int]]:
    def held(run: list[int]) -> bool:
        return any(
            document[i : i + len(run)] == run
            for document in documents
            for i in range(len(document) - len(run) + 1)
        )

    found = [
        (first, stop)
        for first in range(len(answer))
        for stop in range(first + GUARANTEED, len(answer) + 1)
        if held(answer[first:stop])
    ]
    inside = [a for a in found for b in found if a != b and b[0] <= a[0] and a[1] <= b[1]]
    return sorted(set(found) - set(inside))


@settings(max_examples=150, deadline=None)
@given(answer=TOKENS, documents=st.lists(TOKENS, max_size=3), copied=st.integers(0, 40))
def test_spans_are_those_of_a_comparison_of_all_runs(
    answer: list[int], documents: list[list[int]], copied: int
) -> None:
    # One holds a run of the answer, another a part of that run.
    documents = [
        *documents,
        [9, *answer[copied : copied + 15], 8],
        [7, *answer[copied + 2 : copied + 13]],
    ]
    tokens = np.array([token for document in documents for token in document], np.uint64)
    longest = np.zeros(len(answer), np.int64)
    offsets = np.cumsum([0, *map(len, documents)])
    extend_spans(answer_grams(np.array(answer, np.uint64)), tokens, offsets, longest)
    assert maximal_spans(longest) == slow_spans(answer, documents)
