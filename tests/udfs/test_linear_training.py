from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pytest

from udfs.linear_training import (
    TrainingSettings,
    fit_linear_calibration,
    fit_logistic_calibration,
    train,
)

SAFETY = TrainingSettings("logistic", 0.0, 1.0, bits=14, epochs=8)
GRADES = TrainingSettings("squared", 0.0, 5.0, bits=14, epochs=8)


def two_topics(rows: int) -> tuple[pa.Array, npt.NDArray[np.float64]]:
    """Sentences that share most words; those about gambling are labelled 1."""
    generator = np.random.default_rng(3)
    shared = [f"word{number}" for number in range(60)]
    topics = (["garden", "river", "library", "teacher"], ["casino", "jackpot", "spins", "bonus"])
    labels = np.arange(rows) % 2
    texts = [
        " ".join([*generator.choice(shared, 20), *generator.choice(topics[label], 2)])
        for label in labels
    ]
    return pa.array(texts), labels.astype(np.float64)


def test_a_probability_model_learns_topics_and_generalises() -> None:
    texts, labels = two_topics(600)
    model = train(texts, labels, SAFETY)
    fresh = pa.array(["the jackpot and the bonus word1", "a teacher in the library word2"])
    unsafe, safe = model.predict(fresh)
    assert unsafe > 0.8
    assert safe < 0.2
    facts = model.card.training
    assert facts["documents"] + facts["documents_held_out"] == 600
    assert facts["documents_held_out"] >= 30
    assert facts["held_out_rmse"] < 0.5 * facts["held_out_rmse_of_mean"]


def test_a_grader_orders_texts_by_their_share_of_good_words() -> None:
    generator = np.random.default_rng(5)
    grades = generator.integers(0, 6, 800).astype(np.float64)
    texts = [
        " ".join(generator.permutation([*["theorem"] * int(grade), *["buy"] * (5 - int(grade)),
                                        *generator.choice(["the", "of", "and", "to"], 6)]))
        for grade in grades
    ]  # fmt: skip
    model = train(pa.array(texts), grades, GRADES)
    ladder = pa.array(
        [" ".join(["theorem"] * k + ["buy"] * (5 - k)) + " the of and" for k in range(6)]
    )
    scores = model.predict(ladder)
    assert np.all(np.diff(scores) > 0)
    assert scores.min() >= 0.0
    assert scores.max() <= 5.0
    assert model.card.training["held_out_rmse"] < 1.0 < model.card.training["held_out_rmse_of_mean"]


def test_the_order_of_the_input_does_not_change_the_model() -> None:
    texts, labels = two_topics(400)
    order = np.random.default_rng(1).permutation(400)
    shuffled = train(texts.take(pa.array(order)), labels[order], SAFETY)
    assert train(texts, labels, SAFETY).digest == shuffled.digest


def test_texts_without_tokens_are_left_out_and_counted() -> None:
    model = train(pa.array(["good", "bad", "", None, "!!"]), [1.0, 0.0, 0.0, 1.0, 1.0], SAFETY)
    assert model.card.training["documents"] == 2
    assert model.card.training["documents_without_tokens"] == 3


def test_a_small_set_is_trained_without_calibration() -> None:
    model = train(pa.array(["good", "bad"]), [1.0, 0.0], SAFETY)
    assert (model.card.slope, model.card.intercept) == (1.0, 0.0)
    assert "calibration_table" not in model.card.training


def test_a_calibration_table_covers_the_held_out_documents() -> None:
    texts, labels = two_topics(600)
    facts = train(texts, labels, SAFETY).card.training
    table = facts["calibration_table"]
    assert sum(line["documents"] for line in table) == facts["documents_held_out"]
    assert table[0]["mean_label"] < table[-1]["mean_label"]


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ([1.0], "one label a text"),
        ([1.0, 2.0], "first 2.0, are not between"),
        ([1.0, float("nan")], "first nan, are not between"),
        ([1.0, 1.0], "one label only"),
    ],
)
def test_unusable_labels_are_refused(labels: list[float], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        train(pa.array(["one", "two"]), labels, SAFETY)


@pytest.mark.parametrize(("epochs", "rate"), [(0, None), (1, 0.0), (1, -1.0)])
def test_settings_that_train_nothing_are_refused(epochs: int, rate: float | None) -> None:
    with pytest.raises(ValueError, match="train nothing"):
        TrainingSettings("logistic", 0.0, 1.0, epochs=epochs, learning_rate=rate)


def test_linear_calibration_is_least_squares_and_never_falls() -> None:
    raw = np.array([0.0, 1.0, 2.0])
    assert fit_linear_calibration(raw, 2 * raw + 1) == pytest.approx((2.0, 1.0))
    assert fit_linear_calibration(raw, -raw) == (1.0, 0.0)
    assert fit_linear_calibration(np.ones(3), raw) == (1.0, 0.0)


def test_logistic_calibration_recovers_a_known_curve() -> None:
    generator = np.random.default_rng(2)
    raw = generator.normal(0, 3, 20_000)
    targets = (generator.random(20_000) < 1 / (1 + np.exp(-(0.5 * raw - 1)))).astype(float)
    assert fit_logistic_calibration(raw, targets) == pytest.approx((0.5, -1.0), abs=0.06)


def test_logistic_calibration_stays_finite_on_separated_documents() -> None:
    slope, intercept = fit_logistic_calibration(
        np.array([-2.0, -1.0, 1.0, 2.0]), np.array([0.0, 0.0, 1.0, 1.0])
    )
    assert 1.0 < slope < 10.0
    assert abs(intercept) < 1e-6
