"""UTF-16 and UTF-32 without a byte-order mark, told by where their zero bytes stand."""

from __future__ import annotations

SAMPLE = 65_536
"""Bytes that are looked at."""


def unmarked_wide_codec(content: bytes) -> str | None:
    """Recognise UTF-16 or UTF-32 that does not say so.

    Args:
        content: Any bytes; the first 64 KB are read.

    Returns:
        ``utf-32-be``, ``utf-32-le``, ``utf-16-be``, ``utf-16-le`` or None.
    """
    sample = content[:SAMPLE]
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
    more, fewer = max(zeros_even, zeros_odd), min(zeros_even, zeros_odd)
    # Even pure Chinese or Japanese has line ends and spaces, which put zeros at one parity only.
    if more < max(1, len(sample) // 256) or fewer > 0.02 * more:
        return None
    # ASCII with a stray NUL here and there: Latin text in UTF-16 has a zero in most characters.
    if 3 * more < len(sample) and sample.replace(b"\x00", b"").isascii():
        return None
    return "utf-16-be" if zeros_even > zeros_odd else "utf-16-le"
