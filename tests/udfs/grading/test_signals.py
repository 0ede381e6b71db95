from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from udfs.grading.cascade_band import EMPTY_BAND
from udfs.grading.grader import Grader, open_grader
from udfs.grading.signals import QUALITY_FIELDS, QUALITY_TYPE, grade
from udfs.learning.linear_model import LinearModel, ModelCard, save_model
from udfs.learning.linear_training import TrainingSettings, train

GOOD = [f"theorem {number}: the proof follows by induction on the degree" for number in range(60)]
POOR = [f"click here to win prize {number} buy now cheap deal" for number in range(60)]


@pytest.fixture(scope="module")
def grader() -> LinearModel:
    settings = TrainingSettings("squared", 0.0, 5.0, bits=12, epochs=10)
    return train(pa.array(GOOD + POOR), [5.0] * 60 + [0.0] * 60, settings)


def constant_grader(value: float) -> Grader:
    card = ModelCard("squared", (1,), 8, 10, 0.0, 5.0)
    return Grader(LinearModel(np.zeros(256, np.float32), value, card), None, EMPTY_BAND)


ENGLISH = pa.array(["en"])


def test_texts_are_graded_on_the_scale_of_the_labels(grader: LinearModel, tmp_path: Path) -> None:
    save_model(grader, tmp_path)
    loaded = open_grader(str(tmp_path))
    texts = pa.array(
        ["the proof of the theorem by induction", "buy now, click here to win a prize"]
    )
    good, poor = grade(texts, pa.array(["en", "en"]), loaded).to_pylist()
    assert good["grade"] > 3.5
    assert good["grade_rounded"] >= 4
    assert poor["grade"] < 1.5
    assert poor["grade_rounded"] <= 1
    assert loaded.digest == grader.digest


@pytest.mark.parametrize(
    ("value", "rounded"),
    [(-3.0, 0), (0.4, 0), (1.49, 1), (1.5, 2), (2.5, 2), (3.5, 4), (4.6, 5), (9.0, 5)],
)
def test_rounding_is_that_of_fineweb_edu(value: float, rounded: int) -> None:
    row = grade(pa.array(["word"]), ENGLISH, constant_grader(value)).to_pylist()[0]
    assert row["grade_rounded"] == rounded == round(max(0.0, min(value, 5.0)))
    assert row["grade"] == pytest.approx(max(0.0, min(value, 5.0)))


def test_texts_without_words_have_no_grade() -> None:
    texts, languages = pa.array(["", None, "!?"], pa.string()), pa.array(["und"] * 3)
    rows = grade(texts, languages, constant_grader(2.0))
    assert rows.type == QUALITY_TYPE
    assert (
        rows.to_pylist() == [{"grade": None, "grade_rounded": None, "graded_by_encoder": False}] * 3
    )


def test_a_safety_model_is_no_grader(tmp_path: Path) -> None:
    model = train(pa.array(["a", "b"]), [0.0, 1.0], TrainingSettings("logistic", 0.0, 1.0, bits=8))
    save_model(model, tmp_path)
    with pytest.raises(ValueError, match="is it a safety model"):
        open_grader(str(tmp_path))


def test_every_field_is_declared_in_full() -> None:
    for field in QUALITY_FIELDS:
        assert all((field.name, field.unit, field.range, field.meaning, field.source))
