"""Where every document of a run ended, as columns in memory: what lists and samples are chosen from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from jobs.inspection.run_tables import RunTables

KEPT, DROPPED, DUPLICATE, QUARANTINED, UNFINISHED = range(5)
STATUSES: Final = ("kept", "dropped", "duplicate", "quarantined", "unfinished")
"""What became of a document; ``dropped`` by a rule or a grade, ``duplicate`` by deduplication."""
NOTHING: Final = -1


class Coded(NamedTuple):
    """A column of few values: ``codes`` int32 (n,) are places in ``names``, or NOTHING for null."""

    names: list[str]
    codes: np.ndarray

    def name(self, place: int) -> str | None:
        """Return the value of a row."""
        code = int(self.codes[place])
        return None if code == NOTHING else self.names[code]

    def equal(self, value: str) -> np.ndarray:
        """Return which rows have a value, bool (n,)."""
        code = self.names.index(value) if value in self.names else NOTHING - 1
        return np.asarray(self.codes == code)


@dataclass(frozen=True)
class Catalogue:
    """All documents of a run in ascending order of their ids.

    Attributes:
        ids: int64 (n,).
        statuses: int8 (n,), places in STATUSES.
        reasons: The ledger's reason or the quarantine's status.
        languages: Of documents that were judged.
        sources: string (n,), input files as the user named them.
        urls: string (n,); null where neither source nor extraction tells one.
        titles: string (n,).
    """

    ids: np.ndarray
    statuses: np.ndarray
    reasons: Coded
    languages: Coded
    sources: pa.Array
    urls: pa.Array
    titles: pa.Array

    def places(self, ids: np.ndarray) -> np.ndarray:
        """Return where documents lie, int64 (m,); ids must be of this run."""
        return np.asarray(np.searchsorted(self.ids, ids))

    def holds(self, number: int) -> bool:
        """Say whether the run has a document."""
        if number >= 1 << 63:
            return False
        place = int(np.searchsorted(self.ids, number))
        return place < len(self.ids) and int(self.ids[place]) == number

    def counts(self) -> dict[str, int]:
        """Return documents by status; those that no document has are left out."""
        found = np.bincount(self.statuses, minlength=len(STATUSES)).tolist()
        return {name: count for name, count in zip(STATUSES, found, strict=True) if count}

    def reason_counts(self) -> list[tuple[str, int]]:
        """Return documents by reason, most frequent first."""
        return _by_count(self.reasons)

    def language_counts(self) -> list[tuple[str, int]]:
        """Return documents by language, most frequent first."""
        return _by_count(self.languages)


def read_catalogue(tables: RunTables) -> Catalogue:
    """Read who the documents of a finished run are and where they ended.

    Raises:
        InputError: A stage has not run.
    """
    documents = tables.columns("documents", ["id", "source", "url"])
    order = np.argsort(documents.column("id").to_numpy(), kind="stable")
    documents = documents.take(order).combine_chunks()
    ids = documents.column("id").to_numpy()
    judged = tables.columns("annotated", ["id", "url", "title", "language.language"])
    dropped = tables.columns("dropped", ["id", "stage", "reason"])
    quarantined = tables.columns("quarantined", ["id", "status"])
    statuses = np.full(len(ids), UNFINISHED, dtype=np.int8)
    statuses[_places(ids, tables.columns("corpus", ["id"]))] = KEPT
    by_dedup = pc.equal(dropped.column("stage"), "dedup").to_numpy()
    statuses[_places(ids, dropped)] = np.where(by_dedup, DUPLICATE, DROPPED)
    statuses[_places(ids, quarantined)] = QUARANTINED
    reasons = pa.concat_tables(
        [dropped.select(["id", "reason"]), quarantined.rename_columns(["id", "reason"])]
    )
    return Catalogue(
        ids=ids,
        statuses=statuses,
        reasons=_coded(_aligned(ids, reasons, "reason")),
        languages=_coded(_aligned(ids, judged, "language.language")),
        sources=_array(documents.column("source")),
        urls=pc.coalesce(_array(documents.column("url")), _aligned(ids, judged, "url")),
        titles=_aligned(ids, judged, "title"),
    )


def aligned_numbers(ids: np.ndarray, table: pa.Table, column: str) -> np.ndarray:
    """Return a numeric or Boolean column by document, float64 (n,); NaN where there is no value."""
    values = table.column(column).combine_chunks()
    if pa.types.is_boolean(values.type):
        values = values.cast(pa.int8())
    numbers = np.full(len(ids), np.nan)
    filled = values.cast(pa.float64(), safe=False).fill_null(np.nan)
    numbers[_places(ids, table)] = filled.to_numpy(zero_copy_only=False)
    return numbers


def _places(ids: np.ndarray, table: pa.Table) -> np.ndarray:
    return np.asarray(np.searchsorted(ids, table.column("id").to_numpy()))


def _aligned(ids: np.ndarray, table: pa.Table, column: str) -> pa.Array:
    """A column of some documents as one of all: null for the others."""
    rows = np.full(len(ids), NOTHING, dtype=np.int64)
    rows[_places(ids, table)] = np.arange(table.num_rows)
    return _array(table.column(column)).take(pa.array(rows, mask=rows == NOTHING))


def _array(column: pa.ChunkedArray) -> pa.Array:
    joined = column.combine_chunks()
    if pa.types.is_dictionary(joined.type):
        joined = joined.dictionary_decode()
    return joined.cast(pa.large_string())


def _coded(values: pa.Array) -> Coded:
    encoded = values.dictionary_encode()
    codes = encoded.indices.fill_null(NOTHING).to_numpy(zero_copy_only=False).astype(np.int32)
    return Coded(encoded.dictionary.to_pylist(), codes)


def _by_count(column: Coded) -> list[tuple[str, int]]:
    known = column.codes[column.codes != NOTHING]
    counts = np.bincount(known, minlength=len(column.names)).tolist()
    pairs = zip(column.names, counts, strict=True)
    return sorted(pairs, key=lambda pair: (-pair[1], pair[0]))
