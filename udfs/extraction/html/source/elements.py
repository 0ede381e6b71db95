"""Elements found in the source text of a page, without parsing it."""

from __future__ import annotations

import html
import re
from functools import cache

# Values in quotation marks may hold a ">"; where marks do not pair, a tag ends at the first.
_TAG = re.compile(
    r"""<[/!a-zA-Z][^<>"']*(?:"[^"<]*"[^<>"']*|'[^'<]*'[^<>"']*)*>|<[/!a-zA-Z][^<>]*>"""
)
_INLINE = "a|abbr|b|big|cite|code|em|font|i|nobr|q|small|span|strong|tt|u|var|wbr"
_INLINE_TAGS = rf"(?:</?(?:{_INLINE})(?:\s[^<>]*)?>)+"
_INLINE_TAGS_AT_END = re.compile(rf"{_INLINE_TAGS}\Z", re.IGNORECASE)
_INLINE_TAGS_AT_START = re.compile(_INLINE_TAGS, re.IGNORECASE)
CONTEXT = 200
"""Characters of source that are looked at for the text beside an element."""


def any_case(name: str) -> str:
    """A pattern for a name in either case; IGNORECASE is several times as slow over whole pages."""
    return "".join(f"[{c}{c.upper()}]" if c.isalpha() else re.escape(c) for c in name)


@cache
def _tags(name: str) -> re.Pattern[str]:
    return re.compile(rf"<(/?){any_case(name)}(?=[\s/>])[^<>]*>")


def element_end(page: str, name: str, start: int, limit: int) -> tuple[int, int] | None:
    """Find where an element ends.

    Args:
        page: The source.
        name: The element's name.
        start: Behind its opening tag.
        limit: Characters that are searched.

    Returns:
        Start and end of its end tag; None where it is not closed within ``limit``.
    """
    depth = 1
    for tag in _tags(name).finditer(page, start, start + limit):
        depth += -1 if tag.group(1) else 1
        if depth == 0:
            return tag.span()
    return None


def without_comments(source: str) -> str:
    """A piece of source without its comments; one that does not end is left."""
    kept, end = [], 0
    while (start := source.find("<!--", end)) >= 0 and (close := source.find("-->", start)) >= 0:
        kept.append(source[end:start])
        end = close + 3
    return "".join([*kept, source[end:]]) if kept else source


def text_of(source: str) -> str:
    """The text of a piece of source, its tags gone and its references read; blanks as they are."""
    return html.unescape(_TAG.sub("", source) if "<" in source else source)


def as_source(text: str) -> str:
    """Text as it must stand in a page to be read as that text."""
    return html.escape(text, quote=False)


def text_before(source: str) -> str:
    """The end of the text before a place of its paragraph; empty behind a block's tag."""
    source = _INLINE_TAGS_AT_END.sub("", source[-CONTEXT:])
    return html.unescape(source.rpartition(">")[2][-CONTEXT // 4 :])


def text_after(source: str) -> str:
    """The start of the text behind a place of its paragraph; empty before a block's tag."""
    tags = _INLINE_TAGS_AT_START.match(source)
    return html.unescape(source[tags.end() if tags else 0 :].partition("<")[0][: CONTEXT // 4])


def class_names(tag: str) -> list[str]:
    """The classes that a tag states."""
    return _value(_CLASS.search(tag)).split()


def attribute(tag: str, name: str) -> str:
    """The value of an attribute of a tag; empty when it has none."""
    return html.unescape(_value(_attribute_pattern(name).search(tag)))


@cache
def _attribute_pattern(name: str) -> re.Pattern[str]:
    return re.compile(rf"""\s{name}\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""", re.IGNORECASE)


def _value(found: re.Match[str] | None) -> str:
    return found.group(found.lastindex or 0) if found else ""


_CLASS = _attribute_pattern("class")
