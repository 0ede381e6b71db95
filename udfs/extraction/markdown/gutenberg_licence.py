"""Project Gutenberg's header and licence around a public-domain book, in its forms since 1991."""

from __future__ import annotations

import re
from typing import NamedTuple

from udfs.extraction.markdown.cleanup import clean_field

_SEARCHED_AT_THE_START = 40_000  # characters; the small print of the nineties takes 15,000
_MARK = re.compile(r"Project Gutenberg", re.IGNORECASE)
_LAST_LINE_OF_HEADER = re.compile(
    r"^[ \t]*(?:\*{3}[ \t]*START OF (?:THE|THIS) PROJECT GUTENBERG\b.*?\*{3}"
    r"|\*END[ *]*THE SMALL PRINT!.*?\*END\*)[ \t]*$",
    re.IGNORECASE | re.MULTILINE | re.DOTALL,
)
_FIRST_LINE_OF_FOOTER = re.compile(
    r"^[ \t]*(?:\*{3}[ \t]*END OF (?:THE|THIS) PROJECT GUTENBERG\b"
    r"|(?:This is the )?End of (?:the |this )?Project Gutenberg\b)",
    re.IGNORECASE | re.MULTILINE,
)
_CREDIT = re.compile(
    r"\A\s*(?:E-?text prepared by|Produced by|Transcribed by|This etext was prepared by)"
    r"(?:.+\n)+?\s*\n",
    re.IGNORECASE,
)
_FIELD = re.compile(r"^(Title|Author|Language):[ \t]*(.+)$", re.MULTILINE)
_LANGUAGES = {
    "english": "en", "french": "fr", "german": "de", "spanish": "es", "italian": "it",
    "portuguese": "pt", "dutch": "nl", "finnish": "fi", "chinese": "zh", "japanese": "ja",
    "latin": "la", "greek": "el", "swedish": "sv", "danish": "da", "hungarian": "hu", "polish": "pl",
    "russian": "ru", "esperanto": "eo",
}  # fmt: skip


class StrippedBook(NamedTuple):
    """The book alone, and what its header said of it."""

    text: str
    title: str | None = None
    author: str | None = None
    language: str | None = None


def strip_gutenberg_licence(text: str) -> StrippedBook:
    """Cut Project Gutenberg's header and footer off a book.

    Args:
        text: Text with LF line ends.

    Returns:
        The text between the marker lines, with title, author and language of the header. A text that
        does not mention Project Gutenberg in its first 40,000 characters comes back unchanged.
    """
    start = text[:_SEARCHED_AT_THE_START]
    if not _MARK.search(start):
        return StrippedBook(text)
    markers = list(_LAST_LINE_OF_HEADER.finditer(start))
    begin = markers[-1].end() if markers else 0
    body = text[begin:]
    footer = next(
        # A marker in the first half would leave next to nothing: it is quoted, not the footer.
        (match for match in _FIRST_LINE_OF_FOOTER.finditer(body) if match.start() > len(body) // 2),
        None,
    )
    if not markers and footer is None:
        return StrippedBook(text)
    if footer is not None:
        body = body[: footer.start()]
    fields = {name: clean_field(value) for name, value in _FIELD.findall(text[:begin])}
    language = _LANGUAGES.get((fields.get("Language") or "").lower())
    return StrippedBook(
        _CREDIT.sub("", body, count=1), fields.get("Title"), fields.get("Author"), language
    )
