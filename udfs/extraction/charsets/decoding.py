"""Bytes of unknown origin to text: the charset is declared, proven or detected, in that order."""

from __future__ import annotations

import codecs
import re
from typing import NamedTuple

from resiliparse.parse.encoding import detect_encoding

from udfs.extraction.charsets.labels import codecs_of, encoding_of_label
from udfs.extraction.charsets.plausibility import (
    contradicts_label,
    decode_viscii,
    looks_like_viscii,
    most_plausible_encoding,
)

DECLARED_ERROR_SHARE = 0.001
"""A declared charset is believed when less than this share of the characters fails to decode."""
SCANNED_FOR_DECLARATION = 4096
"""Bytes searched for ``<meta charset>``; pages in the wild exceed the 1,024 of the HTML standard."""
DETECTOR_SAMPLE = 131_072
"""Bytes shown to the statistical detector (half from each end)."""

# UTF-32 first: its little-endian mark begins with that of UTF-16.
_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_DECLARATION = re.compile(
    rb"<meta[^>]{0,300}?charset\s*=\s*[\"']?\s*([A-Za-z0-9_.:\-]{2,40})"
    rb"|<\?xml[^>]{0,100}?encoding\s*=\s*[\"']([A-Za-z0-9_.:\-]{2,40})",
    re.IGNORECASE,
)
_ESCAPE_OR_TILDE = re.compile(rb"\x1b[$(]|~\{")


class DecodedText(NamedTuple):
    """A decoded document.

    Attributes:
        text: The characters; undecodable bytes have become U+FFFD.
        charset: Python's name of the codec used, such as ``gb18030``.
        replaced_share: U+FFFD that decoding made, as a share of the characters, 0 to 1.
    """

    text: str
    charset: str
    replaced_share: float


def decode(content: bytes, declared: str | None = None) -> DecodedText:
    """Decode a document; never raises.

    The order: byte-order mark; UTF-8 that proves itself (three or more multi-byte characters and no
    error: by chance this happens to no legacy text, and servers that declare something else are
    wrong); the declared charset (HTTP header), then the one in ``<meta>`` or the XML declaration, each
    believed only when under 0.1 % of the characters fail, and Big5 or GBK only when the bytes are not
    clearly Chinese in the other one; ASCII or short UTF-8; a detector.

    Args:
        content: Any bytes.
        declared: Charset of the HTTP header or of the user, in any WHATWG spelling.

    Returns:
        Text, codec and the share of replaced characters.
    """
    for mark, codec in _BYTE_ORDER_MARKS:
        if content.startswith(mark):
            return _decode_leniently(content[len(mark) :], codec)
    proven = _decode_utf8(content)
    if proven is not None and _has_multibyte_evidence(content, proven.text):
        return proven
    for label in (declared, _declared_inside(content)):
        encoding = encoding_of_label(label)
        if encoding is not None and encoding not in {"utf-16", "utf-32"}:
            decoded = _decode_as(content, encoding)
            if decoded.replaced_share < DECLARED_ERROR_SHARE:
                other = contradicts_label(content, encoding)
                return decoded if other is None else _decode_as(content, other)
    escaped = _decode_seven_bit(content)
    if escaped is not None:
        return escaped
    wide = _decode_unmarked_utf16(content)
    if wide is not None:
        return wide
    return proven if proven is not None else _decode_detected(content)


def _declared_inside(content: bytes) -> str | None:
    match = _DECLARATION.search(content[:SCANNED_FOR_DECLARATION])
    if match is None:
        return None
    label = (match.group(1) or match.group(2)).decode("ascii")
    # A tag readable as ASCII cannot stand in UTF-16; the HTML standard reads it as UTF-8.
    return "utf-8" if label.lower().startswith("utf-16") else label


def _has_multibyte_evidence(content: bytes, text: str) -> bool:
    continuation_bytes = len(content) - len(text)
    return continuation_bytes >= 3


def _decode_utf8(content: bytes) -> DecodedText | None:
    decoded = _decode_leniently(content, "utf-8")
    return decoded if decoded.replaced_share < DECLARED_ERROR_SHARE else None


def _decode_leniently(content: bytes, codec: str) -> DecodedText:
    try:
        return DecodedText(content.decode(codec), codec, 0.0)
    except UnicodeDecodeError:
        text = content.decode(codec, "replace")
    if codec == "utf-8":
        replaced = text.count("\ufffd") - content.count(b"\xef\xbf\xbd")
        # A download cut inside the last character is no doubt about the rest.
        replaced -= int(text.endswith("\ufffd") and replaced == 1)
    else:
        replaced = text.count("\ufffd")
    return DecodedText(text, codec, max(0, replaced) / len(text))


def _decode_as(content: bytes, encoding: str) -> DecodedText:
    attempts = []
    for codec in codecs_of(encoding):
        decoded = _decode_leniently(content, codec)
        if decoded.replaced_share == 0.0:
            return decoded
        attempts.append(decoded)
    return min(attempts, key=lambda decoded: decoded.replaced_share)


def _decode_seven_bit(content: bytes) -> DecodedText | None:
    """ISO-2022 and HZ are pure ASCII bytes, so they must be asked for before ASCII is believed."""
    if not content.isascii() or not _ESCAPE_OR_TILDE.search(content):
        return None
    label = detect_encoding(content, DETECTOR_SAMPLE, html5_compatible=False)
    encoding = encoding_of_label(label)
    if encoding is None or not (encoding.startswith("iso2022") or encoding == "hz"):
        return None
    decoded = _decode_as(content, encoding)
    return decoded if decoded.replaced_share < DECLARED_ERROR_SHARE else None


def unmarked_utf16_codec(content: bytes) -> str | None:
    """Recognise UTF-16 without a byte-order mark by its zero bytes, all at one parity.

    Args:
        content: Any bytes; the first 64 KB are read.

    Returns:
        ``utf-16-be``, ``utf-16-le`` or None.
    """
    sample = content[:65_536]
    zeros_even, zeros_odd = sample[0::2].count(0), sample[1::2].count(0)
    more, fewer = max(zeros_even, zeros_odd), min(zeros_even, zeros_odd)
    # Even pure Chinese or Japanese has line ends and spaces, which put zeros at one parity only.
    if more < max(1, len(sample) // 256) or fewer > 0.02 * more:
        return None
    # ASCII with a stray NUL here and there: Latin text in UTF-16 has a zero in most characters.
    if 3 * more < len(sample) and sample.replace(b"\x00", b"").isascii():
        return None
    return "utf-16-be" if zeros_even > zeros_odd else "utf-16-le"


def _decode_unmarked_utf16(content: bytes) -> DecodedText | None:
    codec = unmarked_utf16_codec(content)
    if codec is None:
        return None
    decoded = _decode_leniently(content, codec)
    return decoded if decoded.replaced_share < DECLARED_ERROR_SHARE else None


def _decode_detected(content: bytes) -> DecodedText:
    encoding = encoding_of_label(detect_encoding(content, DETECTOR_SAMPLE, html5_compatible=False))
    if encoding is not None:
        decoded = _decode_as(content, _with_euro_sign(content, encoding))
        if decoded.replaced_share < DECLARED_ERROR_SHARE:
            return decoded
    plausible = most_plausible_encoding(content)
    if plausible is not None:
        return _decode_as(content, plausible)
    if looks_like_viscii(content):
        return DecodedText(decode_viscii(content), "viscii", 0.0)
    if encoding is not None:
        return decoded
    return _decode_last_resort(content)


def _decode_last_resort(content: bytes) -> DecodedText:
    # Half of the bytes above ASCII is no Latin text; pairs of bytes are likelier than cp1252.
    if 2 * sum(byte > 0x7F for byte in content[:4096]) > len(content[:4096]):
        plausible = most_plausible_encoding(content, minimum_score=0.0)
        if plausible is not None:
            return _decode_as(content, plausible)
    return min(
        (_decode_leniently(content, "utf-8"), _decode_leniently(content, "cp1252")),
        key=lambda candidate: candidate.replaced_share,
    )


def _with_euro_sign(content: bytes, encoding: str) -> str:
    """Byte A4 is the euro in ISO-8859-15; the general currency sign of Latin-1 is never written."""
    if encoding == "cp1252" and b"\xa4" in content and not re.search(rb"[\x80-\x9f]", content):
        return "iso8859-15"
    return encoding
