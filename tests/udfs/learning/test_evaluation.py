from __future__ import annotations

import numpy as np
import pytest

from udfs.learning.evaluation import (
    calibration_table,
    confusion_matrix,
    cut_quality,
    evaluation,
    passing,
)

LABELS = np.array([0.0, 1.0, 2.0, 3.0, 5.0])
SCORES = np.array([0.2, 1.6, 1.4, 3.1, 4.6])


def test_f1_is_that_of_documents_at_or_above_the_rounded_cut() -> None:
    quality = cut_quality(SCORES, LABELS, 2.0)
    assert quality == pytest.approx((2 / 3, 2 / 3, 2 / 3))
    assert cut_quality(LABELS, LABELS, 2.0) == (1.0, 1.0, 1.0)
    assert cut_quality(np.zeros(5), LABELS, 2.0) == (0.0, 0.0, 0.0)


def test_grades_are_rounded_and_probabilities_are_not() -> None:
    assert passing(np.array([1.49, 1.5, np.nan]), 2.0).tolist() == [False, True, False]
    assert passing(np.array([0.49, 0.5, np.nan]), 0.5).tolist() == [False, True, False]


def test_the_confusion_matrix_counts_labels_in_rows() -> None:
    matrix = confusion_matrix(SCORES, LABELS, 2.0, 5.0)
    assert [sum(row) for row in matrix] == [1, 1, 1, 1, 0, 1]
    assert (matrix[1][2], matrix[2][1], matrix[5][5]) == (1, 1, 1)
    assert confusion_matrix(np.array([0.1, 0.9]), np.array([0.0, 1.0]), 0.5, 1.0) == [
        [1, 0],
        [0, 1],
    ]


def test_a_calibrated_score_equals_the_mean_label_of_its_bin() -> None:
    scores = np.repeat(np.linspace(0, 5, 10), 20)
    table = calibration_table(scores, scores)
    assert sum(line["documents"] for line in table) == 200
    assert all(line["mean_score"] == line["mean_label"] for line in table)


def test_an_evaluation_tells_languages_apart() -> None:
    languages = np.array(["en", "en", "zh", "zh", None], np.object_)
    facts = evaluation(SCORES, LABELS, languages, 2.0, 5.0)
    assert facts["documents"] == 5
    assert facts["languages"]["en"]["documents"] == 2
    assert facts["languages"]["zh"]["recall"] == 0.5
    assert facts["rmse"] == pytest.approx((0.93 / 5) ** 0.5)
