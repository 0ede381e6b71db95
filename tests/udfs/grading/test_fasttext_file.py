from __future__ import annotations

import struct
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fasttext_writer import Model, write_fasttext
from tests.udfs.grading.fasttext_cases import FIVE, MODELS, TWO, WORDS
from udfs.grading.fasttext_file import open_fasttext_file


def test_vocabulary_labels_and_matrices_are_read(tmp_path: Path) -> None:
    file = open_fasttext_file(write_fasttext(tmp_path / "m.ftz", MODELS["codes, norms"]))
    vocabulary = file.vocabulary
    content = vocabulary.spelling.tobytes()
    spelt = [content[at : content.index(0, at)].decode() for at in vocabulary.starts.tolist()]
    assert spelt == [*WORDS, *FIVE]
    assert (vocabulary.words, vocabulary.end_of_line) == (len(WORDS), 0)
    assert (file.labels, file.label_counts) == (tuple(FIVE), tuple(FIVE.values()))
    assert file.inputs.height == len(WORDS) + 97
    assert file.outputs.shape == (len(FIVE), 5)


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"magic": 793712315}, "is no fastText model of format 11 or 12, but 793712315, 12"),
        ({"version": 13}, "is no fastText model of format 11 or 12, but 793712314, 13"),
        ({"kind": "skipgram"}, "holds word vectors"),
        ({"loss": "ova"}, "has the loss ova, whose probabilities do not add up to one"),
        ({"loss": "ns"}, "has the loss ns"),
        ({"orders": 2}, "has 0 buckets, 5 columns and 2-grams"),
        ({"labels": {"__label__a": 1}}, "of 8 words and 1 labels"),
        ({"kept": [3], "buckets": 9}, "keeps some buckets and has plain rows"),
        ({"kept": [99], "part": 2, "buckets": 9}, "keeps buckets that it does not have"),
        ({"labels": {"__label__\udcff": 2, "b": 1}}, "has a label that is no UTF-8"),
    ],
    ids=str,
)
def test_what_is_not_supported_or_damaged_is_named(
    changes: dict[str, Any], fault: str, tmp_path: Path
) -> None:
    path = write_fasttext(tmp_path / "m.bin", replace(Model(WORDS, TWO), **changes))
    with pytest.raises(ValueError, match=fault) as raised:
        open_fasttext_file(path)
    assert str(path) in str(raised.value)


@pytest.mark.parametrize("name", MODELS)
def test_a_file_that_is_cut_or_too_long_is_refused(name: str, tmp_path: Path) -> None:
    content = MODELS[name].content()
    path = tmp_path / "m.bin"
    for size in {*range(0, 400, 7), *range(400, len(content), 97), len(content) - 1}:
        path.write_bytes(content[:size])
        with pytest.raises(ValueError, match="fastText model"):
            open_fasttext_file(path)
    path.write_bytes(content + b"\0")
    with pytest.raises(ValueError, match="1 bytes are left"):
        open_fasttext_file(path)


@given(
    name=st.sampled_from([*MODELS]),
    place=st.integers(0, 2000),
    number=st.sampled_from([-1, 0, 1, 7, 2**31 - 1, -(2**31)]),
)
def test_a_damaged_number_ends_in_a_fault_or_in_a_model(
    name: str, place: int, number: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    content = bytearray(MODELS[name].content())
    place %= len(content) - 4
    content[place : place + 4] = struct.pack("<i", number)
    path = tmp_path_factory.getbasetemp() / "damaged.bin"
    path.write_bytes(content)
    told = ""
    try:
        opened = open_fasttext_file(path)
    except ValueError as error:
        told = str(error)
    assert str(path) in told or opened.inputs.height >= opened.vocabulary.words


def test_a_missing_file_and_an_empty_one_are_refused(tmp_path: Path) -> None:
    (tmp_path / "empty.bin").touch()
    for name in ("absent.bin", "empty.bin"):
        with pytest.raises(ValueError, match=r"give a \.bin or \.ftz file"):
            open_fasttext_file(tmp_path / name)
