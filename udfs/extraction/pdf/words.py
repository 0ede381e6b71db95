"""A PDF page as words with boxes, read from pdfium character by character where needed.

pdfium inserts a blank between words and a line end between lines by its own measure of gaps, which is
right in 98 % of published text. So only the first and the last character of each run are asked for
their boxes: a third of the calls, and the calls are what a page costs.
"""

from __future__ import annotations

import contextlib
import ctypes
import math
import re
from dataclasses import dataclass
from typing import Any

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c

from udfs.extraction.pdf.ruling_lines import Box
from udfs.extraction.pdf.turning import Turn, turn_of

MAXIMUM_PAGE_CHARACTERS = 200_000
"""More characters on one page are an attack or a data dump (a dense newspaper page has 30,000)."""
LONG_RUN = 40
"""Longer runs without a blank are looked at character by character: Chinese has no blanks."""
HYPHEN_AT_LINE_END = "\u00ad"
"""What pdfium marks as a hyphen made by the typesetter becomes a soft hyphen in a word's text."""

_BLANK = r"\t\n\r \u00a0\u3000\u2000-\u200b"
_RUN = re.compile(f"[^{_BLANK}]+")
_SPECIAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufb00-\ufb06\ufffe\uf0a7\uf0b7\ud800-\udfff]")
_UNWRITABLE = re.compile("[\x00-\x1f\ud800-\udfff]")
_BAD = re.compile(
    "[\x00\x01\x03-\x08\x0e-\x1f\ufffd\ue000-\uf0a6\uf0a8-\uf0b6\uf0b8-\uf8ff]"
)  # without the bullets of the Symbol and Wingdings fonts
_LETTER = re.compile(r"[^\W_]")
_SPELLED_OUT = {
    0x02: HYPHEN_AT_LINE_END, 0xFFFE: HYPHEN_AT_LINE_END,  # pdfium's marks for a hyphen that breaks a word
    0xFB00: "ff", 0xFB01: "fi", 0xFB02: "fl", 0xFB03: "ffi", 0xFB04: "ffl", 0xFB05: "st",
    0xFB06: "st",
    0xF0A7: "▪", 0xF0B7: "•",
}  # fmt: skip
TALL_MARK = 1.6
"""Height of a font box, in usual heights of the page, from which a mark is measured by its ink."""
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
_text_of = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.c_void_p, ctypes.c_int, ctypes.c_int, ctypes.c_void_p
)(_address_of(pdfium_c.FPDFText_GetText))
_tight_box_of = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.c_void_p, ctypes.c_int, *[ctypes.c_void_p] * 4
)(_address_of(pdfium_c.FPDFText_GetCharBox))
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
    turn: Turn


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
        text = _characters(handle, count)
        is_plain = _SPECIAL.search(text) is None
        words: list[tuple[int, Word]] = []
        for run in _RUN.finditer(text):
            first, last = run.start(), run.end() - 1
            angle = _angle(handle, first)
            words += [(angle, word) for word in _words_of_run(handle, text, first, last, angle)]
        if not is_plain:
            words = [(angle, word) for angle, word in words if _spell_out(word)]
        _level_tall_marks(handle, words)
    finally:
        text_page.close()
    turn = turn_of([(angle, len(w.text), (w.x0, w.x1, w.y0, w.y1)) for angle, w in words])
    level = _turned_level(words, turn)
    total = sum(len(word.text) for word in level)
    return PageWords(level, width, height, total, len(_BAD.findall(text)), turn)


def _characters(handle: int | None, count: int) -> str:
    """The code points of a page, as many as pdfium counts characters."""
    buffer = (ctypes.c_uint16 * (count + 1))()
    written = _text_of(handle, 0, count, ctypes.addressof(buffer)) - 1
    if written == count:
        text = bytes(buffer)[: 2 * count].decode("utf-16-le", "surrogatepass")
        if len(text) == count:
            return text
    # pdfium leaves glyphs without a character out of its text: ask for each by itself.
    codes = [_unicode_of(handle, index) for index in range(count)]
    return "".join([chr(code) if code <= 0x10FFFF else "\ufffd" for code in codes])


def _spell_out(word: Word) -> bool:
    """Replace what is no letter in a word's text; tell whether anything is left."""
    if _SPECIAL.search(word.text):
        word.text = word.text.translate(_SPELLED_OUT)
        word.text = _UNWRITABLE.sub("", word.text)
    return bool(word.text)


def _level_tall_marks(handle: int | None, words: list[tuple[int, Word]]) -> None:
    """Give bullets and brackets of odd fonts the height of the text beside them.

    The font's box of a symbol may be three lines tall, and would make one row of them.
    """
    heights = sorted(word.height for angle, word in words if angle == 0)
    if not heights:
        return
    usual = heights[len(heights) // 2]
    for angle, word in words:
        if angle == 0 and word.height > TALL_MARK * usual and not _LETTER.search(word.text):
            if not _tight_box_of(handle, word.first, *_EDGE_ADDRESSES):
                continue
            middle = (_EDGES[2] + _EDGES[3]) / 2
            word.y0, word.y1 = middle - usual / 2, middle + usual / 2


def _words_of_run(
    handle: int | None, characters: str, first: int, last: int, angle: int
) -> list[Word]:
    if angle:
        boxes = [_box(handle, index) for index in range(first, last + 1)]
        return _word(characters, first, last, boxes)
    start = _box(handle, first)
    if first == last:
        return [Word(*start, characters[first], first)]
    end = _box(handle, last)
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


def _box(handle: int | None, index: int) -> Box:
    rectangle = _RECTANGLE
    _loose_box_of(handle, index, _RECTANGLE_ADDRESS)
    left, top, right, bottom = rectangle
    return left, right, min(top, bottom), max(top, bottom)


def _angle(handle: int | None, index: int) -> int:
    """Direction of a character in quarter turns clockwise, 0 to 3."""
    angle = float(_angle_of(handle, index))
    return round(angle / (math.pi / 2)) % 4


def _turned_level(words: list[tuple[int, Word]], turn: Turn) -> list[Word]:
    """Keep the words of the commonest direction and turn them level.

    A page set sideways reads like any other; a margin note or watermark across the text does not.
    """
    kept = [word for angle, word in words if angle == turn.quarters]
    if turn.quarters:
        for word in kept:
            word.x0, word.x1, word.y0, word.y1 = turn.apply((word.x0, word.x1, word.y0, word.y1))
    return kept


_RECTANGLE = (ctypes.c_float * 4)()  # pdfium is not thread-safe, so one buffer serves
_RECTANGLE_ADDRESS = ctypes.addressof(_RECTANGLE)
_EDGES = (ctypes.c_double * 4)()  # left, right, bottom, top
_EDGE_ADDRESSES = [ctypes.addressof(_EDGES) + 8 * index for index in range(4)]


def _is_break(left: Box, right: Box) -> bool:
    height = max(left[3] - left[2], 0.1)
    if abs(left[2] - right[2]) > 0.6 * height:
        return True
    gap = max(right[0] - left[1], left[0] - right[1])
    return gap > _WIDEST_JUMP * height


def _word(characters: str, first: int, last: int, boxes: list[Box]) -> list[Word]:
    left, right = boxes[0], boxes[-1]
    x0, x1 = min(left[0], right[0]), max(left[1], right[1])
    y0, y1 = min(left[2], right[2]), max(left[3], right[3])
    if len(boxes) > 2:
        x0, x1 = min(box[0] for box in boxes), max(box[1] for box in boxes)
        y0, y1 = min(box[2] for box in boxes), max(box[3] for box in boxes)
    return [Word(x0, x1, y0, y1, characters[first : last + 1], first)]


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
