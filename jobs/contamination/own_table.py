"""A user's table on this machine: compared with benchmarks by threads of this process.

In local mode texts go from Parquet to the kernels, and to the corpus, without Java in between. What is
found and what comes out is the same as through Spark (``spark_table.py``).
"""

from __future__ import annotations

import functools
import heapq
import threading
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from jobs.contamination.match_tables import ItemTexts, text_by_item, told_matches
from jobs.contamination.phrase_counting import CountTexts, own_counting
from jobs.contamination.spark_table import DATASET, HOSTS, SIGNALS, SparkTable
from jobs.runtime.contract.driver_tables import dataset_table, mapped
from jobs.runtime.contract.manifest import PublishedFile
from jobs.runtime.contract.own_tasks import OwnTasks
from jobs.runtime.contract.stage import RunContext, StageWork
from jobs.runtime.contract.table_parts import (
    TablePart,
    count_rows,
    each_part,
    write_part,
)
from jobs.runtime.contract.user_tables import ROW_ID, UserTable
from jobs.runtime.store import storage
from jobs.verdicts.array_verdicts import SignalTable
from udfs.columns.sorted_integers import are_among, distinct_integers
from udfs.columns.spark_hashes import xxhash64
from udfs.contamination.benchmark_index import BenchmarkIndex
from udfs.contamination.signals import MATCH_TYPE, MATCHES, ContaminationBatches

Host = tuple[int, int, str]  # hash of the id turned round, id, text


@dataclass(frozen=True)
class OwnTable:
    """A table that this process reads itself, and what becomes of its rows.

    Attributes:
        spark: The same through Spark, with what both are asked to do.
        columns: Those of the table.
        threads: Tasks at a time.
    """

    spark: SparkTable
    columns: pa.Schema
    threads: int
    _hosts: list[Host] = field(default_factory=list)

    @property
    def table(self) -> UserTable:
        """The user's table."""
        return self.spark.table

    def documents(self) -> int:
        """Return the number of rows."""
        return count_rows(self.table.paths)

    def counting(self, index: Callable[[], BenchmarkIndex], drawn: int) -> StageWork:
        """Count phrases of items; see ``phrase_counting.Counting``."""
        return own_counting(OwnTasks(self.threads), self._each_text)(index, drawn)

    def matching(self, index: Callable[[], BenchmarkIndex]) -> StageWork:
        """Write every match by the user's id, with the reason by which its row leaves, and ``ROW_ID``."""
        return self._work(functools.partial(self._write_matches, index))

    def publishing(self) -> StageWork:
        """All columns of the rows kept, in their order, less what is cut out of their texts."""
        return self._work(self._write_corpus)

    def dropped(self, files: Sequence[PublishedFile]) -> int:
        """Return how many rows the matches in some files make leave."""
        found = dataset_table(self.spark.context, DATASET, [ROW_ID, "reason"], files)
        return len(pc.unique(found.filter(pc.is_valid(found.column("reason"))).column(ROW_ID)))

    def hosts(self, files: Sequence[PublishedFile]) -> list[str]:  # noqa: ARG002
        """Return up to ``HOSTS`` texts in which matching found nothing, drawn by the hash of their id."""
        return [text for _, _, text in sorted(self._hosts, reverse=True)]

    def _each_text(self, tasks: OwnTasks, count: CountTexts) -> None:
        def of_part(part: TablePart) -> None:
            count(part.ids, part.rows.column(0).combine_chunks())

        self._each_part(tasks, [self.table.text_column], of_part)

    def _write_matches(
        self, index: Callable[[], BenchmarkIndex], tasks: OwnTasks, folder: str
    ) -> None:
        compare = ContaminationBatches(index)
        texts = text_by_item(self.spark.benchmarks)
        drawing = threading.Lock()
        self._hosts.clear()

        def match(part: TablePart) -> None:
            rows = part.rows.rename_columns(["given_id", "text"])
            compared = mapped(rows, compare).column(SIGNALS).combine_chunks()
            found = self._named(part.ids, rows.column("given_id"), compared, texts)
            write_part(folder, part.number, found, plain=[ROW_ID])
            clean = np.flatnonzero(pc.list_value_length(compared.field(MATCHES)).to_numpy() == 0)
            with drawing:
                self._draw_hosts(part.ids, rows.column("text"), clean)

        wanted = [self.table.id_column, self.table.text_column]
        self._each_part(tasks, wanted, match)

    def _named(
        self,
        ids: npt.NDArray[np.int64],
        given: pa.ChunkedArray,
        compared: pa.StructArray,
        texts: ItemTexts,
    ) -> pa.Table:
        """The matches of a part, each with its row's ids and what becomes of it."""
        rules = self.spark.rules
        names = sorted({name for rule in rules for name in rule.signals})
        signals = {name: compared.field(name.partition(".")[2]) for name in names}
        verdicts = SignalTable(pa.table(signals)).verdicts(rules)
        documents = {"id": given, ROW_ID: pa.chunked_array([pa.array(ids)])}
        found = told_matches(documents, compared.field(MATCHES), verdicts, rules, texts)
        told = [field.name for field in MATCH_TYPE if field.name not in ("benchmark", "item")]
        return found.select(
            ["benchmark", "item", "id", *told, "reason", "excised", ROW_ID, "item_text"]
        )

    def _draw_hosts(
        self, ids: npt.NDArray[np.int64], texts: pa.ChunkedArray, clean: npt.NDArray[np.int64]
    ) -> None:
        """Keep the ``HOSTS`` rows with the lowest hashes of those with a text."""
        hashes = xxhash64(ids)
        for row in clean[np.argsort(hashes[clean], kind="stable")][: 2 * HOSTS]:
            text = texts[int(row)].as_py()
            host = (-int(hashes[row]), -int(ids[row]), text or "")
            if not text:
                continue
            if len(self._hosts) < HOSTS:
                heapq.heappush(self._hosts, host)
            elif heapq.heappushpop(self._hosts, host) == host:
                break  # all that follow have higher hashes

    def _write_corpus(self, tasks: OwnTasks, folder: str) -> None:
        columns = [ROW_ID, "reason", "excised", "first_line", "last_line"]
        found = dataset_table(self.spark.context, DATASET, columns)
        dropped = found.filter(pc.is_valid(found.column("reason"))).column(ROW_ID)
        removed = distinct_integers(dropped.to_numpy())
        cuts: dict[int, list[tuple[int, int]]] = defaultdict(list)
        for match in found.filter(found.column("excised")).to_pylist():
            cuts[match[ROW_ID]].append((match["first_line"], match["last_line"]))
        text = self.table.text_column
        cut_ids = np.array(sorted(cuts), np.int64)

        def keep(part: TablePart) -> None:
            rows = part.rows
            for place in np.flatnonzero(are_among(part.ids, cut_ids)):
                rows = _without_lines(rows, text, int(place), cuts[int(part.ids[place])])
            kept = rows.filter(pa.array(~are_among(part.ids, removed)))
            write_part(folder, part.number, kept, plain=[text])

        self._each_part(tasks, self.columns.names, keep)

    def _work(self, write: Callable[[OwnTasks, str], None]) -> StageWork:
        tasks = OwnTasks(self.threads)
        return StageWork(functools.partial(write, tasks), tasks)

    def _each_part(
        self, tasks: OwnTasks, columns: Sequence[str], work: Callable[[TablePart], None]
    ) -> None:
        each_part(tasks, self.table.paths, self.columns, columns, work)


def open_table(spark: SparkTable) -> SparkTable | OwnTable:
    """Return the table for this process to read, or for Spark where only Spark reads what is needed.

    On a cluster, in an object store (Spark's readers try again where a connection breaks), and where
    columns are not what Arrow reads as Spark does.
    """
    context: RunContext = spark.context
    table = spark.table
    if not context.local or any(map(storage.is_remote, (context.output, *table.paths))):
        return spark
    if table.arrow is None or pa.types.is_nested(table.arrow.field(table.id_column).type):
        return spark
    return OwnTable(spark, table.arrow, context.threads)


def _without_lines(
    rows: pa.Table, column: str, place: int, cuts: Sequence[tuple[int, int]]
) -> pa.Table:
    """The table with one text without some of its lines, as ``verdicts.expressions.without_lines``."""
    texts = rows.column(column)
    cut = {number for first, last in cuts for number in range(first, last + 1)}
    lines = texts[place].as_py().split("\n")
    text = "\n".join(line for number, line in enumerate(lines) if number not in cut)
    pieces = [texts.slice(0, place), pa.chunked_array([[text]], texts.type), texts.slice(place + 1)]
    chunks = [chunk for piece in pieces for chunk in piece.chunks]
    return rows.set_column(
        rows.column_names.index(column),
        rows.schema.field(column),
        pa.chunked_array(chunks, texts.type),
    )
