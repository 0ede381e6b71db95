"""How much of an answer documents may hold is never less than what they do hold."""

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from udfs.tracing.fingerprints import GUARANTEED, fingerprints, window_fingerprints
from udfs.tracing.shared_spans import answer_grams, extend_spans, maximal_spans
from udfs.tracing.sharing_documents import SharingDocuments, sharing_documents

Tokens = npt.NDArray[np.uint64]
texts = st.lists(st.integers(0, 3), max_size=40).map(lambda drawn: np.array(drawn, np.uint64))


def shared(answer: Tokens, document: Tokens) -> npt.NDArray[np.int64]:
    longest = np.zeros(len(answer), np.int64)
    extend_spans(answer_grams(answer), document, np.array([0, len(document)]), longest)
    return longest


def groups_of(answer: Tokens, documents: list[Tokens]) -> list[SharingDocuments]:
    windows = window_fingerprints(answer)
    held = [set(fingerprints(one, np.array([0, len(one)])).hashes.tolist()) for one in documents]
    postings = [
        np.array([place for place, own in enumerate(held) if key in own], np.int64)
        for key in np.unique(windows).tolist()
    ]
    return sharing_documents(windows, postings)


@given(texts)
@settings(max_examples=100, deadline=None)
def test_the_fingerprints_of_its_windows_are_those_of_a_text(tokens: Tokens) -> None:
    found = fingerprints(tokens, np.array([0, len(tokens)])).hashes
    if len(tokens) >= GUARANTEED:
        assert np.array_equal(np.unique(window_fingerprints(tokens)), found)
    else:
        assert not len(window_fingerprints(tokens))


@given(texts, st.lists(texts, min_size=1, max_size=8))
@settings(max_examples=200, deadline=None)
def test_every_span_of_a_document_lies_in_its_bounds(
    answer: Tokens, documents: list[Tokens]
) -> None:
    groups = groups_of(answer, documents)
    told = [int(number) for group in groups for number in group.documents]
    assert len(told) == len(set(told))
    bounds = {int(n): group.bounds for group in groups for n in group.documents}
    for number, document in enumerate(documents):
        for first, stop in maximal_spans(shared(answer, document)):
            assert any(low <= first and stop <= high for low, high in bounds[number])


@given(texts, st.lists(texts, min_size=1, max_size=8))
@settings(max_examples=200, deadline=None)
def test_whoever_is_within_what_is_known_adds_no_span(
    answer: Tokens, documents: list[Tokens]
) -> None:
    known = shared(answer, documents[0])
    for group in groups_of(answer, documents):
        if group.is_within(known):
            for number in group.documents:
                both = np.maximum(known, shared(answer, documents[number]))
                assert maximal_spans(both) == maximal_spans(known)


def test_stretches_are_told_apart_and_documents_grouped_by_them() -> None:
    windows = np.array([7, 7, 3, 5, 5, 7])
    postings = [np.array([1]), np.array([2, 9]), np.array([2, 4, 9])]  # of 3, 5 and 7
    found = {
        tuple(one.documents.tolist()): one.bounds.tolist()
        for one in sharing_documents(windows, postings)
    }
    assert found == {
        (1,): [[2, 11]],
        (4,): [[0, 10], [5, 14]],
        (2, 9): [[0, 10], [3, 14]],
    }


@pytest.mark.parametrize("windows", [0, 1])
def test_without_documents_there_is_no_group(windows: int) -> None:
    assert sharing_documents(np.arange(windows), [np.empty(0, np.int64)] * windows) == []
