"""Megatron's files, read by what its documentation says of their layout."""

import struct
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.packed_files import EOS, FACTS, ROWS, outputs, packed_file
from udfs.trainer_files.formats.megatron import Megatron, index_bytes


def read(path: Path) -> tuple[list[list[int]], list[int], str]:
    """Sequences, document indices and type of an .idx and its .bin; knows nothing of the writer."""
    index = path.with_suffix(".idx").read_bytes()
    assert index[:9] == b"MMIDIDX\x00\x00"
    version, code, sequences, documents = struct.unpack_from("<QBQQ", index, 9)
    assert version == 1
    dtype = {4: "<i4", 8: "<u2"}[code]
    lengths = np.frombuffer(index, "<i4", sequences, 34)
    starts = np.frombuffer(index, "<i8", sequences, 34 + 4 * sequences)
    ends = np.frombuffer(index, "<i8", documents, 34 + 12 * sequences)
    assert len(index) == 34 + 12 * sequences + 8 * documents
    content = path.with_suffix(".bin").read_bytes()
    found = [
        np.frombuffer(content, dtype, length, start).tolist()
        for length, start in zip(lengths, starts, strict=True)
    ]
    return found, ends.tolist(), dtype


@pytest.mark.parametrize(
    ("vocabulary", "dtype"), [(300, "<u2"), (65_499, "<u2"), (65_500, "<i4"), (128_256, "<i4")]
)
def test_a_row_is_a_sequence_and_a_document(tmp_path: Path, vocabulary: int, dtype: str) -> None:
    facts = replace(FACTS, vocabulary_size=vocabulary)
    told = Megatron().write(packed_file(tmp_path / "p"), "part", facts, outputs(tmp_path))
    sequences, documents, found = read(tmp_path / "part.bin")
    assert sequences == [row["input_ids"] for row in ROWS]
    assert documents == [0, 1, 2, 3]
    assert found == dtype
    assert told["tokens"] == 24


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"eos": None}, "EOD token, and there is none"),
        ({"pad": EOS}, "padding and EOD are both id 2"),
        ({"padded": False, "cut_documents": 1}, "1 documents are cut"),
        ({"padded": False, "cut_documents": 0}, None),
        ({"padded": False, "pad": EOS, "cut_documents": 0}, None),
        ({}, None),
    ],
)
def test_rows_that_it_would_misread_are_refused(
    changed: dict[str, object], said: str | None
) -> None:
    refusal = Megatron().refusal(replace(FACTS, **changed))  # type: ignore[arg-type]
    assert refusal is None if said is None else said in str(refusal)


def test_an_id_that_does_not_fit_is_an_error(tmp_path: Path) -> None:
    row = {**ROWS[1], "input_ids": [1, 70_000, 32, 33, 34, 35, 36, 37]}
    with pytest.raises(ValueError, match="ids 1 to 70000 do not fit uint16"):
        Megatron().write(packed_file(tmp_path / "p", [row]), "part", FACTS, outputs(tmp_path))


def test_a_file_without_rows_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="without rows"):
        Megatron().write(packed_file(tmp_path / "p", []), "part", FACTS, outputs(tmp_path))


def test_offsets_pass_two_gibibytes() -> None:
    index = index_bytes(np.array([1 << 30, 1 << 30, 7], np.int64), "int32")
    starts = np.frombuffer(index, "<i8", 3, 34 + 12)
    assert starts.tolist() == [0, 1 << 32, 1 << 33]


def test_a_row_that_int32_cannot_say_is_an_error() -> None:
    with pytest.raises(ValueError, match="2147483648 tokens"):
        index_bytes(np.array([1 << 31], np.int64), "int32")
