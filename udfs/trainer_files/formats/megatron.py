"""Megatron-LM's and NeMo's indexed dataset: a .bin of ids and an .idx that says where each row lies.

The layout is that of Megatron Core's ``IndexedDataset``: magic, version, code of the type, number of
sequences and of document indices, then int32 lengths, int64 byte offsets and int64 document indices.
A sequence, and a document, is a packed row: Megatron shuffles documents, and as all have the length of
a sample, its samples are our rows. It finds boundaries inside of them by the id that ends a document.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import pyarrow.parquet as pq

from udfs.trainer_files.formats.contract import (
    OpenOutput,
    RowFacts,
    WithoutIndex,
    row_batches,
    stored,
)

MAGIC: Final = b"MMIDIDX\x00\x00"
VERSION: Final = 1
CODES: Final = {"int32": 4, "uint16": 8}
UINT16_BELOW: Final = 65_500
"""Vocabularies below have 16-bit ids, as Megatron's own ``DType.optimal_dtype`` decides."""


class Megatron(WithoutIndex):
    """``.bin`` and ``.idx``."""

    def refusal(self, facts: RowFacts) -> str | None:
        """Boundaries are known by EOD alone, and padding by its id."""
        if facts.eos is None:
            return (
                "Megatron finds the end of a document by its EOD token, and there is none: name it with "
                "--eos-token"
            )
        if facts.padded and facts.pad == facts.eos:
            return (
                f"padding and EOD are both id {facts.eos}, so that Megatron would take padding for "
                "documents: name another token with --pad-token"
            )
        if not facts.padded and facts.cut_documents:
            return (
                f"{facts.cut_documents:,} documents are cut, and without padding the end of a piece is "
                "marked by nothing: pad rows, or raise --length above the longest document"
            )
        return None

    def write(
        self, parquet: pq.ParquetFile, name: str, facts: RowFacts, open_output: OpenOutput
    ) -> Mapping[str, Any]:
        """Write ``name.bin`` and ``name.idx``."""
        dtype = "uint16" if facts.vocabulary_size < UINT16_BELOW else "int32"
        lengths = []
        with open_output(f"{name}.bin") as stream:
            for rows in row_batches(parquet):
                stream.write(stored(rows.ids, dtype))
                lengths.append(np.diff(rows.row_offsets))
        sizes = np.concatenate(lengths)
        with open_output(f"{name}.idx") as stream:
            stream.write(index_bytes(sizes, dtype))
        return {"rows": len(sizes), "tokens": int(sizes.sum()), "dtype": dtype}


def index_bytes(lengths: np.ndarray[Any, np.dtype[np.int64]], dtype: str) -> bytes:
    """Return the .idx of sequences of these lengths in tokens, each a document.

    Raises:
        ValueError: A sequence has 2**31 tokens or more, which int32 cannot say.
    """
    if len(lengths) and lengths.max() > np.iinfo(np.int32).max:
        raise ValueError(f"a row of {lengths.max()} tokens passes the int32 of an .idx")
    starts = np.cumsum(lengths) - lengths
    width = np.dtype(dtype).itemsize
    return b"".join(
        [
            MAGIC,
            struct.pack("<QBQQ", VERSION, CODES[dtype], len(lengths), len(lengths) + 1),
            lengths.astype("<i4").tobytes(),
            (starts * width).astype("<i8").tobytes(),
            np.arange(len(lengths) + 1, dtype="<i8").tobytes(),
        ]
    )
