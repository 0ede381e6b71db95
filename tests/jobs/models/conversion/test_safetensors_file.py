from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.models.conversion.safetensors_file import Checkpoint, SafetensorsFile, usual_name
from tests.published_models import rounded, write_published, write_safetensors

WEIGHTS = {
    "a": np.array([[1.5, -2.25, 3.0], [1e-3, 1e3, 7.0]], np.float32),
    "bert.b.LayerNorm.gamma": np.array([0.1], np.float32),
    "scalar": np.array(4.0, np.float32),
}


@pytest.mark.parametrize("dtype", ["F64", "F32", "F16", "BF16"])
def test_every_floating_type_is_read_as_it_was_rounded(tmp_path: Path, dtype: str) -> None:
    weights = {name: value.reshape(value.shape or (1,)) for name, value in WEIGHTS.items()}
    write_safetensors(tmp_path / "w.safetensors", weights, dtype)
    file = SafetensorsFile(tmp_path / "w.safetensors")
    assert list(file) == list(weights)
    for name, value in weights.items():
        assert file[name].dtype == np.float32
        assert np.array_equal(file[name], rounded(value, dtype))


def test_a_number_without_shape_is_read(tmp_path: Path) -> None:
    write_safetensors(tmp_path / "w.safetensors", WEIGHTS)
    assert SafetensorsFile(tmp_path / "w.safetensors")["scalar"].shape == ()


@given(data=st.data())
def test_a_file_that_is_cut_short_is_refused(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    path = tmp_path_factory.mktemp("cut") / "w.safetensors"
    write_safetensors(path, WEIGHTS)
    content = path.read_bytes()
    path.write_bytes(content[: data.draw(st.integers(0, len(content) - 1))])
    with pytest.raises(ValueError, match="download it again"):
        SafetensorsFile(path)


@pytest.mark.parametrize(
    "content",
    [
        b"version https://git-lfs.github.com/spec/v1\noid sha256:0123\nsize 437955512\n",
        b"PK\x03\x04" + bytes(100),
        (2).to_bytes(8, "little") + b"[]",
        (9).to_bytes(8, "little") + b'{"a": {}}',
    ],
    ids=["pointer", "pickle", "list", "no offsets"],
)
def test_what_is_no_safetensors_file_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "w.safetensors").write_bytes(content)
    with pytest.raises(ValueError, match="are no safetensors file"):
        SafetensorsFile(tmp_path / "w.safetensors")


def test_quantised_weights_are_refused_by_their_type(tmp_path: Path) -> None:
    header = json.dumps({"a": {"dtype": "I8", "shape": [2], "data_offsets": [0, 2]}}).encode()
    path = tmp_path / "w.safetensors"
    path.write_bytes(len(header).to_bytes(8, "little") + header + bytes(2))
    with pytest.raises(ValueError, match="a is of type I8, known are F64, F32, F16, BF16"):
        SafetensorsFile(path)["a"]


def test_a_model_in_several_files_reads_as_one(tmp_path: Path) -> None:
    whole, _ = write_published(tmp_path / "whole")
    write_published(tmp_path / "parts", files=3)
    parts = Checkpoint(tmp_path / "parts", "bert.")
    assert parts.keys() == whole.keys()
    assert all(np.array_equal(parts[name], whole[name]) for name in whole)


@pytest.mark.parametrize(
    ("name", "usual"),
    [
        ("bert.encoder.layer.0.output.LayerNorm.gamma", "encoder.layer.0.output.LayerNorm.weight"),
        ("bert.embeddings.LayerNorm.beta", "embeddings.LayerNorm.bias"),
        ("classifier.weight", "classifier.weight"),
        ("classifier.bert.beta", "classifier.bert.beta"),
    ],
)
def test_names_are_those_of_today(name: str, usual: str) -> None:
    assert usual_name(name, "bert.") == usual
