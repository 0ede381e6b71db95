"""How well scores agree with labels: F1 at a cut, confusion matrix, calibration table."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

CALIBRATION_BINS: Final = 10

Floats = npt.NDArray[np.float64]


class CutQuality(NamedTuple):
    """Agreement on which documents pass a cut.

    Attributes:
        precision: 0..1, of the documents the scores let pass, those the labels let pass; 0 where
            none passes.
        recall: 0..1, of the documents the labels let pass, those the scores let pass.
        f1: 0..1, harmonic mean of both.
    """

    precision: float
    recall: float
    f1: float


def passing(values: Floats, cut: float) -> npt.NDArray[np.bool_]:
    """Whether values pass a cut as a recipe applies it.

    Grades are rounded first, halves to the even neighbour (FineWeb-Edu's ``int_score``), so a cut at
    2 lets 1.5 pass; a cut between 0 and 1 (probabilities) is taken as it is. NaN does not pass.
    """
    judged = np.rint(values) if cut >= 1.0 else values
    return np.asarray(judged >= cut)


def cut_quality(scores: Floats, labels: Floats, cut: float) -> CutQuality:
    """Precision, recall and F1 of "passes the cut".

    Args:
        scores: float64[n].
        labels: float64[n].
        cut: See :func:`passing`.
    """
    found, wanted = passing(scores, cut), passing(labels, cut)
    right = int((found & wanted).sum())
    precision = right / max(int(found.sum()), 1)
    recall = right / max(int(wanted.sum()), 1)
    return CutQuality(precision, recall, 2 * right / max(int(found.sum() + wanted.sum()), 1))


def confusion_matrix(scores: Floats, labels: Floats, cut: float, high: float) -> list[list[int]]:
    """Documents by label (rows) and score (columns).

    Args:
        scores: float64[n].
        labels: float64[n].
        cut: As in :func:`passing`; probabilities are counted on its two sides.
        high: Highest label; for grades the matrix has ``high + 1`` rows.
    """
    if cut < 1.0:
        size = 2
        columns, rows = passing(scores, cut).astype(int), passing(labels, cut).astype(int)
    else:
        size = int(high) + 1
        columns, rows = np.rint(scores).astype(int), np.rint(labels).astype(int)
    counts = np.bincount(rows * size + columns, minlength=size * size)
    return [[int(count) for count in row] for row in counts.reshape(size, size)]


def calibration_table(scores: Floats, labels: Floats) -> list[dict[str, Any]]:
    """Mean score beside mean label in up to ten bins of equally many documents, rising.

    Args:
        scores: float64[n].
        labels: float64[n].

    Returns:
        ``documents``, ``mean_score`` and ``mean_label`` of each bin that holds a document.
    """
    edges = np.quantile(scores, np.linspace(0.0, 1.0, CALIBRATION_BINS + 1))
    bins = np.clip(np.searchsorted(edges, scores, side="right") - 1, 0, CALIBRATION_BINS - 1)
    return [
        {
            "documents": int((bins == number).sum()),
            "mean_score": float(scores[bins == number].mean()),
            "mean_label": float(labels[bins == number].mean()),
        }
        for number in range(CALIBRATION_BINS)
        if (bins == number).any()
    ]


def evaluation(
    scores: Floats, labels: Floats, languages: npt.NDArray[np.object_], cut: float, high: float
) -> dict[str, Any]:
    """Everything a model's card says about documents that it has not seen.

    Args:
        scores: float64[n], calibrated, without NaN.
        labels: float64[n].
        languages: object[n] of ISO 639-1 codes, None where unknown.
        cut: The cut that F1 is about.
        high: Highest label.
    """
    named = sorted({str(code) for code in languages if code})
    return {
        "documents": len(scores),
        "rmse": float(np.sqrt(np.mean((scores - labels) ** 2))),
        "cut": cut,
        **cut_quality(scores, labels, cut)._asdict(),
        "confusion_matrix": confusion_matrix(scores, labels, cut, high),
        "calibration_table": calibration_table(scores, labels),
        "languages": {
            code: {
                "documents": int((languages == code).sum()),
                **cut_quality(scores[languages == code], labels[languages == code], cut)._asdict(),
            }
            for code in named
        },
    }
