"""Lines with Arabic or Hebrew letters: from places on the page to the order in which they are read.

Producers write such lines in the order of reading, of the eye from the left, or word by word in either,
and pdfium turns round what it takes for the second. So its order counts for nothing here: the characters are
taken by their places, and what runs against the line (numbers and Latin words in Arabic, Hebrew words in
English) is turned back by the rules of the Unicode bidirectional algorithm (UAX 9) for implicit levels.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import replace

from udfs.extraction.pdf.words import RIGHT_TO_LEFT, PageWords, Word

BLANK = 0.2
"""Gap, in heights of the line, that is a blank; letters that do not connect have less between them."""
BLANK_OF_FILE = 0.05
"""The same between letters where the file, too, has a blank."""
SAME_GLYPH = 0.01
"""Points between the middles of two characters that one glyph stands for."""

_LATIN = r"a-zA-Z\u00aa\u00b5\u00ba\u00c0-\u024f\u0370-\u03ff\u0400-\u052f\u1e00-\u1fff"
_RTL = r"\u0590-\u05ff\u0600-\u065f\u066a-\u06ef\u06fa-\u08ff\ufb1d-\ufdff\ufe70-\ufefc"
_DIGIT = r"0-9\u0660-\u0669\u06f0-\u06f9"
_SIGN = r"#$€£¥₪+\-−%‰°"
# A Latin word and what follows it up to the last Latin letter or digit before the next Arabic letter; or a
# number with the signs on both of its sides.
_FOREIGN = re.compile(
    rf"[{_LATIN}{_DIGIT}][^{_RTL}]*[{_LATIN}](?:[^{_RTL}]*[{_DIGIT}])?"
    rf"|[{_LATIN}](?:[^{_RTL}]*[{_DIGIT}])?"
    rf"|[{_SIGN}]*[{_DIGIT}](?:[{_DIGIT}.,:/\u066b\u066c\-]*[{_DIGIT}])?[{_SIGN}]*"
)
_NUMBER_IN_ARABIC = re.compile(rf"[{_DIGIT}](?:[{_DIGIT}.,:/\u066b\u066c]*[{_DIGIT}])?")
_STRONG = re.compile(rf"[{_LATIN}{_RTL}](?=[^{_LATIN}{_RTL}]*$)")
_HAS_LATIN = re.compile(f"[{_LATIN}]")
_RTL_STRETCH = re.compile(rf"[{_RTL}](?:[^{_LATIN}]*[{_RTL}])?")
_PRESENTATION = re.compile("[\ufb1d-\ufdff\ufe70-\ufefc]")
_LIGATURE_BACKWARDS = re.compile("([\u0622\u0623\u0625\u0627])(\u0644)")
_OPENING, _CLOSING = "([{«‹", ")]}»›"
_MIRRORED = str.maketrans(_OPENING + _CLOSING + "<>", _CLOSING + _OPENING + "><")


def read_from_right(page: PageWords) -> PageWords:
    """Count x from the right on a page most of whose letters are Arabic or Hebrew.

    Columns, cells, indents and the ends of lines are then met in the order of reading as on any page.

    Args:
        page: Its words, with the places of their characters where it has such letters; changed in place.

    Returns:
        The page, with a turn that mirrors its rules alike; any other page as it is.
    """
    letters = foreign = 0
    for word in page.words:
        if word.glyphs:
            letters += sum(map(str.isalpha, word.text))
            foreign += len(RIGHT_TO_LEFT.findall(word.text))
    if 2 * foreign <= letters:
        return page
    for word in page.words:
        word.x0, word.x1 = -word.x1, -word.x0
        word.glyphs = tuple((-x1, -x0) for x0, x1 in word.glyphs)
        word.from_right = True
    return replace(page, turn=replace(page.turn, is_mirrored=True))


def line_in_reading_order(words: Sequence[Word], *, from_right: bool) -> str:
    """The text of a line with right-to-left letters.

    Args:
        words: Its words, with the places of their characters.
        from_right: Whether the line is read from the right; its coordinates are mirrored then.

    Returns:
        Characters in the order of reading with a blank where there is a gap, presentation forms as letters,
        brackets opened before closed.
    """
    seen = _as_seen(words)
    if from_right:
        return _turned_forward(seen)
    return _RTL_STRETCH.sub(lambda stretch: _turned_forward(stretch.group()[::-1]), seen)


def _as_seen(words: Sequence[Word]) -> str:
    """The characters of a line by their places; marks above and below stay behind their letter."""
    glyphs = [
        ((x0 + x1) / 2, x0, x1, character, number)
        for number, word in enumerate(words)
        for (x0, x1), character in zip(word.glyphs, word.text, strict=False)
    ]
    bases = sorted(middle for middle, _, _, c, _ in glyphs if not _is_mark(c))
    if not bases:
        return "".join(word.text for word in words)
    placed = [
        (_nearest(bases, middle) if _is_mark(c) else middle, _is_mark(c), x0, x1, c, number)
        for middle, x0, x1, c, number in glyphs
    ]
    placed.sort(key=lambda glyph: glyph[:2])
    height = max(word.y1 for word in words) - min(word.y0 for word in words)
    text, end, last, word_before = "", placed[0][2], placed[0][0] - 1, placed[0][5]
    for middle, is_mark, x0, x1, character, number in placed:
        are_letters = character.isalnum() and text[-1:].isalnum()
        least = BLANK_OF_FILE if number != word_before and are_letters else BLANK
        if not is_mark and x0 - end > least * height:
            text += " "
        if middle - last < SAME_GLYPH:
            # Two letters of one glyph: lam-alef is a ligature, alef-lam is none.
            text = text[:-1] + _LIGATURE_BACKWARDS.sub(r"\2\1", text[-1:] + character)
        else:
            text += character
        end, last, word_before = max(end, x1), middle, number
    return text


def _is_mark(character: str) -> bool:
    return unicodedata.combining(character) > 0


def _nearest(places: list[float], place: float) -> float:
    index = bisect_left(places, place)
    return min(places[max(0, index - 1) : index + 1], key=lambda other: abs(other - place))


def _turned_forward(seen: str) -> str:
    """What is seen from the right, with numbers and Latin words the right way round."""
    text = _FOREIGN.sub(_foreign_forward, seen)
    text = _PRESENTATION.sub(lambda form: unicodedata.normalize("NFKC", form.group()), text)
    return _brackets_by_blanks(text)


def _foreign_forward(match: re.Match[str]) -> str:
    """Behind an Arabic letter signs are no part of a number (rules W2, W4 and W5); in Hebrew they are."""
    stretch = match.group()
    if _HAS_LATIN.search(stretch) is None:
        before = _STRONG.search(match.string[: match.start()])
        if before is None or unicodedata.bidirectional(before.group()) != "R":
            return _NUMBER_IN_ARABIC.sub(lambda number: number.group()[::-1], stretch)
    return stretch[::-1]


def _brackets_by_blanks(text: str) -> str:
    """Brackets as they are written: some files name their shape, others their meaning.

    The one that opens has a blank before it and none behind; where blanks do not say, it stays.
    """
    written = list(text)
    for index, character in enumerate(text):
        if character not in _OPENING and character not in _CLOSING:
            continue
        before = index == 0 or text[index - 1].isspace() or text[index - 1] in _OPENING + _CLOSING
        after = index + 1 == len(text) or not (
            text[index + 1].isalnum() or text[index + 1] in "\"'“”"
        )
        if before != after and (character in _OPENING) != before:
            written[index] = character.translate(_MIRRORED)
    return "".join(written)
