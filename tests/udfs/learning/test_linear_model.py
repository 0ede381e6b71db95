from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from udfs.learning.hashed_features import hash_features
from udfs.learning.linear_model import LinearModel, ModelCard, load_model, save_model

TEXTS = pa.array(["good words here", "bad words there", "", None, "中文字"])


def random_model(objective: str = "logistic", high: float = 1.0) -> LinearModel:
    weights = np.random.default_rng(7).normal(size=1 << 10).astype(np.float32)
    return LinearModel(weights, 0.25, ModelCard(objective, (1, 2), 10, 100, 0.0, high, 1.5, -0.1))


def change_card(folder: Path, **changes: Any) -> None:
    path = folder / "model.json"
    card = json.loads(path.read_text())
    for key, value in changes.items():
        if value is None:
            del card[key]
        else:
            card[key] = value
    path.write_text(json.dumps(card))


@pytest.mark.parametrize(("objective", "high"), [("logistic", 1.0), ("squared", 5.0)])
def test_scores_follow_from_weights_bias_and_calibration(objective: str, high: float) -> None:
    model = random_model(objective, high)
    features = hash_features(TEXTS, orders=(1, 2), bits=10, max_tokens=100)
    for number, score in enumerate(model.predict(TEXTS)):
        entries = slice(features.offsets[number], features.offsets[number + 1])
        if entries.start == entries.stop:
            assert np.isnan(score)
            continue
        products = features.values[entries].astype(float) @ model.weights[features.indices[entries]]
        margin = 1.5 * (products + 0.25) - 0.1
        expected = 1 / (1 + np.exp(-margin)) if objective == "logistic" else np.clip(margin, 0, 5)
        assert score == pytest.approx(expected, rel=1e-5)


def test_scores_stay_in_range_for_extreme_margins() -> None:
    model = random_model()
    with np.errstate(all="raise"):
        assert model.scores(np.array([-1e9, 1e9])).tolist() == [0.0, 1.0]


def test_scores_do_not_depend_on_the_batch() -> None:
    model = random_model()
    together = model.predict(TEXTS)
    alone = np.concatenate([model.predict(TEXTS.slice(row, 1)) for row in range(len(TEXTS))])
    np.testing.assert_array_equal(together, alone)


def test_a_saved_model_is_the_same_after_loading_and_the_same_bytes_when_saved_again(
    tmp_path: Path,
) -> None:
    model = random_model()
    save_model(model, tmp_path / "first")
    loaded = load_model(tmp_path / "first")
    save_model(loaded, tmp_path / "second")
    np.testing.assert_array_equal(model.predict(TEXTS), loaded.predict(TEXTS))
    assert loaded.card == model.card
    assert loaded.digest == model.digest
    for name in ("model.json", "weights.npz"):
        first, second = ((tmp_path / folder / name).read_bytes() for folder in ("first", "second"))
        assert first == second


def test_the_digest_follows_weights_and_calibration() -> None:
    model = random_model()
    others = [
        LinearModel(model.weights * 2, model.bias, model.card),
        LinearModel(model.weights, 0.5, model.card),
        random_model("squared"),
    ]
    assert len({model.digest, *(other.digest for other in others)}) == 4


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (
            lambda folder: (folder / "model.json").unlink(),
            "give the folder that the training wrote",
        ),
        (lambda folder: (folder / "model.json").write_text('{"format": 1'), "is no JSON"),
        (lambda folder: (folder / "model.json").write_bytes(b"\xff\xfe"), "is no JSON"),
        (lambda folder: (folder / "model.json").write_text("[1]"), "has format None"),
        (lambda folder: change_card(folder, format=99), "has format 99"),
        (lambda folder: change_card(folder, hash_probe="0"), "another tokeniser"),
        (lambda folder: change_card(folder, bits=None), "is not complete"),
        (lambda folder: change_card(folder, orders=None), "is not complete"),
        (lambda folder: change_card(folder, orders=[99]), "is not complete"),
        (lambda folder: change_card(folder, objective="magic"), "is not complete"),
        (lambda folder: change_card(folder, label_high=-1.0), "is not complete"),
        (lambda folder: change_card(folder, surplus=1), "is not complete"),
        (lambda folder: change_card(folder, digest="00"), "truncated or of another model"),
        (lambda folder: change_card(folder, bits=11), "the card asks for"),
        (lambda folder: (folder / "weights.npz").unlink(), "copy the whole model folder"),
        (
            lambda folder: (folder / "weights.npz").write_bytes(
                (folder / "weights.npz").read_bytes()[:-100]
            ),
            "truncated or of another model",
        ),
    ],
)
def test_a_damaged_model_is_refused_with_the_fault_named(
    tmp_path: Path, damage: Any, message: str
) -> None:
    save_model(random_model(), tmp_path)
    damage(tmp_path)
    with pytest.raises(ValueError, match=message):
        load_model(tmp_path)


def test_weights_that_are_pickled_objects_are_refused(tmp_path: Path) -> None:
    save_model(random_model(), tmp_path)
    path = tmp_path / "weights.npz"
    np.savez(path, weights=np.array([{"code": 1}], dtype=object), bias=np.float64(0))
    change_card(tmp_path, digest=hashlib.sha256(path.read_bytes()).hexdigest())
    with pytest.raises(ValueError, match="hold no arrays"):
        load_model(tmp_path)


def test_a_missing_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="give the folder that the training wrote"):
        load_model(tmp_path / "absent")
