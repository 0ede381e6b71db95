"""The layout of a document's id: where it lies in the input, never what it says."""

from __future__ import annotations

from jobs.runtime.errors import InputError

FILE_NUMBER_BITS = 24
ROW_BITS = 25


def document_id(file_number: int, row: int) -> int:
    """Return the 49-bit id of a record: file number in the high 24 bits, row in the low 25.

    Unique by construction at any corpus size and stable across retries; the 14 bits above stay free
    for preferences of later stages.

    Raises:
        InputError: More rows or files than the id has room for.
    """
    if not 0 <= file_number < 1 << FILE_NUMBER_BITS or not 0 <= row < 1 << ROW_BITS:
        raise InputError(
            f"file {file_number}, row {row} does not fit an id: at most {1 << FILE_NUMBER_BITS:,} files "
            f"of {1 << ROW_BITS:,} records each. Split the file or the run."
        )
    return file_number << ROW_BITS | row


def place_of(identifier: int) -> tuple[int, int]:
    """Return file number and row of an id that ``document_id`` made."""
    return identifier >> ROW_BITS, identifier & ((1 << ROW_BITS) - 1)
