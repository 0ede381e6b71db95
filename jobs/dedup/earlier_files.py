"""Earlier runs as this process reads them: row group by row group, and only what is wanted is held."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from jobs.dedup.earlier_runs import EarlierRun, EarlierRuns
from jobs.dedup.known_documents import KnownFiles, preferred_keys
from jobs.dedup.published_signatures import KEEPER_ROW_ID
from jobs.dedup.signature_rows import READ_SCHEMA
from jobs.dedup.signatures import GIVEN_ID
from jobs.runtime.contract.document_ids import ROW_BITS
from jobs.runtime.contract.driver_tables import READERS, opened
from jobs.runtime.contract.manifest import Manifest
from jobs.runtime.contract.own_tasks import OwnTasks
from jobs.runtime.contract.user_tables import ROW_ID
from jobs.runtime.store import storage
from udfs.columns.sorted_integers import are_among, distinct_integers
from udfs.dedup.resolution import REMOVAL_SCHEMA
from udfs.dedup.touched import Wanted, WantedFilter

_COMPARED: Final = ("text_hash_high", "band_keys")
Integers = npt.NDArray[np.int64]


class RowGroup(NamedTuple):
    """One of a file's: number of the run, path, the file's footer, number of the group."""

    run: int
    path: str
    footer: pq.FileMetaData
    number: int


@dataclass(frozen=True)
class EarlierFiles:
    """Documents of earlier runs, by the numbers of ``KnownFiles``.

    Attributes:
        earlier: The runs, on a disk of this machine.
        id_type: Of the ids that duplicates are named by, there and here.
        tasks: Who reads.
    """

    earlier: EarlierRuns
    id_type: pa.DataType
    tasks: OwnTasks

    @functools.cached_property
    def ids(self) -> KnownFiles:
        """Tells run and id behind a number."""
        return KnownFiles([_file_numbers(signature_paths(run)) for run in self.earlier.runs])

    def look_up(self, wanted: Wanted) -> pa.Table:
        """Return the documents that are wanted: ``READ_SCHEMA`` and ``GIVEN_ID``."""
        chosen = WantedFilter(wanted)
        return self._read(lambda group: wanted_rows(group, chosen), READ_SCHEMA)

    def named(self, numbers: Integers) -> pa.Table:
        """Return id, by its number, and ``GIVEN_ID`` of documents; ``numbers`` ascend."""

        def read(group: RowGroup) -> pa.Table | None:
            def places(rows: pa.Table) -> Integers:
                ids = self.ids.numbered(rows.column("id").to_numpy(), group.run)
                return np.flatnonzero(are_among(ids, numbers))

            return _chosen_rows(group, ["id"], [], places)

        return self._read(read, pa.schema([READ_SCHEMA.field("id")]))

    def removed(self, numbers: Integers) -> pa.Table:
        """Return what earlier runs removed, as far as some documents depend on it: ``REMOVAL_SCHEMA``.

        Args:
            numbers: Ascending. Their own removals are returned, and all in favour of them or their keepers.
        """
        own = self.removals(numbers)
        keepers = np.sort(np.concatenate([numbers, own.column("keeper_id").to_numpy()]))
        return self.removals(keepers, "keeper_id")

    def each_text(self, wanted: pa.Table, work: Callable[[pa.Table], None]) -> None:
        """Read texts of documents where their run still has them.

        Args:
            wanted: id, its number; ``GIVEN_ID``.
            work: Called from any thread with id and text of some.
        """
        runs, _ = self.ids.told(wanted.column("id").to_numpy())
        of_run = {
            run.number: wanted.filter(pa.array(runs == run.number)) for run in self.earlier.runs
        }

        def read(group: RowGroup) -> None:
            ours, names = of_run[group.run], self.earlier.runs[group.run - 1].names
            with opened(group.path, "publish", footer=group.footer) as file:
                ids = file.read_row_group(group.number, [names["id"]], use_threads=False).column(0)
                place = pc.index_in(ids, value_set=ours.column(GIVEN_ID).combine_chunks())
                if place.null_count < len(place):
                    rows = file.read_row_group(group.number, [names["text"]], use_threads=False)
                    text = rows.column(0).cast(pa.string()).filter(place.is_valid())
                    work(pa.table({"id": ours.column("id").take(place.drop_null()), "text": text}))

        corpora = [(run, run.corpus()) for run in self.earlier.runs if len(of_run[run.number])]
        self._each_group([(run, _paths(run, one)) for run, one in corpora if one is not None], read)

    def removals(self, numbers: Integers, column: str = "id") -> pa.Table:
        """Return the removals of which a column is among numbers that ascend: ``REMOVAL_SCHEMA``."""
        found = [REMOVAL_SCHEMA.empty_table()]

        def read(group: RowGroup) -> None:
            of_table = ROW_ID in group.footer.schema.names
            row, keeper = (ROW_ID, KEEPER_ROW_ID) if of_table else ("id", "keeper_id")
            with opened(group.path, "dedup", footer=group.footer) as file:
                names = [row, keeper, "keeper_run", "similarity"]
                table = file.read_row_group(group.number, names, use_threads=False)
            called = np.array(self.earlier.runs[group.run - 1].keeper_runs, np.int32)
            runs = called[table.column("keeper_run").to_numpy()]
            ids = self.ids.numbered(table.column(row).to_numpy(), group.run)
            keepers = self.ids.numbered(table.column(keeper).to_numpy(), runs)
            rows = pa.table([ids, keepers, table.column("similarity")], schema=REMOVAL_SCHEMA)
            found.append(rows.filter(pa.array(are_among(rows.column(column).to_numpy(), numbers))))

        self._each_group([(run, _paths(run, run.duplicates)) for run in self.earlier.runs], read)
        return pa.concat_tables(found).sort_by("id")

    def _read(self, read: Callable[[RowGroup], pa.Table | None], schema: pa.Schema) -> pa.Table:
        found: list[tuple[int, pa.Table]] = []

        def keep(group: RowGroup) -> None:
            rows = read(group)
            if rows is not None:
                found.append((group.run, rows))

        self._each_group([(run, signature_paths(run)) for run in self.earlier.runs], keep)
        return numbered(found, self.ids, schema, self.id_type)

    def _each_group(
        self, files: Sequence[tuple[EarlierRun, list[str]]], work: Callable[[RowGroup], None]
    ) -> None:
        groups = [
            group
            for run, paths in files
            for path in paths
            for group in row_groups(run.number, path)
        ]
        self.tasks.run(iter(groups), work, len(groups))


def wanted_rows(group: RowGroup, chosen: WantedFilter) -> pa.Table | None:
    """Return the wanted documents of a row group of signatures, all columns; None: there is none.

    Keys and text hashes are read first, the others where somebody is wanted.
    """
    rest = [name for name in READ_SCHEMA.names if name not in _COMPARED]
    return _chosen_rows(group, _COMPARED, rest, chosen.places)


def numbered(
    found: Sequence[tuple[int, pa.Table]], ids: KnownFiles, schema: pa.Schema, id_type: pa.DataType
) -> pa.Table:
    """Return rows of signatures by their numbers, with order keys before those of all new documents.

    Args:
        found: Runs, and rows of them with the columns of ``schema`` and, of a user's table, ``GIVEN_ID``.
        ids: Numbers documents.
        schema: Some of ``READ_SCHEMA``, id among them; ``GIVEN_ID`` is added.
        id_type: Its type.
    """
    told = pa.schema([*schema, pa.field(GIVEN_ID, id_type)])
    tables = [told.empty_table()]
    for run, rows in found:
        own = rows.column("id")
        columns = {name: rows.column(name) for name in schema.names}
        columns["id"] = pa.array(ids.numbered(own.to_numpy(), run))
        if "order_key" in columns:
            columns["order_key"] = pa.array(preferred_keys(columns["order_key"].to_numpy()))
        # Of a run of the pipeline the ids are ours.
        columns[GIVEN_ID] = rows.column(GIVEN_ID) if GIVEN_ID in rows.column_names else own
        tables.append(pa.table(columns).cast(told))
    return pa.concat_tables(tables)


def are_read_here(earlier: EarlierRuns, id_type: pa.DataType) -> bool:
    """Say whether runs lie on a disk of this machine and name documents by ids of a type."""
    for run in earlier.runs:
        if storage.is_remote(run.folder):
            return False
        for path in signature_paths(run)[:1]:
            with opened(path, "dedup") as file:
                schema = file.schema_arrow
            if schema.field(GIVEN_ID if GIVEN_ID in schema.names else "id").type != id_type:
                return False
    return True


def signature_paths(run: EarlierRun) -> list[str]:
    """Return the files of a run's signatures that hold any."""
    return _paths(run, run.signatures)


def row_groups(run: int, path: str) -> Iterator[RowGroup]:
    """Yield the row groups of a file of a run."""
    with opened(path, "dedup") as file:
        footer = file.metadata
    for number in range(footer.num_row_groups):
        yield RowGroup(run, path, footer, number)


def _chosen_rows(
    group: RowGroup,
    first: Sequence[str],
    rest: Sequence[str],
    places: Callable[[pa.Table], Integers],
) -> pa.Table | None:
    """The rows at the places told of their first columns, with the rest of them and ``GIVEN_ID``."""
    given = [GIVEN_ID] if GIVEN_ID in group.footer.schema.names else []
    with opened(group.path, "dedup", footer=group.footer) as file:
        rows = file.read_row_group(group.number, list(first), use_threads=False)
        chosen = places(rows)
        if not len(chosen):
            return None
        others = file.read_row_group(group.number, [*rest, *given], use_threads=False)
    for name, column in zip(others.column_names, others.columns, strict=True):
        rows = rows.append_column(name, column)
    return rows.take(pa.array(chosen))


def _paths(run: EarlierRun, manifest: Manifest) -> list[str]:
    folder = storage.join(run.folder, manifest.dataset)
    return [storage.join(folder, file.path) for file in manifest.files if file.rows]


def _file_numbers(paths: Sequence[str]) -> Integers:
    """The files that the documents of a run are of, ascending."""

    def read(path: str) -> Integers:
        with opened(path, "dedup") as file:
            ids = file.read(["id"], use_threads=False).column(0).to_numpy()
        return distinct_integers(ids >> ROW_BITS)

    with ThreadPoolExecutor(READERS) as pool:
        return distinct_integers(np.concatenate([np.empty(0, np.int64), *pool.map(read, paths)]))
