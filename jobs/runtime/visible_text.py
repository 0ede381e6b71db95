"""Text from documents shown to people: what is invisible, or would steer a terminal, is made visible."""

from __future__ import annotations

import re

# Marks that reorder or hide what stands around them: shown by number, so that a page cannot lie.
INVISIBLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff"
    "\ud800-\udfff\ufff9-\ufffc\ufffe\uffff\U000e0000-\U000e007f]"
)


def visible(text: str) -> str:
    """Return text with control, invisible and reordering characters made visible.

    C0 controls become their control pictures (U+2400...), all others ``[U+202E]``. Tabs and newlines
    stay; a carriage return before a newline goes.
    """
    return INVISIBLE.sub(_shown, text.replace("\r\n", "\n"))


def _shown(match: re.Match[str]) -> str:
    code = ord(match.group())
    if code < 0x20:
        return chr(0x2400 + code)
    return "\u2421" if code == 0x7F else f"[U+{code:04X}]"
