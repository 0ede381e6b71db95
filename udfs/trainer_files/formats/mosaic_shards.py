"""Mosaic Data Shards, as MosaicML's streaming reads them: a row is a sample, its boundaries columns of it.

A shard has the number of samples, their offsets (uint32), the columns as JSON, then the samples: sizes
of columns without a fixed size, then the columns in the order of their names. ``index.json`` lists the
shards of a folder.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow.parquet as pq

from udfs.trainer_files.formats.contract import KeepsBoundaries, OpenOutput, RowFacts, row_batches
from udfs.trainer_files.packing.token_rows import RowBatch

COLUMNS: Final = {
    "document_ids": "json",
    "document_offsets": "ndarray:int32",
    "input_ids": "ndarray:int32",
    "padding": "int",
    "segment_lengths": "ndarray:int32",
}
"""Name → encoding, in the order in which samples hold them."""
_SIZES: Final = [8 if encoding == "int" else None for encoding in COLUMNS.values()]
_VERSION: Final = 2
_CONFIGURATION: Final[dict[str, Any]] = {
    "version": _VERSION,
    "format": "mds",
    "compression": None,
    "hashes": [],
    "size_limit": None,
    "column_names": list(COLUMNS),
    "column_encodings": list(COLUMNS.values()),
    "column_sizes": _SIZES,
}


class MosaicShards(KeepsBoundaries):
    """``.mds`` shards, one a row group of the Parquet file, and ``index.json``."""

    def write(
        self,
        parquet: pq.ParquetFile,
        name: str,
        facts: RowFacts,  # noqa: ARG002
        open_output: OpenOutput,
    ) -> Mapping[str, Any]:
        """Write ``name.00000.mds`` and so on."""
        shards = []
        for number, rows in enumerate(row_batches(parquet)):
            content = shard_bytes(rows)
            shard = f"{name}.{number:05d}.mds"
            with open_output(shard) as stream:
                stream.write(content)
            shards.append([shard, len(content), len(rows.padding)])
        return {"shards": shards}

    def index(self, written: Mapping[str, Mapping[str, Any]]) -> Mapping[str, str]:
        """``index.json`` of a folder, with the shards of all its files in the order of their names."""
        shards = [
            {
                **_CONFIGURATION,
                "raw_data": {"basename": shard, "bytes": size, "hashes": {}},
                "samples": samples,
                "zip_data": None,
            }
            for _, facts in sorted(written.items())
            for shard, size, samples in facts["shards"]
        ]
        told = {"version": _VERSION, "shards": shards}
        return {"index.json": json.dumps(told, sort_keys=True)}


def shard_bytes(rows: RowBatch) -> bytes:
    """Return a shard of packed rows.

    Raises:
        ValueError: It would be larger than 32-bit offsets reach.
    """
    samples = [_sample(rows, row) for row in range(len(rows.padding))]
    configuration = json.dumps(_CONFIGURATION, sort_keys=True).encode("utf-8")
    head = 4 * (len(samples) + 2) + len(configuration)
    offsets = head + np.cumsum([0, *map(len, samples)], dtype=np.int64)
    if offsets[-1] > np.iinfo(np.uint32).max:
        raise ValueError(
            f"a shard of {offsets[-1]:,} bytes passes the 4 GiB that its offsets reach"
        )
    number = np.array([len(samples)], "<u4").tobytes()
    return b"".join([number, offsets.astype("<u4").tobytes(), configuration, *samples])


def _sample(rows: RowBatch, row: int) -> bytes:
    segments = slice(int(rows.segment_offsets[row]), int(rows.segment_offsets[row + 1]))
    documents = rows.document_ids[segments].to_pylist()
    sized = [
        json.dumps(documents, ensure_ascii=False).encode("utf-8"),
        _array(rows.document_offsets[segments]),
        _array(rows.ids[rows.row_offsets[row] : rows.row_offsets[row + 1]]),
        _array(rows.segment_lengths[segments]),
    ]
    padding = np.array([rows.padding[row]], "<i8").tobytes()
    sizes = np.array([len(column) for column in sized], "<u4").tobytes()
    return b"".join([sizes, *sized[:3], padding, sized[3]])


def _array(values: npt.NDArray[np.int32]) -> bytes:
    """An array of known type and unknown shape: dimensions and width of a length, the lengths, the values.

    The first byte has four times the number of dimensions, and which of uint8, uint16, uint32 and uint64
    the lengths have: the smallest that holds them.
    """
    width, dtype = next(
        (number, dtype)
        for number, dtype in enumerate(("<u1", "<u2", "<u4", "<u8"))
        if len(values) <= np.iinfo(np.dtype(dtype)).max
    )
    shape = np.array([len(values)], dtype).tobytes()
    return bytes([1 << 2 | width]) + shape + values.astype("<i4").tobytes()
