"""Files of packed rows for the tests of formats: two documents, a cut one, padding."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from udfs.trainer_files.formats.contract import OpenOutput, RowFacts
from udfs.trainer_files.packing.token_rows import row_schema

BOS, EOS, PAD = 1, 2, 0
FACTS = RowFacts(300, BOS, EOS, PAD, 8, True, "tokenizer.json")
ROWS = [
    {
        "input_ids": [1, 11, 12, 13, 2, 1, 21, 2],
        "segment_lengths": [5, 3],
        "document_ids": ["a", "b"],
        "is_continuation": [False, False],
        "document_offsets": [0, 0],
        "padding": 0,
    },
    {
        "input_ids": [1, 31, 32, 33, 34, 35, 36, 37],
        "segment_lengths": [8],
        "document_ids": ["ç"],
        "is_continuation": [False],
        "document_offsets": [0],
        "padding": 0,
    },
    {
        "input_ids": [38, 2, 1, 41, 2, 0, 0, 0],
        "segment_lengths": [2, 3],
        "document_ids": ["ç", "d"],
        "is_continuation": [True, False],
        "document_offsets": [8, 0],
        "padding": 3,
    },
]
STREAM = [token for row in ROWS for token in row["input_ids"][: 8 - row["padding"]]]  # type: ignore[index,operator]


def packed_file(
    path: Path, rows: list[dict[str, object]] | None = None, row_group_size: int = 2
) -> pq.ParquetFile:
    """Write rows and open them."""
    table = pa.Table.from_pylist(ROWS if rows is None else rows, schema=row_schema(pa.string()))
    pq.write_table(table, path, row_group_size=row_group_size)
    return pq.ParquetFile(path)


def outputs(folder: Path) -> OpenOutput:
    """Open files of a folder for writing by name."""

    @contextlib.contextmanager
    def open_output(name: str) -> Iterator[BinaryIO]:
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / name).open("wb") as stream:
            yield stream

    return open_output
