"""What a declared charset label means: the WHATWG reading of labels, as Python codec names."""

from __future__ import annotations

import codecs
import re

import udfs.extraction.charsets.euc_tw  # noqa: F401 - registers the codec that Python lacks

CODECS_OF_ENCODING: dict[str, tuple[str, ...]] = {
    "gb18030": ("gb18030",),
    "big5": ("cp950", "big5hkscs"),
    "shift_jis": ("cp932", "shift_jis_2004"),
    "euc_jp": ("euc_jp", "euc_jis_2004"),
    "euc_kr": ("euc_kr", "cp949"),
    "iso2022_jp": ("iso2022_jp", "iso2022_jp_2004", "iso2022_jp_ext"),
}
"""Encodings in several dialects: the first codec that decodes a document strictly is taken.

Vendors' extensions come last, so that a document without them is read by the plain standard.
"""

_LABELS_OF_ENCODING: dict[str, str] = {
    "gb18030": "gb2312 gbk gb18030 xgbk csgb2312 csiso58gb231280 gb231280 chinese isoir58 cp936 "
    "ms936 windows936 936 euccn",
    "big5": "big5 big5hkscs big5tw cnbig5 csbig5 xxbig5 cp950 ms950 windows950 950",
    "shift_jis": "shiftjis sjis xsjis mskanji csshiftjis windows31j ms932 cp932 windows932 932",
    "euc_jp": "eucjp xeucjp cseucpkdfmtjapanese ujis",
    "euc_kr": "euckr cseuckr csksc56011987 isoir149 korean ksc56011987 ksc56011989 ksc5601 "
    "windows949 cp949 uhc 949",
    "iso2022_jp": "iso2022jp csiso2022jp",
    "euc_tw": "euctw xeuctw cns11643 cseuctw",
    "cp1252": "iso88591 latin1 l1 ascii usascii ansix341968 iso885911987 cp819 ibm819 isoir100 "
    "csisolatin1 windows1252 cp1252 xcp1252",
    "cp1254": "iso88599 latin5 l5 isoir148 csisolatin5 iso885991989 windows1254 cp1254 xcp1254",
    "cp874": "tis620 iso885911 dos874 windows874 cp874",
    "iso8859_8": "iso88598 iso88598i iso88598e csiso88598i csiso88598e hebrew logical visual",
    "utf-8": "utf8 unicode11utf8 xunicode20utf8 unicode20utf8",
    "mac_cyrillic": "xmaccyrillic xmacukrainian maccyrillic",
    "mac_roman": "macintosh xmacroman mac csmacintosh",
    "koi8_r": "koi koi8 koi8r cskoi8r",
    "koi8_u": "koi8u koi8ru",
    "iso8859-7": "suneugreek",
    "iso8859-15": "csisolatin9",
    "utf-16-le": "unicode csunicode unicodefeff ucs2 iso10646ucs2",
    "utf-16-be": "unicodefffe",
}
_ENCODING_OF_LABEL = {
    label: encoding for encoding, labels in _LABELS_OF_ENCODING.items() for label in labels.split()
}
_NOT_IN_LABEL = re.compile(r"[^a-z0-9]")
_WINDOWS_CODE_PAGE = re.compile(r"(?:xcp|windows|cp)(125[0-8])")
# With e or i behind it: the direction that Arabic was stored in.
_ISO_8859 = re.compile(r"(?:cs)?iso8859([2-7]|1[03-6])[ei]?")


def encoding_of_label(label: str | None) -> str | None:
    """Resolve a charset label from a header, a ``<meta>`` tag or a detector.

    Args:
        label: Such as ``"GB2312"``, ``"x-sjis"``, ``"ISO-8859-1"``; case and punctuation are free.

    Returns:
        A key of ``CODECS_OF_ENCODING`` or a Python text codec; None for a label nobody knows.
        ISO-8859-1 and ASCII mean cp1252, ISO-8859-9 cp1254, TIS-620 cp874, GB2312 gb18030
        (WHATWG Encoding Standard, §4.2): pages use the wider set whatever they declare.
    """
    if not label or len(label) > 60:
        return None
    key = _NOT_IN_LABEL.sub("", label.lower())
    if key in _ENCODING_OF_LABEL:
        return _ENCODING_OF_LABEL[key]
    code_page = _WINDOWS_CODE_PAGE.fullmatch(key)
    if code_page:
        return f"cp{code_page.group(1)}"
    iso = _ISO_8859.fullmatch(key)
    if iso:
        return f"iso8859-{iso.group(1)}"
    try:
        codec = codecs.lookup(label.strip().lower())
    except (LookupError, ValueError):
        return None
    # rot13, base64, zlib ... are codecs too, but not charsets; utf-7 and punycode hide markup.
    unsafe = {"utf-7", "punycode", "idna", "unicode_escape", "raw_unicode_escape", "undefined"}
    if not getattr(codec, "_is_text_encoding", False) or codec.name in unsafe:
        return None
    return codec.name if codec.name.startswith("utf") or _keeps_ascii(codec) else None


def _keeps_ascii(codec: codecs.CodecInfo) -> bool:
    """EBCDIC gives every byte a meaning: a page that declared it would always seem to be in it."""
    return codec.decode(b"<meta charset=x>")[0] == "<meta charset=x>"


def codecs_of(encoding: str) -> tuple[str, ...]:
    """Name the Python codecs to try for an encoding, the plain standard first."""
    return CODECS_OF_ENCODING.get(encoding, (encoding,))
