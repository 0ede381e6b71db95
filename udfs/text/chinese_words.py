"""Words of Chinese text, for the published rules whose thresholds were found on words.

Everything else counts Chinese by the character. Segmentation is by far the dearest step of all
signals (16 MB/s against 200 MB/s for tokens), so only texts that are mostly Chinese go through it.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from udfs.columns.compiled import kernel
from udfs.text.character_classes import HAN, KANA, CharacterTables, character_tables
from udfs.text.token_batch import PUNCTUATION_TOKEN, TokenBatch
from udfs.text.tokenising import tokenise
from udfs.text.utf8_decoding import decode

SEPARATOR: Final = "\x1f"  # a control character: ends every token, is one of none
KANA_SHARE_OF_JAPANESE: Final = 0.05


def segment_words(
    tokens: TokenBatch, known: npt.NDArray[np.bool_] | None = None
) -> tuple[TokenBatch, npt.NDArray[np.bool_]]:
    """Regroup the characters of Chinese rows into words.

    A row is Chinese if it is known to be, or if more than half of its words and characters are Han
    characters and less than a twentieth of its Han and kana are kana.

    Args:
        tokens: A batch, tokenised with or without punctuation.
        known: bool[rows]; True = Chinese whatever its characters are: formulas and code can
            outnumber them. Default: nothing is known.

    Returns:
        (batch, segmented): the batch with punctuation tokens in which the Chinese rows hold words
        (``token_unspaced`` 0 there), and bool[rows] that tells which rows these are. Only hashes,
        lengths, kinds and token offsets are comparable with ``tokens``; the bytes are not.
    """
    rows = len(tokens.text_offsets) - 1
    chinese = np.zeros(rows, np.bool_)
    _mostly_han(tokens, character_tables(), chinese)
    if known is not None:
        chinese |= known
    if not chinese.any():
        return tokens, chinese
    import rjieba  # its dictionary takes a fifth of a second, which most workers can do without

    texts = [
        tokens.data[start:stop].tobytes()
        for start, stop in zip(tokens.text_offsets, tokens.text_offsets[1:], strict=False)
    ]
    for row in np.flatnonzero(chinese):
        words = rjieba.cut(texts[row].decode("utf-8", "replace"))
        texts[row] = SEPARATOR.join(words).encode("utf-8")
    column = pa.array(texts, pa.large_binary())
    return tokenise(column, punctuation=True, joined=chinese), chinese


@kernel
def _mostly_han(
    tokens: TokenBatch, tables: CharacterTables, chinese: npt.NDArray[np.bool_]
) -> None:
    """Decide row by row whether the text is Chinese."""
    for row in range(len(chinese)):
        words = 0
        han = 0
        kana = 0
        for i in range(tokens.token_offsets[row], tokens.token_offsets[row + 1]):
            if tokens.token_unspaced[i] == PUNCTUATION_TOKEN:
                continue
            words += 1
            if tokens.token_unspaced[i] == 1:
                start = tokens.token_start[i]
                code_point, _ = decode(tokens.data, start, tokens.token_end[i])
                flags = tables.flags_of[tables.class_of[code_point]]
                han += 1 if flags & np.uint32(HAN) else 0
                kana += 1 if flags & np.uint32(KANA) else 0
        chinese[row] = 2 * han > words and kana < KANA_SHARE_OF_JAPANESE * (han + kana)
