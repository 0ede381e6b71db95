"""Our files opened by the readers of the projects that they are for: documents, boundaries, types."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.packed_files import FACTS, ROWS, STREAM, outputs, packed_file
from tests.readers.environment import answer
from udfs.trainer_files.formats.megatron import index_bytes
from udfs.trainer_files.formats.table import TRAINER_FORMATS

pytestmark = [pytest.mark.readers, pytest.mark.timeout(3600)]


def written(folder: Path, name: str, vocabulary: int = 300) -> Path:
    facts = replace(FACTS, vocabulary_size=vocabulary)
    form = TRAINER_FORMATS[name]
    told = form.write(packed_file(folder / "rows"), "part", facts, outputs(folder / name))
    for file, text in form.index({"part": told}).items():
        (folder / name / file).write_text(text)
    return folder / name


@pytest.mark.parametrize(("vocabulary", "dtype"), [(300, "uint16"), (128_256, "int32")])
def test_megatron_reads_rows_and_documents(tmp_path: Path, vocabulary: int, dtype: str) -> None:
    found = answer("read_files.py", "megatron", written(tmp_path, "megatron", vocabulary))
    assert found["sequences"] == [row["input_ids"] for row in ROWS]
    assert found["documents"] == [0, 1, 2, 3]
    assert found["dtype"] == dtype


def test_megatron_reads_beyond_two_gibibytes(tmp_path: Path) -> None:
    lengths = np.full(
        9, 1 << 28, np.int64
    )  # 2.4e9 tokens, 9.7 GB of which 12 bytes are on the disk
    (tmp_path / "large.idx").write_bytes(index_bytes(lengths, "int32"))
    with (tmp_path / "large.bin").open("wb") as stream:
        stream.truncate(4 * int(lengths.sum()))
        stream.seek(-12, 2)
        stream.write(np.array([7, 8, 9], "<i4").tobytes())
    found = answer("read_files.py", "sparse_megatron", tmp_path)
    assert found == {"sequences": 9, "end": [7, 8, 9]}


def test_streaming_reads_rows_with_their_boundaries(tmp_path: Path) -> None:
    found = answer("read_files.py", "mds", written(tmp_path, "mds"))
    assert found == [{key: row[key] for key in row if key != "is_continuation"} for row in ROWS]


@pytest.mark.parametrize(
    ("reader", "vocabulary"), [("datatrove", 300), ("wide_datatrove", 128_256)]
)
def test_datatrove_reads_windows_and_positions(
    tmp_path: Path, reader: str, vocabulary: int
) -> None:
    found = answer("read_files.py", reader, written(tmp_path, "datatrove", vocabulary))
    assert [row["input_ids"] for row in found] == [STREAM[0:7], STREAM[7:14], STREAM[14:21]]
    # Segments end behind tokens 5, 8, 16, 18 and 21; the reader counts anew where a window begins.
    assert [row["positions"] for row in found] == [
        [0, 1, 2, 3, 4, 0, 1],
        [0, 0, 1, 2, 3, 4, 5],
        [0, 1, 0, 1, 0, 1, 2],
    ]


@pytest.mark.parametrize("name", ["nanogpt", "llama2c"])
def test_the_line_that_nanogpt_and_llama2c_read_with(tmp_path: Path, name: str) -> None:
    # Neither is a package: their readers are np.memmap(file, dtype=np.uint16, mode="r").
    found = np.memmap(written(tmp_path, name) / "part.bin", dtype=np.uint16, mode="r")
    assert found.tolist() == STREAM
