"""The last step of every reader: characters that no corpus wants, and uniform line ends."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import accumulate

# One translate pass. C0 controls but TAB and LF, DEL and C1 controls, U+FEFF inside a text, soft
# hyphens (a word with one is another word to every counter), lone surrogates (Arrow refuses them).
_CHARACTERS: dict[int, str | None] = {
    **{code: None for code in range(32) if code not in (9, 10, 12)},
    **dict.fromkeys(range(127, 160)),
    0x0B: "\n",
    0x0C: "\n",
    0x85: "\n",
    0xAD: None,
    0x2028: "\n",
    0x2029: "\n\n",
    0xFEFF: None,
}
_SURROGATE = re.compile("[\ud800-\udfff]")
_ASCII_CONTROLS = bytes([*range(9), *range(11, 32), 127])
_LATIN_CONTROLS = re.compile(rb"\xc2[\x80-\x9f\xad]")
_OTHER_CONTROLS = tuple(character.encode() for character in "\u2028\u2029\ufeff")
_TRAILING_BLANKS = re.compile(r"[ \t\u3000]+\n")
_BLANK_LINES = re.compile(r"\n{3,}")
_BETWEEN_PARTS = "\n\n"


def clean_text(text: str) -> str:
    """Drop control characters, unify line ends, collapse runs of blank lines, strip.

    Args:
        text: Any string, lone surrogates included.

    Returns:
        A string that encodes to UTF-8 and holds no control characters but TAB and LF.
    """
    return _cleaned(text).strip()


def _cleaned(text: str) -> str:
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    text = text.replace("\xa0", " ")  # the commonest by far, and a replacement is ten times as fast
    encoded = text.encode("utf-8", "surrogatepass")
    if _holds_controls(encoded):
        text = text.translate(_CHARACTERS)
    if b"\xed" in encoded:
        text = _SURROGATE.sub("\ufffd", text)
    # Looking first is ten times as fast as a pattern that is tried at every blank of the text.
    if any(ending in text for ending in (" \n", "\t\n", "\u3000\n")):
        text = _TRAILING_BLANKS.sub("\n", text)
    if "\n\n\n" in text:
        text = _BLANK_LINES.sub("\n\n", text)
    return text


def _holds_controls(encoded: bytes) -> bool:
    """Whether UTF-8 holds any of ``_CHARACTERS``: a fifth of the work of a pattern over the text."""
    if len(encoded.translate(None, _ASCII_CONTROLS)) < len(encoded):
        return True
    if encoded.isascii():
        return False
    if b"\xc2" in encoded and _LATIN_CONTROLS.search(encoded):
        return True
    return any(control in encoded for control in _OTHER_CONTROLS)


def clean_parts(
    parts: Sequence[str], places: Iterable[tuple[int, int]]
) -> tuple[str, tuple[int, ...]]:
    """Clean parts, join what is left of them by blank lines, and follow places of them into the text.

    Args:
        parts: Paragraphs or chapters.
        places: Of each the part, up to ``len(parts)``, and characters before it there.

    Returns:
        The text, and of each place the characters before it; where a part is gone, those before the next.
    """
    cleaned = [_cleaned(part + "\n").strip("\n") for part in parts]
    lengths = (len(part) + len(_BETWEEN_PARTS) if part else 0 for part in cleaned)
    firsts = list(accumulate(lengths, initial=0))
    joined = _BETWEEN_PARTS.join(part for part in cleaned if part).rstrip()
    text = joined.lstrip()
    cut = len(joined) - len(text)
    found = (
        firsts[part] + (len(_cleaned(parts[part][:before]).lstrip("\n")) if before else 0) - cut
        for part, before in places
    )
    return text, tuple(min(max(0, place), len(text)) for place in found)


def clean_field(value: str | None, limit: int = 500) -> str | None:
    """Make a title or a name one clean line.

    Args:
        value: As the document states it, or None.
        limit: Characters kept; whole articles have been found in ``<title>``.

    Returns:
        One line without surrounding blanks, or None when nothing is left.
    """
    if not value:
        return None
    line = " ".join(clean_text(value).split())
    return line[:limit].strip() or None
