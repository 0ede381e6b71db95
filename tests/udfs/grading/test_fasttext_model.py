from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fasttext_writer import Model, write_fasttext
from tests.udfs.grading.fasttext_cases import FIVE, GOLDEN, MODELS, TEXTS, TWO
from udfs.grading.fasttext_file import open_fasttext_file
from udfs.grading.fasttext_model import (
    KIND,
    MODEL_NAME,
    FastTextCard,
    FastTextModel,
    huffman_sides,
    open_fasttext,
)
from udfs.learning.model_folder import file_digest, write_description

TOLD_TOO_HIGH = 1e-5  # by which fastText itself tells a probability; of a tree at each of its nodes


def opened(path: Path, model: Model) -> FastTextModel:
    grades = {name: 5.0 * place for place, name in enumerate(reversed([*model.labels]))}
    return FastTextModel(
        open_fasttext_file(write_fasttext(path / "m.bin", model)), FastTextCard(grades), ""
    )


@pytest.mark.parametrize("name", MODELS)
def test_probabilities_are_fasttexts(name: str, tmp_path: Path) -> None:
    model = MODELS[name]
    found = opened(tmp_path, model).probabilities(pa.array(TEXTS))
    assert len(GOLDEN[name]) == len(TEXTS)
    nodes = len(FIVE) if model.loss == "hs" else 1
    for text, row, wanted in zip(TEXTS, found.tolist(), GOLDEN[name], strict=True):
        expected = [np.nan] * len(model.labels) if wanted is None else wanted
        assert row == pytest.approx(expected, abs=nodes * TOLD_TOO_HIGH + 2e-6, nan_ok=True), text
        if wanted is not None:
            assert sum(row) == pytest.approx(1.0, abs=1e-9)


def test_a_grade_is_the_mean_of_the_classes_by_their_probabilities(tmp_path: Path) -> None:
    model = opened(tmp_path, MODELS["bigrams"])
    texts = pa.array(TEXTS)
    grades = model.predict(texts)
    assert grades.dtype == np.float32
    assert grades.tolist() == pytest.approx(5.0 * model.probabilities(texts)[:, 0], abs=1e-6)


def test_texts_without_a_word_have_no_grade_though_fasttext_grades_the_end_of_their_line(
    tmp_path: Path,
) -> None:
    texts = pa.array(["", None, " \t\n", "</s> the water", "__label__hq", "a"])
    grades = opened(tmp_path, MODELS["bigrams"]).predict(texts)
    assert np.isnan(grades).tolist() == [True, True, True, True, True, False]
    assert len(opened(tmp_path, MODELS["bigrams"]).predict(pa.array([], pa.string()))) == 0


def test_line_breaks_are_blanks(tmp_path: Path) -> None:
    model = opened(tmp_path, MODELS["characters"])
    one, two = model.predict(
        pa.array(["the water law of\nthe water", "the water law of the water"])
    )
    assert one == two


@given(texts=st.lists(st.text(st.sampled_from("the </s>水é\n\x00"), max_size=40), max_size=6))
def test_a_grade_depends_on_its_text_alone(
    texts: list[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    model = opened(tmp_path_factory.mktemp("model"), MODELS["pruned"])
    together = model.predict(pa.array(["before", *texts], pa.large_string())[1:])
    alone = [model.predict(pa.array([text]))[0] for text in texts]
    assert np.array_equal(together, np.array(alone, np.float32), equal_nan=True)
    known = together[~np.isnan(together)]
    assert ((known >= 0) & (known <= 5)).all()


def test_the_tree_is_huffmans_and_its_leaves_share_one() -> None:
    assert huffman_sides((40, 9, 9, 5, 1)) == [(4, 3), (5, 2), (1, 6), (7, 0)]
    assert huffman_sides((3, 3)) == [(1, 0)]


def folder_of(folder: Path, model: Model, **described: object) -> Path:
    path = write_fasttext(folder / MODEL_NAME, model)
    card = {
        "classes": {"__label__hq": 5.0, "__label__cc": 0.0},
        "languages": ["en"],
        "training": {},
        "digests": {MODEL_NAME: file_digest(path)},
    }
    write_description(folder, KIND, card | described)
    return folder


def test_a_digest_is_of_weights_and_of_what_the_classes_are_worth(tmp_path: Path) -> None:
    model = MODELS["bigrams"]
    other = {"classes": {"__label__hq": 0.0, "__label__cc": 5.0}}
    digests = [
        open_fasttext(folder_of(tmp_path / "a", model)).digest,
        open_fasttext(folder_of(tmp_path / "b", model)).digest,
        open_fasttext(folder_of(tmp_path / "c", replace(model, seed=99))).digest,
        open_fasttext(folder_of(tmp_path / "d", model, **other)).digest,
    ]
    assert digests[0] == digests[1]
    assert len(set(digests)) == 3


@pytest.mark.parametrize(
    ("described", "fault"),
    [
        ({"classes": {"hq": 5.0, "cc": 0.0}}, "grades cc, hq, the model has the labels"),
        ({"classes": ["hq", "cc"]}, "is not complete"),
        ({"digests": {}}, "is not complete"),
        ({"digests": {MODEL_NAME: "0" * 64}}, "is truncated or of another model"),
    ],
)
def test_a_folder_that_does_not_fit_its_card_is_refused(
    described: dict[str, object], fault: str, tmp_path: Path
) -> None:
    folder = folder_of(tmp_path, Model(["</s>", "a"], TWO), **described)
    with pytest.raises(ValueError, match=fault):
        open_fasttext(folder)


def test_a_folder_without_its_model_is_refused(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, MODELS["words"])
    (folder / MODEL_NAME).unlink()
    with pytest.raises(ValueError, match="copy the whole model folder"):
        open_fasttext(folder)
