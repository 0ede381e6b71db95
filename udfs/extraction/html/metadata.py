"""What a web page says of itself: title, author, date, language, address, licence.

Only statements of the page are read (meta tags, JSON-LD, link relations); nothing is guessed from the
running text and no clock is asked, so a page has the same metadata for ever.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from lxml import etree

from udfs.extraction.markdown.cleanup import clean_field

MAXIMUM_JSON_CHARACTERS = 200_000
MAXIMUM_JSON_NODES = 2_000

_TITLE_KEYS = ("og:title", "twitter:title", "dc.title", "dcterms.title", "citation_title")
_AUTHOR_KEYS = (
    "author", "article:author", "dc.creator", "dcterms.creator", "citation_author",
    "parsely-author", "sailthru.author", "byl", "twitter:creator:name",
)  # fmt: skip
_DATE_KEYS = (
    "article:published_time", "og:article:published_time", "datepublished", "date", "pubdate",
    "publishdate", "publish-date", "publish_date", "dc.date", "dc.date.issued", "dcterms.date",
    "dcterms.issued", "dcterms.created", "citation_publication_date", "parsely-pub-date",
    "sailthru.date", "cxenseparse:recs:publishtime", "og:published_time",
)  # fmt: skip
_SITE_NAME_KEYS = ("og:site_name", "application-name")
_JSON_TYPES_WITH_DATE = re.compile(
    r"Article|Posting|BlogPost|NewsArticle|Report|WebPage|Question|Review|Recipe|Event|Book"
)
_ISO_DATE = re.compile(
    r"(?<!\d)((?:19|20)\d\d)[-/.]?(0[1-9]|1[0-2])[-/.]?(0[1-9]|[12]\d|3[01])(?!\d)"
)
_LANGUAGE_TAG = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8}){0,3}")
_TITLE_SEPARATOR = re.compile(r"\s+[|·•»–—\-]\s+|\s*[|»]\s*|_(?=[^_]{2,20}$)")
_ITEM_TYPES = etree.XPath("//@itemtype")
_XHTML_LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"


@dataclass(frozen=True)
class PageMetadata:
    """Statements of a page about itself; each is None when the page makes none.

    ``kinds`` are the lower-cased schema.org types of its JSON-LD and microdata and its ``og:type``.
    """

    title: str | None = None
    author: str | None = None
    date: str | None = None
    language: str | None = None
    canonical_url: str | None = None
    licence_url: str | None = None
    kinds: frozenset[str] = frozenset()
    site_name: str | None = None


def read_metadata(tree: Any) -> PageMetadata:
    """Collect the statements of a page.

    Args:
        tree: The lxml root element of the page.

    Returns:
        Cleaned single-line fields; ``date`` as ``YYYY-MM-DD``, ``language`` as a BCP 47 tag.
    """
    metas = _meta_values(tree)
    linked_data = list(_linked_data(tree))
    return PageMetadata(
        title=_title(tree, metas),
        author=_author(metas, linked_data),
        date=_date(tree, metas, linked_data),
        language=_language(tree, metas),
        canonical_url=_link(tree, "canonical") or _address(metas.get("og:url")),
        licence_url=_link(tree, "license"),
        kinds=_kinds(tree, metas, linked_data),
        site_name=clean_field(_first(metas, _SITE_NAME_KEYS), limit=200),
    )


def _meta_values(tree: Any) -> dict[str, str]:
    values: dict[str, str] = {}
    for element in tree.iter("meta"):
        key = element.get("property") or element.get("name") or element.get("itemprop")
        key = key or element.get("http-equiv")
        content = element.get("content")
        if key and content and content.strip():
            values.setdefault(key.strip().lower(), content)
    return values


def _linked_data(tree: Any) -> Iterator[dict[str, Any]]:
    for script in tree.iter("script"):
        text = script.text
        if script.get("type") != "application/ld+json" or not text:
            continue
        if len(text) > MAXIMUM_JSON_CHARACTERS:
            continue
        try:
            pending = [json.loads(text, strict=False)]
        except (ValueError, RecursionError):
            continue
        seen = 0
        while pending and seen < MAXIMUM_JSON_NODES:
            node = pending.pop(0)
            seen += 1
            if isinstance(node, dict):
                yield node
                pending.extend(v for v in node.values() if isinstance(v, (dict, list)))
            elif isinstance(node, list):
                pending.extend(v for v in node if isinstance(v, (dict, list)))


def _kinds(tree: Any, metas: dict[str, str], linked_data: list[dict[str, Any]]) -> frozenset[str]:
    stated: list[Any] = [metas.get("og:type")]
    for node in linked_data:
        kind = node.get("@type")
        stated += kind if isinstance(kind, list) else [kind]
    stated += [address.rpartition("/")[2] for address in _ITEM_TYPES(tree)]
    return frozenset(kind.lower() for kind in stated if isinstance(kind, str))


def _first(metas: dict[str, str], keys: tuple[str, ...]) -> str | None:
    return next((metas[key] for key in keys if key in metas), None)


def _title(tree: Any, metas: dict[str, str]) -> str | None:
    stated = clean_field(_first(metas, _TITLE_KEYS))
    element = next(tree.iter("title"), None)
    whole = stated or clean_field(element.text if element is not None else None)
    stated_headings = (clean_field("".join(heading.itertext())) for heading in tree.iter("h1"))
    headings = [heading for heading in stated_headings if heading]
    if whole is None:
        return headings[0] if headings else None
    # "Headline | Site name": the part that the page repeats as its only heading is the headline.
    parts = {part.casefold() for part in _TITLE_SEPARATOR.split(whole)}
    for heading in headings:
        if heading.casefold() in parts or (len(headings) == 1 and heading in whole):
            return heading
    return whole


def _author(metas: dict[str, str], linked_data: list[dict[str, Any]]) -> str | None:
    for node in linked_data:
        name = _name_of(node.get("author"))
        if name:
            return name
    stated = clean_field(_first(metas, _AUTHOR_KEYS), limit=200)
    return None if stated and stated.startswith(("http://", "https://", "@")) else stated


def _name_of(value: Any) -> str | None:
    if isinstance(value, list):
        names = [name for name in (_name_of(item) for item in value[:10]) if name]
        return ", ".join(names) or None
    if isinstance(value, dict):
        value = value.get("name")
    if not isinstance(value, str) or value.startswith(("http://", "https://")):
        return None
    return clean_field(value, limit=200)


def _date(tree: Any, metas: dict[str, str], linked_data: list[dict[str, Any]]) -> str | None:
    for node in linked_data:
        if _JSON_TYPES_WITH_DATE.search(str(node.get("@type"))):
            found = _iso_date(node.get("datePublished"))
            if found:
                return found
    for key in _DATE_KEYS:
        found = _iso_date(metas.get(key))
        if found:
            return found
    times = [element.get("datetime") for element in tree.iter("time")]
    return next((found for found in map(_iso_date, times[:3]) if found), None)


def _iso_date(value: Any) -> str | None:
    match = _ISO_DATE.search(value) if isinstance(value, str) else None
    if match is None:
        return None
    try:
        return date(*(int(part) for part in match.groups())).isoformat()
    except ValueError:
        return None


def _language(tree: Any, metas: dict[str, str]) -> str | None:
    root = next(tree.iter("html"), tree)
    for value in (
        root.get("lang"),
        root.get(_XHTML_LANGUAGE) or root.get("xml:lang"),
        metas.get("content-language"),
        metas.get("og:locale"),
    ):
        if value and _LANGUAGE_TAG.fullmatch(value.strip()):
            return value.strip().replace("_", "-")
    return None


def _link(tree: Any, relation: str) -> str | None:
    for element in tree.iter("link", "a"):
        if relation in (element.get("rel") or "").lower().split():
            address = _address(element.get("href"))
            if address:
                return address
    return None


def _address(value: str | None) -> str | None:
    address = clean_field(value, limit=2_000)
    return address if address and address.startswith(("http://", "https://", "//")) else None
