"""Which lines of a document go when the passage of a benchmark item is cut out of it.

GPT-3 (Brown et al. 2020, appendix C) cuts the passage and 200 characters around it, and what is left
under 200 characters. Whole lines are cut here: half a sentence teaches nothing, and lines keep their
numbers when a text is brought into another Unicode form, which bytes do not.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

NEWLINE = ord("\n")


class Lines(NamedTuple):
    """Consecutive lines of a text, by number from 0: the first and the last."""

    first: int
    last: int


def lines_around(
    text: npt.NDArray[np.uint8], start: int, end: int, reach: int, before: int = 0
) -> Lines:
    """Return the lines of which a passage or its neighbourhood holds a part, and blank ones above them.

    Args:
        text: uint8[bytes]; UTF-8.
        start: First byte of the passage.
        end: The byte after its last.
        reach: Bytes before and after the passage that belong to its neighbourhood.
        before: Lines before ``text``, where that is a piece of a document.
    """
    nearest = max(0, start - reach) + 1
    above = text[:nearest].tobytes()
    # Of the blank lines around a cut one side stays, so that paragraphs stay apart and no gap opens.
    kept = above[: above.rfind(b"\n", 0, nearest) + 1].rstrip()
    first = kept.count(b"\n") + bool(kept)
    behind = text[end : end + reach].tobytes().rstrip()
    last = np.count_nonzero(text[: end + len(behind)] == NEWLINE)
    return Lines(before + first, before + int(last))


def remaining_characters(text: str, cuts: Iterable[Lines]) -> int:
    """Return the characters of a text, line breaks left out, that lie in no line of the cuts."""
    lines = text.split("\n")
    cut = {number for first, last in cuts for number in range(first, last + 1)}
    return sum(len(line.strip()) for number, line in enumerate(lines) if number not in cut)
