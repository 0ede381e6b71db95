"""Packed rows as JSON lines are the rows."""

import json
from pathlib import Path

import pyarrow as pa

from tests.packed_files import FACTS, ROWS, outputs, packed_file
from udfs.trainer_files.formats.table import TRAINER_FORMATS
from udfs.trainer_files.formats.token_lines import TokenLines
from udfs.trainer_files.packing.settings import FORMATS


def test_lines_are_rows(tmp_path: Path) -> None:
    TokenLines().write(packed_file(tmp_path / "p"), "part", FACTS, outputs(tmp_path))
    with pa.CompressedInputStream(pa.OSFile(str(tmp_path / "part.jsonl.zst")), "zstd") as stream:
        lines = stream.read().decode("utf-8").splitlines()
    assert [json.loads(line) for line in lines] == ROWS
    assert TokenLines().refusal(FACTS) is None


def test_every_format_that_settings_know_can_be_written() -> None:
    assert tuple(TRAINER_FORMATS) == FORMATS
