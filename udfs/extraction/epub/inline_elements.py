"""Elements of a line that mean something by where they stand: raised, lowered, beside the code."""

from __future__ import annotations

import re
from typing import Any

from udfs.extraction.epub.parsing import local_name
from udfs.extraction.markdown.listings import is_counting, is_gutter

_RAISED_CLASSES = frozenset({"superscript", "sup", "super"})
_LOWERED_CLASSES = frozenset({"subscript", "sub"})
_SHIFTED = re.compile(r"vertical-align\s*:\s*(super|sub)\b", re.IGNORECASE)
_NOTE_CLASS = re.compile(r"foot-?note|note-?ref|endnote", re.IGNORECASE)


def script_kind(element: Any, name: str) -> str:
    """Tell superscripts and subscripts, which converters often say by style or class.

    Args:
        element: An element of a chapter.
        name: Its local name.

    Returns:
        ``sup``, ``sub``, or nothing for an element on the line.
    """
    if name in {"sup", "sub"}:
        return name
    if name not in {"span", "a", "i", "em", "small"}:
        return ""
    shifted = _SHIFTED.search(element.get("style") or "")
    classes = (element.get("class") or "").split()
    if shifted:
        return "sub" if shifted.group(1).lower() == "sub" else "sup"
    if not _RAISED_CLASSES.isdisjoint(classes):
        return "sup"
    return "" if _LOWERED_CLASSES.isdisjoint(classes) else "sub"


def refers_to_note(element: Any) -> bool:
    """Whether a superscript is a link, holds one or lies in one, or has the class of a note."""
    if element.get("href") or _NOTE_CLASS.search(element.get("class") or ""):
        return True
    if any(link.get("href") for link in element.iterdescendants("{*}a")):
        return True
    return any(link.get("href") for link in element.iterancestors("{*}a"))


def is_line_number(element: Any, name: str, classes: list[str]) -> bool:
    """Numbers of lines beside a listing or in it, by class, or by a cell of them before the code."""
    if name == "td" and not is_gutter(classes):
        if not (_is_listing(element) and _is_listing(element.getnext())):
            return False
    elif not is_gutter(classes):
        return False
    return is_counting(" ".join(element.itertext()))


def _is_listing(cell: Any) -> bool:
    first = None if cell is None else next(cell.iterchildren(), None)
    return local_name(first) == "pre" if first is not None else False
