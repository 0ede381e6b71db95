"""Documents to pack in this process's memory: the same rows as through Spark, without its start.

Every hash is Spark's, so that rows, partitions and the split are the same whoever makes them.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from jobs.packing.documents import MILLION, DocumentCounts, wrong_id_type
from jobs.packing.row_files import RowWriter
from jobs.runtime.contract.driver_tables import read_columns
from jobs.runtime.contract.own_tasks import OwnTasks
from jobs.runtime.contract.table_parts import unpacked_bytes
from udfs.columns.spark_hashes import IntColumn, xxhash64
from udfs.columns.string_views import StringViews, string_views
from udfs.trainer_files.packing.packed_groups import COPY, ID, LABELS, PARTITION, TEXT, UNIT
from udfs.trainer_files.packing.row_facts import UNKNOWN
from udfs.trainer_files.packing.settings import PackSettings
from udfs.trainer_files.tokenising.tokeniser_file import TokeniserFile

MOST_BYTES: Final = 1 << 30
"""Of text unpacked that is held; Arrow's strings end at twice that."""
_TAKEN_BYTES: Final = 8 << 20
_STRINGS: Final = (pa.string(), pa.large_string())
_LABEL_TYPES: Final = (*_STRINGS, pa.int64(), pa.int32(), pa.bool_())
_GROUP, _MIX = "_group", "_mix"


@dataclass(frozen=True)
class OwnDocuments:
    """A chunk of documents in memory; see ``ChunkDocuments``.

    Attributes:
        table: Columns id, text, those of ``LABELS`` that there are, and the group and mix columns as
            strings.
    """

    table: pa.Table

    @property
    def id_type(self) -> pa.DataType:
        """Arrow's type of the ids."""
        found = self.table.schema.field(ID).type
        if found not in (pa.int64(), pa.int32(), pa.string()):
            raise wrong_id_type(str(found))
        return found

    def beginnings(self, characters: int, most: int) -> list[tuple[str, int]]:
        """Take documents that have text, evenly spread over the table: its sources may lie one by one."""
        texts = self._texts
        sizes = np.diff(texts.offsets)
        filled = np.flatnonzero(sizes)
        rows = filled[np.linspace(0, len(filled) - 1, min(most, len(filled)), dtype=np.int64)]
        starts = texts.offsets[rows].tolist()
        # A character has four bytes at most.
        heads = [texts.data[at : at + 4 * characters].tobytes() for at in starts]
        return [
            (head[: int(size)].decode("utf-8", "replace")[:characters], int(size))
            for head, size in zip(heads, sizes[rows], strict=True)
        ]

    def count(self, settings: PackSettings) -> DocumentCounts:
        """Count with numpy."""
        sizes = np.diff(self._texts.offsets)
        apart, seen = self._is_validation(settings), self._copies(settings)
        by_mix: dict[str, tuple[int, int]] = {}
        if settings.mix_by is not None:
            values = self.table.column(_MIX).combine_chunks().dictionary_encode()
            places = values.indices.to_numpy()
            for place, value in enumerate(values.dictionary.to_pylist()):
                own = (places == place) & ~apart
                by_mix[value] = (int(own.sum()), int(seen[own].sum()))
        return DocumentCounts(
            documents=len(sizes),
            left_out=int((seen == 0).sum()),
            training=int(seen[~apart].sum()),
            validation=int(seen[apart].sum()),
            training_bytes=int((seen * sizes)[~apart].sum()),
            validation_bytes=int((seen * sizes)[apart].sum()),
            by_mix=by_mix,
        )

    def shared(self, file: TokeniserFile) -> Callable[[], TokeniserFile]:
        """Threads share what the process has."""
        return lambda: file

    def write(
        self,
        writer: RowWriter,
        settings: PackSettings,
        counts: DocumentCounts,
        own_tasks: OwnTasks | None,
    ) -> None:
        """Write a partition at a time, each by a thread."""
        rows = self._ordered(settings, counts)
        numbers = rows.column(PARTITION).to_numpy()
        starts = np.flatnonzero(np.diff(numbers, prepend=-1))
        parts = [
            rows.slice(int(start), int(stop - start))
            for start, stop in zip(starts, [*starts[1:], len(numbers)], strict=True)
        ]

        def write(part: pa.RecordBatch) -> None:
            for _ in writer(self._batches(part)):
                pass

        (own_tasks or OwnTasks(1)).run(iter(parts), write, len(parts))

    def _ordered(self, settings: PackSettings, counts: DocumentCounts) -> pa.RecordBatch:
        """Partition, unit, copy and row of every document as often as it is seen, in the order of packing."""
        training, validation = counts.partitions(settings)
        copies = self._copies(settings)
        rows = np.repeat(np.arange(len(copies)), copies)
        copy = (np.arange(len(rows)) - (np.cumsum(copies) - copies)[rows]).astype(np.int32)
        seed = _literal(settings.seed)
        texts, order = self._texts, np.zeros(len(rows), np.int64)
        for number in range(int(copies.max(initial=0))):
            hashes = xxhash64(b"order", seed, texts, np.array([number], np.int32))
            order[copy == number] = hashes[rows[copy == number]]
        unit = np.zeros(len(copies), np.int64)
        if settings.group_by is not None:
            groups = string_views(self.table.column(_GROUP))
            unit = xxhash64(b"unit", seed, groups)
        place = order if settings.group_by is None else unit[rows]
        apart = self._is_validation(settings)[rows]
        partition = np.where(apart, training + place % validation, place % training).astype(
            np.int32
        )
        ids = self.table.column(ID)
        rank = pc.rank(ids, "ascending", tiebreaker="dense").to_numpy()
        rank = np.where(ids.is_null().to_numpy(), 0, rank)  # Spark's nulls come first
        by = np.lexsort((copy, rank[rows], order, unit[rows], partition))
        columns: dict[str, npt.NDArray[Any]] = {
            PARTITION: partition,
            UNIT: unit[rows],
            COPY: copy,
            "row": rows,
        }
        return pa.record_batch({name: column[by] for name, column in columns.items()})

    def _batches(self, part: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
        """The documents of a partition, some megabytes of text at a time."""
        sizes = np.diff(self._texts.offsets)[part.column("row").to_numpy()]
        ends, start = np.cumsum(sizes), 0
        named = [ID, TEXT, *[name for name in LABELS if name in self.table.column_names]]
        while start < len(ends):
            before = int(ends[start - 1]) if start else 0
            stop = max(start + 1, int(np.searchsorted(ends, before + _TAKEN_BYTES, side="right")))
            rows = part.slice(start, stop - start)
            taken = self.table.select(named).take(rows.column("row")).combine_chunks()
            columns = [rows.column(name) for name in (PARTITION, UNIT, COPY)]
            columns += [column.chunk(0) for column in taken.columns]
            yield pa.record_batch(columns, [PARTITION, UNIT, COPY, *named])
            start = stop

    @functools.cached_property
    def _texts(self) -> StringViews:
        return string_views(self.table.column(TEXT))

    @functools.cached_property
    def _split(self) -> npt.NDArray[np.int64]:
        # Counting and ordering ask for it, of all texts.
        return xxhash64(b"split", self._texts) % MILLION

    def _is_validation(self, settings: PackSettings) -> npt.NDArray[np.bool_]:
        return np.asarray(self._split < round(settings.validation * MILLION))

    def _copies(self, settings: PackSettings) -> npt.NDArray[np.int64]:
        if not settings.weights:
            return np.ones(len(self.table), np.int64)
        values = self.table.column(_MIX).to_pylist()
        weights = np.array([float(settings.weights.get(value, 1.0)) for value in values])
        drawn = (xxhash64(b"epoch", self._texts) % MILLION) / MILLION
        whole = np.floor(weights)
        train = whole.astype(np.int64) + (drawn < weights - whole)
        return np.where(self._is_validation(settings), weights > 0, train).astype(np.int64)


def _literal(number: int) -> IntColumn:
    """The number as Spark's literal, an int where it fits."""
    if -(2**31) <= number < 2**31:
        return np.array([number], np.int32)
    return np.array([number], np.int64)


def own_chunk(
    paths: Sequence[str],
    schema: pa.Schema,
    id_column: str,
    text_column: str,
    settings: PackSettings,
) -> Callable[[], OwnDocuments] | None:
    """Return a reader of a chunk, or None where only Spark reads it: it is large, or has odd columns.

    Args:
        paths: Its Parquet files.
        schema: Their columns.
        id_column: Column with the ids.
        text_column: Column with the text.
        settings: Name columns to group and mix by, which are there.
    """
    given = [name for name in (settings.group_by, settings.mix_by) if name is not None]
    labels = [name for name in LABELS if name in schema.names]
    names = list(dict.fromkeys([id_column, text_column, *labels, *given]))
    plain = all("." not in name for name in names) and schema.field(text_column).type in _STRINGS
    # Spark writes numbers and dates of other types in its own way.
    plain = plain and all(schema.field(name).type in _LABEL_TYPES for name in [*labels, *given])
    if not plain or unpacked_bytes(paths, names) > MOST_BYTES:
        return None
    return functools.partial(_read, tuple(paths), names, id_column, text_column, settings)


def _read(
    paths: Sequence[str],
    names: Sequence[str],
    id_column: str,
    text_column: str,
    settings: PackSettings,
) -> OwnDocuments:
    table = read_columns(paths, names).combine_chunks()

    def text(name: str | None) -> pa.ChunkedArray | pa.Array:
        if name is None:
            return pa.nulls(len(table), pa.string())
        return table.column(name).cast(pa.string())

    columns = {ID: table.column(id_column), TEXT: table.column(text_column).cast(pa.string())}
    columns |= {name: text(name) for name in LABELS if name in names}
    columns |= {_GROUP: text(settings.group_by), _MIX: pc.fill_null(text(settings.mix_by), UNKNOWN)}
    return OwnDocuments(pa.table(columns))
