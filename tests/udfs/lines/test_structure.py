import pyarrow as pa
import pytest

from udfs.lines import structure as structures
from udfs.lines.facts import line_facts
from udfs.text.tokenising import tokenise

MASK = structures.BULLET | structures.STRUCTURE | structures.IN_CODE
LIST_ITEM = structures.BULLET | structures.STRUCTURE
CODE = structures.IN_CODE | structures.STRUCTURE


def marks(text: str) -> list[int]:
    return [int(flags) & MASK for flags in line_facts(tokenise(pa.array([text]))).flags]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("• item", LIST_ITEM),
        ("- item", LIST_ITEM),
        ("* item", LIST_ITEM),
        ("— said he", LIST_ITEM),
        ("-5 degrees", 0),
        ("**bold** text", 0),
        ("1. first", structures.STRUCTURE),
        ("12) twelfth", structures.STRUCTURE),
        ("三、第三", 0),
        ("3、第三", structures.STRUCTURE),
        ("1.5 is a number", 0),
        ("12345. no item", 0),
        ("# Heading", structures.STRUCTURE),
        ("#hashtag", 0),
        ("####### seven", 0),
        ("| a | b |", structures.STRUCTURE),
        ("``", 0),
        ("plain prose", 0),
        ("1", 0),
    ],
)
def test_single_lines(line: str, expected: int) -> None:
    assert marks(line) == [expected]


def test_fenced_code_reaches_to_its_fence() -> None:
    text = "prose\n```python\nx = 1\n- y\n```\nprose\n~~~\nopen"
    assert marks(text) == [0, CODE, CODE, CODE, CODE, 0, CODE, CODE]


def test_an_open_fence_ends_with_its_document() -> None:
    facts = line_facts(tokenise(pa.array(["```\ncode", "prose"])))
    assert [int(flags) & MASK for flags in facts.flags] == [CODE, CODE, 0]
