"""A page's title in front of a text that lacks it.

Main-text readers take the headline for furniture on many pages: gold texts leave it out, and it stands
in the page's header. Without it a corpus holds articles that never say what they are about.
"""

from __future__ import annotations

import re
from typing import Final

_LETTERS = re.compile(r"[^\W_]+")
_HEADING = re.compile(r"^#+ .*", re.MULTILINE)
FIRST_CHARACTERS: Final = 300
"""Letters and digits of a text within which a title may stand without a line of its own."""
SHORTEST_IN_TEXT: Final = 20
"""Of letters and digits; shorter ones are names, which an article's first sentence holds anyway."""
LONGEST_LINE: Final = 2
"""A line of the text holds the title as a headline when it is at most so many times as long."""
FIRST_LINES: Final = 5
"""Lines at the top of a text of which one may be the title, or most of it without the name of the site."""
BETTER_PART: Final = 0.4


def with_headline(text: str, title: str | None) -> str:
    """Put a title in front of a text.

    Args:
        text: Markdown.
        title: What the page states; None when it states nothing.

    Returns:
        The text behind ``# title``; the text itself where it is empty or holds the title at its start,
        or in a heading.
    """
    wanted = _letters(title or "")
    if not text or not wanted:
        return text
    start = _letters(text[: 4 * FIRST_CHARACTERS])[:FIRST_CHARACTERS]
    if len(wanted) >= SHORTEST_IN_TEXT and wanted in start:
        return text
    top = text.split("\n", FIRST_LINES)[:FIRST_LINES]
    longest = 4 * len(title or "") + 20
    lines = [_letters(line) for line in [*top, *_HEADING.findall(text)] if len(line) <= longest]
    if any(wanted in line and len(line) <= LONGEST_LINE * len(wanted) for line in lines):
        return text
    parts = filter(None, map(_letters, top))
    if any(line in wanted and len(line) >= BETTER_PART * len(wanted) for line in parts):
        return text
    return f"# {title}\n\n{text}"


def _letters(text: str) -> str:
    return "".join(_LETTERS.findall(text.casefold()))
