"""A PDF page as words with boxes, read from pdfium character by character where needed.

pdfium inserts a blank between words and a line end between lines by its own measure of gaps, which is
right in 98 % of published text. So only the first and the last character of each run are asked for
their boxes: a third of the calls, and the calls are what a page costs.
"""

from __future__ import annotations

import contextlib
import ctypes
import math
from collections import Counter
from dataclasses import dataclass
from typing import Any

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c

MAXIMUM_PAGE_CHARACTERS = 200_000
"""More characters on one page are an attack or a data dump (a dense newspaper page has 30,000)."""
LONG_RUN = 40
"""Longer runs without a blank are looked at character by character: Chinese has no blanks."""
HYPHEN_AT_LINE_END = "\u00ad"
"""What pdfium marks as a hyphen made by the typesetter becomes a soft hyphen in a word's text."""

_BLANKS = frozenset({0x09, 0x0A, 0x0D, 0x20, 0xA0, 0x3000, *range(0x2000, 0x200C)})
_LIGATURES = {0xFB00: "ff", 0xFB01: "fi", 0xFB02: "fl", 0xFB03: "ffi", 0xFB04: "ffl", 0xFB05: "st",
              0xFB06: "st"}  # fmt: skip
_WIDEST_JUMP = 1.5  # gap inside a run, in character heights, above which it is two words


def _address_of(function: Any) -> int:
    return ctypes.cast(function, ctypes.c_void_p).value or 0


# Plain integers for pointers: ctypes' type checks would cost as much as the call itself.
_unicode_of = ctypes.CFUNCTYPE(ctypes.c_uint, ctypes.c_void_p, ctypes.c_int)(
    _address_of(pdfium_c.FPDFText_GetUnicode)
)
_angle_of = ctypes.CFUNCTYPE(ctypes.c_float, ctypes.c_void_p, ctypes.c_int)(
    _address_of(pdfium_c.FPDFText_GetCharAngle)
)
_loose_box_of = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p)(
    _address_of(pdfium_c.FPDFText_GetLooseCharBox)
)


@dataclass(slots=True)
class Word:
    """A run of characters on one line; coordinates in points, y upwards.

    Attributes:
        x0: Left edge.
        x1: Right edge.
        y0: Lower edge of the font's box, the same for all characters of a font and size.
        y1: Upper edge.
        text: Its characters; U+00AD stands for a hyphen that breaks a word at a line end.
        first: Index of its first character on the page.
    """

    x0: float
    x1: float
    y0: float
    y1: float
    text: str
    first: int

    @property
    def height(self) -> float:
        """Height of the font's box, about 1.2 times the font size."""
        return self.y1 - self.y0


@dataclass(frozen=True)
class PageWords:
    """The words of a page in the order of the content stream, and its size in points."""

    words: list[Word]
    width: float
    height: float
    characters: int
    bad_characters: int


def read_words(page: Any) -> PageWords:
    """Read the words of a page.

    Args:
        page: A ``pypdfium2.PdfPage``.

    Returns:
        Words with text; blank runs are left out.

    Raises:
        OverflowError: The page holds more than ``MAXIMUM_PAGE_CHARACTERS``.
    """
    width, height = page.get_size()
    text_page = page.get_textpage()
    try:
        count = text_page.count_chars()
        if count > MAXIMUM_PAGE_CHARACTERS:
            raise OverflowError(
                f"a page holds {count:,} characters; at most {MAXIMUM_PAGE_CHARACTERS:,} are read"
            )
        handle = ctypes.cast(text_page.raw, ctypes.c_void_p).value
        codes = [_unicode_of(handle, index) for index in range(count)]
        characters = [_CHARACTERS[code] for code in codes]
        words: list[tuple[int, Word]] = []
        for first, last in _runs(codes):
            angle = _angle(handle, first)
            words += [
                (angle, word) for word in _words_of_run(handle, characters, first, last, angle)
            ]
    finally:
        text_page.close()
    bad = sum(code == 0xFFFD or 0xE000 <= code <= 0xF8FF for code in codes)
    upright = _turned_upright(words)
    return PageWords(upright, width, height, sum(len(word.text) for word in upright), bad)


def _runs(codes: list[int]) -> list[tuple[int, int]]:
    """First and last index of each stretch without blanks."""
    runs = []
    first = -1
    for index, code in enumerate(codes):
        if code in _BLANKS:
            if first >= 0:
                runs.append((first, index - 1))
                first = -1
        elif first < 0:
            first = index
    if first >= 0:
        runs.append((first, len(codes) - 1))
    return runs


def _words_of_run(
    handle: int | None, characters: list[str], first: int, last: int, angle: int
) -> list[Word]:
    if angle:
        boxes = [_box(handle, index) for index in range(first, last + 1)]
        return _word(characters, first, last, boxes)
    start, end = _box(handle, first), _box(handle, last)
    height = max(start[3] - start[2], 0.1)
    advances = 0 <= end[1] - start[0] <= (last - first + 1) * 1.6 * height
    same_line = abs(start[2] - end[2]) < 0.4 * height
    if advances and same_line and last - first < LONG_RUN:
        return _word(characters, first, last, [start, end])
    # Right-to-left, stacked, or a long run without blanks: look at every character.
    boxes = [_box(handle, index) for index in range(first, last + 1)]
    words, begin = [], 0
    for index in range(1, len(boxes) + 1):
        if index == len(boxes) or _is_break(boxes[index - 1], boxes[index]):
            words += _word(characters, first + begin, first + index - 1, boxes[begin:index])
            begin = index
    return words


Box = tuple[float, float, float, float]


def _box(handle: int | None, index: int) -> Box:
    rectangle = _RECTANGLE
    _loose_box_of(handle, index, _RECTANGLE_ADDRESS)
    left, top, right, bottom = rectangle
    return left, right, min(top, bottom), max(top, bottom)


def _angle(handle: int | None, index: int) -> int:
    """Direction of a character in quarter turns clockwise, 0 to 3."""
    angle = float(_angle_of(handle, index))
    return round(angle / (math.pi / 2)) % 4


def _turned_upright(words: list[tuple[int, Word]]) -> list[Word]:
    """Keep the words of the commonest direction and turn them level.

    A page set sideways reads like any other; a margin note or watermark across the text does not.
    """
    counts = Counter(angle for angle, word in words for _ in word.text)
    if not counts:
        return []
    direction = counts.most_common(1)[0][0]
    kept = [word for angle, word in words if angle == direction]
    if direction == 0:
        return kept
    for word in kept:
        corners = (word.x0, word.x1, word.y0, word.y1)
        x0, x1, y0, y1 = corners
        if direction == 3:
            corners = (y0, y1, -x1, -x0)
        elif direction == 2:
            corners = (-x1, -x0, -y1, -y0)
        else:
            corners = (-y1, -y0, x0, x1)
        word.x0, word.x1, word.y0, word.y1 = corners
    lowest, leftmost = min(word.y0 for word in kept), min(word.x0 for word in kept)
    for word in kept:
        word.x0, word.x1 = word.x0 - leftmost, word.x1 - leftmost
        word.y0, word.y1 = word.y0 - lowest, word.y1 - lowest
    return kept


_RECTANGLE = (ctypes.c_float * 4)()  # pdfium is not thread-safe, so one buffer serves
_RECTANGLE_ADDRESS = ctypes.addressof(_RECTANGLE)


def _is_break(left: Box, right: Box) -> bool:
    height = max(left[3] - left[2], 0.1)
    if abs(left[2] - right[2]) > 0.6 * height:
        return True
    gap = max(right[0] - left[1], left[0] - right[1])
    return gap > _WIDEST_JUMP * height


def _word(characters: list[str], first: int, last: int, boxes: list[Box]) -> list[Word]:
    text = "".join(characters[first : last + 1])
    if not text:
        return []
    left, right = boxes[0], boxes[-1]
    x0, x1 = min(left[0], right[0]), max(left[1], right[1])
    y0, y1 = min(left[2], right[2]), max(left[3], right[3])
    if len(boxes) > 2:
        x0, x1 = min(box[0] for box in boxes), max(box[1] for box in boxes)
        y0, y1 = min(box[2] for box in boxes), max(box[3] for box in boxes)
    return [Word(x0, x1, y0, y1, text, first)]


class _Characters(dict[int, str]):
    """Code point of pdfium to text; filled as codes are met."""

    def __missing__(self, code: int) -> str:
        if code in {0x02, 0xFFFE}:  # pdfium's marks for a hyphen that breaks a word
            character = HYPHEN_AT_LINE_END
        elif code < 0x20 or 0xD800 <= code <= 0xDFFF or code > 0x10FFFF:
            character = ""
        else:
            character = _LIGATURES.get(code, chr(code))
        self[code] = character
        return character


_CHARACTERS = _Characters()


def open_document(content: bytes) -> Any:
    """Open a PDF with pdfium.

    Args:
        content: The file; it must stay alive as long as the document.

    Returns:
        A ``pypdfium2.PdfDocument``.

    Raises:
        pypdfium2.PdfiumError: With ``err_code`` 4 when a password is needed.
    """
    try:
        return pdfium.PdfDocument(content)
    except pdfium.PdfiumError:
        # pdfium reports the last error it ever set, be it another document's: overwrite it with that
        # of an empty file, and ask again, so that the answer does not depend on history.
        with contextlib.suppress(pdfium.PdfiumError):
            pdfium.PdfDocument(b"no PDF")
        return pdfium.PdfDocument(content)


def is_mostly_picture(page: Any, share: float = 0.5) -> bool:
    """Tell whether images cover more than ``share`` of a page (the first 200 objects are read)."""
    width, height = page.get_size()
    area = 0.0
    for number, found in enumerate(page.get_objects(max_depth=3)):
        if number >= 200:
            break
        if found.type == pdfium_c.FPDF_PAGEOBJ_IMAGE:
            left, bottom, right, top = found.get_bounds()
            clipped_width = min(right, width) - max(left, 0.0)
            clipped_height = min(top, height) - max(bottom, 0.0)
            area += max(0.0, clipped_width) * max(0.0, clipped_height)
    return area > share * float(width) * float(height)
