"""XML and XHTML of unknown origin to lxml trees: no entities, no network, no DTD, no surprises."""

from __future__ import annotations

import re
from html.entities import name2codepoint
from typing import Any

from lxml import etree
from lxml import html as lxml_html

_EPUB_TYPE = "{http://www.idpf.org/2007/ops}type"
_ENTITY = re.compile(rb"&([A-Za-z][A-Za-z0-9]{0,30});")
_XML_ENTITIES = frozenset({"amp", "lt", "gt", "quot", "apos"})
_DOCTYPE = re.compile(rb"<!DOCTYPE[^>\[]*(\[.*?\]\s*)?>", re.DOTALL | re.IGNORECASE)


def local_name(element: Any) -> str:
    """Name of an element without its namespace; empty for comments and instructions."""
    tag = element.tag
    return tag.rpartition("}")[2].lower() if isinstance(tag, str) else ""


def parse_xml(content: bytes) -> Any:
    """Parse XML without entities, network or DTD; None when nothing can be made of it."""
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, recover=True
    )
    try:
        return etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, ValueError):
        return None


def parse_chapter(content: bytes) -> Any:
    """Parse XHTML strictly, else as HTML; None when there is nothing in it.

    Args:
        content: Bytes of a chapter. External and internal entities are never resolved.
    """
    content = _DOCTYPE.sub(b"", content, count=1)
    content = _ENTITY.sub(_named_character, content)
    strict = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False
    )
    try:
        return etree.fromstring(content, strict)
    except (etree.XMLSyntaxError, ValueError):
        pass
    try:
        return lxml_html.document_fromstring(content)
    except (etree.ParserError, etree.XMLSyntaxError, ValueError):
        return None


def _named_character(match: re.Match[bytes]) -> bytes:
    name = match.group(1).decode("ascii")
    if name in _XML_ENTITIES:
        return match.group()
    if name not in name2codepoint:
        return b""  # declared in the document type, which is never read
    return f"&#{name2codepoint[name]};".encode("ascii")


def semantic_types(element: Any) -> frozenset[str]:
    """The ``epub:type`` and ``role`` values of an element."""
    value = (
        f"{element.get(_EPUB_TYPE) or element.get('epub:type') or ''} {element.get('role') or ''}"
    )
    return frozenset(value.split())
