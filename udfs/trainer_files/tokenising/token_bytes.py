"""How many bytes of text each id of a vocabulary stands for."""

from __future__ import annotations

import json
import re
from typing import Final

import numpy as np
import numpy.typing as npt

from udfs.trainer_files.tokenising.sentencepiece_model import load_processor
from udfs.trainer_files.tokenising.tokeniser_file import TokeniserFile

_SPACE: Final = "\u2581"  # SentencePiece's sign for a space
_CODE: Final = re.compile(r"<0x[0-9A-F]{2}>")


def token_byte_lengths(file: TokeniserFile) -> npt.NDArray[np.int64]:
    """Return int64[vocabulary]; 0 for special tokens, which stand for no text.

    Over the ids of a text they add up to its bytes, as far as the tokeniser keeps it: a normaliser may
    make it longer or shorter, and SentencePiece puts a space before it.

    Raises:
        ValueError: The package sentencepiece is needed and missing.
    """
    if file.kind == "sentencepiece":
        processor = load_processor("the tokeniser", file.content)
        pieces = {
            processor.id_to_piece(number): number for number in range(processor.get_piece_size())
        }
        unknown = {processor.unk_id()}
    else:
        model = json.loads(file.content)
        known = model["model"].get("vocab", {})
        pieces = (
            known
            if isinstance(known, dict)
            else {piece: number for number, (piece, _) in enumerate(known)}
        )
        pieces = pieces | {one["content"]: one["id"] for one in model.get("added_tokens", ())}
        unknown = set()
    # Where letters stand for bytes, each letter of a token is one.
    letters = b'"ByteLevel"' in file.content and file.kind == "json"
    lengths = np.zeros(file.vocabulary_size, np.int64)
    for piece, number in pieces.items():
        lengths[number] = len(piece) if letters else _bytes(piece)
    lengths[[*file.special_tokens.values(), *unknown]] = 0
    return lengths


def _bytes(piece: str) -> int:
    return 1 if _CODE.fullmatch(piece) else len(piece.replace(_SPACE, " ").encode("utf-8"))
