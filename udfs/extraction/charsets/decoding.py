"""Bytes of unknown origin to text: the charset is declared, proven or detected, in that order."""

from __future__ import annotations

import codecs
import re
from typing import NamedTuple

from resiliparse.parse.encoding import detect_encoding

from udfs.extraction.charsets.declarations import declared_charset
from udfs.extraction.charsets.labels import CODECS_OF_ENCODING, codecs_of, encoding_of_label
from udfs.extraction.charsets.plausibility import (
    contradicts_label,
    decode_viscii,
    everyday_ideograph_share,
    japanese_encoding,
    looks_like_viscii,
    most_plausible_encoding,
)
from udfs.extraction.charsets.siblings import encoding_among_siblings
from udfs.extraction.charsets.stray_bytes import (
    FITTING_SHARE,
    Utf8Text,
    fitting_share,
    read_utf8,
    typographic_codec,
)
from udfs.extraction.charsets.wide_unicode import unmarked_wide_codec

DECLARED_ERROR_SHARE = 0.001
"""A declared charset is believed when less than this share of the characters fails to decode."""
EVERYDAY_SHARE = 0.8
"""Share of everyday characters among ideographs that are no misread; chance gives a third."""
DETECTOR_SAMPLE = 131_072
"""Bytes shown to the statistical detector (half from each end)."""
A_LINE = 400
"""Bytes above ASCII up to which a detector may take a line of Chinese or Japanese for Western signs."""
A_LINES_SCORE = 0.8
"""Share of everyday characters that then overrules it."""

_ASCII = bytes(range(128))
# UTF-32 first: its little-endian mark begins with that of UTF-16.
_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_BESIDE_EACH_OTHER = re.compile(rb"[\xc0-\xff]{2}|[\x80-\xbf]{2}")
_CODE_PAGE_OF_DOS = re.compile(r"cp(?:437|85\d|86[0-5])")
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

    The order: byte-order mark; UTF-8 that proves itself (three or more continuation bytes and next to no
    error: by chance this happens to no legacy text but a word in pairs of bytes, whose letters are of
    several scripts then, and servers that declare something else are wrong), with single bytes of
    windows-1252 in it read as such; the declared charset (HTTP header), then the one in ``<meta>`` or
    the XML declaration, each believed only when under 0.1 % of the characters fail, and Big5 or GBK
    only when the bytes are not clearly Chinese in the other one; UTF-16 and UTF-32 by their zero
    bytes; ASCII or short UTF-8; ASCII with typographic signs; a detector.

    Args:
        content: Any bytes.
        declared: Charset of the HTTP header or of the user, in any WHATWG spelling.

    Returns:
        Text, codec and the share of replaced characters.
    """
    for mark, codec in _BYTE_ORDER_MARKS:
        if content.startswith(mark):
            return _decode_leniently(content[len(mark) :], codec)
    utf8 = read_utf8(content)
    if utf8 is not None and utf8.is_sure and not utf8.is_mixture:
        return _as_utf8(utf8)
    for label in (declared, declared_charset(content)):
        believed = _decode_declared(content, encoding_of_label(label), utf8)
        if believed is not None:
            return believed
    if utf8 is not None and utf8.is_sure:
        return _as_utf8(utf8)
    escaped = _decode_seven_bit(content)
    if escaped is not None:
        return escaped
    wide = _decode_unmarked_wide(content)
    if wide is not None:
        return wide
    if utf8 is not None and utf8.strays == 0:
        return _as_utf8(utf8)
    return _decode_detected(content, utf8)


def _as_utf8(utf8: Utf8Text) -> DecodedText:
    return DecodedText(utf8.text, "utf-8", utf8.replaced / max(1, len(utf8.text)))


def _decode_declared(
    content: bytes, encoding: str | None, utf8: Utf8Text | None
) -> DecodedText | None:
    """Read what is declared, as far as the bytes agree."""
    if encoding is None:
        return None
    if encoding == "utf-8":
        return _as_utf8(utf8) if utf8 is not None and utf8.evidence else None
    if encoding.startswith(("utf-16", "utf-32")):
        return _decode_ideographs(content, encoding.removesuffix("-le").removesuffix("-be"))
    if utf8 is not None and utf8.is_sure and encoding not in CODECS_OF_ENCODING:
        return None  # letters of one byte each do not make UTF-8 by chance, two of a pair do
    decoded = _decode_as(content, encoding)
    if decoded.replaced_share >= DECLARED_ERROR_SHARE:
        return None
    other = contradicts_label(content, encoding)
    return decoded if other is None else _decode_as(content, other)


def _decode_ideographs(content: bytes, encoding: str) -> DecodedText | None:
    """Read wide characters without any zero byte, which tells all other ones: Chinese, Japanese, Korean."""
    for codec in (f"{encoding}-le", f"{encoding}-be"):
        try:
            text = content.decode(codec)
        except UnicodeDecodeError:
            continue
        ideographs = "".join(character for character in text if character > "\u2e7f")
        if (
            2 * len(ideographs) > len(text)
            and everyday_ideograph_share(ideographs) > EVERYDAY_SHARE
        ):
            return DecodedText(text, codec, 0.0)
    return None


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


def _decode_unmarked_wide(content: bytes) -> DecodedText | None:
    codec = unmarked_wide_codec(content)
    if codec is None:
        return None
    decoded = _decode_leniently(content, codec)
    return decoded if decoded.replaced_share < DECLARED_ERROR_SHARE else None


def _decode_detected(content: bytes, utf8: Utf8Text | None) -> DecodedText:
    typographic = typographic_codec(content)
    if typographic is not None:
        return _decode_leniently(content, typographic)
    if utf8 is not None and utf8.replaced < DECLARED_ERROR_SHARE * len(utf8.text):
        return _as_utf8(utf8)
    encoding = encoding_of_label(detect_encoding(content, DETECTOR_SAMPLE, html5_compatible=False))
    if len(content.translate(None, _ASCII)) <= A_LINE:
        encoding = _encoding_of_a_line(content, encoding)
    if encoding is not None:
        decoded = _decode_as(content, encoding_among_siblings(content, encoding))
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


def _encoding_of_a_line(content: bytes, detected: str | None) -> str | None:
    """Doubt a detector that had a line to go by: of pairs of bytes it makes signs that nobody sets."""
    if _are_western_letters(content, detected):
        return "cp1252"
    if detected in CODECS_OF_ENCODING:
        return detected
    japanese = japanese_encoding(content)
    if japanese is not None:
        return japanese
    if detected is not None and fitting_share(_decode_as(content, detected).text) >= FITTING_SHARE:
        return detected
    return most_plausible_encoding(content, A_LINES_SCORE) or detected


def _are_western_letters(content: bytes, detected: str | None) -> bool:
    """Tell single letters in ASCII, of which detectors make halves of pairs or signs of DOS."""
    if detected in {"cp1252", "iso8859-15"}:
        return False
    try:
        is_fit = fitting_share(content.decode("cp1252")) == 1.0
    except UnicodeDecodeError:
        return False
    if not is_fit or (detected is not None and _CODE_PAGE_OF_DOS.fullmatch(detected)):
        return is_fit
    if _BESIDE_EACH_OTHER.search(content):
        return False
    if detected is None or detected in CODECS_OF_ENCODING:
        return True
    return fitting_share(_decode_as(content, detected).text) < FITTING_SHARE


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
