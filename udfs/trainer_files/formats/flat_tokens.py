"""nanoGPT's and llama2.c's .bin, datatrove's .ds: one stream of ids, without rows and without padding.

Their readers cut windows where they like. Nothing in a .bin says where a document ends but its tokens;
a .ds has an index of ends beside it. Padding would be learnt as text, so it is left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import pyarrow.parquet as pq

from udfs.trainer_files.formats.contract import (
    LARGEST_16_BIT_ID,
    KeepsBoundaries,
    OpenOutput,
    RowFacts,
    WithoutIndex,
    row_batches,
    stored,
    without_padding,
)

DATATROVE_16_BIT_UP_TO: Final = LARGEST_16_BIT_ID


class _SixteenBits(WithoutIndex):
    """A flat file of uint16, which its reader takes for granted."""

    reader: str

    def refusal(self, facts: RowFacts) -> str | None:
        """Ids that do not fit would become other tokens."""
        if facts.vocabulary_size > LARGEST_16_BIT_ID + 1:
            return (
                f"{self.reader} reads 16-bit ids, of which there are {LARGEST_16_BIT_ID + 1:,}, and the "
                f"vocabulary has {facts.vocabulary_size:,}: choose a smaller one, or another format"
            )
        return None

    def write(
        self,
        parquet: pq.ParquetFile,
        name: str,
        facts: RowFacts,  # noqa: ARG002
        open_output: OpenOutput,
    ) -> Mapping[str, Any]:
        """Write ``name.bin``."""
        tokens = 0
        with open_output(f"{name}.bin") as stream:
            for rows in row_batches(parquet):
                ids = without_padding(rows)
                stream.write(stored(ids, np.uint16))
                tokens += len(ids)
        return {"tokens": tokens, "dtype": "uint16"}


class NanoGpt(_SixteenBits):
    """A document ends with EOS; windows begin anywhere."""

    reader = "nanoGPT"

    def refusal(self, facts: RowFacts) -> str | None:
        """Without EOS, documents run into each other."""
        if facts.eos is None:
            return "nanoGPT knows the end of a document by its token: name it with --eos-token"
        return super().refusal(facts)


class Llama2C(_SixteenBits):
    """A document begins with BOS."""

    reader = "llama2.c"

    def refusal(self, facts: RowFacts) -> str | None:
        """Without BOS, documents run into each other."""
        if facts.bos is None:
            return "llama2.c begins every document with BOS: name it with --bos-token (or auto)"
        return super().refusal(facts)


class Datatrove(KeepsBoundaries, WithoutIndex):
    """``.ds`` with ``.ds.index`` (ends of segments) and ``.ds.metadata``.

    The reader must be told the width of an id (``token_size``: 2 or 4), which the metadata say.
    """

    def write(
        self, parquet: pq.ParquetFile, name: str, facts: RowFacts, open_output: OpenOutput
    ) -> Mapping[str, Any]:
        """Write ``name.ds`` and the two files beside it."""
        small = facts.vocabulary_size <= DATATROVE_16_BIT_UP_TO
        dtype = np.dtype(np.uint16 if small else np.uint32)
        tokens = 0
        with open_output(f"{name}.ds") as stream, open_output(f"{name}.ds.index") as index:
            for rows in row_batches(parquet):
                ids = without_padding(rows)
                stream.write(stored(ids, dtype))
                ends = tokens + np.cumsum(rows.segment_lengths, dtype=np.int64)
                index.write(ends.astype("<u8").tobytes())
                tokens += len(ids)
        with open_output(f"{name}.ds.metadata") as stream:
            told = f"{facts.tokeniser}|{dtype.itemsize}\n{tokens}\n{tokens:,} tokens"
            stream.write(told.encode("utf-8"))
        return {"tokens": tokens, "token_size": dtype.itemsize}
