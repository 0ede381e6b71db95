from __future__ import annotations

import dataclasses
import json
import pickle
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.perplexity_models import train_folder
from udfs.perplexity.folder import MODEL_CARD, read_model


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    animals = ["cat", "dog", "cow", "hen", "pig", "bat"]
    texts = [f"the {word} sat on the {word} mat" for word in animals]
    return train_folder(tmp_path_factory.mktemp("trained"), {"en": texts, "de": texts})


@pytest.fixture
def folder(trained: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(trained, tmp_path / "model"))


def test_model_of_the_other_fold_is_chosen(folder: Path) -> None:
    model = read_model(folder)
    assert sorted(model.languages) == ["de", "en"]
    chosen = [model.model_for("en", fold) for fold in (0, 1)]
    assert [one.held_out_fold for one in chosen if one is not None] == [0, 1]
    assert model.model_for("fr", 0) is None
    assert model.model_for(None, 0) is None


def test_one_model_serves_all_when_there_is_one_fold(tmp_path: Path) -> None:
    model = read_model(train_folder(tmp_path, {"en": ["a b c", "c d"]}, folds=1))
    assert model.model_for("en", 0) is model.languages["en"][0]


def test_model_is_opened_once_a_process_and_travels_to_workers(folder: Path) -> None:
    model = pickle.loads(pickle.dumps(read_model(folder)))
    one = model.model_for("en", 0)
    assert model.open_scorer(one) is model.open_scorer(one)
    line = np.frombuffer(b"the cat ", np.uint8), np.array([0, 8])
    moved = dataclasses.replace(model, folder=Path(shutil.copytree(folder, folder.parent / "b")))
    assert moved.open_scorer(one) is not model.open_scorer(one)
    assert moved.open_scorer(one).score(*line) == model.open_scorer(one).score(*line)


def cut(folder: Path, name: str) -> None:
    path = folder / name
    path.write_bytes(path.read_bytes()[:-7])


def flip(folder: Path, name: str) -> None:
    path = folder / name
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 2] ^= 1
    path.write_bytes(bytes(raw))


def change_card(folder: Path, **values: object) -> None:
    path = folder / MODEL_CARD
    path.write_text(json.dumps({**json.loads(path.read_text()), **values}))


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (shutil.rmtree, "no perplexity model in .*train-perplexity"),
        (lambda f: (f / MODEL_CARD).unlink(), r"model\.json cannot be read"),
        (lambda f: (f / MODEL_CARD).write_text("{"), "is damaged"),
        (lambda f: (f / MODEL_CARD).write_bytes(b"\xff"), "is damaged"),
        (lambda f: (f / MODEL_CARD).write_text("[]"), "is damaged"),
        (lambda f: change_card(f, languages={"en": {}}), "is damaged"),
        (lambda f: change_card(f, version=99), "version 99; this version reads"),
        (lambda f: change_card(f, format="other"), "format 'other'"),
        (lambda f: change_card(f, token_scheme={"name": "sentencepiece"}), "token scheme"),
        (lambda f: (f / "en.1.arpa.gz").unlink(), r"en\.1\.arpa\.gz is missing"),
        (lambda f: cut(f, "en.0.arpa.gz"), r"en\.0\.arpa\.gz has \d+ bytes instead of"),
        (lambda f: flip(f, "en.0.arpa.gz"), "was changed"),
    ],
)
def test_damaged_folder_is_refused_with_the_reason(
    folder: Path, damage: Callable[[Path], None], message: str
) -> None:
    damage(folder)
    with pytest.raises(ValueError, match=message):
        read_model(folder)


def test_files_outside_the_folder_are_refused(folder: Path) -> None:
    card = json.loads((folder / MODEL_CARD).read_text())
    card["languages"]["en"]["models"][0]["model"]["name"] = "../elsewhere"
    (folder / MODEL_CARD).write_text(json.dumps(card))
    with pytest.raises(ValueError, match="no file name inside the folder"):
        read_model(folder)
