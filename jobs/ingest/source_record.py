"""One record of a source, and the rows that say why a record cannot be used."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from jobs.ingest.carried_fields import carried
from jobs.ingest.settings import IngestSettings


@dataclass(frozen=True)
class SourceRecord:
    """One record of a source: raw bytes and what the container says about them.

    Attributes:
        content: The bytes of the page, book or text.
        is_text: The content is already extracted text in UTF-8.
        own_format: The ending for which the user gave a reader, when it is one.
        metadata: JSON object of the columns that are carried beside; None where there are none.
        place: Where it begins in its file, for people; None where its number tells as much.
        status: ``ok`` or why the record cannot be used.
    """

    content: bytes = b""
    url: str | None = None
    fetched_at: str | None = None
    declared_charset: str | None = None
    source_id: str | None = None
    is_text: bool = False
    own_format: str | None = None
    metadata: str | None = None
    place: str | None = None
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


def field_record(
    fields: Mapping[str, Any], place: str | None, settings: IngestSettings
) -> SourceRecord:
    """Return the record of named fields, of a JSON object or a table's row.

    Args:
        fields: Values by name.
        place: Of :class:`SourceRecord`.
        settings: Names that text, page, address, id and date go by.
    """
    try:
        return _field_record(fields, place, settings)
    except RecursionError:  # of a value nested like a bomb: it must cost its record, not the file
        return SourceRecord(
            place=place, status="malformed", detail=f"{place or 'row'} is nested too deeply"
        )


def _field_record(
    fields: Mapping[str, Any], place: str | None, settings: IngestSettings
) -> SourceRecord:
    page = _first(fields, settings.html_fields)
    content = page if page is not None else _first(fields, settings.text_fields)
    others = [
        _first(fields, names)
        for names in (settings.url_fields, settings.date_fields, settings.id_fields)
    ]
    url, date, identifier = (None if name is None else str(fields[name]) for name in others)
    known = SourceRecord(
        url=url,
        fetched_at=date,
        source_id=identifier,
        place=place,
        metadata=carried(fields, {content, *others}, settings.carry),
    )
    value = None if content is None else fields[content]
    if value is None:
        wanted = " or ".join(settings.text_fields + settings.html_fields)
        return replace(known, status="malformed", detail=f"{place or 'row'} has no {wanted}")
    if not isinstance(value, bytes | str):
        kind = type(value).__name__
        return replace(known, status="malformed", detail=f"{place or 'row'}: text is a {kind}")
    # JSON may smuggle in half a surrogate pair, which UTF-8 cannot hold.
    raw = value.encode("utf-8", "replace") if isinstance(value, str) else value
    if len(raw) > settings.max_document_bytes:
        return too_big(f"{len(raw):,} bytes", settings, known)
    declared = "utf-8" if isinstance(value, str) else None
    is_text = page is None and isinstance(value, str)
    return replace(known, content=raw, declared_charset=declared, is_text=is_text)


def _first(fields: Mapping[str, Any], names: tuple[str, ...]) -> str | None:
    return next((name for name in names if fields.get(name) is not None), None)
