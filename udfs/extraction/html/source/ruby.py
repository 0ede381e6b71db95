"""Ruby in a page's source with its readings in brackets, for those who want to keep them."""

from __future__ import annotations

import re

from udfs.extraction.markdown.notation import reading

_RUBY = re.compile(r"<ruby[\s>]", re.IGNORECASE)
_RAW = "script|style|textarea|title|xmp|iframe|noframes"
# What ends a reading whose end tag is left out, as HTML allows: the next part of the ruby, or a block.
_TOKEN = re.compile(
    rf"<!--.*?(?:-->|\Z)|<({_RAW})(?=[\s/>]).*?(?:</\1\s*>|\Z)|<(/?(?:ruby|rb|rt|rtc|rp))(?:[\s/][^<>]*)?>|"
    r"</?(?:p|div|section|article|body|h[1-6]|ul|ol|li|dl|dt|dd|table|tr|td|th|blockquote|pre)(?=[\s/>])",
    re.IGNORECASE | re.DOTALL,
)
_TAG = re.compile(r"<[^<>]*>")


def with_readings(page: str) -> str:
    """Write the readings of ruby behind their words.

    Args:
        page: The source of a page.

    Returns:
        The source without tags of ruby, ``<ruby>渡<rt>わた</rt></ruby>`` as ``渡（わた）``. An ``rt`` outside
        of ruby, comments and scripts stay as they are.
    """
    if _RUBY.search(page) is None:
        return page
    parts: list[str] = []
    depth = place = 0
    open_part = ""
    for token in _TOKEN.finditer(page):
        name = (token.group(2) or "").lower()
        if depth == 0 and name != "ruby":
            continue
        parts.append(_part(page[place : token.start()], open_part))
        place = token.end() if name else token.start()
        if token.group().startswith("<!--") or token.group(1):
            continue  # inside of a reading, too, it ends nothing
        depth = max(0, depth + {"ruby": 1, "/ruby": -1}.get(name, 0)) if name else 0
        open_part = name if name in {"rt", "rtc", "rp"} else ""
    return "".join([*parts, _part(page[place:], open_part)])


def _part(source: str, name: str) -> str:
    """Source between two tags of ruby: of its base text, of a reading, or of the brackets around one."""
    if name == "rp":
        return ""
    return reading(_TAG.sub("", source)) if name else source
