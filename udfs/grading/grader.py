"""A grader of any kind behind one function: linear, fastText, encoder, or the cascade of two."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from udfs.grading.cascade_band import Band
from udfs.grading.encoder_model import KIND as ENCODER
from udfs.grading.encoder_model import EncoderModel, open_encoder
from udfs.grading.encoder_tokens import MOST_UNKNOWN
from udfs.grading.fasttext_model import KIND as FASTTEXT
from udfs.grading.fasttext_model import FastTextModel, open_fasttext
from udfs.learning.linear_model import KIND as LINEAR
from udfs.learning.linear_model import LinearModel, load_model
from udfs.learning.model_folder import DESCRIPTION_NAME, read_description, write_description

CASCADE: Final = "cascade"
LOWEST_GRADE: Final = 0.0
HIGHEST_GRADE: Final = 5.0


class Grades(NamedTuple):
    """Grades of a batch.

    Attributes:
        grades: float32[n], 0..5; NaN where a text has no word or is of a language that the grader
            does not know.
        by_encoder: bool[n], whether the encoder gave it.
    """

    grades: npt.NDArray[np.float32]
    by_encoder: npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Grader:
    """One or two models.

    Attributes:
        linear: Grades everything; fastText's is linear, too. None in an encoder folder.
        encoder: Grades what is doubtful, or everything without a linear model.
        band: Which linear grades are doubtful.
    """

    linear: LinearModel | FastTextModel | None
    encoder: EncoderModel | None
    band: Band

    @property
    def digest(self) -> str:
        """Hexadecimal SHA-256 of all that the grades depend on, for a run's manifest."""
        if self.encoder is None or self.linear is None:
            return (self.linear or self.encoder).digest  # type: ignore[union-attr]
        parts = (self.linear.digest, self.encoder.digest, *(edge.hex() for edge in self.band))
        return hashlib.sha256("".join(parts).encode()).hexdigest()

    @property
    def languages(self) -> tuple[str, ...]:
        """ISO 639-1 codes that it was trained on; empty: not known, every text is graded."""
        card = self.linear.card if self.linear else self.encoder.card if self.encoder else None
        return card.languages if card else ()

    def grade(self, texts: pa.Array, languages: pa.Array) -> Grades:
        """Grade a batch; the grade of a text depends on it and its language alone.

        Args:
            texts: string or large_string; null counts as empty.
            languages: ISO 639-1 codes, one a text.
        """
        known = np.ones(len(texts), np.bool_)
        if self.languages:
            known = np.isin(np.array(languages.to_pylist(), np.object_), self.languages)
        grades = np.full(len(texts), np.nan, np.float32)
        asked = known
        if self.linear is not None:
            grades[known] = self.linear.predict(texts.filter(pa.array(known)))
            asked = self.band.doubtful(grades)
        by_encoder = np.zeros(len(texts), np.bool_)
        if self.encoder is not None and asked.any():
            second = np.full(len(texts), np.nan, np.float32)
            second[asked] = self.encoder.predict(texts.filter(pa.array(asked)))
            by_encoder = ~np.isnan(second)
            grades[by_encoder] = second[by_encoder]
        return Grades(grades, by_encoder)

    def refuse_languages(self, wanted: Sequence[str], origin: str) -> None:
        """Refuse a grader that cannot grade a language that is wanted.

        Raises:
            ValueError: If it was not trained on one, or has a vocabulary that cannot spell it.
        """
        missing = [code for code in wanted if self.languages and code not in self.languages]
        if missing:
            raise ValueError(
                f"grader {origin} was trained on {', '.join(self.languages)}, wanted"
                f" {', '.join(missing)} too: add labelled documents of it and train again, or take"
                " it out of grade.languages"
            )
        if self.encoder is not None and self.linear is None:
            self.encoder.refuse_unreadable(wanted, origin)


def open_grader(folder: str) -> Grader:
    """Open a grader of any kind and check its scale.

    Args:
        folder: Written by `corpusmill train-grader` or `fetch-grader`, or a hub export with
            ``model.onnx`` and ``tokenizer.json``.

    Raises:
        ValueError: If a file is missing, truncated or of another version, the model does not grade
            0..5, a package is missing, or a vocabulary cannot spell a language it claims.
    """
    path = Path(folder)
    described = (path / DESCRIPTION_NAME).exists() or not (path / "model.onnx").exists()
    kind = read_description(path)["kind"] if described else ENCODER
    if kind == LINEAR:
        return Grader(_open_linear(path), None, Band(0.0, 0.0))
    if kind == ENCODER:
        return Grader(None, open_encoder(path), Band(0.0, 0.0))
    if kind == FASTTEXT:
        return Grader(open_fasttext(path), None, Band(0.0, 0.0))
    if kind != CASCADE:
        raise ValueError(
            f"model {folder} is of kind {kind!r}, a grader is {LINEAR}, {FASTTEXT}, {ENCODER} or"
            f" {CASCADE}: train one with `corpusmill train-grader`"
        )
    return Grader(_open_linear(path / LINEAR), open_encoder(path / ENCODER), _read_band(path))


def write_cascade(folder: Path, band: Band) -> None:
    """Join ``linear/`` and ``encoder/`` of a folder to a cascade."""
    write_description(folder, CASCADE, {"band": list(band), "most_unknown": MOST_UNKNOWN})


def _open_linear(folder: Path) -> LinearModel:
    model = load_model(folder)
    if (model.card.label_low, model.card.label_high) != (LOWEST_GRADE, HIGHEST_GRADE):
        raise ValueError(
            f"model {folder} scores from {model.card.label_low} to {model.card.label_high}, a"
            f" grader from {LOWEST_GRADE:g} to {HIGHEST_GRADE:g}: is it a safety model? Train a"
            " grader on labels 0 to 5"
        )
    return model


def _read_band(folder: Path) -> Band:
    try:
        low, high = map(float, read_description(folder)["band"])
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(
            f"model card in {folder} is not complete ({error}): train the model again"
        ) from error
    return Band(low, high)
