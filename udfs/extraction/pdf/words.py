"""A PDF page as words with boxes, made of runs of characters that are looked at one by one where needed.

pdfium inserts a blank between words and a line end between lines by its own measure of gaps, which is
right in 98 % of published text. So most runs are words by their first and last character, which is told
for all runs of a page at once. Every character is looked at where more may be in a run than one level
word: figures (raised ones are powers and notes), letters of right-to-left scripts, Chinese, and what runs
over a line end.
"""

from __future__ import annotations

import contextlib
import re
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pypdfium2 as pdfium
from numpy.typing import NDArray

from udfs.extraction.pdf.characters import (
    PageCharacters,
    handle_of,
    middle_of_ink,
    read_characters,
)
from udfs.extraction.pdf.ruling_lines import Box
from udfs.extraction.pdf.turning import (
    READING_PRINT,
    STACKED,
    WIDEST_JUMP,
    Turn,
    by_script,
    goes_on,
    is_break,
    is_new_line,
    stands_upright,
    turn_of,
)

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
_LINE_END = re.compile("\n")
_FIGURE_BEHIND = re.compile(r"(?<=\S)\d")
_NUMBER = re.compile(r"[^\w]*(\d[\d.,:/\-]*(?<=\d))[^\w]*")


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
    """The words of a page in the order of the content stream, its size in points, its place in the file."""

    words: list[Word]
    width: float
    height: float
    characters: int
    bad_characters: int
    turn: Turn
    number: int = 0


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
        characters = read_characters(text_page)
        words = _Reader(characters).words()
        if _SPECIAL.search(characters.text) is not None:
            words = [(angle, word) for angle, word in words if _spell_out(word)]
        _level_tall_marks(handle_of(text_page), words)
    finally:
        text_page.close()
    turn = turn_of([(angle, len(w.text), (w.x0, w.x1, w.y0, w.y1)) for angle, w in words])
    level = _on_the_page(words, turn)
    total = sum(len(word.text) for word in level)
    if turn.quarters % 2:
        width, height = height, width
    return PageWords(level, width, height, total, len(_BAD.findall(characters.text)), turn)


class _Reader:
    """The words of one page, each with its direction and in coordinates turned level by it."""

    def __init__(self, characters: PageCharacters) -> None:
        self._characters = characters
        self._text = characters.text
        self._keeps_glyphs = RIGHT_TO_LEFT.search(self._text) is not None
        self._pairs = [(pair.start(), pair.end(1)) for pair in _WIDE_PAIR.finditer(self._text)]
        self._is_stacked = self._has_stacked_lines()
        self._line = 0

    def words(self) -> list[tuple[int, Word]]:
        words: list[tuple[int, Word]] = []
        spans = np.array([run.span() for run in RUN.finditer(self._text)], np.int64).reshape(-1, 2)
        firsts, lasts = spans[:, 0], spans[:, 1] - 1
        runs = zip(
            firsts.tolist(), lasts.tolist(), self._starts_line(firsts, lasts).tolist(),
            self._characters.directions[firsts].tolist(), self._are_words(firsts, lasts).tolist(),
            self._ends(firsts, lasts).tolist(), strict=True,
        )  # fmt: skip
        for first, last, starts_line, angle, is_word, (x0, x1, y0, y1) in runs:
            self._line += starts_line
            if is_word:
                text = self._text[first : last + 1]
                words.append((0, Word(x0, x1, y0, y1, text, first, self._line)))
                continue
            direction = STACKED if self._is_stacked and angle == 0 else angle
            found = self._words_of_run(first, last, direction)
            if direction == STACKED and words and goes_on(_box_of(words[-1][1]), _box_of(found[0])):
                # Some files end a line behind every character that stands above another.
                behind = found[0].line - words[-1][1].line
                self._line -= behind
                for word in found:
                    word.line -= behind
            words += [(direction, word) for word in found]
        return words

    def _has_stacked_lines(self) -> bool:
        """Whether Chinese or Japanese stands in lines from top to bottom, by a sample of neighbours."""
        sample = self._pairs[:: len(self._pairs) // STACKED_SAMPLE + 1]
        box = self._characters.box
        return stands_upright([(box(left), box(right)) for left, right in sample])

    def _starts_line(
        self, firsts: NDArray[np.int64], lasts: NDArray[np.int64]
    ) -> NDArray[np.bool_]:
        """Before which runs pdfium ends a line."""
        ends = np.array([end.start() for end in _LINE_END.finditer(self._text)], np.int64)
        before = np.searchsorted(ends, firsts)
        behind = np.searchsorted(ends, lasts[:-1])
        return np.asarray(before > np.concatenate([[0], behind]), dtype=np.bool_)

    def _ends(self, firsts: NDArray[np.int64], lasts: NDArray[np.int64]) -> NDArray[np.float32]:
        """The boxes about the first and the last character of each run."""
        starts, ends = self._characters.boxes[firsts], self._characters.boxes[lasts]
        lower, upper = np.minimum(starts, ends), np.maximum(starts, ends)
        return np.stack([lower[:, 0], upper[:, 1], lower[:, 2], upper[:, 3]], axis=1)

    def _are_words(self, firsts: NDArray[np.int64], lasts: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Which runs are one level word that needs no closer look."""
        if self._keeps_glyphs or self._is_stacked:
            return np.zeros(len(firsts), dtype=np.bool_)
        boxes = self._characters.boxes.astype(np.float64)
        starts, ends = boxes[firsts], boxes[lasts]
        height = np.maximum(starts[:, 3] - starts[:, 2], 0.1)
        advance, behind = ends[:, 1] - starts[:, 0], lasts - firsts
        are_level: NDArray[np.bool_] = (
            (advance >= 0)
            & (advance <= (behind + 1) * 1.6 * height)
            & (np.abs(starts[:, 2] - ends[:, 2]) < SAME_LEVEL * height)
            & (behind < LONG_RUN)
        ) | (behind == 0)
        are_level &= self._characters.directions[firsts] == 0
        are_level[np.searchsorted(firsts, self._beside_readings(), side="right") - 1] = False
        figures = np.array([f.end() - 1 for f in _FIGURE_BEHIND.finditer(self._text)], np.int64)
        runs = np.searchsorted(firsts, figures, side="right") - 1
        for run in np.unique(runs[figures > firsts[runs]]).tolist():
            first = firsts[run]
            number = _NUMBER.fullmatch(self._text, first, lasts[run] + 1)
            if number is None:
                are_level[run] = False
            else:
                rise = abs(boxes[first, 2] - boxes[number.end(1) - 1, 2])
                are_level[run] &= rise < SAME_LEVEL * height[run]
        return are_level

    def _beside_readings(self) -> NDArray[np.int64]:
        """Chinese and Japanese characters before or behind one in small print at their upper edge."""
        pairs = np.array(self._pairs, np.int64).reshape(-1, 2)
        low, high = self._characters.boxes[pairs, 2], self._characters.boxes[pairs, 3]
        heights, rows = high - low, np.arange(len(pairs))
        base = heights.argmax(axis=1)
        height, top, foot = heights[rows, base], high[rows, base], low[rows, 1 - base]
        is_small = heights[rows, 1 - base] <= READING_PRINT * height
        found: NDArray[np.int64] = pairs[is_small & (foot > top - 0.3 * height), 0]
        return found

    def _words_of_run(self, first: int, last: int, angle: int) -> list[Word]:
        # Right-to-left, turned, with figures, over a line end, or a long run without blanks.
        boxes = self._characters.level_boxes(first, last, angle)
        text = self._text[first : last + 1]
        if first == last:
            return [self._word(first, text, boxes)]
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

    def _word(self, first: int, text: str, boxes: list[Box]) -> Word:
        return Word(
            min(box[0] for box in boxes), max(box[1] for box in boxes),
            min(box[2] for box in boxes), max(box[3] for box in boxes),
            text, first, self._line,
            tuple((box[0], box[1]) for box in boxes) if self._keeps_glyphs else (),
        )  # fmt: skip


def _spell_out(word: Word) -> bool:
    """Replace what is no letter in a word's text; tell whether anything is left."""
    if _SPECIAL.search(word.text):
        word.text = word.text.translate(_SPELLED_OUT)
        word.text = _UNWRITABLE.sub("", word.text)
    return bool(word.text)


def _level_tall_marks(handle: int, words: list[tuple[int, Word]]) -> None:
    """Give bullets and brackets of odd fonts the height of the text beside them.

    The font's box of a symbol may be three lines tall, and would make one row of them.
    """
    heights = sorted(word.height for angle, word in words if angle == 0)
    if not heights:
        return
    usual = heights[len(heights) // 2]
    for angle, word in words:
        if angle == 0 and word.height > TALL_MARK * usual and not _LETTER.search(word.text):
            middle = middle_of_ink(handle, word.first)
            if middle is not None:
                word.y0, word.y1 = middle - usual / 2, middle + usual / 2


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
