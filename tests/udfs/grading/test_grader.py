from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from tests.tiny_encoder import write_export
from udfs.grading.cascade_band import Band
from udfs.grading.encoder_model import open_encoder
from udfs.grading.grader import open_grader, write_cascade
from udfs.learning.linear_model import LinearModel, ModelCard, save_model

TEXTS = pa.array(["low", "middle", "high", "", "的一是"])


def linear_model(**changes: object) -> LinearModel:
    """Grades by the word: 0.5 for low, 1.6 for middle, 4 for high."""
    card = dataclasses.replace(ModelCard("squared", (1,), 10, 10, 0.0, 5.0), **changes)  # type: ignore[arg-type]
    weights = np.zeros(1024, np.float32)
    from udfs.learning.hashed_features import hash_features

    for word, value in (("low", 0.5), ("middle", 1.6), ("high", 4.0), ("的一是", 1.5)):
        row = hash_features(pa.array([word]), orders=(1,), bits=10, max_tokens=10)
        weights[row.indices] += value / row.values.sum() * 1.0
    return LinearModel(weights, 0.0, card)


@pytest.fixture(scope="module")
def cascade(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cascade")
    save_model(linear_model(), folder / "linear")
    write_export(folder / "encoder")
    write_cascade(folder, Band(1.0, 2.0))
    return folder


def languages(*codes: str) -> pa.Array:
    return pa.array(codes)


def test_the_encoder_grades_what_the_linear_model_doubts(cascade: Path) -> None:
    grader = open_grader(str(cascade))
    grades, by_encoder = grader.grade(TEXTS, languages("en", "en", "en", "und", "zh"))
    encoded = open_encoder(cascade / "encoder").predict(TEXTS)
    assert by_encoder.tolist() == [False, True, False, False, False]
    assert grades[:3] == pytest.approx([0.5, encoded[1], 4.0], abs=1e-5)
    assert np.isnan(grades[3])
    assert np.isnan(encoded[4])
    assert 1.0 <= grades[4] <= 2.0, "doubtful, but the encoder cannot spell it: the grade stays"


def test_each_tier_is_a_grader_of_its_own(cascade: Path) -> None:
    linear = open_grader(str(cascade / "linear"))
    assert not linear.grade(TEXTS, languages(*["en"] * 5)).by_encoder.any()
    encoder = open_grader(str(cascade / "encoder"))
    assert (
        encoder.grade(TEXTS, languages(*["en"] * 5)).by_encoder.tolist() == [True] * 3 + [False] * 2
    )
    digests = {grader.digest for grader in (linear, encoder, open_grader(str(cascade)))}
    assert len(digests) == 3


def test_languages_that_were_not_learnt_have_no_grade(tmp_path: Path) -> None:
    save_model(linear_model(languages=("en",)), tmp_path)
    grader = open_grader(str(tmp_path))
    grades, _ = grader.grade(TEXTS, languages("en", "fr", "en", "en", "zh"))
    assert np.isnan(grades).tolist() == [False, True, False, True, True]
    grader.refuse_languages(["en"], "grader/")
    with pytest.raises(ValueError, match="was trained on en, wanted zh too"):
        grader.refuse_languages(["en", "zh"], "grader/")


def test_an_export_without_a_card_is_refused_for_a_language_it_cannot_spell(cascade: Path) -> None:
    grader = open_grader(str(cascade / "encoder"))
    grader.refuse_languages(["en"], "hub-export/")
    with pytest.raises(ValueError, match="of 'zh' text are unknown to its vocabulary"):
        grader.refuse_languages(["en", "zh"], "hub-export/")


@pytest.mark.parametrize(
    ("name", "message"),
    [("linear/weights.npz", "copy the whole model folder"), ("linear/model.json", "cannot be read"),
     ("encoder/model.onnx", "give the folder"), ("encoder/tokenizer.json", "cannot be read")],
)  # fmt: skip
def test_a_cascade_that_lost_a_file_is_refused(cascade: Path, name: str, message: str) -> None:
    content = (cascade / name).read_bytes()
    (cascade / name).unlink()
    try:
        with pytest.raises(ValueError, match=message):
            open_grader(str(cascade))
    finally:
        (cascade / name).write_bytes(content)


def test_other_kinds_and_missing_bands_are_refused(tmp_path: Path) -> None:
    from udfs.learning.model_folder import write_description

    write_description(tmp_path, "forest", {})
    with pytest.raises(ValueError, match="of kind 'forest'"):
        open_grader(str(tmp_path))
    save_model(linear_model(), tmp_path / "linear")
    write_export(tmp_path / "encoder")
    write_description(tmp_path, "cascade", {})
    with pytest.raises(ValueError, match="is not complete"):
        open_grader(str(tmp_path))
