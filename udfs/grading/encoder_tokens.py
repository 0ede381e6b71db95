"""Texts as windows of token ids for an encoder, and how much of a text its vocabulary can spell."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import stopwordsiso

MOST_UNKNOWN: Final = 0.2
"""Share of a text's characters inside unknown tokens above which an encoder cannot read it: an English
WordPiece vocabulary makes [UNK] of 72 % of Han characters, and grades what is left."""
CHARACTERS_PER_TOKEN: Final = 8
"""More than real tokens have: what is cut by characters first still fills a window."""
WINDOWS: Final = 3


class TextWindows(NamedTuple):
    """One text as an encoder reads it.

    Attributes:
        windows: One or three lists of token ids with the special tokens; none for a text that has no
            token.
        unknown: 0..1, characters inside unknown tokens among those of all tokens.
    """

    windows: list[list[int]]
    unknown: float


class WindowTokeniser:
    """A Hugging Face ``tokenizer.json`` and the rule by which a text becomes windows.

    A text that fits is one window. Of a longer one the head, the middle and the tail are read, each a
    whole window, and the text's score is the mean of the three: the beginning of a page is its title
    and its menu, the end its comments. A text of more than three windows of ``CHARACTERS_PER_TOKEN``
    characters a token is cut there first, so that a book is not tokenised for 768 tokens.

    Args:
        path: The file.
        max_tokens: Length of a window with its special tokens.

    Raises:
        ValueError: If the file is missing or no tokenizer, or the package ``tokenizers`` is.
    """

    def __init__(self, path: Path, max_tokens: int) -> None:
        content = _read(path)
        self._tokeniser = _load(path, content)
        self._unknown_id = _unknown_id(self._tokeniser, content)
        self.vocabulary_size = int(self._tokeniser.get_vocab_size())
        # A page that spells [SEP] would end there for the encoder. Pickle and JSON lose this setting.
        self._tokeniser.encode_special_tokens = True
        self._tokeniser.no_truncation()
        self._tokeniser.no_padding()
        plain = self._tokeniser.encode("1", add_special_tokens=False).ids
        framed = self._tokeniser.encode("1", add_special_tokens=True).ids
        start = next(
            (place for place in range(len(framed)) if framed[place : place + len(plain)] == plain),
            0,
        )
        self._prefix, self._suffix = framed[:start], framed[start + len(plain) :]
        self._room = max_tokens - len(self._prefix) - len(self._suffix)
        if self._room < 1:
            raise ValueError(
                f"windows of {max_tokens} tokens leave no room beside the special tokens of {path}:"
                " give at least 16"
            )

    def windows(self, text: str) -> TextWindows:
        """Cut a text into windows of token ids."""
        room, piece = self._room, CHARACTERS_PER_TOKEN * self._room
        if len(text) > WINDOWS * piece:
            middle = (len(text) - piece) // 2
            pieces = [text[:piece], text[middle : middle + piece], text[-piece:]]
        else:
            pieces = [text]
        encodings = [self._tokeniser.encode(part, add_special_tokens=False) for part in pieces]
        if not any(encoding.ids for encoding in encodings):
            return TextWindows([], 0.0)
        if len(encodings) == 1 and len(encodings[0].ids) <= room:
            spans = [(encodings[0], 0)]
        else:
            first, central, last = encodings if len(encodings) == WINDOWS else encodings * WINDOWS
            spans = [
                (first, 0),
                (central, max(0, (len(central.ids) - room) // 2)),
                (last, max(0, len(last.ids) - room)),
            ]
        windows = [
            [*self._prefix, *encoding.ids[start : start + room], *self._suffix]
            for encoding, start in spans
        ]
        return TextWindows(windows, self._unknown_share(spans))

    def unknown_share(self, text: str) -> float:
        """Characters inside unknown tokens among those of all tokens of a text's windows, 0..1."""
        return self.windows(text).unknown

    def _unknown_share(self, spans: Sequence[tuple[Any, int]]) -> float:
        unknown = total = 0
        for encoding, start in spans:
            stop = start + self._room
            pairs = zip(encoding.ids[start:stop], encoding.offsets[start:stop], strict=True)
            for token, (begin, end) in pairs:
                total += end - begin
                unknown += (end - begin) * (token == self._unknown_id)
        return unknown / max(total, 1)


def refuse_unreadable(tokeniser: WindowTokeniser, language: str, sample: str, origin: str) -> None:
    """Refuse a vocabulary that cannot spell a language.

    Args:
        tokeniser: The vocabulary.
        language: ISO 639-1 code, for the message.
        sample: Text of the language; cut to windows as any text.
        origin: The model, for the message.

    Raises:
        ValueError: If over ``MOST_UNKNOWN`` of the sample's characters are unknown.
    """
    share = tokeniser.unknown_share(sample)
    if share > MOST_UNKNOWN:
        raise ValueError(
            f"model {origin}: {share:.0%} of the characters of {language!r} text are unknown to its"
            f" vocabulary, wanted at most {MOST_UNKNOWN:.0%}: its grades would be of what is left."
            f" Give an encoder whose vocabulary covers {language!r}, or leave that language to the"
            " linear model"
        )


def language_sample(language: str) -> str:
    """Words of a language to try a vocabulary on: its stop words, "" where none are known."""
    if not stopwordsiso.has_lang(language):
        return ""
    return " ".join(sorted(stopwordsiso.stopwords(language)))


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ValueError(
            f"tokenizer {path} cannot be read ({error.strerror}): an encoder folder needs model.onnx"
            " and tokenizer.json"
        ) from error


def _load(path: Path, content: bytes) -> Any:
    try:
        import tokenizers
    except ImportError as error:
        raise ValueError(
            f"{path} needs the package tokenizers ({error}): pip install 'corpusmill[grader]'"
        ) from error
    try:
        return tokenizers.Tokenizer.from_str(content.decode("utf-8"))
    except Exception as error:  # the package raises bare Exception
        raise ValueError(
            f"tokenizer {path} cannot be used ({error}): it is truncated, or written by a newer"
            f" version than tokenizers {tokenizers.__version__}; copy the folder again"
        ) from error


def _unknown_id(tokeniser: Any, content: bytes) -> int | None:
    model = json.loads(content)["model"]
    if isinstance(model.get("unk_id"), int):  # unigram
        return int(model["unk_id"])
    token = model.get("unk_token")
    found = tokeniser.token_to_id(token) if token else None
    return None if found is None else int(found)
