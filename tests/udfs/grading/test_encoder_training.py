from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from tests.tiny_encoder import CHINESE, write_export
from udfs.grading.encoder_model import open_encoder
from udfs.grading.encoder_training import encoder_card, save_encoder, train_encoder
from udfs.learning.labelled_texts import LabelledTexts


def labelled_letters(rows: int = 300, language: str = "en") -> LabelledTexts:
    """Texts whose grade is the share of one letter: what a bag of random vectors can tell."""
    generator = np.random.default_rng(8)
    grades = generator.integers(0, 6, rows)
    texts = [
        "".join(generator.permutation(list("q" * (4 * grade) + "abcdefgh"[: 8 - grade] * 3)))
        for grade in grades
    ]
    spaced = [" ".join(text) for text in texts]
    return LabelledTexts.prepare(
        pa.array(spaced), grades, (0.0, 5.0), None, pa.array([language] * rows)
    )


@pytest.mark.parametrize("classifier", [True, False], ids=["graph with a head", "head of our own"])
def test_an_encoder_is_trained_saved_and_opened_with_the_same_grades(
    classifier: bool, tmp_path: Path
) -> None:
    source = tmp_path / "export"
    write_export(source, classifier=classifier)
    labelled = labelled_letters()
    model, grades = train_encoder(labelled, source, 64)
    card = encoder_card(model, grades, labelled)
    save_encoder(model, card, source, tmp_path / "grader")
    opened = open_encoder(tmp_path / "grader")
    assert opened.predict(labelled.texts) == pytest.approx(grades, abs=1e-5)
    assert opened.card.languages == ("en",)
    test = card.training["test"]
    assert test["documents"] == card.training["documents_test"]
    if not classifier:  # a random head can only be calibrated
        assert test["rmse"] < 0.6 * test["rmse_of_mean"]
        assert test["f1"] > 0.85


def test_an_encoder_that_cannot_spell_the_documents_is_refused(tmp_path: Path) -> None:
    write_export(tmp_path)
    labelled = labelled_letters()
    chinese = dataclasses.replace(
        labelled,
        texts=pa.array([CHINESE] * len(labelled.texts)),
        languages=np.full(len(labelled.texts), "zh", np.object_),
    )
    with pytest.raises(ValueError, match="100% of the characters of 'zh' text are unknown"):
        train_encoder(chinese, tmp_path, 64)


def test_a_window_longer_than_the_graph_reads_is_refused(tmp_path: Path) -> None:
    write_export(tmp_path)
    with pytest.raises(ValueError, match="cannot be run on a window of 65 tokens"):
        train_encoder(labelled_letters(), tmp_path, 65)
