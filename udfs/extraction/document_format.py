"""What a document is, told from its bytes: names and headers lie, magic numbers rarely do."""

from __future__ import annotations

import json
import re
from typing import NamedTuple

from udfs.extraction.charsets.wide_unicode import unmarked_wide_codec

SNIFFED_BYTES = 4096
_PDF_HEADER_WITHIN = 1024  # pdfium and Acrobat accept leading junk up to here

# Container and media formats that would otherwise pass as text in some legacy charset.
_OTHER_MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"\x89PNG\r\n\x1a\n", "PNG image"),
    (b"\xff\xd8\xff", "JPEG image"),
    (b"GIF8", "GIF image"),
    (b"RIFF", "RIFF media"),
    (b"OggS", "Ogg media"),
    (b"ID3", "MP3 audio"),
    (b"\x1f\x8b", "gzip archive"),
    (b"BZh", "bzip2 archive"),
    (b"\xfd7zXZ\x00", "xz archive"),
    (b"\x28\xb5\x2f\xfd", "zstd archive"),
    (b"7z\xbc\xaf\x27\x1c", "7-Zip archive"),
    (b"Rar!\x1a\x07", "RAR archive"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "OLE document (old Office)"),
    (b"\x7fELF", "ELF program"),
    (b"MZ\x90", "Windows program"),
    (b"wOFF", "web font"),
    (b"wOF2", "web font"),
    (b"SQLite format 3\x00", "SQLite database"),
    (b"PAR1", "Parquet file"),
    (b"filedesc://", "ARC file: turn it into WARC (`warcio recompress`)"),
    (b"\x5d\x2a\x4d\x18", "WARC packed by zstd with a dictionary: unpack it with zstd first"),
    (b"{\\rtf", "RTF document"),
    (b"%!PS", "PostScript document"),
)
# Text after these is a page whatever else follows (WHATWG MIME Sniffing, section 7.1).
_PAGE_START = re.compile(
    rb"\s*(?:<!--.*?-->\s*|<\?xml[^>]*\?>\s*)*"
    rb"<(?:!doctype\s+html|html|head|body|title|meta|script|style|link|frameset|base)[\s>/]",
    re.IGNORECASE | re.DOTALL,
)
_PAGE_INSIDE = re.compile(rb"<(?:html|body|head)[\s>]", re.IGNORECASE)
_FRAGMENT_START = re.compile(
    rb"\s*<(?:!--|div|p|h[1-6]|table|font|a|b|br|img|iframe|article|section|main|ul|ol|span|center)"
    rb"[\s>/!-]",
    re.IGNORECASE,
)
_TAG = re.compile(
    rb"</?(?:div|p|td|tr|li|ul|ol|span|a|h[1-6]|table|pre|code|em|b|i|strong|body|html)[\s>]|<br[\s/>]",
    re.IGNORECASE,
)
_OTHER_XML = re.compile(rb"\s*<\?xml|\s*<(?:rss|feed|svg|urlset)[\s>]", re.IGNORECASE)
# TAB LF FF CR, and ESC SO SI of the ISO-2022 encodings, occur in text; the others do not.
_BINARY_BYTES = bytes(set(range(32)) - set(b"\t\n\x0c\r\x0e\x0f\x1b"))
_TEXT_BINARY_SHARE = 0.02
_TAR_MAGIC_AT = 257


class DocumentFormat(NamedTuple):
    """The format of a document and, when it is none of ours, what it seems to be instead."""

    name: str
    detail: str = ""


def binary_share(content: bytes, sampled: int = 65_536) -> float:
    """Share of control bytes that no text contains, 0 to 1, in the first ``sampled`` bytes."""
    sample = content[:sampled]
    if not sample:
        return 0.0
    return (len(sample) - len(sample.translate(None, _BINARY_BYTES))) / len(sample)


def is_wide_unicode(content: bytes) -> bool:
    """Tell UTF-16 and UTF-32, marked or not: their zero bytes do not make them binary."""
    marked = content.startswith((b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff"))
    return marked or unmarked_wide_codec(content) is not None


def identify(content: bytes) -> DocumentFormat:
    """Tell a document's format from its bytes alone.

    Args:
        content: The whole document; the first 4 KB decide, except for a ZIP without a ``mimetype``
            member in front, where the whole is searched for the EPUB container.

    Returns:
        ``html``, ``pdf``, ``epub``, ``text``, or ``unknown`` with a detail for people.
    """
    if not content:
        return DocumentFormat("unknown", "0 bytes")
    if b"%PDF-" in content[:_PDF_HEADER_WITHIN]:
        return DocumentFormat("pdf")
    if content.startswith(b"PK\x03\x04"):
        return _identify_zip(content)
    for magic, description in _OTHER_MAGIC:
        if content.startswith(magic):
            return DocumentFormat("unknown", description)
    return _identify_text(content)


def _identify_zip(content: bytes) -> DocumentFormat:
    declared = content[30:SNIFFED_BYTES].startswith(b"mimetypeapplication/epub+zip")
    if declared or b"META-INF/container.xml" in content:
        return DocumentFormat("epub")
    if b"word/document.xml" in content:
        return DocumentFormat("unknown", "Word document")
    return DocumentFormat("unknown", "ZIP archive")


def _identify_text(content: bytes) -> DocumentFormat:
    wide = is_wide_unicode(content)
    head = content[:SNIFFED_BYTES]
    if wide:
        head = head.replace(b"\x00", b"").removeprefix(b"\xff\xfe").removeprefix(b"\xfe\xff")
    head = head.removeprefix(b"\xef\xbb\xbf").lstrip(b"\x00 \t\r\n\x0c")
    if _PAGE_START.match(head):
        return DocumentFormat("html")
    if _PAGE_INSIDE.search(head) or _FRAGMENT_START.match(head):
        sample = content[:65_536].replace(b"\x00", b"") if wide else content[:65_536]
        if _is_mostly_markup(sample):
            return DocumentFormat("html")
    if _OTHER_XML.match(head):
        return DocumentFormat("unknown", "XML that is no XHTML")
    if content[_TAR_MAGIC_AT:].startswith(b"ustar"):
        return DocumentFormat("unknown", "tar archive: unpack it")
    if head[:1] in (b"{", b"[") and _is_json(content):
        return DocumentFormat("unknown", "JSON: give JSON lines with a field named text")
    share = binary_share(content)
    if not wide and share > _TEXT_BINARY_SHARE:
        return DocumentFormat("unknown", f"binary: {share:.0%} control bytes")
    return DocumentFormat("text")


def _is_json(content: bytes) -> bool:
    """Tell JSON, which is data, from prose that begins with a bracket such as a footnote's."""
    try:
        text = content.decode(json.detect_encoding(content), "replace").lstrip("\ufeff \t\r\n")
        value, end = json.JSONDecoder().raw_decode(text)
    except (ValueError, RecursionError):
        return False
    rest = text[end:].lstrip()
    if isinstance(value, dict):
        return bool(value) and (not rest or rest.startswith("{"))
    return not rest and any(isinstance(item, dict) for item in value)


def _is_mostly_markup(sample: bytes) -> bool:
    """A Markdown file may open with ``<div align=center>``; a page has a tag every 400 bytes."""
    return len(_TAG.findall(sample)) * 400 > len(sample)
