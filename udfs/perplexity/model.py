"""A checked folder of perplexity models: which model judges a document, one open model a worker.

A document is scored by the model that was not trained on its fold, so that text never looks familiar
because it was learnt by heart. ``udfs.perplexity.folder`` reads the folder.
"""

from __future__ import annotations

import functools
import hashlib
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from udfs.perplexity.ngram_scoring import LineScorer, open_line_scorer
from udfs.perplexity.sentencepiece_tokens import SentencepieceTokens

AT_REST_SECONDS: Final = 10.0
"""Since its last change, from which a file's times tell whether it was changed again: clocks of file
systems, and of the machines that serve them, tell seconds apart at worst."""


@dataclass(frozen=True)
class ModelFile:
    """One file of the folder, with what is needed to know it again."""

    name: str
    size: int  # bytes
    sha256: str


@dataclass(frozen=True)
class LanguageModel:
    """One model of a language.

    Attributes:
        held_out_fold: The fold it did not see; None if it saw all, or is somebody else's.
        model: kenlm binary or ARPA.
        pieces: The sentencepiece model that its tokens come from; None: ``udfs.perplexity.tokens``.
    """

    held_out_fold: int | None
    model: ModelFile
    pieces: ModelFile | None = None


@dataclass(frozen=True)
class PerplexityModel:
    """A checked model folder; small, and may be sent to workers.

    Attributes:
        folder: Where the files are; use ``dataclasses.replace`` where a worker sees another path.
        digest: sha256 that changes with any file.
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

    def open_scorer(self, model: LanguageModel) -> LineScorer:
        """The open model, one a process.

        Raises:
            ValueError: The file cannot be read.
        """
        return _open_scorer(self.folder / model.model.name, model.model.sha256)

    def open_pieces(self, model: LanguageModel) -> SentencepieceTokens | None:
        """The open sentencepiece model, one a process; None if the model has none.

        Raises:
            ValueError: The file cannot be read, or sentencepiece is not installed.
        """
        if model.pieces is None:
            return None
        return _open_pieces(self.folder / model.pieces.name, model.pieces.sha256)


def file_entry(path: Path) -> ModelFile:
    """Describe a file, reading all of it."""
    return ModelFile(path.name, path.stat().st_size, sha256(path))


def sha256(path: Path) -> str:
    """Hexadecimal digest of a file; read once a process while the file stays as it is."""
    state = path.stat()
    if time.time() - max(state.st_mtime, state.st_ctime) < AT_REST_SECONDS:
        return _sha256(path)
    return _sha256_at_rest(path, state.st_ino, state.st_size, state.st_mtime_ns, state.st_ctime_ns)


@functools.cache
def _sha256_at_rest(path: Path, *state: int) -> str:  # noqa: ARG001 - part of the cache's key
    return _sha256(path)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@functools.cache
def _open_scorer(path: Path, digest: str) -> LineScorer:  # noqa: ARG001 - part of the cache's key
    return open_line_scorer(path)


@functools.cache
def _open_pieces(path: Path, digest: str) -> SentencepieceTokens:  # noqa: ARG001
    return SentencepieceTokens(path)
