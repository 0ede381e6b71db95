"""Pairs ``xx.arpa.bin`` and ``xx.sp.model``: the form in which CCNet and edugp/kenlm publish models."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Final

import numpy as np

from udfs.perplexity.model import LanguageModel, ModelFile, PerplexityModel, file_entry

MODEL_ENDING: Final = ".arpa.bin"
PIECES_ENDING: Final = ".sp.model"
# A model knows all pieces of its own sentencepiece model that its training text held; that of another
# language shares the ASCII letters and little else.
_LEAST_KNOWN: Final = 0.5
_LANGUAGE: Final = re.compile(r"[a-z]{2,3}")

Pair = tuple[str, Path, Path]


def find_pairs(path: Path) -> list[Pair]:
    """(language, language model, sentencepiece model) of each pair.

    Args:
        path: A folder, or the language model of one pair; need not exist.

    Returns:
        The pairs by language; empty if there is no file of such a name.

    Raises:
        ValueError: A language model lacks its sentencepiece model, or is not named by a language.
    """
    candidates = sorted(path.iterdir()) if path.is_dir() else [path]
    pairs: list[Pair] = []
    for model in candidates:
        if not model.name.endswith(MODEL_ENDING) or not model.is_file():
            continue
        language = model.name.removesuffix(MODEL_ENDING)
        pieces = model.with_name(language + PIECES_ENDING)
        if not pieces.is_file():
            raise ValueError(
                f"{model} has no {pieces.name} beside it: a published model is a pair xx.arpa.bin and "
                "xx.sp.model; copy the other half too"
            )
        if not _LANGUAGE.fullmatch(language):
            raise ValueError(
                f"{model.name} does not tell its language: name the pair by its code, e.g. "
                f"en{MODEL_ENDING} and en{PIECES_ENDING}"
            )
        pairs.append((language, model, pieces))
    return pairs


def read_pairs(pairs: list[Pair], *, verify: bool) -> PerplexityModel:
    """Describe pairs as one model folder.

    Args:
        pairs: Of ``find_pairs``; at least one.
        verify: True reads and opens all files, and checks that each pair belongs together. False
            takes names and sizes for digests: in each worker.

    Raises:
        ValueError: A file cannot be read, or the two of a pair do not belong together.
    """
    describe = file_entry if verify else _listed
    languages: dict[str, tuple[LanguageModel, ...]] = {
        language: (LanguageModel(None, describe(model), describe(pieces)),)
        for language, model, pieces in pairs
    }
    facts = repr([(language, models[0]) for language, models in sorted(languages.items())])
    digest = hashlib.sha256(facts.encode()).hexdigest()
    model = PerplexityModel(pairs[0][1].parent, digest, 1, languages)
    if verify:
        for language, (one,) in languages.items():
            _check_pair(model, one, language)
    return model


def _listed(path: Path) -> ModelFile:
    return ModelFile(path.name, path.stat().st_size, "")


def _check_pair(model: PerplexityModel, one: LanguageModel, language: str) -> None:
    tokens = model.open_pieces(one)
    assert tokens is not None
    data = "".join(f"{piece} " for piece in tokens.pieces).encode()
    numbers = np.frombuffer(data, np.uint8)
    scores = model.open_scorer(one).score(numbers, np.array([0, len(data)], np.int64))
    known = 1 - int(scores.unknown[0]) / max(len(tokens.pieces), 1)
    if known < _LEAST_KNOWN:
        assert one.pieces is not None
        raise ValueError(
            f"{one.model.name} knows {known:.0%} of the pieces of {one.pieces.name}, at least "
            f"{_LEAST_KNOWN:.0%} are wanted: one of the two is of another language or release than "
            f"{language}; give the two files that were published together"
        )
