"""Undo hard wrapping: join lines that were broken only because the next word did not fit.

A wrapped paragraph has a property that verse, lists and code lack: the first word of every line would
not have fitted onto the line above. The width is estimated from the document itself, and nothing is
joined unless the document as a whole proves that it was wrapped.
"""

from __future__ import annotations

import re
import unicodedata
from itertools import pairwise

MINIMUM_BREAKS = 8
"""Breaks inside paragraphs that a document must have before it is judged at all."""
WRAPPED_SHARE = 0.6
"""Share of them that must be forced by the width."""
PARAGRAPH_SHARE = 0.85
"""Share of forced breaks a single paragraph must have to be joined."""
WIDTH_RANGE = (40, 120)
"""Plausible wrapping widths in display columns (mail 72, Project Gutenberg 65 to 75, terminals 80)."""

_STRUCTURE = re.compile(
    r"\s*(?:[-*+•·–—]\s|\d{1,3}[.)、]\s?|[(（]\d{1,3}[)）]|#{1,6}\s|[|>]|```|~~~|[=\-_*~]{3,}\s*$)"
)
_ENDS_WITH_HYPHENATION = re.compile(r"[^\W\d_]-$")


def display_width(text: str) -> int:
    """Width in terminal columns: East Asian wide and full-width characters count two."""
    if text.isascii():
        return len(text)
    return len(text) + sum(unicodedata.east_asian_width(character) in "WF" for character in text)


def is_wide(character: str) -> bool:
    """Tell characters that are written without spaces between words (Han, kana, full-width)."""
    return unicodedata.east_asian_width(character) in "WF" and not "\uac00" <= character <= "\ud7a3"


def join_hard_wrapped(text: str) -> str:
    """Join the lines of wrapped paragraphs; leave everything else as it is.

    Args:
        text: Text with LF line ends.

    Returns:
        The text with forced line breaks replaced by a space (by nothing between Chinese or Japanese
        characters). Paragraphs stay apart by a blank line.
    """
    blocks = [block.split("\n") for block in re.split(r"\n[ \t]*\n+", text)]
    paragraphs = [lines for lines in blocks if _is_joinable(lines)]
    width = _wrapping_width(paragraphs)
    if width is None:
        return text
    breaks = [forced for lines in paragraphs for forced in _forced_breaks(lines, width)]
    if sum(breaks) < WRAPPED_SHARE * len(breaks):
        return text
    return "\n\n".join(
        _join(lines) if _is_wrapped(lines, width) else "\n".join(lines) for lines in blocks
    )


def _is_joinable(lines: list[str]) -> bool:
    """Two lines or more, none of them a list item, heading, table row or indented below the first."""
    if len(lines) < 2 or any(_STRUCTURE.match(line) for line in lines):
        return False
    indents = {len(line) - len(line.lstrip()) for line in lines[1:]}
    return len(indents) == 1 and "\t" not in "".join(lines)


def _wrapping_width(paragraphs: list[list[str]]) -> int | None:
    widths = sorted(display_width(line.rstrip()) for lines in paragraphs for line in lines[:-1])
    if len(widths) < MINIMUM_BREAKS:
        return None
    # The widest lines define the margin, but for a few that could not be broken (addresses).
    width = widths[min(len(widths) - 1, int(0.97 * len(widths)))]
    return width if WIDTH_RANGE[0] <= width <= WIDTH_RANGE[1] else None


def _forced_breaks(lines: list[str], width: int) -> list[bool]:
    forced = []
    for upper, lower in pairwise(lines):
        line, following = upper.rstrip(), lower.split(maxsplit=1)
        if not line or not following:
            forced.append(False)
        elif is_wide(following[0][0]):
            # Two characters may stay behind: marks like 。 must not open a line.
            forced.append(display_width(line) + 6 > width)
        else:
            # Some writers count one column less than the widest line of another paragraph.
            forced.append(display_width(line) + 1 + display_width(following[0]) > width - 2)
    return forced


def _is_wrapped(lines: list[str], width: int) -> bool:
    if not _is_joinable(lines):
        return False
    forced = _forced_breaks(lines, width)
    return sum(forced) >= PARAGRAPH_SHARE * len(forced)


def _join(lines: list[str]) -> str:
    joined = lines[0].rstrip()
    for line in lines[1:]:
        line = line.strip()
        unspaced = bool(joined) and bool(line) and is_wide(joined[-1]) and is_wide(line[0])
        keeps_hyphen = bool(_ENDS_WITH_HYPHENATION.search(joined)) and line[:1].islower()
        joined += line if unspaced or keeps_hyphen else f" {line}"
    return joined
