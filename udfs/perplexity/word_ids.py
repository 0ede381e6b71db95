"""Token lines -> word ids with sentence marks, which is what n-gram counting reads."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from udfs.perplexity.arpa_file import SPECIAL_WORDS
from udfs.perplexity.kneser_ney import BEGIN_ID, END_ID, FIRST_WORD_ID
from udfs.perplexity.vocabulary import number_hashes, token_hashes

_LINE_FEED = 0x0A


class Vocabulary(NamedTuple):
    """The words of a model.

    Attributes:
        words: large_string[words]; index = word id; ``<unk> <s> </s>`` and then the words by bytes.
        hashes: uint64[words - 3], sorted.
        ids: int32[words - 3], the word id of each hash.
    """

    words: pa.Array
    hashes: npt.NDArray[np.uint64]
    ids: npt.NDArray[np.int32]


def distinct_words(data: npt.NDArray[np.uint8]) -> list[bytes]:
    """Each different token once.

    Args:
        data: uint8[bytes] as in ``TokenLines.data``.

    Returns:
        The tokens, in the order of their hashes.
    """
    stops = np.flatnonzero(data <= 0x20)
    _, tokens = np.unique(token_hashes(data, len(stops)), return_index=True)
    starts = np.concatenate([[0], stops[:-1] + 1])[tokens] if len(tokens) else stops
    text = data.tobytes()
    return [
        text[start:stop]
        for start, stop in zip(starts.tolist(), stops[tokens].tolist(), strict=True)
    ]


def build_vocabulary(words: set[bytes]) -> Vocabulary:
    """Number the words by their bytes: the same words get the same ids whatever the order they came in.

    Args:
        words: Tokens as UTF-8. Two words of one 64-bit hash (odds of 1e-7 for two million words)
            become one.

    Returns:
        The vocabulary.
    """
    ordered = sorted(words)
    data = np.frombuffer(b" ".join(ordered) + b" ", np.uint8) if ordered else np.empty(0, np.uint8)
    hashes, positions = np.unique(token_hashes(data, len(ordered)), return_index=True)
    kept = np.sort(positions)
    ids = np.searchsorted(kept, positions).astype(np.int32) + np.int32(FIRST_WORD_ID)
    texts = [*SPECIAL_WORDS, *(ordered[position].decode() for position in kept.tolist())]
    return Vocabulary(pa.array(texts, pa.large_string()), hashes, ids)


def encode_lines(
    data: npt.NDArray[np.uint8], hashes: npt.NDArray[np.uint64], ids: npt.NDArray[np.int32]
) -> npt.NDArray[np.int32]:
    """Word ids of token lines, each line between the ids of ``<s>`` and ``</s>``.

    Args:
        data: uint8[bytes] as in ``TokenLines.data``.
        hashes: uint64[words], ``Vocabulary.hashes``; holds every token of ``data``.
        ids: int32[words], ``Vocabulary.ids``.

    Returns:
        int32[tokens + 2 * lines].

    Raises:
        ValueError: A token is not in the vocabulary.
    """
    separators = data[data <= 0x20]
    found = token_hashes(data, len(separators))
    places = np.minimum(np.searchsorted(hashes, found), max(len(hashes) - 1, 0))
    if len(found) and not np.array_equal(hashes[places], found):
        raise ValueError(
            "a token of the training text is not in its vocabulary: the text changed between two "
            "reads; train again on a text that stays as it is"
        )
    return _between_marks(ids[places], separators)


def number_words(data: npt.NDArray[np.uint8]) -> tuple[pa.Array, npt.NDArray[np.int32]]:
    """The vocabulary of a text, and the text in its ids: what the functions above give of a whole text.

    Args:
        data: uint8[bytes] as in ``TokenLines.data``.

    Returns:
        ``Vocabulary.words``, and what ``encode_lines`` returns.
    """
    stops = np.flatnonzero(data <= 0x20)
    numbers, first = number_hashes(token_hashes(data, len(stops)))
    ends = stops[first]
    starts = np.where(first > 0, stops[first - 1] + 1, 0)
    text = data.tobytes()
    words = [text[a:b] for a, b in zip(starts.tolist(), ends.tolist(), strict=True)]
    order = sorted(range(len(words)), key=words.__getitem__)
    ids = np.empty(len(words), np.int32)
    ids[order] = np.arange(FIRST_WORD_ID, FIRST_WORD_ID + len(words))
    texts = [*SPECIAL_WORDS, *(words[number].decode() for number in order)]
    return pa.array(texts, pa.large_string()), _between_marks(ids[numbers], data[stops])


def _between_marks(
    ids: npt.NDArray[np.int32], separators: npt.NDArray[np.uint8]
) -> npt.NDArray[np.int32]:
    """Put each line between ``<s>`` and ``</s>``; a separator stands behind each token."""
    last = separators == _LINE_FEED
    lines_before = np.cumsum(last) - last
    positions = np.arange(len(ids)) + 1 + 2 * lines_before
    encoded = np.full(len(ids) + 2 * int(last.sum()), BEGIN_ID, np.int32)
    encoded[positions] = ids
    encoded[positions[last] + 1] = END_ID
    return encoded
