"""Streams of ids as nanoGPT, llama2.c and datatrove read them: windows cut by their rules."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.packed_files import FACTS, ROWS, STREAM, outputs, packed_file
from udfs.trainer_files.formats.flat_tokens import Datatrove, Llama2C, NanoGpt


@pytest.mark.parametrize("form", [NanoGpt(), Llama2C()])
def test_a_bin_is_the_stream_without_padding(tmp_path: Path, form: NanoGpt | Llama2C) -> None:
    told = form.write(packed_file(tmp_path / "p"), "part", FACTS, outputs(tmp_path))
    assert np.fromfile(tmp_path / "part.bin", "<u2").tolist() == STREAM
    assert told["tokens"] == len(STREAM) == 21


def test_a_ds_has_the_end_of_every_segment(tmp_path: Path) -> None:
    Datatrove().write(packed_file(tmp_path / "p"), "part", FACTS, outputs(tmp_path))
    assert np.fromfile(tmp_path / "part.ds", "<u2").tolist() == STREAM
    ends = np.fromfile(tmp_path / "part.ds.index", "<u8").tolist()
    assert ends == [5, 8, 16, 18, 21]
    assert (tmp_path / "part.ds.metadata").read_text() == "tokenizer.json|2\n21\n21 tokens"


@pytest.mark.parametrize(("vocabulary", "width"), [(65_535, 2), (65_536, 4), (128_256, 4)])
def test_the_width_of_an_id_is_told(tmp_path: Path, vocabulary: int, width: int) -> None:
    facts = replace(FACTS, vocabulary_size=vocabulary)
    told = Datatrove().write(packed_file(tmp_path / "p"), "part", facts, outputs(tmp_path))
    assert told["token_size"] == width
    assert (tmp_path / "part.ds").stat().st_size == 21 * width


@pytest.mark.parametrize(
    ("form", "changed", "said"),
    [
        (NanoGpt(), {"vocabulary_size": 65_537}, "the vocabulary has 65,537"),
        (NanoGpt(), {"vocabulary_size": 65_536}, None),
        (NanoGpt(), {"eos": None}, "--eos-token"),
        (Llama2C(), {"bos": None}, "--bos-token"),
        (Llama2C(), {"eos": None}, None),
        (Llama2C(), {"vocabulary_size": 128_256}, "16-bit ids"),
        (Datatrove(), {"eos": None, "bos": None}, None),
    ],
)
def test_streams_that_lose_their_boundaries_are_refused(
    form: NanoGpt | Llama2C | Datatrove, changed: dict[str, object], said: str | None
) -> None:
    refusal = form.refusal(replace(FACTS, **changed))  # type: ignore[arg-type]
    assert refusal is None if said is None else said in str(refusal)


def test_an_id_that_does_not_fit_is_an_error(tmp_path: Path) -> None:
    row = {**ROWS[1], "input_ids": [1, 65_536, 32, 33, 34, 35, 36, 37]}
    with pytest.raises(ValueError, match="do not fit uint16"):
        NanoGpt().write(packed_file(tmp_path / "p", [row]), "part", FACTS, outputs(tmp_path))
