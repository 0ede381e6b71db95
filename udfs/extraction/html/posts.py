"""Posts of a discussion page, found by what all forum software does: one container repeated a post.

Main-text readers look for one dense block and lose short posts, or keep the names, dates and buttons
around them. The bodies of the posts share a class (or an id but for its number), and nearly all
software names it after what it is: ``post-body``, ``message-content``, ``postmessage_123``. Measured
on the discussion pages of the WCXB development set, that group alone is the gold text at word F1 0.9.
"""

from __future__ import annotations

import copy
import re
from dataclasses import dataclass, field
from typing import Any

from lxml import etree

MINIMUM_POSTS = 2
MAXIMUM_GROUPS = 2_000
"""Signatures that are compared on a page; a page of templates has a few hundred."""
MAXIMUM_LINK_SHARE = 0.5
"""Share of link text from which a group is a list of links, not of posts."""
MINIMUM_BODY_SHARE = 0.15
"""A group of bodies must hold this share of the text of the largest group of whole posts."""
INNER_SHARE = 0.3
"""Of bodies in bodies the innermost with this share of the outermost's text is taken: less around it."""
MINIMUM_MEAN_CHARACTERS = 5
"""Mean characters of a post; groups below are votes and numbers. Chinese posts are that short."""

_CONTAINERS = ("div", "article", "section", "li", "td", "blockquote", "p", "span", "dd")
_DIGITS = re.compile(r"\d+")
_POST = (
    r"posts?|msgs?|messages?|comments?|repl(?:y|ies)|topics?|threads?|answers?|questions?|floors?|bbs|"
    r"forum|tpc|discussion|entry"
)
_BODY = r"content|contents|body|text|txt|msg|message|cooked|prose|con|detail|usercontent|richtext"
# Names that mean a body without saying of what; the software that uses them is widespread.
_BODY_NAMES = re.compile(
    r"(?:js-)?post|t_f|t_fsz|bbwrapper|usertext-body|md|cooked|s-prose|postmsg|postbody|postcontent|"
    r"post_?message_?#|msg_#|messagetext|message|comment|inner|read_tpc|"
    r"content|markdown|d_post_content|ipsrichtext|ipstype_richtext|richtext",
    re.IGNORECASE,
)
_BODY_OF_POST = re.compile(
    rf"(?:.*[-_])?(?:{_POST})[-_]?(?:\w*[-_])*(?:{_BODY})(?:[-_]?#)?|"
    rf"(?:{_POST})(?:{_BODY})",
    re.IGNORECASE,
)
_WHOLE_POST = re.compile(rf"(?:.*[-_])?(?:{_POST})(?:[-_].*)?", re.IGNORECASE)
_FURNITURE = re.compile(
    r"avatar|author|user-?(?:info|name|details)|signature|(?:^|[-_])sig(?:$|[-_])|meta|date|time|header|footer|"
    r"button|toolbar|action|control|share|nav|menu|sidebar|related|similar|widget|preview|snippet|"
    r"editor|form$|quote|title|count|badge|modal|popup|tooltip|hidden|ad(?:s|vert)",
    re.IGNORECASE,
)

_FURNITURE_INSIDE = re.compile(
    r"signature|avatar|message-attribution|reactions?\b|author|user-?info|share|js-post-menu|comments-link|"
    r"post-?(?:meta|controls|buttons|header|footer|date|time)",
    re.IGNORECASE,
)
_CONTROLS = frozenset({"form", "button", "script", "style", "select", "noscript"})


@dataclass
class _Group:
    """Elements of one signature that do not lie in each other."""

    is_body: bool
    elements: list[Any] = field(default_factory=list)
    characters: int = 0


def post_elements(tree: Any) -> list[Any]:
    """Find the bodies of the posts of a page.

    Args:
        tree: The lxml root element of the page.

    Returns:
        The elements in document order; empty when no group of them stands out.
    """
    groups = _groups(tree)
    scored: list[_Group] = []
    for group in groups.values():
        if len(group.elements) < MINIMUM_POSTS:
            continue
        group.characters, linked = _characters(group.elements)
        if linked > MAXIMUM_LINK_SHARE * group.characters:
            continue
        if group.characters >= MINIMUM_MEAN_CHARACTERS * len(group.elements):
            scored.append(group)
    bodies = [group for group in scored if group.is_body]
    if not bodies:
        return []
    best = max(bodies, key=lambda group: group.characters)
    if best.characters < MINIMUM_BODY_SHARE * max(group.characters for group in scored):
        return []
    while (inner := _inner_bodies(best, bodies)) is not best:
        best = inner
    return best.elements


def _inner_bodies(outer: _Group, bodies: list[_Group]) -> _Group:
    """The smallest group inside another that keeps enough of its text, or that group itself."""
    inner = [
        group
        for group in bodies
        if INNER_SHARE * outer.characters <= group.characters < outer.characters
        and 2 * len(group.elements) >= len(outer.elements)
        and _lies_in(group.elements[0], outer.elements)
    ]
    return min(inner, key=lambda group: group.characters, default=outer)


def _lies_in(element: Any, others: list[Any]) -> bool:
    return any(ancestor in others for ancestor in element.iterancestors(others[0].tag))


def posts_page(tree: Any) -> str:
    """Return a page that holds the posts of a page and nothing else.

    Args:
        tree: The lxml root element of the page; it is not changed.

    Returns:
        Markup without signatures, names and buttons; empty when no posts were found.
    """
    posts = [copy.deepcopy(element) for element in post_elements(tree)]
    for post in posts:
        post.tail = None
        for part in [*post.iterdescendants(etree.Element)]:
            is_left_over = part.tag in _CONTROLS or _FURNITURE_INSIDE.search(
                part.get("class") or ""
            )
            if is_left_over and part.getparent() is not None:
                _drop(part)
    markup = "\n".join(etree.tostring(post, encoding="unicode", method="html") for post in posts)
    return f"<html><body>{markup}</body></html>" if posts else ""


def _drop(element: Any) -> None:
    """Take an element out and leave the text behind it."""
    parent, before, tail = element.getparent(), element.getprevious(), element.tail or ""
    parent.remove(element)
    if before is None:
        parent.text = (parent.text or "") + tail
    else:
        before.tail = (before.tail or "") + tail


def _groups(tree: Any) -> dict[tuple[str, str], _Group]:
    groups: dict[tuple[str, str], _Group] = {}
    verdicts: dict[str, bool | None] = {}
    signatures: dict[tuple[str, str], str] = {}
    for element in tree.iter(*_CONTAINERS):
        names = element.get("class") or "", element.get("id") or ""
        if names not in signatures:
            signatures[names] = _signature(*names)
        signature = signatures[names]
        if not signature:
            continue
        if signature not in verdicts:
            verdicts[signature] = _is_body(signature)
        is_body = verdicts[signature]
        if is_body is None:
            continue
        key = (element.tag, signature)
        if key not in groups:
            if len(groups) >= MAXIMUM_GROUPS:
                break
            groups[key] = _Group(is_body)
        groups[key].elements.append(element)
    return groups


def _signature(classes: str, identity: str) -> str:
    """What elements of one kind share: their classes, or an id that names a body or stands alone."""
    own = _DIGITS.sub("#", identity)
    is_named = bool(own) and _BODY_NAMES.fullmatch(own) is not None
    return own if is_named or not classes else _DIGITS.sub("#", classes)


def _is_body(signature: str) -> bool | None:
    """Whether a signature names bodies of posts (True), whole posts (False) or neither (None)."""
    words = signature.split()
    if any(_FURNITURE.search(word) for word in words):
        return None
    if any(_BODY_NAMES.fullmatch(word) or _BODY_OF_POST.fullmatch(word) for word in words):
        return True
    return False if any(_WHOLE_POST.fullmatch(word) for word in words) else None


def _characters(elements: list[Any]) -> tuple[int, int]:
    """Characters of text and of link text in elements, blanks left out."""
    total = linked = 0
    for element in elements:
        total += _inked(element)
        linked += sum(map(_inked, element.iter("a")))
    return total, linked


def _inked(element: Any) -> int:
    # Half the time of joining what ``itertext`` gives, and on forums that is half of the reader's.
    text = etree.tostring(element, encoding="unicode", method="text", with_tail=False)
    return len("".join(text.split()))
