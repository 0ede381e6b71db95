import numpy as np
import pyarrow as pa
import pytest

from udfs.lines.facts import furniture_lines, line_facts
from udfs.lines.totals import LineTotals, add_lines, empty_totals
from udfs.text.tokenising import tokenise

PROSE = "An ordinary sentence of more than thirty columns ends here."


def totals(texts: list[str], rows: list[int] | None = None) -> LineTotals:
    facts = line_facts(tokenise(pa.array(texts)))
    row_of = np.array(rows if rows is not None else range(len(texts)))
    found = empty_totals(int(row_of.max()) + 1)
    add_lines(facts, furniture_lines(facts), row_of, found)
    return found


@pytest.mark.parametrize(
    ("text", "name", "expected"),
    [
        (f"{PROSE}\nshort one", "lines", 2),
        (f"{PROSE}\nshort one", "characters", 59 + 9),
        (f"{PROSE}\nshort one", "longest", 59),
        (f"{PROSE}\nshort one", "short", 1),
        (f"{PROSE}\nshort one", "short_characters", 9),
        ("- item\nshort one", "structure", 1),
        ("- item\nshort one", "short_structure_characters", 6),
        ("x" * 200, "long", 1),
        ("a: hi\nb: a very long answer that goes on and on", "speaker", 2),
        ("a: hi\nb: a very long answer that goes on and on", "speaker_short", 1),
        ("SHOUTED LINE HERE\n12\n3 likes\nWord\nplain words here", "removed_words", 3 + 1 + 2 + 1),
        ("Sign in to your account", "removed_words", 2),
        (f"{PROSE}\nno end here at all\nTwo words.", "kept", 1),
        ("One is. Two are.\nThree be.", "kept_sentences", 2),
        ("One is. Two are\nThree be so", "worded_sentences", 3),
        ("if { then it ends.\nif { then it not", "curly", 1),
        ("if { then it ends.\nif { then it not", "worded_curly", 2),
        ("Lorem ipsum dolor.\nlorem ipsum dolor", "shaped_lorem", 1),
        ("Lorem ipsum dolor.\nlorem ipsum dolor", "worded_lorem", 2),
        ("12 ab\nAB", "digit_share", 2 / 5),
        ("12 ab\nAB", "upper_share", 1),
    ],
)
def test_sums(text: str, name: str, expected: float) -> None:
    assert getattr(totals([text]), name)[0] == pytest.approx(expected)


def test_texts_of_one_row_add_up_and_the_longest_line_wins() -> None:
    found = totals(["a b\nc", "dd ee ff", "g"], rows=[0, 0, 1])
    assert found.lines.tolist() == [3, 1]
    assert found.longest.tolist() == [8, 1]


def test_a_text_without_lines_adds_nothing() -> None:
    assert all(not column.any() for column in totals(["", "\n \n"]))
