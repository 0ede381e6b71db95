from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pytest

from tests.numpy_encoders import bert_reference
from tests.tiny_encoder import HEADS, POSITIONS, wordpiece, write_export
from udfs.grading.encoder_model import open_encoder
from udfs.learning.model_folder import write_description

Weights = dict[str, npt.NDArray[np.float32]]
TEXT = "the proof of the theorem is an exercise"


@pytest.fixture(scope="module")
def export(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Weights]:
    folder = tmp_path_factory.mktemp("export")
    return folder, write_export(folder)


def own_copy(export: tuple[Path, Weights], folder: Path) -> Path:
    return Path(shutil.copytree(export[0], folder / "copy"))


def test_a_hub_export_grades_as_its_formulae_say(export: tuple[Path, Weights]) -> None:
    folder, weights = export
    model = open_encoder(folder)
    window = model.tokeniser.windows(TEXT).windows[0]
    expected = bert_reference(weights, HEADS, window)
    assert model.vectors(pa.array([TEXT]))[0] == pytest.approx(expected, abs=1e-4)
    assert model.predict(pa.array([TEXT]))[0] == pytest.approx(np.clip(expected[0], 0, 5), abs=1e-4)


def test_an_encoder_without_a_head_gives_the_mean_over_its_tokens(tmp_path: Path) -> None:
    weights = write_export(tmp_path, classifier=False)
    with pytest.raises(ValueError, match="gives 16 numbers a text, wanted 1"):
        open_encoder(tmp_path)
    write_head(tmp_path, np.arange(17.0) / 10)
    model = open_encoder(tmp_path)
    mean = bert_reference(weights, HEADS, model.tokeniser.windows(TEXT).windows[0]).mean(axis=0)
    vectors = model.vectors(pa.array([TEXT]))
    assert vectors[0] == pytest.approx(mean, abs=1e-4)
    assert model.raw(vectors)[0] == pytest.approx(mean @ np.arange(16) / 10 + 1.6, abs=1e-3)


def write_head(folder: Path, head: npt.NDArray[np.float64], **changes: object) -> None:
    import hashlib

    np.savez(folder / "head.npz", head=head)
    digests = {
        name: hashlib.sha256((folder / name).read_bytes()).hexdigest()
        for name in ("model.onnx", "tokenizer.json", "head.npz")
    }
    card = {"max_tokens": 64, "slope": 1.0, "intercept": 0.0, "languages": ["en"], "training": {}}
    write_description(folder, "encoder", {**card, "digests": digests, **changes})


def test_a_long_text_is_the_mean_of_its_windows(export: tuple[Path, Weights]) -> None:
    folder, weights = export
    model = open_encoder(folder)
    text = " ".join(f"word{number}" for number in range(300))
    windows = model.tokeniser.windows(text).windows
    assert [len(window) for window in windows] == [POSITIONS] * 3
    expected = np.mean([bert_reference(weights, HEADS, window) for window in windows])
    assert model.vectors(pa.array([text]))[0, 0] == pytest.approx(expected, abs=1e-4)


def test_a_grade_does_not_depend_on_the_company(export: tuple[Path, Weights]) -> None:
    model = open_encoder(export[0])
    texts = [TEXT, "a", None, "", "b c d " * 200, "的一是在"]
    together = model.predict(pa.array(texts))
    alone = [model.predict(pa.array([text], pa.string()))[0] for text in texts]
    assert np.array_equal(together, np.array(alone, np.float32), equal_nan=True)
    assert np.isnan(together).tolist() == [False, False, True, True, False, True]


def test_a_text_of_unknown_characters_has_no_grade(export: tuple[Path, Weights]) -> None:
    grades = open_encoder(export[0]).predict(pa.array(["abcdefgh 的", "abcd 的一是"]))
    assert np.isnan(grades).tolist() == [False, True]


def test_the_digest_follows_every_file_and_the_calibration(
    export: tuple[Path, Weights], tmp_path: Path
) -> None:
    folder = own_copy(export, tmp_path)
    first = open_encoder(folder).digest
    assert first == open_encoder(export[0]).digest
    other = wordpiece()
    other.no_padding()
    other.save(str(folder / "tokenizer.json"))
    assert open_encoder(folder).digest != first


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda folder: (folder / "model.onnx").unlink(), "give the folder that the training wrote"),
        (lambda folder: (folder / "tokenizer.json").unlink(), "cannot be read"),
        (lambda folder: truncate(folder / "model.onnx"), "is no ONNX graph that onnxruntime"),
        (lambda folder: truncate(folder / "tokenizer.json"), "copy the folder again"),
        (lambda folder: write_description(folder, "linear", {}), "of kind 'linear', wanted 'encoder'"),
        (lambda folder: write_description(folder, "encoder", {}), "is not complete"),
        (lambda folder: (folder / "model.json").write_text('{"format": 9}'), "has format 9"),
        (lambda folder: small_vocabulary(folder), "cannot be run"),
    ],
)  # fmt: skip
def test_a_faulty_folder_is_refused_by_name(
    export: tuple[Path, Weights], tmp_path: Path, damage: object, message: str
) -> None:
    folder = own_copy(export, tmp_path)
    damage(folder)  # type: ignore[operator]
    with pytest.raises(ValueError, match=message):
        open_encoder(folder)


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def small_vocabulary(folder: Path) -> None:
    """A tokenizer of another model: its ids lie beyond this graph's vocabulary."""
    other = wordpiece()
    other.add_tokens([f"word{number}" for number in range(300)] + ["1"])
    other.save(str(folder / "tokenizer.json"))


def test_a_part_of_another_model_is_refused(tmp_path: Path) -> None:
    write_export(tmp_path, classifier=False)
    write_head(tmp_path, np.arange(17.0))
    np.savez(tmp_path / "head.npz", head=np.zeros(17))
    with pytest.raises(ValueError, match="truncated or of another model"):
        open_encoder(tmp_path)


def test_a_card_that_names_a_language_the_vocabulary_cannot_spell_is_refused(
    tmp_path: Path,
) -> None:
    write_export(tmp_path, classifier=False)
    write_head(tmp_path, np.arange(17.0), languages=["en", "zh"])
    with pytest.raises(ValueError, match="of the characters of 'zh' text are unknown"):
        open_encoder(tmp_path)


def test_weights_that_a_graph_keeps_beside_itself_count_in_its_digest(
    export: tuple[Path, Weights], tmp_path: Path
) -> None:
    onnx = pytest.importorskip("onnx")
    folder = own_copy(export, tmp_path)
    graph = onnx.load(str(folder / "model.onnx"))
    onnx.save_model(
        graph, str(folder / "model.onnx"), save_as_external_data=True, location="model.onnx.data",
        size_threshold=256,
    )  # fmt: skip
    first = open_encoder(folder).digest
    beside = folder / "model.onnx.data"
    content = bytearray(beside.read_bytes())
    content[-4:] = bytes(4)
    beside.write_bytes(content)
    assert open_encoder(folder).digest != first
