"""Training of the linear models: deterministic, on one core, from texts and labels alone."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from udfs.columns.compiled import kernel
from udfs.learning.calibration import fit_linear_calibration, fit_logistic_calibration
from udfs.learning.evaluation import evaluation
from udfs.learning.hashed_features import FeatureBatch, hash_features
from udfs.learning.labelled_texts import LabelledTexts
from udfs.learning.linear_model import LinearModel, ModelCard, raw_scores
from udfs.text.token_hashing import HASH_FACTOR

GRADE_CUT: Final = 2.0
"""The mission's cut: below 2 of 0 to 5 goes."""
LEARNING_RATES: Final = {"logistic": 0.5, "squared": 0.1}
"""Of 0.05, 0.1, 0.2, 0.5 and 1.0, within 4 % of the lowest held-out error on 2,400 real documents
labelled by their kind."""


@dataclass(frozen=True)
class TrainingSettings:
    """How a model is trained.

    Attributes:
        objective: ``logistic`` for probabilities (safety), ``squared`` for values (grades).
        label_low: Lowest label.
        label_high: Highest label.
        orders: n-gram lengths in tokens (words, or characters of unspaced scripts).
        bits: log2 of the number of weights, 8..24; 18 make a file of 1 MB.
        max_tokens: Tokens read from the beginning of a text.
        epochs: Passes over the documents.
        learning_rate: Step of AdaGrad (Duchi et al. 2011); None takes the objective's default.
        l2: Weight decay a step; larger forgets rare n-grams.
    """

    objective: str
    label_low: float
    label_high: float
    orders: tuple[int, ...] = (1, 2, 3)
    bits: int = 18
    max_tokens: int = 4096
    epochs: int = 20
    learning_rate: float | None = None
    l2: float = 1e-6

    def __post_init__(self) -> None:
        if self.epochs < 1 or (self.learning_rate is not None and self.learning_rate <= 0.0):
            raise ValueError(
                f"{self.epochs} epochs at learning rate {self.learning_rate} train nothing: give at"
                " least 1 epoch and a rate above 0"
            )

    def card(self) -> ModelCard:
        """The card of an untrained, uncalibrated model."""
        return ModelCard(
            self.objective, self.orders, self.bits, self.max_tokens, self.label_low, self.label_high
        )


def train(
    texts: pa.Array,
    labels: npt.ArrayLike,
    settings: TrainingSettings,
    *,
    groups: pa.Array | None = None,
    languages: pa.Array | None = None,
) -> LinearModel:
    """Train, calibrate and test a model.

    The order of passes and the parts follow from the documents' content and groups, so the input's
    order and its partitioning do not change the model. Equal texts, and texts of one group, stay in
    one part.

    Args:
        texts: string, large_string or binary; texts without tokens are left out.
        labels: float[n] from ``label_low`` to ``label_high``; may be fractional.
        settings: See :class:`TrainingSettings`.
        groups: Names of what must not be divided (hosts, books), one a text.
        languages: ISO 639-1 codes, one a text.

    Returns:
        The model; its card's ``training`` holds the numbers of documents and, under ``test``, how it
        did on documents of groups it has not seen (see :func:`udfs.learning.evaluation.evaluation`).

    Raises:
        ValueError: If labels are missing, out of range or all alike, or no text has a token.
    """
    label_range = (settings.label_low, settings.label_high)
    return train_linear(
        LabelledTexts.prepare(texts, labels, label_range, groups, languages), settings
    )


def train_linear(labelled: LabelledTexts, settings: TrainingSettings) -> LinearModel:
    """:func:`train` on documents that are prepared already.

    Raises:
        ValueError: If the labels are all alike or no text has a token.
    """
    features = hash_features(
        labelled.texts, orders=settings.orders, bits=settings.bits, max_tokens=settings.max_tokens
    )
    training = labelled.split.training
    if len(np.unique(labelled.labels[training])) < 2:
        raise ValueError(
            f"the {int(training.sum())} texts to learn from have one label only: give documents of"
            " at least two labels"
        )
    rows = np.flatnonzero(training)
    weights, bias = _fit(features, labelled.labels, labelled.keys, rows, settings)
    raw = raw_scores(features, weights, bias)
    card = dataclasses.replace(settings.card(), languages=labelled.taught_languages)
    return _calibrated(LinearModel(weights, bias, card), raw, labelled)


def _fit(
    features: FeatureBatch,
    labels: npt.NDArray[np.float64],
    keys: npt.NDArray[np.uint64],
    rows: npt.NDArray[np.int64],
    settings: TrainingSettings,
) -> tuple[npt.NDArray[np.float32], float]:
    logistic = settings.objective == "logistic"
    targets = labels
    if logistic:
        targets = (labels - settings.label_low) / (settings.label_high - settings.label_low)
    learning_rate = settings.learning_rate or LEARNING_RATES[settings.objective]
    weights = np.zeros(1 << settings.bits, np.float32)
    squares = np.full(1 << settings.bits, 1e-8, np.float32)
    bias = np.array([0.0 if logistic else targets[rows].mean(), 1e-8])
    for epoch in range(settings.epochs):
        shuffled = (keys[rows] ^ np.uint64(epoch + 1)) * HASH_FACTOR
        passing = rows[np.argsort(shuffled ^ (shuffled >> np.uint64(32)), kind="stable")]
        _run_epoch(
            features.indices, features.values, features.offsets, targets, passing,
            learning_rate, settings.l2, logistic, weights, squares, bias,
        )  # fmt: skip
    return weights, float(bias[0])


@kernel
def _run_epoch(
    indices: npt.NDArray[np.uint32],
    values: npt.NDArray[np.float32],
    offsets: npt.NDArray[np.int64],
    targets: npt.NDArray[np.float64],
    rows: npt.NDArray[np.int64],
    learning_rate: float,
    l2: float,
    logistic: bool,
    weights: npt.NDArray[np.float32],
    squares: npt.NDArray[np.float32],
    bias: npt.NDArray[np.float64],
) -> None:
    """One AdaGrad pass. ``squares`` are the sums of squared gradients; ``bias`` is (value, sum)."""
    for row in rows:
        margin = bias[0]
        for entry in range(offsets[row], offsets[row + 1]):
            margin += float(values[entry]) * float(weights[indices[entry]])
        predicted = 0.5 * (1.0 + np.tanh(0.5 * margin)) if logistic else margin
        error = predicted - targets[row]
        for entry in range(offsets[row], offsets[row + 1]):
            column = indices[entry]
            gradient = error * float(values[entry]) + l2 * float(weights[column])
            squares[column] += gradient * gradient
            weights[column] -= learning_rate * gradient / np.sqrt(squares[column])
        bias[1] += error * error
        bias[0] -= learning_rate * error / np.sqrt(bias[1])


def _calibrated(
    model: LinearModel, raw: npt.NDArray[np.float64], labelled: LabelledTexts
) -> LinearModel:
    """The model with slope, intercept and the facts of its training on the card."""
    card, part = model.card, labelled.split
    if part.calibration.any():
        measured, wanted = raw[part.calibration], labelled.labels[part.calibration]
        if card.objective == "logistic":
            shares = (wanted - card.label_low) / (card.label_high - card.label_low)
            slope, intercept = fit_logistic_calibration(measured, shares)
        else:
            slope, intercept = fit_linear_calibration(measured, wanted)
        card = dataclasses.replace(card, slope=slope, intercept=intercept)
    calibrated = LinearModel(model.weights, model.bias, card)
    facts = training_facts(calibrated.scores(raw), labelled, card.label_high)
    return LinearModel(model.weights, model.bias, dataclasses.replace(card, training=facts))


def training_facts(
    scores: npt.NDArray[np.float64], labelled: LabelledTexts, label_high: float
) -> dict[str, Any]:
    """What a card says of its training: sizes of the parts and the result of the test.

    Args:
        scores: float64[n], of the trained and calibrated model.
        labelled: The documents.
        label_high: Highest label; the cut of the test is ``GRADE_CUT``, or half the range of labels
            that are no grades.
    """
    part, labels = labelled.split, labelled.labels
    facts: dict[str, Any] = {
        "documents": int(part.training.sum()),
        "documents_calibration": int(part.calibration.sum()),
        "documents_test": int(part.test.sum()),
        "documents_without_tokens": int((~labelled.filled).sum()),
        "groups": len(np.unique(labelled.groups[labelled.filled])),
    }
    if part.test.any():
        cut = GRADE_CUT if label_high >= GRADE_CUT else 0.5 * label_high
        languages = labelled.languages[part.test]
        tested = labels[part.test]
        facts["test"] = evaluation(scores[part.test], tested, languages, cut, label_high)
        mean = labels[part.training].mean()
        facts["test"]["rmse_of_mean"] = float(np.sqrt(np.mean((mean - tested) ** 2)))
    return facts
