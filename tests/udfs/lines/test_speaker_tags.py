import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from udfs.lines.speaker_tags import speaker_tag_end
from udfs.text.character_classes import character_tables


def rest(line: str) -> str:
    raw = line.encode()
    data = np.frombuffer(raw, np.uint8)
    return raw[speaker_tag_end(data, 0, len(raw), character_tables()) :].decode()


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("[12:34] hello", "hello"),
        ("(12:34:56) hello", "hello"),
        ("12:34 hello", "hello"),
        ("[2024-05-06 12:34] <nick> hello", "hello"),
        ("2024/5/6 12:34:56 小明: 你好", "你好"),
        ("2024-05-06T12:34:56 x", "x"),
        ("<nick> hello there", "hello there"),
        ("@nick hello", "hello"),
        ("anna: hello", "hello"),
        ("Anna Maria: hello", "hello"),
        ("小明：你好", "你好"),
        ("小明 12:30：你好", "小明 12:30：你好"),
        ("user_42: ok", "ok"),
        ("O'Brien: ok", "ok"),
        ("[12:34] anna: hi", "hi"),
        ("anna:", ""),
        ("12:34", ""),
    ],
)
def test_tags_are_stripped(line: str, expected: str) -> None:
    assert rest(line) == expected


@pytest.mark.parametrize(
    "line",
    [
        "A sentence without any tag.",
        "http://example.com/page",
        "The following options are supported here: one",
        "one two three four: five",
        "[note] something",
        "[1] a reference",
        "1.2.3 a version",
        "2024-05-06 a date",
        "<p class=x>markup</p>",
        "<br/>",
        ": nothing before",
        "@",
        "<>",
        "<",
        "[12:34 unclosed",
        "ratio 3:4 is fine",
    ],
)
def test_other_beginnings_are_left_alone(line: str) -> None:
    assert rest(line) == line


@settings(max_examples=200, deadline=None)
@given(st.text(st.sampled_from("[(<@1234:-/T 小nic：]>)."), min_size=1, max_size=30))
def test_the_end_lies_in_the_line(line: str) -> None:
    assert line.endswith(rest(line))
