import numpy as np
import pytest

from udfs.lines.splitting import (
    after_break,
    count_breaks,
    count_code_points,
    line_begin,
    line_end,
    trim_left,
    trim_right,
)


def lines(raw: bytes) -> list[bytes]:
    data = np.frombuffer(raw, np.uint8)
    position, found = 0, []
    while position < len(raw):
        end = line_end(data, position, len(raw))
        start = trim_left(data, position, end)
        found.append(raw[start : trim_right(data, start, end)])
        position = after_break(data, end, len(raw)) if end < len(raw) else len(raw)
    return found


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"a\nb", [b"a", b"b"]),
        (b"a\r\nb\rc\x0cd\x0be", [b"a", b"b", b"c", b"d", b"e"]),
        (b"a\n\nb\n", [b"a", b"", b"b"]),
        (b"  a b \t\n", [b"a b"]),
        ("\u3000\u3000段落\u3000\u00a0\n".encode(), ["段落".encode()]),
        (b"\r\n\r\n", [b"", b""]),
        (b"\xc2", [b"\xc2"]),
        (b"\xe3\x80", [b"\xe3\x80"]),
    ],
)
def test_lines_without_surrounding_blanks(raw: bytes, expected: list[bytes]) -> None:
    assert lines(raw) == expected


@pytest.mark.parametrize(
    ("raw", "count"), [(b"", 0), (b"a\nb", 1), (b"\r\n\r\n", 2), (b"\r\r\n\n\x0b\x0c", 5)]
)
def test_breaks(raw: bytes, count: int) -> None:
    assert count_breaks(np.frombuffer(raw, np.uint8), 0, len(raw)) == count


@pytest.mark.parametrize(("start", "begin"), [(3, 2), (2, 2), (6, 5), (0, 0)])
def test_where_a_line_begins(start: int, begin: int) -> None:
    assert line_begin(np.frombuffer(b"a\n  \n b", np.uint8), start, 0) == begin


@pytest.mark.parametrize(("text", "count"), [("", 0), ("abc", 3), ("aé中😀", 4)])
def test_code_points(text: str, count: int) -> None:
    data = np.frombuffer(text.encode(), np.uint8)
    assert count_code_points(data, 0, len(data)) == count
