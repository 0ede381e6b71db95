"""Undo the backslashes that make Markdown render literally: a model should read ``a_b``, not ``a\\_b``.

Structure (headings, lists, tables, code, formulas) stays; only characters that trafilatura protected
from being taken for structure lose their protection.
"""

from __future__ import annotations

import re

# Code and formulas are verbatim: a backslash in them is the author's. A run of n backslashes that
# the page itself had before a protected character was written as 2n + 1.
_VERBATIM_OR_ESCAPE = re.compile(
    r"(```.*?(?:```|\Z)|`[^`\n]+`|\$\$.*?\$\$|\$[^$\n]+\$)|(\\+)([*_`~\[\]<])", re.DOTALL
)
_ESCAPED_LINE_START = re.compile(r"^( {0,3}(?:\d{1,9})?)\\(?=[#>+.)-])", re.MULTILINE)


def unescape_markdown(text: str) -> str:
    """Return the text without the escapes of trafilatura's Markdown.

    Args:
        text: Markdown as trafilatura 2.3 writes it.
    """
    if "\\" not in text:
        return text
    return _ESCAPED_LINE_START.sub(r"\1", _VERBATIM_OR_ESCAPE.sub(_literal, text))


def _literal(match: re.Match[str]) -> str:
    verbatim, backslashes, character = match.groups()
    if verbatim is not None:
        return str(verbatim)
    if len(backslashes) % 2 == 0:
        return match.group()
    return str(backslashes[: len(backslashes) // 2] + character)
