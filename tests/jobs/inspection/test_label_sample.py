"""Which documents are asked for: turns of languages and sources, and words of what cannot be asked."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.command_line import main
from jobs.inspection.label_sample import turns

DOCUMENTS = st.lists(
    st.tuples(st.sampled_from(["en", "zh", "de"]), st.sampled_from("abcd"), st.floats(0, 1)),
    max_size=40,
)


def ordered(documents: list[tuple[str, str, float]]) -> list[tuple[str, str, float]]:
    languages, sources, distance = (
        np.array([document[place] for document in documents], dtype)
        for place, dtype in ((0, str), (1, str), (2, float))
    )
    order = turns(languages, sources, distance, np.arange(len(documents)))
    return [documents[place] for place in order]


@given(DOCUMENTS)
def test_every_document_has_one_turn(documents: list[tuple[str, str, float]]) -> None:
    assert sorted(ordered(documents)) == sorted(documents)


@given(DOCUMENTS)
def test_no_language_has_a_second_turn_before_all_others_had_one(
    documents: list[tuple[str, str, float]],
) -> None:
    left = Counter(document[0] for document in documents)
    had: Counter[str] = Counter()
    for language, _, _ in ordered(documents):
        had[language] += 1
        waiting = [other for other in left if left[other] > 0 and other != language]
        assert all(had[other] >= had[language] - 1 for other in waiting)
        left[language] -= 1


@given(DOCUMENTS)
def test_of_a_source_the_nearest_comes_first_and_sources_take_turns(
    documents: list[tuple[str, str, float]],
) -> None:
    turn = ordered(documents)
    for language in {document[0] for document in documents}:
        mine = [document for document in turn if document[0] == language]
        had: Counter[str] = Counter()
        rounds = []
        for _, source, distance in mine:
            rounds.append((had[source], distance))
            had[source] += 1
        assert rounds == sorted(rounds)


def test_nearest_comes_first_where_all_else_is_equal() -> None:
    assert ordered([("en", "a", 0.5), ("en", "b", 0.1)])[0] == ("en", "b", 0.1)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--table", "labels.txt"], "give a name that ends in .parquet or .csv"),
        (["--number", "0"], "give a number and a reach above 0"),
        ([], "run: no such folder. Give the OUTPUT of `corpusmill run`."),
    ],
)
def test_what_cannot_be_asked_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str], told: str
) -> None:
    assert main(["label-sample", str(tmp_path / "run"), *words]) == 1
    assert told in capsys.readouterr().err
