"""UTF-16 and UTF-32 without a byte-order mark, told by where their zero bytes stand."""

from __future__ import annotations

SAMPLE = 65_536
"""Bytes that are looked at."""

_IDEOGRAPHIC_SPACE = "\u3000"


def unmarked_wide_codec(content: bytes) -> str | None:
    """Recognise UTF-16 or UTF-32 that does not say so.

    Args:
        content: Any bytes; the first 64 KB are read.

    Returns:
        ``utf-32-be``, ``utf-32-le``, ``utf-16-be``, ``utf-16-le`` or None.
    """
    sample = content[:SAMPLE]
    if 0 not in sample:
        return None
    return _utf32(sample, is_whole=len(sample) == len(content)) or _utf16(sample)


def _utf32(sample: bytes, *, is_whole: bool) -> str | None:
    """No character is above 10FFFF: of four bytes one is always zero and its neighbour at most 16."""
    whole = sample[: len(sample) // 4 * 4]
    if len(whole) < 8 or (is_whole and len(sample) % 4):
        return None
    for codec, zero, small in (("utf-32-be", 0, 1), ("utf-32-le", 3, 2)):
        if any(whole[zero::4]) or max(whole[small::4]) > 0x10:
            continue
        try:
            text = whole.decode(codec)
        except UnicodeDecodeError:
            continue
        # Tables of small numbers look alike, but are full of characters that no text has.
        if not any(character < "\t" for character in text):
            return codec
    return None


def _utf16(sample: bytes) -> str | None:
    zeros_even, zeros_odd = sample[0::2].count(0), sample[1::2].count(0)
    for codec, zeros, others in (
        ("utf-16-le", zeros_odd, zeros_even),
        ("utf-16-be", zeros_even, zeros_odd),
    ):
        # Even pure Chinese or Japanese has line ends and spaces, which put zeros at one parity only.
        if zeros < max(1, len(sample) // 256) or zeros < others:
            continue
        text = sample.decode(codec, "replace")
        if others - text.count(_IDEOGRAPHIC_SPACE) > 0.02 * zeros:
            continue
        # ASCII with a stray NUL here and there would be ideographs, two letters each.
        if not sample.replace(b"\x00", b"").isascii() or _is_below_ideographs(text):
            return codec
    return None


def _is_below_ideographs(text: str) -> bool:
    return 2 * sum(character < "\u2000" for character in text) > len(text)
