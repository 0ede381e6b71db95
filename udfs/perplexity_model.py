"""The folder of perplexity models: what lies in it, checked reading, one open model a worker.

``model.json`` says everything; beside it lie, for each language and fold, the model (kenlm binary or
ARPA) and the hashes of its words. A document is scored by the model that was not trained on its
fold, so that text never looks familiar because it was learnt by heart.
"""

from __future__ import annotations

import functools
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from udfs.kenlm_binary import load
from udfs.perplexity_tokens import TOKEN_SCHEME

MODEL_CARD: Final = "model.json"
MODEL_FORMAT: Final = "corpusmill-perplexity"
FORMAT_VERSION: Final = 1


@dataclass(frozen=True)
class ModelFile:
    """One file of the folder, with what is needed to know it again."""

    name: str
    size: int  # bytes
    sha256: str


@dataclass(frozen=True)
class LanguageModel:
    """One trained model of a language.

    Attributes:
        held_out_fold: The fold it did not see; None if it saw all (reference text given by the user).
        model: kenlm binary or ARPA.
        vocabulary: uint64 table of ``udfs.perplexity_vocabulary.word_table``.
    """

    held_out_fold: int | None
    model: ModelFile
    vocabulary: ModelFile


@dataclass(frozen=True)
class PerplexityModel:
    """A checked model folder; small, and may be sent to workers.

    Attributes:
        folder: Where the files are; use ``dataclasses.replace`` where a worker sees another path.
        digest: sha256 of model.json, which holds the digests of all files.
        folds: 1 = one model a language for all documents.
        languages: Models by language code.
    """

    folder: Path
    digest: str
    folds: int
    languages: dict[str, tuple[LanguageModel, ...]]

    def model_for(self, language: str | None, fold: int) -> LanguageModel | None:
        """The model that may judge a document of this language and fold; None if there is none."""
        models = self.languages.get(language or "", ())
        if self.folds == 1:
            return models[0] if models else None
        return next((model for model in models if model.held_out_fold == fold), None)

    def open_scorer(self, model: LanguageModel) -> Any:
        """The ``kenlm.Model``, opened once a process."""
        return _open_scorer(self.folder / model.model.name, model.model.sha256)

    def open_vocabulary(self, model: LanguageModel) -> npt.NDArray[np.uint64]:
        """The memory-mapped table of word hashes, opened once a process."""
        return _open_vocabulary(self.folder / model.vocabulary.name, model.vocabulary.sha256)


def file_entry(path: Path) -> ModelFile:
    """Describe a file that was just written."""
    return ModelFile(path.name, path.stat().st_size, _sha256(path))


def read_model(folder: str | Path, *, verify: bool = True) -> PerplexityModel:
    """Read a model folder and make sure that it can be used.

    Args:
        folder: Local folder with model.json.
        verify: True also compares digests and opens every model, which reads all bytes: once before
            a run. False compares sizes only: in each worker.

    Raises:
        ValueError: Folder, card or a file is missing, truncated, changed, of another version or of
            another token scheme.
    """
    folder = Path(folder)
    card_path = folder / MODEL_CARD
    try:
        raw = card_path.read_bytes()
    except OSError as error:
        raise ValueError(
            f"no perplexity model in {folder}: {MODEL_CARD} cannot be read ({error.strerror}); train "
            "models with `corpusmill train-perplexity` or give the folder that holds them"
        ) from error
    try:
        card = json.loads(raw)
        _check_version(card, card_path)
        languages = {
            language: tuple(_language_model(entry) for entry in described["models"])
            for language, described in card["languages"].items()
        }
        folds = int(card["folds"])
    except (UnicodeDecodeError, json.JSONDecodeError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(
            f"{card_path} is damaged ({type(error).__name__}: {error}); restore it or train again"
        ) from error
    model = PerplexityModel(folder, hashlib.sha256(raw).hexdigest(), folds, languages)
    for models in languages.values():
        for one in models:
            _check_files(model, one, verify=verify)
    return model


def _check_version(card: dict[str, Any], path: Path) -> None:
    given = (card.get("format"), card.get("version"))
    if given != (MODEL_FORMAT, FORMAT_VERSION):
        raise ValueError(
            f"{path} is of format {given[0]!r} version {given[1]!r}; this version reads "
            f"{MODEL_FORMAT!r} version {FORMAT_VERSION}: train the models again"
        )
    if card.get("token_scheme") != TOKEN_SCHEME:
        raise ValueError(
            f"{path} was trained with the token scheme {card.get('token_scheme')}; this version "
            f"scores with {TOKEN_SCHEME}, so its perplexities would mean nothing: train again"
        )


def _language_model(entry: dict[str, Any]) -> LanguageModel:
    fold, files = (
        entry["held_out_fold"],
        [ModelFile(**entry[key]) for key in ("model", "vocabulary")],
    )
    for file in files:
        if Path(file.name).name != file.name:
            raise TypeError(f"{file.name!r} is no file name inside the folder")
    return LanguageModel(None if fold is None else int(fold), *files)


def _check_files(model: PerplexityModel, one: LanguageModel, *, verify: bool) -> None:
    for file in (one.model, one.vocabulary):
        path = model.folder / file.name
        size = path.stat().st_size if path.is_file() else None
        if size != file.size:
            state = "is missing" if size is None else f"has {size} bytes instead of {file.size}"
            raise ValueError(f"perplexity model file {path} {state}; copy it again or train again")
        if verify and _sha256(path) != file.sha256:
            raise ValueError(
                f"perplexity model file {path} was changed (its sha256 is not the one in "
                f"{MODEL_CARD}); copy it again or train again"
            )
    if verify:
        load(model.folder / one.model.name)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@functools.cache
def _open_scorer(path: Path, sha256: str) -> Any:  # noqa: ARG001 - part of the cache's key
    return load(path)


@functools.cache
def _open_vocabulary(path: Path, sha256: str) -> npt.NDArray[np.uint64]:  # noqa: ARG001
    return np.memmap(path, np.uint64, mode="r")
