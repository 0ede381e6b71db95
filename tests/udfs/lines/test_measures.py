"""The one-pass measures against a plain reading of their definitions."""

import unicodedata

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from udfs.lines import measures
from udfs.lines.facts import line_facts
from udfs.lines.line_batch import LineFacts
from udfs.text import character_classes as classes
from udfs.text.character_classes import flags_of_character
from udfs.text.tokenising import tokenise


def facts_of(line: str) -> LineFacts:
    return line_facts(tokenise(pa.array([line])))


def has(character: str, bits: int) -> bool:
    return bool(flags_of_character(character) & bits)


def sentences_of(line: str) -> int:
    """A sentence ends at marks with words before them and a blank behind, or at wide marks."""
    count, spoken, pending = 0, False, ""
    for character in line:
        if pending and not has(character, classes.SENTENCE_END | classes.CLOSER):
            if has(character, classes.WHITESPACE) or has(pending, classes.WIDE):
                count, spoken = count + 1, False
            pending = ""
        if has(character, classes.SENTENCE_END):
            pending = character if spoken else ""
        elif has(character, classes.WORD):
            spoken = True
    return count + spoken


def runs_of(line: str, breaks: int) -> list[int]:
    """Lengths of the runs of characters without the given bits."""
    runs = [0]
    for character in line:
        if has(character, breaks):
            runs.append(0)
        else:
            runs[-1] += 1
    return [run for run in runs if run]


def expected(line: str) -> dict[str, int]:
    narrow = sum(not has(c, classes.ZERO_WIDTH) for c in line)
    wide = sum(has(c, classes.WIDE) and not has(c, classes.ZERO_WIDTH) for c in line)
    return {
        "width": narrow + wide,
        "characters": len(line),
        "upper": sum(has(c, classes.UPPER) for c in line),
        "digits": sum(unicodedata.category(c) == "Nd" for c in line),
        "blank_words": len(runs_of(line, classes.WHITESPACE)),
        "longest_run": max(runs_of(line, classes.WHITESPACE | classes.UNSPACED), default=0),
        "sentences": sentences_of(line),
    }


LINES = st.text(
    st.sampled_from("aZ9 .!?,\"')(:;é中。」！…\u0301ก\u3000\u200d한Ω½{"), min_size=1, max_size=30
)


@settings(max_examples=400, deadline=None)
@given(LINES)
def test_measures_follow_their_definitions(line: str) -> None:
    line = unicodedata.normalize("NFC", line).strip()
    facts = facts_of(line)
    for name, value in expected(line).items() if line else []:
        assert getattr(facts, name)[0] == value, name


@settings(max_examples=100, deadline=None)
@given(LINES, LINES)
def test_equal_hashes_mean_equal_lines(first: str, second: str) -> None:
    one, two = (unicodedata.normalize("NFC", text).strip() for text in (first, second))
    if one and two:
        assert (facts_of(one).hash[0] == facts_of(two).hash[0]) == (one == two)


def test_long_lines_overflow_no_counter() -> None:
    words = 70_000
    facts = facts_of("Ab1 " * words + "é" + "Ab1 " * words + "x")
    assert facts.upper[0] == 2 * words
    assert facts.digits[0] == 2 * words
    assert facts.blank_words[0] == 2 * words + 1
    assert measures._MOST_ASCII < 1 << 16


@pytest.mark.parametrize(
    ("line", "kinds"),
    [("plain", 0), ("a: b", measures.TAG_MARK), ("名：字", measures.TAG_MARK)],
)
def test_lines_that_may_begin_with_a_tag_are_told(line: str, kinds: int) -> None:
    facts = facts_of(line)
    seen = np.empty(1, np.uint8)
    measures.measure_lines(
        tokenise(pa.array([line])).data,
        classes.character_tables(),
        measures.line_tables(),
        facts,
        seen,
    )
    assert seen[0] & measures.TAG_MARK == kinds
