"""A page's headline in front of a text that lacks it.

Main-text readers take the headline for furniture on many pages: gold texts leave it out, and it stands
in the page's header. Without it a corpus holds articles that never say what they are about.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_LETTERS = re.compile(r"[^\W_]+")
_SIGNS = bytes(byte for byte in range(128) if not chr(byte).isalnum())
_SIGNS_IN_LINES = _SIGNS.replace(b"\n", b"")
_LOWER_CASE = bytes(range(128)).lower().ljust(256, b"\0")
_HOST = re.compile(r"(?:[a-z]+:)?//([^/?#]*)", re.IGNORECASE)
_HEADING = re.compile("#+ ")
_SEPARATOR = re.compile(r"\s+[|·•»–—\-]+\s+|\s*[|｜»]\s*|\s*——\s*|_(?=[^_]{2,20}$)")
"""Between the headline and the name of the site, as in the title that a browser shows."""
_BEHIND_WIDE = re.compile("[\u3001-\u30ff\u3400-\u9fff\uac00-\ud7af\uff00-\uffef]_")
"""What stands behind an underscore in an East Asian title is the site's name; elsewhere it may be code."""
_PART = re.compile(rf"{_SEPARATOR.pattern}|:\s+|：")
FIRST_CHARACTERS: Final = 300
"""Letters and digits of a text within which a title may stand without a line of its own."""
SHORTEST_IN_TEXT: Final = 20
"""Of letters and digits; shorter ones are names, which an article's first sentence holds anyway."""
LONGEST_LINE: Final = 2
"""A line of the text holds the title as a headline when it is at most so many times as long."""
FIRST_LINES: Final = 5
"""Lines at the top of a text of which one may be the title, or most of it without the name of the site."""
BETTER_PART: Final = 0.4
SHORTEST_NAME: Final = 4
"""Letters from which a part of the title that stands in the page's host is the name of the site."""


def headline_of(title: str | None, site_name: str | None, address: str | None) -> str | None:
    """The part of a title that names the page.

    Args:
        title: What the page states; None when it states nothing.
        site_name: What it calls its site.
        address: Its address.

    Returns:
        The title without the name of the site before or behind it; None when it is nothing else.
    """
    if title is None:
        return None
    stated = _HOST.match(address or "")
    host = _letters(stated[1]) if stated else ""
    name = _letters(site_name or "")

    def is_site(part: str) -> bool:
        letters = _letters(part)
        return letters == name != "" or (len(letters) >= SHORTEST_NAME and letters in host)

    if is_site(title):
        return None
    start, end = 0, len(title)
    gaps = list(_SEPARATOR.finditer(title))
    if gaps and (
        is_site(title[gaps[-1].end() :]) or _BEHIND_WIDE.match(title, gaps[-1].start() - 1)
    ):
        end = gaps[-1].start()
    if gaps and gaps[0].end() < end and is_site(title[: gaps[0].start()]):
        start = gaps[0].end()
    return title[start:end]


def with_headline(text: str, title: str | None) -> str:
    """Put a title in front of a text.

    Args:
        text: Markdown.
        title: The page's headline; None when it states none.

    Returns:
        The text behind ``# title``; the text itself where it is empty or holds the title at its start,
        or in a heading, in whatever width, case and punctuation.
    """
    wanted = _letters(title or "")
    if not text or not wanted:
        return text
    start = _letters(text[: 4 * FIRST_CHARACTERS])[:FIRST_CHARACTERS]
    if len(wanted) >= SHORTEST_IN_TEXT and wanted in start:
        return text
    top = text.split("\n", FIRST_LINES)[:FIRST_LINES]
    longest = 4 * len(title or "") + 20
    lines = [line for line in [*top, *_headings(text)] if len(line) <= longest]
    longest = LONGEST_LINE * len(wanted)
    if any(wanted in line and len(line) <= longest for line in _letters_of_lines(lines)):
        return text
    starts = list(filter(None, map(_letters, top)))
    if any(line in wanted and len(line) >= BETTER_PART * len(wanted) for line in starts):
        return text
    if any(not line.replace(wanted, "") for line in starts):  # several times in one line
        return text
    parts = set(map(_letters, _PART.split(title or "")))
    if any(line in parts for line in starts):
        return text
    return f"# {title}\n\n{text}"


def _headings(text: str) -> list[str]:
    """Its lines that begin with ``#``."""
    return [line for line in text.split("\n") if line.startswith("#") and _HEADING.match(line)]


def _letters(text: str) -> str:
    """Letters and digits alone, in one case and one width."""
    if text.isascii():
        return text.encode().translate(_LOWER_CASE, _SIGNS).decode()
    return "".join(_LETTERS.findall(unicodedata.normalize("NFKC", text).casefold()))


def _letters_of_lines(lines: list[str]) -> list[str]:
    """``_letters`` of each line; all at once where they are ASCII."""
    joined = "\n".join(lines)
    if joined.isascii():
        return joined.encode().translate(_LOWER_CASE, _SIGNS_IN_LINES).decode().split("\n")
    return [_letters(line) for line in lines]
