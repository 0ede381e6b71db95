"""Plain text and Markdown: licence frames off, hard-wrapped lines joined."""

from __future__ import annotations

import re

from udfs.extraction.contract import DEFAULT_OPTIONS, ExtractionOptions, ReadDocument
from udfs.extraction.markdown.cleanup import clean_field, clean_text
from udfs.extraction.markdown.gutenberg_licence import strip_gutenberg_licence
from udfs.extraction.markdown.hard_wrapping import join_hard_wrapped

READER = "plain_text"
VERSION = "1"

_MARKDOWN_TITLE = re.compile(r"\A#\s+(.{1,200})$", re.MULTILINE)
_COMMENT_LINES = re.compile(r"^[ \t]*<!--.{0,2000}?-->[ \t]*$", re.MULTILINE | re.DOTALL)
_FENCE = re.compile(r"^\s*(?:```|~~~)", re.MULTILINE)


def read_plain_text(text: str, options: ExtractionOptions = DEFAULT_OPTIONS) -> ReadDocument:
    """Read a decoded plain text or Markdown file.

    Args:
        text: The decoded file.
        options: ``strip_gutenberg_licence`` and ``join_wrapped_lines`` are obeyed.

    Returns:
        The text, with title, author and language where a Project Gutenberg header states them, or
        the title of a leading Markdown heading.
    """
    text = _COMMENT_LINES.sub("", clean_text(text))
    title = author = language = None
    if options.strip_gutenberg_licence:
        text, title, author, language = strip_gutenberg_licence(text)
    if options.join_wrapped_lines and not _FENCE.search(text):
        text = join_hard_wrapped(text)
    text = clean_text(text)
    heading = _MARKDOWN_TITLE.match(text)
    if title is None and heading is not None:
        title = clean_field(heading.group(1))
    return ReadDocument(
        text=text,
        extractor=READER,
        extractor_version=VERSION,
        title=title,
        author=author,
        language=language,
    )
