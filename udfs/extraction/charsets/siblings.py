"""Encodings that share all but a few letters: which of them a text is in, by the bytes that differ.

A statistical detector sees the same language in both and names either.
"""

from __future__ import annotations

import re

_WINDOWS_SIGNS = re.compile(rb"[\x80-\x9f]")
# ISO-8859-7 has capital alpha with tonos at B6, windows-1253 at A2, where the other has a quotation mark.
_ALPHA_AT_B6 = re.compile(rb"(?<![\xb8-\xfe])\xb6[\xc1-\xfe]")
# Romanian quotation marks and the euro in ISO-8859-16; the same bytes are Slavic letters elsewhere.
_ROMANIAN_SIGNS = re.compile(
    rb"(?<![A-Za-z\xc0-\xff])\xa5[A-Za-z\xc0-\xff]|[0-9] ?\xa4|\xa4 ?[0-9]"
)


_WINDOWS_OF_ISO = {
    "iso8859-2": "cp1250", "iso8859-7": "cp1253", "iso8859-8": "cp1255", "iso8859-9": "cp1254",
    "iso8859-13": "cp1257", "iso8859-15": "cp1252", "iso8859-16": "cp1250",
}  # fmt: skip


def encoding_among_siblings(content: bytes, encoding: str) -> str:
    """Return the encoding that a text is in, given one that a detector found.

    No ISO 8859 has signs at 80 to 9F: where some stand, the windows sibling of its language is meant.

    ISO-8859-15 is told from windows-1252 by its euro: the general currency sign, which the other has
    at A4, is never written. ISO-8859-7 is told from windows-1253 by the place of a letter.
    Romanian has its letters at the same places in ISO-8859-2, ISO-8859-16 and windows-1250, with a cedilla in
    the first and the last and a comma in the other, which nearly nobody used: it is believed where its
    own quotation marks or euro stand, windows-1250 where signs stand at 80 to 9F, else ISO-8859-2.

    Args:
        content: The bytes.
        encoding: A name that ``encoding_of_label`` gives.
    """
    has_windows_signs = _WINDOWS_SIGNS.search(content) is not None
    if has_windows_signs and encoding in _WINDOWS_OF_ISO:
        return _WINDOWS_OF_ISO[encoding]
    if encoding == "cp1252" and b"\xa4" in content and not has_windows_signs:
        return "iso8859-15"
    if encoding == "cp1253" and not has_windows_signs and _ALPHA_AT_B6.search(content):
        return "iso8859-7"
    if encoding == "iso8859-16":
        return encoding if _ROMANIAN_SIGNS.search(content) else "iso8859-2"
    return encoding
