"""Columns and single documents of a finished run's datasets, read by Arrow through its manifests."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from jobs.runtime.contract.driver_tables import opened, read_columns
from jobs.runtime.contract.manifest import MADE_BY, Manifest, read_manifest, require_manifest
from jobs.runtime.store import storage

BATCH_ROWS = 1024  # of text: a few megabytes
SIGNAL_KINDS = (pa.types.is_integer, pa.types.is_floating, pa.types.is_boolean)


@dataclass(frozen=True)
class RunTables:
    """The datasets of the run below one folder or prefix."""

    output: str

    def __post_init__(self) -> None:
        """Spell the folder as manifests do, whatever the user typed."""
        object.__setattr__(self, "output", storage.absolute(self.output))

    def manifest(self, dataset: str) -> Manifest:
        """Return a dataset's manifest.

        Raises:
            InputError: The dataset was never published.
        """
        return require_manifest(storage.join(self.output, dataset), MADE_BY.get(dataset, "run"))

    def has(self, dataset: str) -> bool:
        """Say whether a dataset was published."""
        return read_manifest(storage.join(self.output, dataset)) is not None

    def columns(self, dataset: str, names: Sequence[str]) -> pa.Table:
        """Return columns of all rows, in the order of the published files.

        Args:
            dataset: Folder below the run.
            names: Columns; ``struct.field`` reads one field and becomes a column of that name.

        Raises:
            InputError: The dataset was never published, or a file cannot be read.
        """

        return read_columns(self._paths(dataset), names)

    def signals(self) -> list[str]:
        """Return the signals of the judged documents as ``struct.field``: numbers and truth values.

        Raises:
            InputError: ``annotated/`` was never published, or a file cannot be read.
        """
        return [
            f"{group.name}.{field.name}"
            for group in self._schema("annotated")
            if pa.types.is_struct(group.type)
            for field in group.type
            if any(is_kind(field.type) for is_kind in SIGNAL_KINDS)
        ]

    def column_names(self, dataset: str) -> list[str]:
        """Return the columns that a dataset has; a former version of ours wrote fewer.

        Raises:
            InputError: The dataset was never published, or a file cannot be read.
        """
        return list(self._schema(dataset).names)

    def batches(self, dataset: str, names: Sequence[str]) -> Iterator[pa.RecordBatch]:
        """Yield columns of all rows, a bounded number at a time."""
        for path in self._paths(dataset):
            with opened(path) as file:
                yield from file.iter_batches(batch_size=BATCH_ROWS, columns=list(names))

    def rows(
        self, dataset: str, ids: Collection[int], names: Sequence[str] | None = None
    ) -> dict[int, dict[str, Any]]:
        """Return the rows of a few documents by id; row groups without one of them are not read.

        Raises:
            InputError: The dataset was never published, or a file cannot be read.
        """
        wanted = np.array(sorted(ids), dtype=np.int64)
        if not len(wanted):
            return {}
        columns = None if names is None else ["id", *(name for name in names if name != "id")]
        found: dict[int, dict[str, Any]] = {}
        for path in self._paths(dataset):
            with opened(path) as file:
                for batch in _matching(file, wanted, columns):
                    found |= {int(row["id"]): row for row in batch.to_pylist()}
            if len(found) == len(wanted):
                break
        return found

    def _schema(self, dataset: str) -> pa.Schema:
        """Columns of the first file; of a dataset without files, none."""
        for path in self._paths(dataset):
            with opened(path) as file:
                return file.schema_arrow
        return pa.schema([])

    def _paths(self, dataset: str) -> list[str]:
        folder = storage.join(self.output, dataset)
        files = [file.path for file in self.manifest(dataset).files]
        return [storage.join(folder, path) for path in files if path.endswith(".parquet")]


def _matching(
    file: pq.ParquetFile, wanted: np.ndarray, columns: Sequence[str] | None
) -> Iterator[pa.RecordBatch]:
    place = file.schema_arrow.get_field_index("id")
    for number in range(file.num_row_groups):
        statistics = file.metadata.row_group(number).column(place).statistics
        if statistics is not None and statistics.has_min_max:
            first = np.searchsorted(wanted, statistics.min, side="left")
            if first == np.searchsorted(wanted, statistics.max, side="right"):
                continue
        ids = file.read_row_group(number, columns=["id"]).column("id")
        chosen = np.flatnonzero(np.isin(ids.to_numpy(), wanted))
        if len(chosen):
            yield from _rows_of(file, number, chosen, columns)


def _rows_of(
    file: pq.ParquetFile, group: int, chosen: np.ndarray, columns: Sequence[str] | None
) -> Iterator[pa.RecordBatch]:
    """Some rows of a row group, int64 ascending; what lies behind the last of them is not decoded."""
    first = 0
    for batch in file.iter_batches(BATCH_ROWS, row_groups=[group], columns=columns):
        start, end = np.searchsorted(chosen, [first, first + batch.num_rows])
        if start < end:
            yield batch.take(pa.array(chosen[start:end] - first))
        if end == len(chosen):
            return
        first += batch.num_rows
