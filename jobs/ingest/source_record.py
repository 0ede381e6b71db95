"""One record of a source, and the rows that say why a record cannot be used."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from jobs.ingest.settings import IngestSettings


@dataclass(frozen=True)
class SourceRecord:
    """One record of a source: raw bytes and what the container says about them.

    Attributes:
        content: The bytes of the page, book or text.
        is_text: The content is already extracted text in UTF-8.
        own_format: The ending for which the user gave a reader, when it is one.
        status: ``ok`` or why the record cannot be used.
    """

    content: bytes = b""
    url: str | None = None
    fetched_at: str | None = None
    declared_charset: str | None = None
    source_id: str | None = None
    is_text: bool = False
    own_format: str | None = None
    status: str = "ok"
    detail: str = ""


UNKNOWN_RECORD = SourceRecord()


def too_big(
    found: str, settings: IngestSettings, known: SourceRecord = UNKNOWN_RECORD
) -> SourceRecord:
    """Return the row of a document over the limit; ``found`` says how large it is."""
    wanted = (
        f"{found}; at most {settings.max_document_megabytes} MiB (ingest.max_document_megabytes)"
    )
    return replace(known, status="too_big", detail=wanted)


def field_record(fields: Mapping[str, Any], place: str, settings: IngestSettings) -> SourceRecord:
    """Return the record of named fields, of a JSON object or a table's row.

    Args:
        fields: Values by name.
        place: Where it stands in its file, for people.
        settings: Names that text, page, address, id and date go by.
    """
    html = _first(fields, settings.html_fields)
    value = html if html is not None else _first(fields, settings.text_fields)
    date = _first(fields, settings.date_fields)
    identifier = _first(fields, settings.id_fields)
    url = _first(fields, settings.url_fields)
    known = SourceRecord(
        url=str(url) if url is not None else None,
        fetched_at=str(date) if date is not None else None,
        source_id=str(identifier) if identifier is not None else None,
    )
    if value is None:
        wanted = " or ".join(settings.text_fields + settings.html_fields)
        return replace(known, status="malformed", detail=f"{place} has no {wanted}")
    if not isinstance(value, bytes | str):
        kind = type(value).__name__
        return replace(known, status="malformed", detail=f"{place}: text is a {kind}")
    # JSON may smuggle in half a surrogate pair, which UTF-8 cannot hold.
    content = value.encode("utf-8", "replace") if isinstance(value, str) else value
    if len(content) > settings.max_document_bytes:
        return too_big(f"{len(content):,} bytes", settings, known)
    declared = "utf-8" if isinstance(value, str) else None
    is_text = html is None and isinstance(value, str)
    return replace(known, content=content, declared_charset=declared, is_text=is_text)


def _first(fields: Mapping[str, Any], names: tuple[str, ...]) -> Any:
    return next((fields[name] for name in names if fields.get(name) is not None), None)
