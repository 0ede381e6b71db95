"""Sub-stages of duplicate removal: written once as Parquet, read back, reused when nothing changed.

Writing cuts Spark's lineage (a lost executor never makes a plan of ten joins run again) and is what
a rerun after a crash goes on from. A sub-stage counts only once its record lies beside it.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.parquet as pq
from pyspark.sql import DataFrame, SparkSession

from jobs.runtime.contract.fingerprint import digest
from jobs.runtime.contract.manifest import published_files
from jobs.runtime.errors import DamagedRecordError
from jobs.runtime.spark.parquet_frames import read_parquet
from jobs.runtime.spark.session import running
from jobs.runtime.store import storage
from jobs.runtime.store.small_records import read_mapping

RECORD_NAME = "_fingerprint.json"


@dataclass(frozen=True)
class WorkFolder:
    """Where the sub-stages of one run lie.

    Attributes:
        session: What reads and writes; asked for by ``sub_stage`` and ``rows`` only.
        path: Folder, in any spelling Spark or ``jobs.runtime.store.storage`` knows.
        fingerprint: Of input, settings and code. None: the input cannot be identified, so nothing
            found there is reused.
    """

    session: SparkSession | Callable[[], SparkSession]
    path: str
    fingerprint: str | None

    def sub_stage(
        self, name: str, build: Callable[[], DataFrame], options: Mapping[str, str] | None = None
    ) -> DataFrame:
        """Return the sub-stage's rows from disk, computing them first unless they are there.

        Args:
            name: Name of the folder.
            build: Makes the rows; not called when they can be reused.
            options: Of the Parquet writer.
        """

        def write(folder: str) -> None:
            build().write.options(**(options or {})).parquet(storage.spark_path(folder))

        self._ensure(name, write)
        return self.rows(name)

    def table_stage(self, name: str, build: Callable[[], pa.Table]) -> pa.Table:
        """The same for a small table that the driver makes."""

        def write(folder: str) -> None:
            system, inner = storage.file_system(storage.join(folder, "part-0.parquet"))
            system.create_dir(inner.rsplit("/", 1)[0], recursive=True)
            pq.write_table(build(), inner, filesystem=system, compression="zstd")

        self._ensure(name, write)
        return self.table(name)

    def rows(self, name: str) -> DataFrame:
        """The rows of a finished sub-stage, for Spark."""
        return read_parquet(running(self.session), self._parquet_files(name))

    def table(self, name: str, columns: list[str] | None = None) -> pa.Table:
        """The rows of a finished sub-stage, or some of their columns, on the driver."""
        inner = [storage.file_system(path) for path in self._parquet_files(name)]
        return pa.concat_tables(
            pq.read_table(path, columns=columns, filesystem=system) for system, path in inner
        )

    def row_count(self, name: str) -> int:
        """Rows of a finished sub-stage, from its footers."""
        return sum(file.rows for file in published_files(self._folder(name)))

    def _ensure(self, name: str, write: Callable[[str], None]) -> None:
        folder = self._folder(name)
        if self._is_finished(folder, name):
            return
        storage.delete_tree(folder)
        started = time.monotonic()
        write(folder)
        record = {
            "fingerprint": self._key(name),
            "files": _sizes(folder),
            "seconds": round(time.monotonic() - started, 3),
        }
        storage.write_text(storage.join(folder, RECORD_NAME), json.dumps(record))

    def _parquet_files(self, name: str) -> list[str]:
        paths = [entry.path for entry in storage.list_files(self._folder(name))]
        return [path for path in paths if path.endswith(".parquet")]

    def _folder(self, name: str) -> str:
        return storage.join(_plain(self.path), name)

    def _key(self, name: str) -> str | None:
        return None if self.fingerprint is None else digest([self.fingerprint, name])

    def _is_finished(self, folder: str, name: str) -> bool:
        if self.fingerprint is None:
            return False
        try:
            record = read_mapping(storage.join(folder, RECORD_NAME))
        except DamagedRecordError:
            return False
        if record is None:
            return False
        # Sizes are compared because a part file that was lost or cut would go unnoticed in a join.
        return bool(
            record.get("fingerprint") == self._key(name) and record.get("files") == _sizes(folder)
        )


def _plain(path: str) -> str:
    """Strip Hadoop's ``file:/x`` down to ``/x``; leave object stores as they are."""
    if path.startswith("file:"):
        return "/" + path.removeprefix("file:").lstrip("/")
    return path


def _sizes(folder: str) -> dict[str, int]:
    entries = storage.list_files(folder)
    return {entry.path.rsplit("/", 1)[1]: entry.size for entry in entries}
