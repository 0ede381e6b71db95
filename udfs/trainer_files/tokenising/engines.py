"""Texts of an Arrow column → token ids, by the package that gives them fastest.

Three packages, all optional and imported when needed: fastokens (Apache-2.0), tokenizers (Apache-2.0),
which sets the ids of a ``tokenizer.json``, and sentencepiece (Apache-2.0) for its own models.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Sequence
from typing import Any, Final, Literal, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from udfs.trainer_files.tokenising.han_runs import HanRuns, chinese_places, han_runs
from udfs.trainer_files.tokenising.sentencepiece_model import load_processor
from udfs.trainer_files.tokenising.tokeniser_file import TokeniserFile

EngineName = Literal["fastokens", "tokenizers", "sentencepiece"]
PACKAGES: Final = ("fastokens", "tokenizers", "sentencepiece")
_KEPT: Final = 2  # the fast engine and the one it is compared with


class TokenBatch(NamedTuple):
    """The token ids of a batch of texts.

    Attributes:
        ids: int32[tokens]; the texts' ids one after the other.
        offsets: int64[texts + 1]; text ``i`` has ``ids[offsets[i]:offsets[i + 1]]``.
    """

    ids: npt.NDArray[np.int32]
    offsets: npt.NDArray[np.int64]


class TokenEngine(Protocol):
    """What turns texts into ids; no token is put before or behind a text."""

    name: EngineName

    def encode(self, texts: Sequence[str]) -> TokenBatch:
        """Return the ids of each text."""
        ...


def load_engine(
    file: TokeniserFile, name: EngineName, *, special_tokens_in_text: bool
) -> TokenEngine:
    """Load a tokeniser into an engine, or return the one that this process loaded before.

    A vocabulary of 100,000 tokens takes the fast engine most of a second to load, and a command asks
    for it to check it, to write with it, and to show what was written. Threads may share an engine.

    Args:
        file: The tokeniser.
        name: The engine.
        special_tokens_in_text: A special token's spelling in a text becomes its id instead of the ids
            of its letters. Who can write a page could otherwise write the end of a document.

    Raises:
        ValueError: The engine's package is missing, or it refuses the tokeniser.
    """
    return _loaded(file, name, special_tokens_in_text)


@functools.lru_cache(maxsize=_KEPT)
def _loaded(file: TokeniserFile, name: EngineName, special_tokens_in_text: bool) -> TokenEngine:
    # A core belongs to one worker; an engine that starts threads would take the others' time.
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    os.environ.setdefault("RAYON_NUM_THREADS", "1")
    if name == "fastokens":
        return _Fastokens(file, special_tokens_in_text)
    if name == "tokenizers":
        return _Tokenizers(file, special_tokens_in_text)
    return _Sentencepiece(file, special_tokens_in_text)


class _Fastokens:
    name: EngineName = "fastokens"

    def __init__(self, file: TokeniserFile, special_tokens_in_text: bool) -> None:
        try:
            from fastokens import Tokenizer
        except ImportError as error:
            raise ValueError(
                "fastokens is not installed: pip install 'corpusmill[tokens]'"
            ) from error
        try:
            self._tokeniser = Tokenizer.from_json_str(file.content.decode("utf-8"))
        except ValueError as error:
            raise ValueError(f"fastokens refuses this tokeniser: {error}") from error
        self._tokeniser.no_truncation()
        self._split = not special_tokens_in_text
        self._content = file.content

    def encode(self, texts: Sequence[str]) -> TokenBatch:
        """Return the ids of each text."""
        places = chinese_places(texts)
        if not places or self._han_runs is None:
            return self._encode(texts)
        return TokenBatch(*self._han_runs.encode(texts, places, self._encode))

    @functools.cached_property
    def _han_runs(self) -> HanRuns | None:
        return han_runs(self._content)

    def _encode(self, texts: Sequence[str]) -> TokenBatch:
        ids, offsets = self._tokeniser.encode_batch_flat(
            list(texts), add_special_tokens=False, split_special_tokens=self._split
        )
        return TokenBatch(np.frombuffer(ids, "<i4"), np.frombuffer(offsets, "<i8"))


class _Tokenizers:
    name: EngineName = "tokenizers"

    def __init__(self, file: TokeniserFile, special_tokens_in_text: bool) -> None:
        try:
            from tokenizers import Tokenizer
        except ImportError as error:
            raise ValueError(
                "the package tokenizers is not installed: pip install 'corpusmill[tokens]'"
            ) from error
        try:
            self.tokeniser = Tokenizer.from_str(file.content.decode("utf-8"))
        except Exception as error:  # what the package raises has no class of its own
            raise ValueError(f"tokenizers cannot read this tokenizer.json: {error}") from error
        for spelling, number in file.special_tokens.items():
            found = self.tokeniser.token_to_id(spelling)
            if found != number:
                raise ValueError(
                    f"the tokenizer.json gives {spelling!r} the id {number}, but the package tokenizers, "
                    f"which counts added tokens on from the vocabulary, {found}: correct the file"
                )
        self.tokeniser.no_truncation()
        self.tokeniser.no_padding()
        self.tokeniser.encode_special_tokens = not special_tokens_in_text

    def encode(self, texts: Sequence[str]) -> TokenBatch:
        """Return the ids of each text."""
        found = self.tokeniser.encode_batch_fast(list(texts), add_special_tokens=False)
        return _joined([encoding.ids for encoding in found])


class _Sentencepiece:
    name: EngineName = "sentencepiece"

    def __init__(self, file: TokeniserFile, special_tokens_in_text: bool) -> None:
        if special_tokens_in_text:
            raise ValueError(
                "a SentencePiece model never reads its control tokens out of a text: leave "
                "--special-tokens-in-text out"
            )
        self._processor: Any = load_processor("the tokeniser", file.content)

    def encode(self, texts: Sequence[str]) -> TokenBatch:
        """Return the ids of each text."""
        return _joined(self._processor.encode(list(texts), out_type=int, num_threads=1))


def load_decoder(file: TokeniserFile) -> Callable[[Sequence[int]], str]:
    """Return what turns ids back into text, special tokens spelt out.

    Raises:
        ValueError: The package that reads the tokeniser is missing.
    """
    if file.kind == "sentencepiece":
        processor = load_processor("the tokeniser", file.content)
        return lambda ids: str(processor.decode([int(number) for number in ids]))
    engine: Any = load_engine(file, "tokenizers", special_tokens_in_text=False)
    return lambda ids: str(engine.tokeniser.decode(list(map(int, ids)), skip_special_tokens=False))


def _joined(lists: Sequence[Sequence[int]]) -> TokenBatch:
    offsets = np.zeros(len(lists) + 1, np.int64)
    np.cumsum([len(ids) for ids in lists], out=offsets[1:])
    ids = np.empty(int(offsets[-1]), np.int32)
    for place, found in enumerate(lists):
        ids[offsets[place] : offsets[place + 1]] = found
    return TokenBatch(ids, offsets)
