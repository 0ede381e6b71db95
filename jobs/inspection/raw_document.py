"""The original bytes of a document, fetched by its pointer: the source file and the record's row in it."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from pydantic import ValidationError

from jobs.ingest.record_readers import read_records
from jobs.ingest.settings import IngestSettings
from jobs.ingest.source_files import SourceFile, read_plan
from jobs.ingest.source_record import SourceRecord
from jobs.inspection.run_tables import RunTables
from jobs.runtime.contract.document_ids import place_of
from jobs.runtime.errors import DamagedRecordError, InputError
from jobs.runtime.store import storage


def raw_document(tables: RunTables, number: int) -> bytes:
    """Return the bytes of a document as they were fetched: the kept copy, or the source's own.

    Args:
        tables: The run.
        number: Its id, one of the run's.

    Raises:
        InputError: The source is gone or has changed, or the record could not be read in the first place.
    """
    manifest = tables.manifest("documents")
    settings = manifest.details.get("settings", {})
    if settings.get("keep_content"):
        kept = tables.rows("documents", [number], ["content", "status", "detail"])[number]
        return _usable(number, kept["content"], kept["status"], kept["detail"])
    try:
        reading = IngestSettings.model_validate(settings)
    except ValidationError as error:
        raise DamagedRecordError(
            f"{tables.output}/documents/_manifest.json does not say how sources were read: `corpusmill "
            "ingest` with the same INPUT makes it anew"
        ) from error
    file_number, row = place_of(number)
    plan = read_plan(storage.join(tables.output, "documents"))
    file = next(file for file in plan if file.number == file_number)
    record = next(itertools.islice(_records(file, reading), row, None), None)
    if record is None:
        raise InputError(f"{file.path} has no record {row:,}: run the same `corpusmill run` again")
    return _usable(number, record.content, record.status, record.detail)


def _records(file: SourceFile, settings: IngestSettings) -> Iterator[SourceRecord]:
    try:
        file.require_unchanged()
        stream = storage.open_input(file.path)
    except OSError as error:
        raise InputError(
            f"{file.path} cannot be read ({error.strerror or error}): the original of this document is "
            "there or nowhere, as the run was made without --set ingest.keep_content=true"
        ) from error
    with stream:
        yield from read_records(stream, file.size, settings, file.path)


def _usable(number: int, content: bytes, status: str, detail: str) -> bytes:
    if status != "ok":
        raise InputError(f"document {number} has no bytes to show: {status}, {detail}")
    return content
