"""The executors' side of packing: documents in their order in, a Parquet file a partition out.

The files are written by Arrow, not by Spark, which would take every token through Java one by one. Two
attempts of a task write the same bytes under the same names, so that either may win.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from jobs.runtime.contract.manifest import PublishedFile
from jobs.runtime.store import storage
from udfs.trainer_files.packing.packed_groups import FrameIds, PackedGroup, packed_groups
from udfs.trainer_files.packing.settings import PackSettings
from udfs.trainer_files.packing.token_rows import METADATA_KEY
from udfs.trainer_files.tokenising.engines import EngineName, load_engine
from udfs.trainer_files.tokenising.tokeniser_file import TokeniserFile

TRAIN, VALIDATION, QUARANTINED = "train", "validation", "quarantined"
COUNTS_NAME: Final = "counts.json"
WRITTEN: Final = pa.schema([("file", pa.string()), ("rows", pa.int64())])
ROW_GROUP_TOKENS: Final = 8 << 20  # what a reader of rows unpacks at once
_FOOTERS_AT_ONCE: Final = 16


@dataclass(frozen=True)
class RowWriter:
    """A function for mapInArrow: tokenises, packs and writes partitions; yields the files' names.

    Attributes:
        tokeniser: Returns the tokeniser on a worker.
        engine: The engine that was found to give its ids.
        settings: Strategy, length and so on.
        frame: BOS, EOS and padding.
        id_type: Type of the documents' ids.
        folder: Folder to write in.
        training_partitions: Partitions below this number are trained on.
        facts: What each file says of tokeniser and settings.
    """

    tokeniser: Callable[[], TokeniserFile]
    engine: EngineName
    settings: PackSettings
    frame: FrameIds
    id_type: pa.DataType
    folder: str
    training_partitions: int
    facts: Mapping[str, Any]

    def __call__(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Write the groups of a task."""
        engine = load_engine(
            self.tokeniser(),
            self.engine,
            special_tokens_in_text=self.settings.special_tokens_in_text,
        )
        for group in packed_groups(batches, engine, self.settings, self.frame, self.id_type):
            written = list(self._write(group))
            yield pa.RecordBatch.from_pylist(
                [{"file": name, "rows": rows} for name, rows in written], schema=WRITTEN
            )

    def _write(self, group: PackedGroup) -> Iterator[tuple[str, int]]:
        split = TRAIN if group.partition < self.training_partitions else VALIDATION
        facts = {**self.facts, "split": split, "facts": group.facts}
        name = f"part-{group.partition:05d}-{group.part:02d}.parquet"
        for folder, table in ((split, group.rows), (QUARANTINED, group.quarantined)):
            if table.num_rows:
                path = f"{folder}/{name}"
                told = facts if folder == split else {**self.facts, "split": QUARANTINED}
                _write_table(storage.join(self.folder, path), table, told)
                yield path, table.num_rows


def _write_table(path: str, table: pa.Table, facts: Mapping[str, Any]) -> None:
    told = {METADATA_KEY: json.dumps(facts, ensure_ascii=False, sort_keys=True).encode("utf-8")}
    length = max(1, int(facts.get("length", 1)))
    with storage.open_output(path) as stream:
        pq.write_table(
            table.replace_schema_metadata(told),
            stream,
            compression="zstd",
            # Of 128,000 ids, a dictionary of a page saves nothing and takes as long as the writing.
            use_dictionary=False,
            row_group_size=max(1, ROW_GROUP_TOKENS // length),
        )


def read_facts(folder: str, files: Sequence[PublishedFile]) -> list[dict[str, Any]]:
    """Return what each file of packed rows says of itself, in the files' order."""

    def told(file: PublishedFile) -> dict[str, Any]:
        system, inner = storage.file_system(storage.join(folder, file.path))
        metadata = pq.read_metadata(inner, filesystem=system).metadata or {}
        facts: dict[str, Any] = json.loads(metadata[METADATA_KEY])
        return facts

    with ThreadPoolExecutor(_FOOTERS_AT_ONCE) as pool:
        return list(pool.map(told, files))


def files_of(split: str, files: Iterable[PublishedFile]) -> list[PublishedFile]:
    """Return the files of one split, of whatever chunk."""
    return [
        file
        for file in files
        if file.path.endswith(".parquet") and split in file.path.split("/")[:-1]
    ]
