"""Sums over the lines of a document: how many there are of each kind, and of what length."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from udfs.columns.compiled import kernel
from udfs.lines.line_batch import (
    C4_TERMINAL,
    COUNTER,
    CURLY,
    ELLIPSIS_END,
    LONG_WORD,
    MARK_END,
    NO_LETTERS,
    SPEAKER,
    TERMINAL,
    LineFacts,
)
from udfs.lines.phrases import JAVASCRIPT, LOREM_IPSUM, POLICY, REFINEDWEB_EDIT, UNFOLD
from udfs.lines.structure import BULLET, IN_CODE, STRUCTURE

SHORT_COLUMNS: Final = 30
LONG_CHARACTERS: Final = 200
EDITED_WORDS: Final = 10  # RefinedWeb edits shorter lines only; it strips about two words
FEWEST_WORDS: Final = 3  # C4


class LineTotals(NamedTuple):
    """What ``add_lines`` adds to, one entry a document; int64 but for the two shares.

    Attributes:
        lines: Lines with a visible character.
        characters: Their characters; as are words, columns (``width``), and sentences.
        longest: Characters of the longest line.
        structure: List items, headings, table rows, code; ``structure_characters`` theirs.
        short: Lines of at most 30 columns outside of code fences; of these ``short_structure`` are
            structure, and the characters of both are counted too. ``short_plain``: of at most 30 characters.
        long: Lines of 200 characters or more.
        speaker: Lines with a speaker's tag; ``speaker_short``: at most 30 columns behind it.
        terminal: Ends of the kinds of udfs.lines.line_batch, as are mark_end, c4_terminal and ellipsis.
        bullet: Lines that begin with a bullet.
        upper: More than half capitals; ``bare``: no letters; ``counter``: "3 likes".
        one_word: Lines of one word; ``few``: of fewer than three between blanks.
        furniture: Lines of page furniture, as told by the caller.
        removed_words: Words that RefinedWeb's line rules take away.
        kept: Lines that C4's line rules keep; ``kept_sentences`` theirs.
        curly: Lines with { that C4's rules on ends and words let through, JavaScript left out;
            ``shaped_lorem``: with lorem ipsum.
        worded_sentences: As kept_sentences where lines may end in any way, as are worded_curly and
            worded_lorem.
        javascript: Lines that name it, as are policy and lorem_ipsum; ``long_word``: C4's.
        unfold: Lines that end in an ellipsis or an "unfold".
        digit_share: Sum of the lines' shares of digits, float64; ``upper_share``: of capitals.
    """

    lines: npt.NDArray[np.int64]
    characters: npt.NDArray[np.int64]
    words: npt.NDArray[np.int64]
    width: npt.NDArray[np.int64]
    sentences: npt.NDArray[np.int64]
    longest: npt.NDArray[np.int64]
    structure: npt.NDArray[np.int64]
    structure_characters: npt.NDArray[np.int64]
    short: npt.NDArray[np.int64]
    short_structure: npt.NDArray[np.int64]
    short_characters: npt.NDArray[np.int64]
    short_structure_characters: npt.NDArray[np.int64]
    short_plain: npt.NDArray[np.int64]
    long: npt.NDArray[np.int64]
    speaker: npt.NDArray[np.int64]
    speaker_short: npt.NDArray[np.int64]
    terminal: npt.NDArray[np.int64]
    mark_end: npt.NDArray[np.int64]
    c4_terminal: npt.NDArray[np.int64]
    ellipsis: npt.NDArray[np.int64]
    bullet: npt.NDArray[np.int64]
    upper: npt.NDArray[np.int64]
    bare: npt.NDArray[np.int64]
    counter: npt.NDArray[np.int64]
    one_word: npt.NDArray[np.int64]
    few: npt.NDArray[np.int64]
    furniture: npt.NDArray[np.int64]
    removed_words: npt.NDArray[np.int64]
    kept: npt.NDArray[np.int64]
    kept_sentences: npt.NDArray[np.int64]
    curly: npt.NDArray[np.int64]
    shaped_lorem: npt.NDArray[np.int64]
    worded_sentences: npt.NDArray[np.int64]
    worded_curly: npt.NDArray[np.int64]
    worded_lorem: npt.NDArray[np.int64]
    javascript: npt.NDArray[np.int64]
    policy: npt.NDArray[np.int64]
    lorem_ipsum: npt.NDArray[np.int64]
    long_word: npt.NDArray[np.int64]
    unfold: npt.NDArray[np.int64]
    digit_share: npt.NDArray[np.float64]
    upper_share: npt.NDArray[np.float64]


def empty_totals(rows: int) -> LineTotals:
    """Zeros for ``rows`` documents."""
    totals: LineTotals = LineTotals._make(
        np.zeros(rows, np.float64 if name.endswith("_share") else np.int64)
        for name in LineTotals._fields
    )
    return totals


@kernel
def add_lines(
    facts: LineFacts,
    furniture: npt.NDArray[np.bool_],
    rows: npt.NDArray[np.int64],
    totals: LineTotals,
) -> None:
    """Add every line to its document.

    Args:
        facts: The lines of a batch.
        furniture: bool[lines].
        rows: For every text of the batch, its row in ``totals``.
        totals: Added to.
    """
    for line in range(len(facts.text)):
        row = rows[facts.text[line]]
        _add_measures(facts, line, row, totals)
        _add_kinds(facts, line, row, totals)
        totals.furniture[row] += 1 if furniture[line] else 0


@kernel
def _has(flags: np.uint32, bits: int) -> int:
    return 1 if flags & np.uint32(bits) else 0


@kernel
def _add_measures(facts: LineFacts, line: int, row: int, totals: LineTotals) -> None:
    flags = facts.flags[line]
    characters = int(facts.characters[line])
    structure = _has(flags, STRUCTURE)
    # A code fence says what its lines are; a chat log has none.
    short = 1 if facts.width[line] <= SHORT_COLUMNS and not _has(flags, IN_CODE) else 0
    speaker = _has(flags, SPEAKER)
    totals.lines[row] += 1
    totals.characters[row] += characters
    totals.words[row] += facts.words[line]
    totals.width[row] += facts.width[line]
    totals.sentences[row] += facts.sentences[line]
    totals.longest[row] = max(totals.longest[row], characters)
    totals.structure[row] += structure
    totals.structure_characters[row] += structure * characters
    totals.short[row] += short
    totals.short_structure[row] += short & structure
    totals.short_characters[row] += short * characters
    totals.short_structure_characters[row] += (short & structure) * characters
    totals.short_plain[row] += 1 if characters <= SHORT_COLUMNS else 0
    totals.long[row] += 1 if characters >= LONG_CHARACTERS else 0
    totals.speaker[row] += speaker
    totals.speaker_short[row] += speaker if facts.rest_width[line] <= SHORT_COLUMNS else 0
    totals.digit_share[row] += facts.digits[line] / max(characters, 1)
    totals.upper_share[row] += facts.upper[line] / max(characters, 1)


@kernel
def _add_kinds(facts: LineFacts, line: int, row: int, totals: LineTotals) -> None:
    flags = facts.flags[line]
    words = int(facts.words[line])
    sentences = int(facts.sentences[line])
    upper = 1 if 2 * facts.upper[line] > facts.characters[line] else 0
    bare = _has(flags, NO_LETTERS)
    counter = _has(flags, COUNTER)
    one_word = 1 if words == 1 else 0
    totals.terminal[row] += _has(flags, TERMINAL)
    totals.mark_end[row] += _has(flags, MARK_END)
    totals.c4_terminal[row] += _has(flags, C4_TERMINAL)
    totals.ellipsis[row] += _has(flags, ELLIPSIS_END)
    totals.bullet[row] += _has(flags, BULLET)
    totals.upper[row] += upper
    totals.bare[row] += bare
    totals.counter[row] += counter
    totals.one_word[row] += one_word
    if upper | bare | counter | one_word:
        totals.removed_words[row] += words
    elif words <= EDITED_WORDS and _has(flags, REFINEDWEB_EDIT):
        totals.removed_words[row] += 2
    few = 1 if facts.blank_words[line] < FEWEST_WORDS else 0
    javascript = _has(flags, JAVASCRIPT)
    policy = _has(flags, POLICY)
    lorem = _has(flags, LOREM_IPSUM)
    worded = (1 - few) & (1 - _has(flags, LONG_WORD))
    shaped = worded & _has(flags, C4_TERMINAL)
    unspoken = (1 - javascript) & (1 - policy)
    curly = _has(flags, CURLY) & (1 - javascript)
    totals.few[row] += few
    totals.kept[row] += shaped & unspoken
    totals.kept_sentences[row] += (shaped & unspoken) * sentences
    totals.curly[row] += shaped & curly
    totals.shaped_lorem[row] += shaped & lorem
    totals.worded_sentences[row] += (worded & unspoken) * sentences
    totals.worded_curly[row] += worded & curly
    totals.worded_lorem[row] += worded & lorem
    totals.javascript[row] += javascript
    totals.policy[row] += policy
    totals.lorem_ipsum[row] += lorem
    totals.long_word[row] += _has(flags, LONG_WORD)
    totals.unfold[row] += _has(flags, UNFOLD | ELLIPSIS_END)
