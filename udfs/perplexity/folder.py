"""Reading a folder of perplexity models and making sure that it can be used.

``model.json`` says everything about models that ``corpusmill train-perplexity`` wrote. A folder
without it may hold pairs ``xx.arpa.bin`` and ``xx.sp.model``, as CCNet and edugp/kenlm publish them.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any, Final

from udfs.perplexity.model import LanguageModel, ModelFile, PerplexityModel, sha256
from udfs.perplexity.sentencepiece_pairs import find_pairs, read_pairs
from udfs.perplexity.tokens import TOKEN_SCHEME

MODEL_CARD: Final = "model.json"
MODEL_FORMAT: Final = "corpusmill-perplexity"
FORMAT_VERSION: Final = 2


def read_model(path: str | Path, *, verify: bool = True) -> PerplexityModel:
    """Read a model folder and make sure that it can be used.

    Args:
        path: Local folder with model.json or with pairs, or the ``xx.arpa.bin`` of one pair.
        verify: True also compares digests and opens every model, which reads all bytes: once before
            a run. False compares sizes only: in each worker.

    Raises:
        ValueError: Folder, card or a file is missing, truncated, changed, of another version or of
            another token scheme; or the files of a pair do not belong together.
    """
    path = Path(path)
    if not (path / MODEL_CARD).exists() and (pairs := find_pairs(path)):
        return read_pairs(pairs, verify=verify)
    return _read_card(path, verify=verify)


def _read_card(folder: Path, *, verify: bool) -> PerplexityModel:
    card_path = folder / MODEL_CARD
    try:
        raw = card_path.read_bytes()
    except OSError as error:
        raise ValueError(
            f"no perplexity model in {folder}: {MODEL_CARD} cannot be read ({error.strerror}); train "
            "models with `corpusmill train-perplexity`, or give the folder that holds them or pairs "
            "xx.arpa.bin and xx.sp.model"
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
            _check_file(model, one, verify=verify)
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
    fold, file = entry["held_out_fold"], ModelFile(**entry["model"])
    if Path(file.name).name != file.name:
        raise TypeError(f"{file.name!r} is no file name inside the folder")
    return LanguageModel(None if fold is None else int(fold), file)


def _check_file(model: PerplexityModel, one: LanguageModel, *, verify: bool) -> None:
    file = one.model
    path = model.folder / file.name
    size = path.stat().st_size if path.is_file() else None
    if size != file.size:
        state = "is missing" if size is None else f"has {size} bytes instead of {file.size}"
        raise ValueError(f"perplexity model file {path} {state}; copy it again or train again")
    if verify:
        if sha256(path) != file.sha256:
            raise ValueError(
                f"perplexity model file {path} was changed (its sha256 is not the one in "
                f"{MODEL_CARD}); copy it again or train again"
            )
        model.open_scorer(one)
