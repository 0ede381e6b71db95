import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from udfs.lines import line_batch as facts_of
from udfs.lines.facts import line_facts
from udfs.text.tokenising import tokenise


def fact(line: str, name: str) -> int:
    (value,) = getattr(line_facts(tokenise(pa.array([line]))), name)
    return int(value)


@pytest.mark.parametrize(
    ("line", "name", "expected"),
    [
        ("  two words  ", "width", 9),
        ("中文 ab", "width", 7),
        ("e\u0301a", "width", 2),
        ("ก็", "width", 1),
        ("Ab CD e1", "upper", 3),
        ("a1 22", "digits", 3),
        ("one, two—three 中文", "words", 5),
        ("one, two—three 中文", "blank_words", 3),
        ("anna: hi there", "rest_width", 8),
        ("anna:", "rest_width", 0),
        ("no tag", "rest_width", 6),
        ("é中😀", "characters", 3),
        ("One. Two! Three?", "sentences", 3),
        ("One. Two", "sentences", 2),
        ("Pi is 3.14 today.", "sentences", 1),
        ("他说：“好。”她走了。然后", "sentences", 3),
        ("Wait... what?!", "sentences", 2),
        ("...", "sentences", 0),
        ("visit example.com now", "sentences", 1),
        ("ab cde f", "longest_run", 3),
        ("ab\tcde\u3000f", "longest_run", 3),
        ("x" * 5000, "longest_run", 5000),
        ("中文很长没有空格", "longest_run", 0),
        ("中文abc中文", "longest_run", 3),
    ],
)
def test_measures(line: str, name: str, expected: int) -> None:
    assert fact(line, name) == expected


@pytest.mark.parametrize(
    ("line", "bit", "expected"),
    [
        ("It ends.", facts_of.TERMINAL, True),
        ('He said "yes."', facts_of.TERMINAL, True),
        ("(It ends.)", facts_of.TERMINAL, True),
        ("结束了。", facts_of.TERMINAL, True),
        ("「はい」", facts_of.TERMINAL, True),
        ("وانتهى؟", facts_of.TERMINAL, True),
        ("समाप्त।", facts_of.TERMINAL, True),
        ("It does not end", facts_of.TERMINAL, False),
        ("A heading:", facts_of.TERMINAL, False),
        ("(a bracket)", facts_of.TERMINAL, False),
        ("It ends.", facts_of.C4_TERMINAL, True),
        ("It ends...", facts_of.C4_TERMINAL, False),
        ("结束了。", facts_of.C4_TERMINAL, False),
        ("It ends...", facts_of.ELLIPSIS_END, True),
        ("It ends…", facts_of.ELLIPSIS_END, True),
        ("..", facts_of.ELLIPSIS_END, False),
        ("BUY NOW OK", facts_of.UPPERCASE, True),
        ("OK", facts_of.UPPERCASE, False),
        ("Buy Now", facts_of.UPPERCASE, False),
        ("12/34 -- 56", facts_of.NO_LETTERS, True),
        ("12 a", facts_of.NO_LETTERS, False),
        ("3 likes", facts_of.COUNTER, True),
        ("1.2K views", facts_of.COUNTER, True),
        ("128 条评论", facts_of.COUNTER, True),
        ("likes", facts_of.COUNTER, False),
        ("In 2020 the whole town had seen a great many more views", facts_of.COUNTER, False),
        ("x" * 1001, facts_of.LONG_WORD, True),
        ("x" * 1000, facts_of.LONG_WORD, False),
        ("中" * 2000, facts_of.LONG_WORD, False),
        ("if (x) {", facts_of.CURLY, True),
        ("[12:34] hi", facts_of.SPEAKER, True),
        ("plain", facts_of.SPEAKER, False),
    ],
)
def test_flags(line: str, bit: int, expected: bool) -> None:
    assert bool(fact(line, "flags") & bit) == expected


@settings(max_examples=100, deadline=None)
@given(st.lists(st.text(st.sampled_from("ab 中.\n\r\t#|`3:")), max_size=5))
def test_lines_are_those_with_something_visible(texts: list[str]) -> None:
    facts = line_facts(tokenise(pa.array(texts, pa.string())))
    expected = [
        (index, line.strip())
        for index, text in enumerate(texts)
        for line in text.splitlines()
        if line.strip()
    ]
    raw = "".join(texts).encode()
    found = [
        (int(text), raw[start:end].decode())
        for text, start, end in zip(facts.text, facts.start, facts.end, strict=True)
    ]
    assert found == expected
