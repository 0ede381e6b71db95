"""Find the documents a person means: by id, by address, or by a file that holds the same text."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from jobs.inspection.run_tables import RunTables
from jobs.runtime.errors import InputError

MOST_SHOWN = 5
LARGEST_TEXT_FILE = 1 << 28


def by_id(tables: RunTables, given: str, option: str = "--id") -> list[int]:
    """Return the documents with an id, ours or that of their source, given by an option of the command.

    Raises:
        InputError: No document of the run has it.
    """
    table = tables.columns("documents", ["id", "source_id"])
    ids = table.column("id").to_numpy()
    found = _equal(table, "source_id", given)
    if given.isdecimal() and np.any(ids == int(given)):
        found = list(dict.fromkeys([int(given), *found]))
    if not found:
        raise InputError(
            f"{option} {given}: no document of this run has this id, nor has its source called one so; its "
            f"{len(ids):,} ids lie between {ids.min()} and {ids.max()}. Ids of another run mean nothing "
            "here: ask by --url."
            if len(ids)
            else f"{option} {given}: this run has no documents at all"
        )
    return found


def by_url(tables: RunTables, given: str) -> list[int]:
    """Return the documents with this address, or from this input file.

    Raises:
        InputError: There is none; the message names near ones.
    """
    fetched = tables.columns("documents", ["id", "url", "source"])
    found = _equal(fetched, "url", given) or _equal(fetched, "source", given)
    # Extraction finds addresses that the fetched bytes did not come with.
    found = found or _equal(tables.columns("extracted", ["id", "url"]), "url", given)
    if found:
        return found
    near = _containing(fetched, given)
    hint = f" Containing it: {', '.join(near)}." if near else ""
    raise InputError(
        f"--url {given}: no document of this run has this address or input file.{hint}"
    )


def by_text(tables: RunTables, path: str) -> tuple[str, list[int]]:
    """Return a file's text and the documents whose extracted text is the same but for white space.

    Raises:
        InputError: The file cannot be read as text.
    """
    text = read_text_file(path)
    wanted = _squeezed(pa.array([text]))[0]
    found: list[int] = []
    for batch in tables.batches("extracted", ["id", "text"]):
        same = pc.equal(_squeezed(batch.column("text")), wanted)
        found += batch.column("id").filter(same).to_pylist()
    return text, found


def read_text_file(path: str, option: str = "--text-file") -> str:
    """Return a UTF-8 text file, given by an option of the command.

    Raises:
        InputError: It is missing, too large or not UTF-8.
    """
    try:
        size = Path(path).stat().st_size
        if size > LARGEST_TEXT_FILE:
            raise InputError(f"{option} {path} has {size:,} bytes, at most {LARGEST_TEXT_FILE:,}")
        return Path(path).read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise InputError(
            f"{option} {path} is not UTF-8 ({error.reason} at {error.start})"
        ) from error
    except OSError as error:
        raise InputError(f"{option} {path}: {error.strerror}") from error


def _equal(table: pa.Table, column: str, given: str) -> list[int]:
    return list(table.filter(pc.equal(table.column(column), given)).column("id").to_pylist())


def _containing(table: pa.Table, given: str) -> list[str]:
    near: list[str] = []
    for name in ("url", "source"):
        column = table.column(name)
        near += column.filter(pc.match_substring(column, given)).unique().to_pylist()
    return near[:MOST_SHOWN]


def _squeezed(texts: pa.Array | pa.ChunkedArray) -> pa.Array:
    return pc.replace_substring_regex(texts, r"\s+", " ")
