import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from udfs.cleaning.sentence_units import Removals, SentenceUnits, repeated_units, sentence_units
from udfs.lines.facts import line_facts
from udfs.text.tokenising import tokenise


def units_of(text: str) -> tuple[SentenceUnits, list[str]]:
    tokens = tokenise(pa.array([text]))
    facts = line_facts(tokens)
    units = sentence_units(tokens.data, tokens.text_offsets, facts.start, facts.flags)
    raw = tokens.data.tobytes()
    return units, [raw[s:e].decode() for s, e in zip(units.start, units.end, strict=True)]


def collapse(text: str, copies: int = 3, columns: int = 0) -> tuple[str, Removals]:
    removals = repeated_units(units_of(text)[0], copies, columns)
    raw = text.encode()
    kept, position = b"", 0
    for start, stop in zip(removals.start, removals.stop, strict=True):
        kept += raw[position:start]
        position = int(stop)
    return (kept + raw[position:]).decode(), removals


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("One. Two! Three?", ["One.", "Two!", "Three?"]),
        ("One.\nTwo\n\n  Three  ", ["One.", "Two", "Three"]),
        ("Pi is 3.14 or so.", ["Pi is 3.14 or so."]),
        ('He said "no." She left.', ['He said "no."', "She left."]),
        ("他走了。她说：“好！”然后呢", ["他走了。", "她说：“好！”", "然后呢"]),
        ("Wait... what?!", ["Wait...", "what?!"]),
        ("hm…… 好。abc", ["hm……", "好。", "abc"]),
    ],
)
def test_units(text: str, expected: list[str]) -> None:
    assert units_of(text)[1] == expected


def test_equal_words_make_equal_units_and_columns_count_them() -> None:
    units, _ = units_of("Buy now! buy NOW. Buy  now\n我们走。\n...")
    assert units.hash[0] == units.hash[1] == units.hash[2]
    assert units.columns.tolist() == [6, 6, 6, 6, 0]


def test_code_and_tables_have_no_columns() -> None:
    units, _ = units_of("| a | b |\n```\nend\n```\nend")
    assert units.columns.tolist() == [0, 0, 0, 0, 3]


@pytest.mark.parametrize(
    ("text", "expected", "copies"),
    [
        ("A. A. A. B.", "A. B.", [2]),
        ("A. A. B.", "A. A. B.", []),
        ("start A. A. A. A.", "start A. A.", [2]),  # the first one is another sentence
        ("B.\nA\nA\nA\n\nC", "B.\nA\n\nC", [2]),
        ("A。A。A。", "A。", [2]),
        ("A. B. A. B. A. B. C.", "A. B. C.", [2]),
        ("A. B. A. B. A. C.", "A. B. A. B. A. C.", []),
        ("A. A. A. B. A. A. A. B. A. A. A. B.", "A. B.", [2, 4]),
        ("A. " * 100 + "B.", "A. B.", [99]),
        ("x y. X, Y! x y", "x y.", [2]),
        ("---\n---\n---", "---\n---\n---", []),
        ("}\n}\n}\n}", "}\n}\n}\n}", []),
        ("A. A. A. B. C. C. C.", "A. B. C.", [2, 2]),
    ],
)
def test_runs_keep_their_first_copy(text: str, expected: str, copies: list[int]) -> None:
    result, removals = collapse(text)
    assert result == expected
    assert removals.pieces.tolist() == copies


@pytest.mark.parametrize(
    ("copies", "columns", "text", "expected"),
    [
        (3, 30, "No! No! No!", "No! No! No!"),
        (3, 30, "No! " * 20 + "x", "No! x"),
        (3, 30, "Good night all. " * 3 + "x", "Good night all. x"),
        (3, 30, "且听下回分解。" * 3, "且听下回分解。"),
        (5, 0, "A. A. A. A. B.", "A. A. A. A. B."),
        (5, 0, "A. A. A. A. A. B.", "A. B."),
        (2, 0, "A. A. B.", "A. B."),
    ],
)
def test_short_cries_need_more_copies(copies: int, columns: int, text: str, expected: str) -> None:
    assert collapse(text, copies, columns)[0] == expected


PIECES = st.lists(st.sampled_from(["A", "Bb", "Cc", "A", "Bb", "...", "|x|"]), max_size=40)


@settings(max_examples=300, deadline=None)
@given(PIECES, st.integers(2, 4), st.sampled_from([0, 6]))
def test_a_second_pass_finds_nothing(pieces: list[str], copies: int, columns: int) -> None:
    once, _ = collapse(". ".join(pieces), copies, columns)
    twice, removals = collapse(once, copies, columns)
    assert twice == once
    assert len(removals.text) == 0


@settings(max_examples=100, deadline=None)
@given(PIECES)
def test_what_is_left_is_a_subsequence_that_starts_alike(pieces: list[str]) -> None:
    text = ". ".join(pieces)
    before = units_of(text)[1]
    after = units_of(collapse(text)[0])[1]
    position = iter(before)
    assert all(any(unit == other for other in position) for unit in after)
    assert {unit.rstrip(".") for unit in after} == {unit.rstrip(".") for unit in before}
