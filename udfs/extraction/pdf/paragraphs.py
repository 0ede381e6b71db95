"""Lines of a column to paragraphs and headings, and words broken by hyphens to whole words."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from itertools import pairwise
from statistics import median

from udfs.extraction.markdown.hard_wrapping import is_wide
from udfs.extraction.pdf.rows import Row
from udfs.extraction.pdf.words import HYPHEN_AT_LINE_END

PARAGRAPH_LEADING = 1.35
"""Distance of baselines, in multiples of the block's usual one, that starts a paragraph."""
HEADING_SIZES = ((1.7, "# "), (1.35, "## "), (1.15, "### "))
"""Height of a line's font box against the document's body text, and the heading level it means."""
MAXIMUM_HEADING_CHARACTERS = 150
COMPOUNDS_OF_HALF = 2
"""Other compounds of a document that begin or end alike, from which one at a line end is believed."""

_NO_PROSE = ("#", "|", "```")
_TERMINAL = re.compile(r"[.!?:;…。！？：；][\"'”’)\]」』）]*$")
_LIST_ITEM = re.compile(r"^(?:[•‣▪●○◦■–—*]|\(?\d{1,3}[.)]|\(?[a-z][.)])\s+\S")
_HYPHENS = f"-\u2010\u2011\u2012\u2013{HYPHEN_AT_LINE_END}"
_BROKEN_WORD = re.compile(rf"((?:[^\W\d_]+-)*[^\W\d_]{{2,}})[-\u2010{HYPHEN_AT_LINE_END}]$")
_FORM = re.compile(rf"[^\W\d_]+(?:-[^\W\d_]+)*(?![^\W\d_]|[-\u2010{HYPHEN_AT_LINE_END}])")
_RANGE = re.compile(r"\d[-\u2010-\u2013]$")
_CONJUNCTIONS = frozenset({"und", "oder", "bzw", "sowie", "och", "eller", "og"})
_SHORT_CONJUNCTIONS = frozenset({"and", "or", "to", "et", "ou", "en", "of"})  # or an end: thous-and
_WORD_START = re.compile(r"^([^\W\d_]+)")
_REST_OF_WORD = re.compile(r"(?<=\w)\w*")


class WordForms:
    """How a document writes its words inside of lines: the evidence for hyphens at their ends."""

    def __init__(self, lines: Iterable[str] = ()) -> None:
        forms = {form.casefold() for line in lines for form in _FORM.findall(line)}
        self._words = {form for form in forms if "-" not in form}
        self._compounds = forms - self._words
        self._halves = Counter(
            half
            for compound in self._compounds
            for half in (compound.split("-")[0] + "-", "-" + compound.split("-")[-1])
        )

    def keeps_hyphen(self, left: str, right: str) -> bool:
        """Whether the hyphen between two parts of a word is its own, not the typesetter's.

        Args:
            left: What stands before the line end, without its hyphen; it may have others.
            right: What follows.

        Returns:
            True for a compound that stands elsewhere in the document, for one whose half makes several
            other compounds there, and for the first of two words that share their end (``Nord- und``).
        """
        left, right = left.casefold(), right.casefold()
        last = left.rsplit("-")[-1]
        if left + right in self._words or last + right in self._words:
            return False
        if f"{left}-{right}" in self._compounds or f"{last}-{right}" in self._compounds:
            return True
        if max(self._halves[last + "-"], self._halves["-" + right]) >= COMPOUNDS_OF_HALF:
            return True
        return last != left and {last, right} <= self._words

    def shares_end(self, left: str, right: str) -> bool:
        """Whether ``right`` joins a cut word to another one: ``Nord- und Ostsee``, ``pre- and post-war``."""
        return right in _CONJUNCTIONS or (
            right in _SHORT_CONJUNCTIONS
            and (left.casefold() in self._words or self._halves[left.casefold() + "-"] > 0)
        )


NO_FORMS = WordForms()


def body_height(pages: list[list[list[Row]]]) -> float:
    """Height of the font box in which most characters of the document are set, in points."""
    counts: Counter[float] = Counter()
    for row in (row for page in pages for block in page for row in block):
        if row.table is None:
            counts[round(row.height * 2) / 2] += len(row.text)
    return counts.most_common(1)[0][0] if counts else 12.0


def paragraphs_of(rows: list[Row], body: float, forms: WordForms = NO_FORMS) -> list[str]:
    """Join the lines of one column.

    Args:
        rows: Lines from top to bottom, without tables.
        body: Result of ``body_height``.
        forms: How the document writes its words.

    Returns:
        Paragraphs; lines in a larger font come as Markdown headings.
    """
    groups: list[list[Row]] = []
    leading = _usual_leading(rows)
    right = max((row.x1 for row in rows), default=0.0)
    left = min((row.x0 for row in rows), default=0.0)
    for row in rows:
        if groups and not _starts_paragraph(groups[-1], row, leading, left, right):
            groups[-1].append(row)
        else:
            groups.append([row])
    return [text for text in (_paragraph(group, body, forms) for group in groups) if text]


def _usual_leading(rows: list[Row]) -> float:
    distances = [upper.foot - lower.foot for upper, lower in pairwise(rows)]
    positive = [distance for distance in distances if distance > 1]
    return median(positive) if positive else 0.0


def _starts_paragraph(
    group: list[Row], row: Row, leading: float, left: float, right: float
) -> bool:
    above = group[-1]
    distance = above.foot - row.foot
    if leading and distance > PARAGRAPH_LEADING * max(leading, 0.9 * above.height):
        return True
    if not 0.87 < row.height / max(above.height, 0.1) < 1.15:
        return True
    if _LIST_ITEM.match(row.text):
        return True
    indent, width = row.x0 - above.x0, right - left
    if indent > 0.7 * row.height and len(group) > 1 and row.x0 > left + 0.7 * row.height:
        return abs(row.x0 - group[0].x0) < 2 or group[0].x0 <= above.x0 + 2
    ends_early = above.x1 < right - max(0.15 * width, 2 * row.height)
    return ends_early and bool(_TERMINAL.search(above.text.rstrip()))


def _paragraph(group: list[Row], body: float, forms: WordForms) -> str:
    text = ""
    for row in group:
        text = join_lines(text, " ".join(row.text.split()), forms)
    text = text.replace(HYPHEN_AT_LINE_END, "-").strip()
    if len(text) <= MAXIMUM_HEADING_CHARACTERS and re.search(r"[^\W\d_]{2}|\w{4}", text):
        for ratio, mark in HEADING_SIZES:
            if group[0].height >= ratio * body:
                return mark + text
    return text


def join_lines(upper: str, lower: str, forms: WordForms = NO_FORMS) -> str:
    """Join two lines of running text: whole words, a blank where the script uses blanks.

    Args:
        upper: Text so far.
        lower: The next line.
        forms: How the document writes its words.

    Returns:
        ``inter-`` + ``national`` becomes one word; ``Franco-`` + ``German`` keeps its hyphen, and so does
        ``well-`` + ``known`` where the document writes such words so; Chinese and Japanese lines meet
        without a blank.
    """
    if not upper or not lower:
        return upper + lower
    is_broken = upper[-1] in _HYPHENS  # asked first: the search reads the whole paragraph so far
    if is_broken and (broken := _BROKEN_WORD.search(upper)):
        start = _WORD_START.match(lower)
        if start is None or not start.group(1)[0].islower():
            return upper + lower
        left, right = broken.group(1), start.group(1)
        if forms.shares_end(left, right):
            return f"{upper[:-1]}- {lower}"
        if forms.keeps_hyphen(left, right):
            return f"{upper[:-1]}-{lower}"
        return upper[:-1] + lower
    if (is_wide(upper[-1]) and is_wide(lower[0])) or (
        is_broken and lower[0].isdigit() and _RANGE.search(upper)
    ):
        return upper + lower
    return f"{upper} {lower}"


def join_pages(
    pages: Iterable[Iterable[list[str]]], forms: WordForms
) -> tuple[list[str], list[tuple[int, int]]]:
    """Join all columns and pages; a sentence that runs over the end of one is one paragraph.

    Args:
        pages: Of each its blocks, of each block its paragraphs, headings and Markdown tables.
        forms: How the document writes its words.

    Returns:
        The paragraphs, and where each page begins: the paragraph, and characters before it there. Of a word
        that two pages share the first has all.
    """
    written: list[str] = []
    starts: list[tuple[int, int]] = []
    for blocks in pages:
        start: tuple[int, int] | None = None
        for paragraphs in blocks:
            following = paragraphs
            if written and paragraphs and _continues(written[-1], paragraphs[0]):
                written[-1] = join_lines(written[-1], paragraphs[0], forms)
                following = paragraphs[1:]
                start = start or (len(written) - 1, _behind_word(written[-1], len(paragraphs[0])))
            elif paragraphs:
                start = start or (len(written), 0)
            written += following
        starts.append(start or (len(written), 0))
    return written, starts


def _behind_word(joined: str, added: int) -> int:
    """Where the last characters of a paragraph begin, or the first word of theirs that is whole."""
    place = len(joined) - added
    rest = _REST_OF_WORD.match(joined, place)
    return place if rest is None or is_wide(joined[place - 1]) else rest.end()


def _continues(last: str, first: str) -> bool:
    if last.startswith(_NO_PROSE) or first.startswith(_NO_PROSE) or _TERMINAL.search(last):
        return False
    return first[0].islower() or (is_wide(first[0]) and is_wide(last[-1]) and len(last) > 40)
