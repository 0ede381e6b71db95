"""Packed rows as compressed JSON lines: the columns of the Parquet files under their names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyarrow.parquet as pq

from udfs.trainer_files.formats.contract import KeepsBoundaries, OpenOutput, RowFacts, WithoutIndex
from udfs.trainer_files.json_lines import write_json_lines


class TokenLines(KeepsBoundaries, WithoutIndex):
    """``.jsonl.zst``."""

    def write(
        self,
        parquet: pq.ParquetFile,
        name: str,
        facts: RowFacts,  # noqa: ARG002
        open_output: OpenOutput,
    ) -> Mapping[str, Any]:
        """Write ``name.jsonl.zst``."""
        with open_output(f"{name}.jsonl.zst") as stream:
            return {"rows": write_json_lines(parquet, stream)}
