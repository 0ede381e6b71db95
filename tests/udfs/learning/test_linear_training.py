from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pytest

from udfs.learning.linear_training import TrainingSettings, train

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
    parts = ("documents", "documents_calibration", "documents_test")
    assert sum(facts[part] for part in parts) == 600
    assert facts["documents_test"] >= 30
    assert facts["test"]["rmse"] < 0.5 * facts["test"]["rmse_of_mean"]
    assert facts["test"]["f1"] > 0.95


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
    test = model.card.training["test"]
    assert test["rmse"] < 1.0 < test["rmse_of_mean"]
    assert test["f1"] > 0.9
    assert len(test["confusion_matrix"]) == 6


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
    assert "test" not in model.card.training


def test_a_calibration_table_covers_the_tested_documents() -> None:
    texts, labels = two_topics(600)
    facts = train(texts, labels, SAFETY).card.training
    table = facts["test"]["calibration_table"]
    assert sum(line["documents"] for line in table) == facts["documents_test"]
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


def test_groups_are_not_divided_and_languages_are_kept() -> None:
    texts, labels = two_topics(600)
    groups = pa.array([f"host{number // 10}" for number in range(600)])
    languages = pa.array(["en"] * 590 + ["fr"] * 10)
    model = train(texts, labels, SAFETY, groups=groups, languages=languages)
    facts = model.card.training
    assert facts["groups"] == 60
    assert facts["documents_test"] % 10 == 0
    assert model.card.languages == ("en",)
    assert set(facts["test"]["languages"]) <= {"en", "fr"}
