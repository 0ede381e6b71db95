"""The charset that a page or an XML document declares of itself, where its readers look for one.

The scan follows "prescan a byte stream to determine its encoding" and "get an XML encoding" of the HTML
standard (section 13.2.3.2): markup is walked tag by tag, so that a declaration inside a comment, an
attribute or an instruction is none. Two things are as in the standard's parser, which may still change
the encoding behind the prescan: what scripts, styles and titles hold is no markup, and beyond the first
1,024 bytes a ``<meta>`` counts as long as the head lasts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from udfs.extraction.charsets.labels import encoding_of_label

PRESCANNED_BYTES = 1024
"""Within these a ``<meta>`` counts wherever it stands."""
SCANNED_BYTES = 16_384
"""Within these a ``<meta>`` counts that stands in the head; heads in the wild begin with scripts."""

_MARKUP = re.compile(rb"<(?:!--|[!?]|/?[A-Za-z]|/)")
_NAME = re.compile(rb"[^\t\n\f\r />]+")
_BEFORE_ATTRIBUTE = re.compile(rb"[\t\n\f\r /]*")
_ATTRIBUTE_NAME = re.compile(rb"=?[^\t\n\f\r />=]*")
_EQUALS = re.compile(rb"[\t\n\f\r ]*=[\t\n\f\r ]*")
_BARE_VALUE = re.compile(rb"[^\t\n\f\r >]*")
_CHARSET_OF_CONTENT = re.compile(
    rb"charset[\t\n\f\r ]*=[\t\n\f\r ]*(?:\"([^\"]*)\"|'([^']*)'|([^\t\n\f\r ;\"'][^\t\n\f\r ;]*))",
    re.IGNORECASE,
)
_XML_ENCODING = re.compile(
    rb"\s*<\?xml[^>]*?encoding[\x00- ]*=[\x00- ]*(?:\"([^\x00- \">]*)\"|'([^\x00- '>]*)')"
)
_TEXT_ELEMENTS = frozenset(
    [b"script", b"style", b"title", b"textarea", b"xmp", b"iframe", b"noembed", b"noframes"]
)
_PAGE_STARTS = frozenset([b"!doctype", b"html", b"head"])
_HEAD_ELEMENTS = _PAGE_STARTS | frozenset(
    [b"meta", b"link", b"base", b"script", b"style", b"title", b"noscript"]
)


class _Tag(NamedTuple):
    """A tag, or a declaration named ``!doctype``; attributes by name in lower case, the first counts."""

    start: int
    name: bytes
    closes: bool
    attributes: dict[bytes, bytes]


def declared_charset(content: bytes) -> str | None:
    """Return the charset that a document declares.

    Args:
        content: The document from its first byte.

    Returns:
        The first label that means an encoding, as it is spelt; but ``utf-8`` for UTF-16 and UTF-32, in
        which a tag readable as ASCII cannot stand, and ``windows-1252`` for ``x-user-defined``. None
        where nothing is declared.
    """
    head = content[:SCANNED_BYTES]
    for found in _labels(head):
        label = found.strip(b"\t\n\f\r ").decode("latin-1")
        if label.lower() == "x-user-defined":
            return "windows-1252"
        encoding = encoding_of_label(label)
        if encoding is not None:
            return "utf-8" if encoding.startswith(("utf-16", "utf-32")) else label
    return None


def _labels(head: bytes) -> Iterator[bytes]:
    # A text that speaks of pages may quote a tag: a page begins with one, or has its first ones before.
    is_page, in_head = head.lstrip(b"\x00\t\n\f\r ").startswith(b"<"), True
    for tag in _tags(head):
        is_page = is_page or tag.name in _PAGE_STARTS
        in_head = (
            in_head and tag.name in _HEAD_ELEMENTS and not (tag.closes and tag.name == b"head")
        )
        if tag.start >= PRESCANNED_BYTES and not in_head:
            break
        if tag.name == b"meta" and is_page and not tag.closes:
            label = _meta_label(tag.attributes)
            if label is not None:
                yield label
    xml = _XML_ENCODING.match(head)
    if xml:
        yield xml.group(1) or xml.group(2) or b""


def _meta_label(attributes: dict[bytes, bytes]) -> bytes | None:
    if b"charset" in attributes:
        return attributes[b"charset"]
    if attributes.get(b"http-equiv", b"").lower() != b"content-type":
        return None
    found = _CHARSET_OF_CONTENT.search(attributes.get(b"content", b""))
    return next((group for group in found.groups() if group is not None), None) if found else None


def _tags(head: bytes) -> Iterator[_Tag]:
    """Walk the markup; what is cut off by the end of ``head`` is no tag."""
    place = 0
    while found := _MARKUP.search(head, place):
        start, opening = found.start(), found.group()
        if opening == b"<!--":
            # The hyphens that open a comment may be those that close it.
            end = head.find(b"-->", start + 2)
            place = end + 3
        elif opening in {b"<!", b"<?", b"</"}:
            end = head.find(b">", start)
            place = end + 1
            if head[start + 1 : start + 9].lower() == b"!doctype":
                yield _Tag(start, b"!doctype", False, {})
        else:
            closes = opening.startswith(b"</")
            name = _NAME.match(head, start + 1 + closes)
            attributes, end = _attributes(head, name.end() if name else start)
            if end < 0 or name is None:
                return
            yield _Tag(start, name.group().lower(), closes, attributes)
            place = end + 1
            if not closes and name.group().lower() in _TEXT_ELEMENTS:
                end = place = _end_of_text(head, place, name.group())
        if end < 0:
            return


def _attributes(head: bytes, place: int) -> tuple[dict[bytes, bytes], int]:
    """Read from behind a tag's name to its ``>``, whose place is the second value: -1 where none is."""
    attributes: dict[bytes, bytes] = {}
    while True:
        place = _end(_BEFORE_ATTRIBUTE, head, place)
        if place >= len(head):
            return attributes, -1
        if head[place : place + 1] == b">":
            return attributes, place
        end = _end(_ATTRIBUTE_NAME, head, place)
        name, value = head[place:end].lower(), b""
        place = end
        equals = _EQUALS.match(head, place)
        if equals:
            place = equals.end()
            quote = head[place : place + 1]
            if quote in (b'"', b"'"):
                end = head.find(quote, place + 1)
                if end < 0:
                    return attributes, -1
                value, place = head[place + 1 : end], end + 1
            else:
                end = _end(_BARE_VALUE, head, place)
                value, place = head[place:end], end
        attributes.setdefault(name, value)


def _end(pattern: re.Pattern[bytes], head: bytes, place: int) -> int:
    found = pattern.match(head, place)
    return found.end() if found else place


def _end_of_text(head: bytes, place: int, name: bytes) -> int:
    """The place of the end tag of an element that holds text; -1 where it is not closed."""
    end = re.compile(rb"</" + re.escape(name) + rb"[\t\n\f\r />]", re.IGNORECASE).search(
        head, place
    )
    return end.start() if end else -1
