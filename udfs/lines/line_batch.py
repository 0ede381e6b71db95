"""The lines of a batch of texts as parallel arrays, and the bits that are set for a line."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

# Bits 0 to 6 are the phrase kinds of udfs.lines.phrases, bits 24 to 26 those of udfs.lines.structure.
TERMINAL: Final = 1 << 8  # ends like a sentence, by the wide Unicode set
C4_TERMINAL: Final = 1 << 9  # ends in . ! ? " ' and not in an ellipsis
ELLIPSIS_END: Final = 1 << 10
MARK_END: Final = 1 << 11  # its very last character ends a sentence; no ellipsis, quote or bracket
SPEAKER: Final = 1 << 13
UPPERCASE: Final = 1 << 14  # more capitals than half of its characters, four or more
NO_LETTERS: Final = 1 << 15
COUNTER: Final = 1 << 16  # "3 likes"
LONG_WORD: Final = 1 << 17  # over 1,000 characters without a blank, outside unspaced scripts
CURLY: Final = 1 << 18  # holds {
OPEN_END: Final = 1 << 19  # ends in a letter or digit
CODE_MARK: Final = 1 << 20  # holds one of ( ) [ ] { } < > ; = and no digit


class LineFacts(NamedTuple):
    """One entry a line that has a visible character.

    Attributes:
        text: int32; index of the line's text in the batch.
        start: int64; its first visible byte in the batch's data.
        end: int64; behind its last visible byte.
        next: int64; where the next line begins.
        flags: uint32; bits above and of udfs.lines.phrases.
        width: int32; display columns, wide characters counting two.
        rest_width: int32; columns without a leading time stamp or speaker's name.
        characters: int32; code points.
        upper: int32; upper-case letters.
        digits: int32; decimal digits.
        words: int32; tokens.
        blank_words: int32; runs of characters between blanks.
        sentences: int32; sentence ends, plus one for text after the last.
        hash: uint64; of the characters from start to end, as written.
        longest_run: int32; characters of the longest run without blanks and unspaced characters.
    """

    text: npt.NDArray[np.int32]
    start: npt.NDArray[np.int64]
    end: npt.NDArray[np.int64]
    next: npt.NDArray[np.int64]
    flags: npt.NDArray[np.uint32]
    hash: npt.NDArray[np.uint64]
    width: npt.NDArray[np.int32]
    rest_width: npt.NDArray[np.int32]
    characters: npt.NDArray[np.int32]
    upper: npt.NDArray[np.int32]
    digits: npt.NDArray[np.int32]
    words: npt.NDArray[np.int32]
    blank_words: npt.NDArray[np.int32]
    sentences: npt.NDArray[np.int32]
    longest_run: npt.NDArray[np.int32]


def empty_lines(capacity: int) -> LineFacts:
    """Room for ``capacity`` lines."""
    return LineFacts(
        text=np.empty(capacity, np.int32),
        start=np.empty(capacity, np.int64),
        end=np.empty(capacity, np.int64),
        next=np.empty(capacity, np.int64),
        flags=np.empty(capacity, np.uint32),
        hash=np.empty(capacity, np.uint64),
        width=np.empty(capacity, np.int32),
        rest_width=np.empty(capacity, np.int32),
        characters=np.empty(capacity, np.int32),
        upper=np.empty(capacity, np.int32),
        digits=np.empty(capacity, np.int32),
        words=np.empty(capacity, np.int32),
        blank_words=np.empty(capacity, np.int32),
        sentences=np.empty(capacity, np.int32),
        longest_run=np.empty(capacity, np.int32),
    )


def first_lines(facts: LineFacts, count: int) -> LineFacts:
    """The first ``count`` lines."""
    shortened: LineFacts = LineFacts._make(column[:count] for column in facts)
    return shortened
