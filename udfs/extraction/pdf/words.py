"""A PDF page as words with boxes, read from pdfium character by character where needed.

pdfium inserts a blank between words and a line end between lines by its own measure of gaps, which is
right in 98 % of published text. So of most runs only the first and the last character are asked for
their boxes: a third of the calls, and the calls are what a page costs. Every character is looked at where
more may be in a run than one level word: figures (raised ones are powers and notes), letters of
right-to-left scripts, Chinese, and what runs over a line end.
"""

from __future__ import annotations

import contextlib
import ctypes
import math
import re
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c

from udfs.extraction.pdf.ruling_lines import Box
from udfs.extraction.pdf.turning import (
    STACKED,
    WIDEST_JUMP,
    Turn,
    by_script,
    goes_on,
    is_break,
    is_new_line,
    stands_upright,
    turn_of,
    turned,
)

MAXIMUM_PAGE_CHARACTERS = 200_000
"""More characters on one page are an attack or a data dump (a dense newspaper page has 30,000)."""
LONG_RUN = 40
"""Longer runs without a blank are looked at character by character: Chinese has no blanks."""
HYPHEN_AT_LINE_END = "\u00ad"
"""What pdfium marks as a hyphen made by the typesetter becomes a soft hyphen in a word's text."""

_BLANK = r"\t\n\r \u00a0\u3000\u2000-\u200b"
RUN = re.compile(f"[^{_BLANK}]+")
"""What pdfium's text has between blanks and line ends."""
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
SAME_LEVEL = 0.1
"""Difference of level between the ends of a word, in heights, from which each character is looked at."""
STACKED_SAMPLE = 60
"""Pairs of neighbouring Chinese or Japanese characters whose places tell the direction of lines."""

RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]")
_WIDE_PAIR = re.compile("[\u3041-\u30ff\u3400-\u9fff](?=(\\s{0,2})[\u3041-\u30ff\u3400-\u9fff])")
_FIGURE_BEHIND = re.compile(r"\S\d")
_NUMBER = re.compile(r"[^\w]*(\d[\d.,:/\-]*(?<=\d))[^\w]*")


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
        line: Number of its line as pdfium tells lines; words of one line follow each other.
        glyphs: For words of pages with right-to-left letters, the left and right edge of every character.
        from_right: Whether its page is read from the right; x is counted from there then.
        joins_next: Whether no blank stands behind it, whatever the distance.
    """

    x0: float
    x1: float
    y0: float
    y1: float
    text: str
    first: int
    line: int = 0
    glyphs: tuple[tuple[float, float], ...] = ()
    from_right: bool = False
    joins_next: bool = False

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
        words = _Reader(handle, text).words()
        if _SPECIAL.search(text) is not None:
            words = [(angle, word) for angle, word in words if _spell_out(word)]
        _level_tall_marks(handle, words)
    finally:
        text_page.close()
    turn = turn_of([(angle, len(w.text), (w.x0, w.x1, w.y0, w.y1)) for angle, w in words])
    level = _on_the_page(words, turn)
    total = sum(len(word.text) for word in level)
    if turn.quarters % 2:
        width, height = height, width
    return PageWords(level, width, height, total, len(_BAD.findall(text)), turn)


class _Reader:
    """The words of one page, each with its direction and in coordinates turned level by it."""

    def __init__(self, handle: int | None, text: str) -> None:
        self._handle = handle
        self._text = text
        self._keeps_glyphs = RIGHT_TO_LEFT.search(text) is not None
        self._is_stacked = self._has_stacked_lines()
        self._line = 0

    def words(self) -> list[tuple[int, Word]]:
        words: list[tuple[int, Word]] = []
        end = 0
        for run in RUN.finditer(self._text):
            first, last = run.start(), run.end() - 1
            if "\n" in self._text[end:first]:
                self._line += 1
            end = run.end()
            angle = _angle(self._handle, first)
            if self._is_stacked and angle == 0:
                angle = STACKED
            found = self._words_of_run(first, last, angle)
            if angle == STACKED and words and goes_on(_box_of(words[-1][1]), _box_of(found[0])):
                # Some files end a line behind every character that stands above another.
                behind = found[0].line - words[-1][1].line
                self._line -= behind
                for word in found:
                    word.line -= behind
            words += [(angle, word) for word in found]
        return words

    def _has_stacked_lines(self) -> bool:
        """Whether Chinese or Japanese stands in lines from top to bottom, by a sample of neighbours."""
        pairs = [(pair.start(), pair.end(1)) for pair in _WIDE_PAIR.finditer(self._text)]
        sample = pairs[:: len(pairs) // STACKED_SAMPLE + 1]
        return stands_upright([(_box(self._handle, i), _box(self._handle, j)) for i, j in sample])

    def _words_of_run(self, first: int, last: int, angle: int) -> list[Word]:
        if first == last:
            return [self._word(first, self._text[first], [self._level_box(first, angle)])]
        if not (angle or self._keeps_glyphs):
            start, end = _box(self._handle, first), _box(self._handle, last)
            if last - first < LONG_RUN and self._is_one_level_word(first, last, start, end):
                return [
                    Word(
                        min(start[0], end[0]), max(start[1], end[1]),
                        min(start[2], end[2]), max(start[3], end[3]),
                        self._text[first : last + 1], first, self._line,
                    )
                ]  # fmt: skip
        # Right-to-left, turned, with figures, over a line end, or a long run without blanks.
        boxes = [self._level_box(index, angle) for index in range(first, last + 1)]
        text = self._text[first : last + 1]
        if RIGHT_TO_LEFT.search(text):
            return self._right_to_left_words(first, boxes)
        if angle and all(left[0] > right[0] for left, right in pairwise(boxes)):
            text, boxes = text[::-1], boxes[::-1]  # pdfium reads some turned lines backwards
        words, begin = [], 0
        for index in range(1, len(boxes) + 1):
            if index < len(boxes) and not is_break(boxes[index - 1], boxes[index], angle):
                continue
            for part, inside in by_script(boxes[begin:index], angle):
                place = begin + part
                words.append(self._word(first + place, text[place : place + len(inside)], inside))
            if index < len(boxes) and is_new_line(boxes[index - 1], boxes[index]):
                self._line += 1
            begin = index
        return words

    def _right_to_left_words(self, first: int, boxes: list[Box]) -> list[Word]:
        """Parts of a run that stand apart, whatever the order of its characters.

        Connected letters often come in fonts whose boxes follow the ink, so that heights say nothing.
        """
        groups: list[list[int]] = []
        for index in sorted(range(len(boxes)), key=lambda index: boxes[index][0]):
            if groups and boxes[index][0] - max(boxes[i][1] for i in groups[-1]) < WIDEST_JUMP * (
                max(boxes[i][3] - boxes[i][2] for i in groups[-1])
            ):
                groups[-1].append(index)
            else:
                groups.append([index])
        words = []
        for group in sorted(map(sorted, groups)):
            text = "".join([self._text[first + index] for index in group])
            words.append(self._word(first + group[0], text, [boxes[index] for index in group]))
        return words

    def _is_one_level_word(self, first: int, last: int, start: Box, end: Box) -> bool:
        height = max(start[3] - start[2], 0.1)
        advances = 0 <= end[1] - start[0] <= (last - first + 1) * 1.6 * height
        if not advances or abs(start[2] - end[2]) >= SAME_LEVEL * height:
            return False
        text = self._text[first : last + 1]
        if not _FIGURE_BEHIND.search(text):
            return True
        number = _NUMBER.fullmatch(text)
        if number is None:
            return False
        last_figure = _box(self._handle, first + number.end(1) - 1)
        return abs(start[2] - last_figure[2]) < SAME_LEVEL * height

    def _level_box(self, index: int, angle: int) -> Box:
        box = _box(self._handle, index)
        return turned(box, angle % 4) if angle else box

    def _word(self, first: int, text: str, boxes: list[Box]) -> Word:
        return Word(
            min(box[0] for box in boxes), max(box[1] for box in boxes),
            min(box[2] for box in boxes), max(box[3] for box in boxes),
            text, first, self._line,
            tuple((box[0], box[1]) for box in boxes) if self._keeps_glyphs else (),
        )  # fmt: skip


def text_of_page(page: Any) -> str:
    """pdfium's own text of a page: a character for each of its character indices, line ends included."""
    text_page = page.get_textpage()
    try:
        handle = ctypes.cast(text_page.raw, ctypes.c_void_p).value
        return _characters(handle, text_page.count_chars())
    finally:
        text_page.close()


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


def _box(handle: int | None, index: int) -> Box:
    rectangle = _RECTANGLE
    _loose_box_of(handle, index, _RECTANGLE_ADDRESS)
    left, top, right, bottom = rectangle
    return left, right, min(top, bottom), max(top, bottom)


def _angle(handle: int | None, index: int) -> int:
    """Direction of a character in quarter turns clockwise, 0 to 3."""
    angle = float(_angle_of(handle, index))
    return round(angle / (math.pi / 2)) % 4


def _box_of(word: Word) -> Box:
    return word.x0, word.x1, word.y0, word.y1


def _on_the_page(words: list[tuple[int, Word]], turn: Turn) -> list[Word]:
    """Keep the words of the commonest direction, in the coordinates of the page turned level.

    A page set sideways reads like any other; a margin note or watermark across the text does not.
    """
    kept = [word for angle, word in words if angle % 4 == turn.quarters]
    if turn.quarters:
        for word in kept:
            word.x0, word.x1 = word.x0 - turn.dx, word.x1 - turn.dx
            word.y0, word.y1 = word.y0 - turn.dy, word.y1 - turn.dy
            word.glyphs = tuple((x0 - turn.dx, x1 - turn.dx) for x0, x1 in word.glyphs)
    return kept


_RECTANGLE = (ctypes.c_float * 4)()  # pdfium is not thread-safe, so one buffer serves
_RECTANGLE_ADDRESS = ctypes.addressof(_RECTANGLE)
_EDGES = (ctypes.c_double * 4)()  # left, right, bottom, top
_EDGE_ADDRESSES = [ctypes.addressof(_EDGES) + 8 * index for index in range(4)]


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
