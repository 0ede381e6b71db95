from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from udfs.linear_model import LinearModel, save_model
from udfs.linear_training import TrainingSettings, train
from udfs.safety_signals import (
    SAFETY_FIELDS,
    SAFETY_TYPE,
    SafetyScreen,
    check_safety_model,
    open_safety_model,
)

UNSAFE = [f"free porn and live sex cams number {number} for you tonight" for number in range(40)]
SAFE = [f"the committee discussed chapter {number} of the water law today" for number in range(40)]
TEXTS = pa.array(["free porn, live sex cams", "the water law of today", "", None])


@pytest.fixture(scope="module")
def model() -> LinearModel:
    settings = TrainingSettings("logistic", 0.0, 1.0, bits=12, epochs=10)
    return train(pa.array(UNSAFE + SAFE), [1.0] * 40 + [0.0] * 40, settings)


def test_without_a_model_the_keywords_stand_alone_and_the_score_is_null() -> None:
    rows = SafetyScreen.open().annotate(TEXTS)
    assert rows.type == SAFETY_TYPE
    assert rows.null_count == 0
    assert rows.to_pylist()[0] == {
        "keyword_hits": 2,
        "distinct_hits": 2,
        "hit_density": pytest.approx(15 / 20),
        "keyword_severity": 2,
        "keyword_flag": True,
        "model_score": None,
    }
    assert rows.field("keyword_hits").to_pylist() == [2, 0, 0, 0]
    assert rows.field("model_score").null_count == 4


def test_a_trained_model_gives_the_second_opinion(model: LinearModel, tmp_path: Path) -> None:
    save_model(model, tmp_path)
    rows = SafetyScreen.open(str(tmp_path)).annotate(TEXTS)
    unsafe, safe, *rest = rows.field("model_score").to_pylist()
    assert unsafe > 0.8
    assert safe < 0.2
    assert rest == [None, None]


def test_languages_choose_the_lists() -> None:
    texts = pa.array(["filmen är slut, slut, slut"] * 3)
    rows = SafetyScreen.open().annotate(texts, pa.array(["sv", "en", "und"]))
    assert rows.field("keyword_hits").to_pylist() == [0, 3, 3]


def test_lists_of_the_users_replace_the_shipped_ones(tmp_path: Path) -> None:
    own = tmp_path / "own.yaml"
    own.write_text(
        "format: 1\nlanguage: en\nmatching: word\n"
        "groups: [{category: x, severity: 3, entries: [water law]}]\n"
    )
    rows = SafetyScreen.open(lexicons=[own]).annotate(TEXTS)
    assert rows.field("keyword_flag").to_pylist() == [False, True, False, False]


def test_an_empty_column_gives_an_empty_column() -> None:
    assert len(SafetyScreen.open().annotate(pa.array([], pa.string()))) == 0


def test_the_digest_of_a_model_is_that_of_its_weights(model: LinearModel, tmp_path: Path) -> None:
    save_model(model, tmp_path)
    assert check_safety_model(str(tmp_path)) == model.digest


def test_a_grader_is_no_safety_model(tmp_path: Path) -> None:
    grader = train(pa.array(["a", "b"]), [0.0, 5.0], TrainingSettings("squared", 0.0, 5.0, bits=8))
    save_model(grader, tmp_path)
    with pytest.raises(ValueError, match="a safety model from 0 to 1"):
        open_safety_model(str(tmp_path))


def test_a_missing_model_is_refused_before_any_text_is_read(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="give the folder that the training wrote"):
        SafetyScreen.open(str(tmp_path / "absent"))


def test_every_field_is_declared_in_full() -> None:
    assert [field.name for field in SAFETY_FIELDS] == [field.name for field in SAFETY_TYPE]
    for field in SAFETY_FIELDS:
        assert all((field.unit, field.range, field.meaning, field.source))


def test_counts_of_an_empty_text_are_zero_and_defined() -> None:
    row = SafetyScreen.open().annotate(pa.array([""])).to_pylist()[0]
    assert (row["hit_density"], row["keyword_flag"]) == (0.0, False)
