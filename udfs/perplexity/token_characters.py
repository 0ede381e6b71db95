"""Unicode tables of the perplexity token scheme: what a character becomes, and what kind it then is."""

from __future__ import annotations

import functools
import unicodedata
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from udfs.columns.kept_arrays import kept_arrays, state_of
from udfs.text.character_classes import (
    COMPOSABLE,
    CONTROL,
    DIGIT,
    JOINER,
    UNSPACED,
    WHITESPACE,
    WORD,
    CharacterTables,
    character_tables,
)

SYMBOL: Final = 0  # a token of its own: punctuation, symbols, unassigned
WORDLIKE: Final = 1  # goes on with the word before it
SINGLE: Final = 2  # one character of an unspaced script: a token of its own
SPACE: Final = 3  # ends a word
LINE_BREAK: Final = 4  # ends a line, which is a sentence for the model
DROPPED: Final = 5  # format characters (soft hyphen, joiners, byte order mark)

FOLD_SIZE: Final = 0x30000  # no character above has a compatibility mapping or a lower case
LINE_BREAKS: Final = "\n\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029"


class PerplexityCharacters(NamedTuple):
    """The tables, all read-only.

    Attributes:
        kind: uint8[0x110000]; one of the kinds above, of a character after folding.
        fold: int32[FOLD_SIZE]; the code point after NFKC, lower case and digit -> 0; where that is
            several code points, -1 - n: ``sequences[sequence_offsets[n]:sequence_offsets[n + 1]]``.
        sequence_offsets: int32[sequences + 1].
        sequences: int32[...], folded code points.
        width: uint8[FOLD_SIZE]; upper limit of the bytes one character adds to the token text,
            a separator for each code point included.
        composes: bool[FOLD_SIZE]; NFKC may join the character with its neighbours.
    """

    kind: npt.NDArray[np.uint8]
    fold: npt.NDArray[np.int32]
    sequence_offsets: npt.NDArray[np.int32]
    sequences: npt.NDArray[np.int32]
    width: npt.NDArray[np.uint8]
    composes: npt.NDArray[np.bool_]


@functools.cache
def perplexity_characters() -> PerplexityCharacters:
    """The tables for the running Python's Unicode version, from the user's cache when it has them."""
    state = state_of(__name__, character_tables.__module__)
    return PerplexityCharacters(**kept_arrays("perplexity-characters", state, _tables))


def _tables() -> dict[str, npt.NDArray[np.generic]]:
    tables = character_tables()
    fold = np.arange(FOLD_SIZE, dtype=np.int32)
    width = _utf8_length(fold) + 1
    composes = (tables.flags_of[tables.class_of[:FOLD_SIZE]] & COMPOSABLE) != 0
    offsets, sequences = [0], list[int]()
    for code_point in _changing_code_points():
        decomposed = unicodedata.normalize("NFKC", chr(code_point))
        composes[code_point] |= bool(composes[ord(decomposed[0])])
        folded = [folded_code_point(character) for character in decomposed]
        width[code_point] = sum(len(chr(folded_one).encode()) + 1 for folded_one in folded)
        if len(folded) == 1:
            fold[code_point] = folded[0]
        else:
            fold[code_point] = -len(offsets)
            sequences += folded
            offsets.append(len(sequences))
    return {
        "kind": _kinds(tables),
        "fold": fold,
        "sequence_offsets": np.array(offsets, np.int32),
        "sequences": np.array(sequences, np.int32),
        "width": width.astype(np.uint8),
        "composes": composes,
    }


def folded_code_point(character: str) -> int:
    """One NFKC character in lower case, with every decimal digit as 0.

    Lower-casing is by single characters (no final sigma, no dotted capital I of two characters), so
    that a compiled loop and this function cannot differ.
    """
    if unicodedata.category(character) == "Nd":
        return ord("0")
    lowered = character.lower()
    return ord(lowered) if len(lowered) == 1 else ord(character)


def _changing_code_points() -> list[int]:
    """Code points that folding changes; the others need no entry."""
    surrogates = range(0xD800, 0xE000)
    return [
        code_point
        for code_point in range(FOLD_SIZE)
        if code_point not in surrogates
        and (
            not unicodedata.is_normalized("NFKC", chr(code_point))
            or folded_code_point(chr(code_point)) != code_point
        )
    ]


def _kinds(tables: CharacterTables) -> npt.NDArray[np.uint8]:
    flags = tables.flags_of[tables.class_of]
    kind = np.full(len(flags), SYMBOL, np.uint8)
    kind[(flags & WORD) != 0] = WORDLIKE
    kind[(flags & UNSPACED) != 0] = SINGLE
    kind[(flags & DIGIT) != 0] = WORDLIKE
    controls = np.zeros(len(flags), bool)
    controls[[*range(0x20), *range(0x7F, 0xA0)]] = True
    kind[controls & ((flags & CONTROL) != 0)] = SPACE
    kind[(flags & WHITESPACE) != 0] = SPACE
    kind[0x200B] = SPACE  # zero width space: the word boundary of Khmer and Thai
    kind[(flags & JOINER) != 0] = DROPPED
    kind[[ord(character) for character in LINE_BREAKS]] = LINE_BREAK
    return kind


def _utf8_length(code_points: npt.NDArray[np.int32]) -> npt.NDArray[np.int64]:
    bounds = np.array([0x80, 0x800, 0x10000])
    return np.searchsorted(bounds, code_points, side="right") + 1
