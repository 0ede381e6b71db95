"""Refused before anything is parsed: what is empty, too big or of no known format."""

from __future__ import annotations

from udfs.extraction.contract import (
    Extraction,
    ExtractionOptions,
)
from udfs.extraction.document_format import DocumentFormat


def refusal_before_reading(
    content: bytes, found: DocumentFormat, options: ExtractionOptions, *, own: bool = False
) -> Extraction | None:
    """Refuse what is empty, too big or of no known format before it is parsed or sent to a child.

    Args:
        content: The document.
        found: Its format.
        options: The ``_max_bytes`` caps.
        own: A reader of the user's is there for it; the cap of text is its cap.

    Returns:
        An extraction with status ``empty``, ``too_big`` or ``unsupported``, or None for a document to
        be read.
    """
    name = found.name
    if not content:
        return Extraction("empty", format=name, detail="0 bytes")
    caps = {
        "html": options.html_max_bytes,
        "pdf": options.pdf_max_bytes,
        "epub": options.epub_max_bytes,
    }
    cap = caps.get(name, options.text_max_bytes)
    if len(content) > cap:
        detail = f"{len(content):,} bytes of {name}; at most {cap:,} are read"
        return Extraction("too_big", format=name, detail=detail)
    if not own and name not in {"html", "pdf", "epub", "text"}:
        detail = found.detail or "format not recognised"
        return Extraction("unsupported", format=name, detail=detail)
    return None
