"""The layout of a document's id: its file's number and its row there, never what it says."""

from __future__ import annotations

from jobs.runtime.errors import InputError

FILE_NUMBER_BITS = 38
ROW_BITS = 25
MOST_FILES = 1 << 24
"""Files of one run. A later run tells its documents apart from its own by 14 bits of run and 24 of file."""


def document_id(file_number: int, row: int) -> int:
    """Return the 63-bit id of a record: file number in the high 38 bits, row in the low 25.

    Unique by construction at any corpus size, stable across retries and whatever else is read, and never
    negative: negative numbers are the documents of earlier runs (``jobs/dedup/known_documents``).

    Raises:
        InputError: More rows, or a larger number, than the id has room for.
    """
    if not 0 <= file_number < 1 << FILE_NUMBER_BITS or not 0 <= row < 1 << ROW_BITS:
        raise InputError(
            f"file {file_number}, row {row} does not fit an id: a file has a number below "
            f"{1 << FILE_NUMBER_BITS:,} and at most {1 << ROW_BITS:,} records. Split the file."
        )
    return file_number << ROW_BITS | row


def place_of(identifier: int) -> tuple[int, int]:
    """Return file number and row of an id that ``document_id`` made."""
    return identifier >> ROW_BITS, identifier & ((1 << ROW_BITS) - 1)
