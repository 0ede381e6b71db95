"""One document of any format to text: tell the format, decode, read, clean, and never raise."""

from __future__ import annotations

from udfs.extraction.charsets.decoding import decode
from udfs.extraction.contract import (
    DEFAULT_OPTIONS,
    DocumentRefusedError,
    Extraction,
    ExtractionOptions,
    ReadDocument,
)
from udfs.extraction.document_format import DocumentFormat, binary_share, identify, is_wide_unicode
from udfs.extraction.markdown.cleanup import clean_text
from udfs.extraction.own_readers import read_own
from udfs.extraction.refusal import refusal_before_reading


def extract(
    content: bytes,
    url: str | None = None,
    *,
    declared_charset: str | None = None,
    options: ExtractionOptions = DEFAULT_OPTIONS,
    known_format: str | None = None,
    reader: str | None = None,
) -> Extraction:
    """Extract the text of one document in this process.

    Bytes are untrusted: whatever they hold, the answer is an ``Extraction`` with a status. Only a
    crash of a native parser can still end the process; ``udfs.extraction.guard.parser_child``
    guards against that.

    Args:
        content: The document: HTML, PDF, EPUB or plain text, told apart by content.
        url: Where it came from; a hint for HTML, never fetched.
        declared_charset: Charset of the HTTP header; believed only when the bytes agree.
        options: Limits and choices.
        known_format: One of ``FORMATS`` when it is certain (text of a WET record or a JSON field,
            which may well be about ``<html>``); None to tell it from the bytes.
        reader: ``MODULE:FUNCTION`` of the user's, for a ``known_format`` of the user's own.

    Returns:
        The same extraction for the same arguments, whatever was extracted before.

    Raises:
        ImportError: A reader is not installed.
    """
    found = identify(content) if known_format is None else DocumentFormat(known_format)
    charset: str | None = None
    try:
        refusal = refusal_before_reading(content, found, options, own=reader is not None)
        if refusal is not None:
            return refusal
        if reader is not None:
            document = read_own(reader, content)
        elif found.name in {"html", "text"}:
            text, charset = _decoded(content, declared_charset, found, options)
            document = _read_text(text, url, found.name, options)
        else:
            document = _read_binary(content, found.name, options)
        return _extraction(document, found.name, charset, options)
    except DocumentRefusedError as refused:
        return Extraction(refused.status, format=found.name, charset=charset, detail=refused.detail)
    except MemoryError:
        return Extraction("oom", format=found.name, charset=charset, detail="out of memory")
    except ImportError:
        raise  # a broken installation, not a broken document
    except Exception as error:
        # Parsers raise whatever their authors did not foresee; the row says what, and the run goes on.
        detail = f"{type(error).__name__}: {error}"[:500]
        return Extraction(
            "malformed", format=found.name, charset=charset, detail=clean_text(detail)
        )


def _decoded(
    content: bytes, declared_charset: str | None, found: DocumentFormat, options: ExtractionOptions
) -> tuple[str, str]:
    share = binary_share(content)
    if share > options.max_binary_share and not is_wide_unicode(content):
        raise DocumentRefusedError("unsupported", f"{found.name} with {share:.0%} control bytes")
    decoded = decode(content, declared_charset)
    if decoded.replaced_share > options.max_replaced_share:
        raise DocumentRefusedError(
            "decode_error",
            f"{decoded.replaced_share:.1%} of the characters cannot be decoded, at best as "
            f"{decoded.charset}; at most {options.max_replaced_share:.1%} may be lost",
        )
    return decoded.text, decoded.charset


def _read_text(text: str, url: str | None, name: str, options: ExtractionOptions) -> ReadDocument:
    # Readers are imported when first needed: trafilatura alone takes 0.25 s to load.
    if name == "html":
        from udfs.extraction.html.reading import read_html

        return read_html(text, url, options)
    from udfs.extraction.markdown.plain_text import read_plain_text

    return read_plain_text(text, options)


def _read_binary(content: bytes, name: str, options: ExtractionOptions) -> ReadDocument:
    if name == "pdf":
        from udfs.extraction.pdf.reading import read_pdf

        return read_pdf(content, options)
    from udfs.extraction.epub.reading import read_epub

    return read_epub(content, options)


def _extraction(
    document: ReadDocument, name: str, charset: str | None, options: ExtractionOptions
) -> Extraction:
    text, status, detail = document.text, "ok", document.detail
    if not text.strip():
        text, status = "", "empty"
        detail = "; ".join(filter(None, ["the reader found no text", document.detail]))
    elif len(text) > options.max_text_characters:
        status = "too_big"
        detail = f"{len(text):,} characters; at most {options.max_text_characters:,} are kept"
        text = ""
    return Extraction(
        status=status,
        text=text,
        title=document.title,
        author=document.author,
        date=document.date,
        language=document.language,
        canonical_url=document.canonical_url,
        licence_url=document.licence_url,
        format=name,
        extractor=document.extractor,
        extractor_version=document.extractor_version,
        charset=charset,
        detail=detail,
        tables_kept=document.tables_kept,
        tables_dropped=document.tables_dropped,
        pages=document.pages,
        page_starts=document.page_starts if status == "ok" else (),
    )
