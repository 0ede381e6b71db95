"""A linear model over hashed n-grams: the cheap tier of the grader and the safety model.

A model is a folder of two files: ``weights.npz`` (arrays only, never pickled objects: loading a
model must not run code) and ``model.json``, which says how to read it and how well it did.
"""

from __future__ import annotations

import dataclasses
import hashlib
import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from udfs.columns.compiled import kernel
from udfs.learning.hashed_features import FeatureBatch, check_feature_settings, hash_features
from udfs.learning.model_folder import check_kind, read_description, read_part, write_description
from udfs.text.tokenising import hash_token

OBJECTIVES: Final = ("logistic", "squared")
HASH_PROBE: Final = "corpusmill"
"""A word whose token hash is kept in the card: weights fit only the tokeniser that made them."""
KIND: Final = "linear"
WEIGHTS_NAME: Final = "weights.npz"


@dataclass(frozen=True)
class ModelCard:
    """What a reader of the weights has to know.

    Attributes:
        objective: ``logistic`` (probability, scaled to the label range) or ``squared`` (value,
            clipped to the label range).
        orders: n-gram lengths in tokens.
        bits: log2 of the number of weights.
        max_tokens: Tokens read from the beginning of a text.
        label_low: Lower end of the range of scores.
        label_high: Upper end of the range of scores.
        slope: Calibration: margin = slope * raw + intercept.
        intercept: See ``slope``.
        languages: ISO 639-1 codes that the training documents were in; empty: not known, and every
            text is scored.
        alarm_margins: ISO 639-1 code → margin (log-odds) that counts as a probability of one half in
            that language: where a safety model alarms, once it was calibrated on clean documents
            (``udfs.safety.alarm_rate``). In other languages it is 0.
        training: Facts of the training for people (documents, held-out error, calibration table).
    """

    objective: str
    orders: tuple[int, ...]
    bits: int
    max_tokens: int
    label_low: float
    label_high: float
    slope: float = 1.0
    intercept: float = 0.0
    languages: tuple[str, ...] = ()
    alarm_margins: Mapping[str, float] = dataclasses.field(default_factory=dict)
    training: Mapping[str, Any] = dataclasses.field(default_factory=dict)

    def __post_init__(self) -> None:
        check_feature_settings(self.orders, self.bits, self.max_tokens)
        if self.objective not in OBJECTIVES:
            raise ValueError(f"objective is {self.objective!r}, wanted one of {OBJECTIVES}")
        numbers = (
            *(self.label_low, self.label_high, self.slope, self.intercept),
            *self.alarm_margins.values(),
        )
        if not np.isfinite(numbers).all() or self.label_low >= self.label_high:
            raise ValueError(
                f"label range {self.label_low}..{self.label_high} with calibration {self.slope},"
                f" {self.intercept} is no range of finite numbers: train the model again"
            )


@dataclass(frozen=True, eq=False)
class LinearModel:
    """Weights and the card that explains them.

    Attributes:
        weights: float32[2^bits].
        bias: Added to every raw score.
        card: See :class:`ModelCard`.
    """

    weights: npt.NDArray[np.float32]
    bias: float
    card: ModelCard

    @property
    def digest(self) -> str:
        """Hexadecimal SHA-256 of all that the scores depend on, for a run's manifest."""
        card = json.dumps(dataclasses.asdict(self.card), sort_keys=True)
        content = self.weights.tobytes() + float(self.bias).hex().encode() + card.encode()
        return hashlib.sha256(content).hexdigest()

    def predict(self, texts: pa.Array) -> npt.NDArray[np.float32]:
        """Score every text.

        Args:
            texts: string, large_string or binary; null counts as empty.

        Returns:
            float32[n] within the card's label range; NaN where a text has no token, because a
            verdict on nothing would be the bias of the training data.
        """
        return self.from_margins(self.margins(texts)).astype(np.float32)

    def margins(self, texts: pa.Array) -> npt.NDArray[np.float64]:
        """Calibrated values before they are brought into the label range: log-odds of a ``logistic`` model.

        Args:
            texts: string, large_string or binary; null counts as empty.

        Returns:
            float64[n]; NaN where a text has no token.
        """
        card = self.card
        features = hash_features(
            texts, orders=card.orders, bits=card.bits, max_tokens=card.max_tokens
        )
        margins = card.slope * raw_scores(features, self.weights, self.bias) + card.intercept
        margins[np.diff(features.offsets) == 0] = np.nan
        return margins

    def scores(self, raw: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Calibrate raw scores and bring them into the label range.

        Args:
            raw: float64[n].

        Returns:
            float64[n] from ``label_low`` to ``label_high``.
        """
        return self.from_margins(self.card.slope * raw + self.card.intercept)

    def from_margins(self, margins: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Bring values of :meth:`margins` into the label range, float64[n]; NaN stays."""
        card = self.card
        if card.objective == "logistic":
            probability = 0.5 * (1.0 + np.tanh(0.5 * margins))  # no overflow, whatever the margin
            return card.label_low + (card.label_high - card.label_low) * probability
        return np.clip(margins, card.label_low, card.label_high)


def raw_scores(
    features: FeatureBatch, weights: npt.NDArray[np.float32], bias: float
) -> npt.NDArray[np.float64]:
    """Inner product of every row with the weights, plus the bias, float64[rows]."""
    result = np.full(len(features.offsets) - 1, bias, np.float64)
    _add_products(features.indices, features.values, features.offsets, weights, result)
    return result


@kernel
def _add_products(
    indices: npt.NDArray[np.uint32],
    values: npt.NDArray[np.float32],
    offsets: npt.NDArray[np.int64],
    weights: npt.NDArray[np.float32],
    result: npt.NDArray[np.float64],
) -> None:
    for row in range(len(result)):
        total = 0.0
        for entry in range(offsets[row], offsets[row + 1]):
            total += float(values[entry]) * float(weights[indices[entry]])
        result[row] += total


def save_model(model: LinearModel, folder: Path) -> None:
    """Write a model folder; the same model gives the same bytes.

    Args:
        model: The model.
        folder: Made if missing; an older model in it is replaced.
    """
    folder.mkdir(parents=True, exist_ok=True)
    buffer = io.BytesIO()
    np.savez(buffer, weights=model.weights, bias=np.float64(model.bias))
    content = buffer.getvalue()
    card = {
        "digest": hashlib.sha256(content).hexdigest(),
        "hash_probe": format(hash_token(HASH_PROBE), "016x"),
        **dataclasses.asdict(model.card),
    }
    (folder / WEIGHTS_NAME).write_bytes(content)
    write_description(folder, KIND, card)


def load_model(folder: Path) -> LinearModel:
    """Read a model folder and check that it is whole and meant for this version.

    Args:
        folder: As written by :func:`save_model`.

    Returns:
        The model.

    Raises:
        ValueError: If a file is missing, truncated, replaced, or of another version, kind or
            tokeniser; the text says which and what to do.
    """
    described = read_description(folder)
    check_kind(folder, described.pop("kind"), KIND)
    probe = format(hash_token(HASH_PROBE), "016x")
    if described.pop("hash_probe", None) != probe:
        raise ValueError(
            f"model card in {folder} was written with another tokeniser (its hash of {HASH_PROBE!r}"
            f" is not {probe}), so the weights mean nothing here: train the model again"
        )
    digest = described.pop("digest", "")
    try:
        lists = {name: tuple(described[name]) for name in ("orders", "languages")}
        card = ModelCard(**{**described, **lists})
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(
            f"model card in {folder} is not complete ({error}): train the model again"
        ) from error
    path = folder / WEIGHTS_NAME
    return _unpack(path, read_part(path, digest), card)


def _unpack(path: Path, content: bytes, card: ModelCard) -> LinearModel:
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            weights, bias = arrays["weights"], float(arrays["bias"])
    except (ValueError, KeyError, TypeError, OSError, zipfile.BadZipFile) as error:
        raise ValueError(
            f"model weights {path} hold no arrays 'weights' and 'bias' ({error}): train the model"
            " again"
        ) from error
    wanted = (1 << card.bits,)
    if weights.dtype != np.float32 or weights.shape != wanted or not np.isfinite(weights).all():
        raise ValueError(
            f"model weights {path} are {weights.dtype}{weights.shape}, the card asks for finite"
            f" float32{wanted}: card and weights are of different models; copy the folder again"
        )
    return LinearModel(weights, bias, card)
