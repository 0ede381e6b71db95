"""Documents of earlier runs, against which a new run is compared."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from jobs.runtime.contract.document_ids import MOST_FILES, ROW_BITS
from jobs.runtime.spark.arrow_frames import collect_arrow, frame_of_table
from udfs.dedup.touched import Wanted

_SIGN: Final = -(1 << 63)
_FILE_BITS: Final = MOST_FILES.bit_length() - 1
_RUN_BIT: Final = _FILE_BITS + ROW_BITS
_RUNS: Final = 1 << (63 - _RUN_BIT)
_FILE, _PLACE, _RUN = "corpusmill_file", "corpusmill_place", "corpusmill_run"


@dataclass(frozen=True)
class KnownDocuments:
    """What earlier runs published of their documents, by ids below zero (:class:`KnownIds`).

    Attributes:
        signatures: ``SIGNATURE_SCHEMA`` and ``GIVEN_ID``, of all their documents. Those removed count too:
            they link a new document with the one that was kept for them, as they would in one run of both.
            Order keys are negative, so a known document is preferred to any new one.
        removed: id bigint, keeper_id bigint, similarity double; what those runs removed.
        texts: Given the involved documents (id bigint), their id and text, as far as within reach.
        look_up: Reads the documents that are wanted onto the driver: ``SIGNATURE_SCHEMA``, as above.
        ids: Tells run and id behind such a number.
        fingerprint: Identifies all this.
    """

    signatures: DataFrame
    removed: DataFrame
    texts: Callable[[DataFrame], DataFrame]
    look_up: Callable[[Wanted], pa.Table]
    ids: KnownIds
    fingerprint: str

    def removals(self, numbers: npt.NDArray[np.int64]) -> pa.Table:
        """Return which of some documents earlier runs removed, on the driver: the columns of ``removed``."""
        ids = frame_of_table(self.removed.sparkSession, pa.table({"id": numbers}))
        return collect_arrow(self.removed.join(F.broadcast(ids), "id", "left_semi"))

    def removed_about(self, documents: DataFrame) -> DataFrame:
        """Return what earlier runs removed, as far as some documents (id bigint) depend on it.

        Their own removals, and all in favour of them or their keepers.
        """
        own = self.removed.join(F.broadcast(documents), "id", "left_semi")
        keepers = documents.select(F.col("id").alias("keeper_id"))
        keepers = keepers.unionByName(own.select("keeper_id")).distinct()
        return self.removed.join(F.broadcast(keepers), "keeper_id", "left_semi")


@dataclass(frozen=True)
class KnownIds:
    """Numbers of the documents of earlier runs: the sign, 14 bits of run, 24 of file, 25 of row.

    Their ids, which have 63 bits, leave no room for a run, and runs may share them. So the files of each run
    are numbered by their order; some bytes a file, sent to all tasks.

    Attributes:
        files: run int, file bigint, place bigint.
    """

    files: DataFrame

    @classmethod
    def of(cls, signatures: DataFrame) -> KnownIds:
        """Number the files of the earlier runs' signatures: run int from 1, id bigint, further columns."""
        files = signatures.select(
            F.col("run").alias(_RUN), F.shiftright("id", ROW_BITS).alias(_FILE)
        ).distinct()
        order = Window.partitionBy(_RUN).orderBy(_FILE)
        place = (F.row_number().over(order) - 1).cast("bigint").alias(_PLACE)
        return cls(files.select(_RUN, _FILE, place).persist())

    @functools.cached_property
    def on_driver(self) -> KnownFiles:
        """The same for the driver's columns."""
        rows = self.files.orderBy(_RUN, _PLACE).collect()
        runs = max((row[_RUN] for row in rows), default=0)
        of_run = [[row[_FILE] for row in rows if row[_RUN] == run] for run in range(1, runs + 1)]
        return KnownFiles([np.array(files, np.int64) for files in of_run])

    def numbered(self, rows: DataFrame, column: str, run: str) -> DataFrame:
        """Return the rows with the id in a column, of the run in another, replaced by its number."""
        file = F.shiftright(F.col(column), ROW_BITS)
        same = (F.col(run) == F.col(_RUN)) & (file == F.col(_FILE))
        found = rows.join(F.broadcast(self.files), same)
        row = F.col(column).bitwiseAND(F.lit((1 << ROW_BITS) - 1))
        number = _shifted(_RUN, _RUN_BIT).bitwiseOR(_shifted(_PLACE, ROW_BITS)).bitwiseOR(row)
        number = number.bitwiseOR(F.lit(_SIGN))
        return found.withColumn(column, number).drop(_RUN, _FILE, _PLACE)

    def told(self, rows: DataFrame, column: str, run: str) -> DataFrame:
        """Return the rows with the number in a column replaced by its id, its run in a new one; 0: ours."""
        number = F.col(column)
        of_run = F.shiftright(number, _RUN_BIT).bitwiseAND(F.lit(_RUNS - 1))
        place = F.shiftright(number, ROW_BITS).bitwiseAND(F.lit(MOST_FILES - 1))
        same = (number < 0) & (of_run == F.col(_RUN)) & (place == F.col(_PLACE))
        found = rows.join(F.broadcast(self.files), same, "left")
        row = number.bitwiseAND(F.lit((1 << ROW_BITS) - 1))
        identifier = F.when(number < 0, _shifted(_FILE, ROW_BITS).bitwiseOR(row)).otherwise(number)
        known = F.coalesce(_RUN, F.lit(0)).cast("int")
        return found.withColumns({run: known, column: identifier}).drop(_RUN, _FILE, _PLACE)


@dataclass(frozen=True)
class KnownFiles:
    """The same numbers for Arrow's columns.

    Attributes:
        files: int64 arrays, ascending; the files of each run, from run 1 on.
    """

    files: Sequence[npt.NDArray[np.int64]]

    def numbered(
        self, ids: npt.NDArray[np.int64], runs: int | npt.NDArray[np.int32]
    ) -> npt.NDArray[np.int64]:
        """Return the numbers of documents by their ids, int64[rows], and their run or runs."""
        numbers = np.empty(len(ids), np.int64)
        of_run = np.broadcast_to(np.asarray(runs), len(ids))
        for run, files in enumerate(self.files, 1):
            here = of_run == run
            place = np.searchsorted(files, ids[here] >> ROW_BITS)
            row = ids[here] & ((1 << ROW_BITS) - 1)
            numbers[here] = (place << ROW_BITS) | row | (run << _RUN_BIT) | _SIGN
        return numbers

    def told(
        self, numbers: npt.NDArray[np.int64]
    ) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int64]]:
        """Return run and id behind each number; 0 and the number itself of a new document."""
        runs = np.where(numbers < 0, (numbers >> _RUN_BIT) & (_RUNS - 1), 0).astype(np.int32)
        ids = numbers.copy()
        for run, files in enumerate(self.files, 1):
            here = runs == run
            place = (numbers[here] >> ROW_BITS) & (MOST_FILES - 1)
            row = numbers[here] & ((1 << ROW_BITS) - 1)
            ids[here] = (files[place] << ROW_BITS) | row
        return runs, ids


def preferred_keys(order_keys: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return order keys of earlier documents before those of all new ones."""
    return order_keys | _SIGN


def preferred(signatures: DataFrame) -> DataFrame:
    """Return signatures of earlier runs with order keys before those of all new documents."""
    key = F.col("order_key").bitwiseOR(F.lit(_SIGN))
    return signatures.withColumn("order_key", key)


def is_known(column: str) -> Column:
    """Whether an id is one of an earlier run's documents."""
    return F.col(column) < 0


def _shifted(column: str, bits: int) -> Column:
    return F.shiftleft(F.col(column).cast("bigint"), bits)
