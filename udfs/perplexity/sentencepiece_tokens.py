"""Tokens of CCNet's and edugp/kenlm's models: their normalisation, then sentencepiece.

CCNet (Wenzek et al., LREC 2020, text_normalizer.py) lower-cases, strips accents, writes every digit as
0, maps typographic punctuation to ASCII and drops control characters; edugp/kenlm (BigScience) keeps
case and accents. Which of the two a model wants is read off its pieces: text that was lower-cased
leaves no capitals in them. sentencepiece (Apache-2.0) is an optional extra and imported when needed.
"""

from __future__ import annotations

import functools
import sys
import unicodedata
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa

from udfs.perplexity.tokens import TokenLines

# CCNet's table. It also maps the digit １ to a quotation mark, which its own order of steps (digits
# first) makes without effect.
PUNCTUATION: Final = {
    "，": ",", "。": ".", "、": ",", "„": '"', "”": '"', "“": '"', "«": '"', "»": '"', "」": '"',
    "「": '"', "《": '"', "》": '"', "´": "'", "∶": ":", "：": ":", "？": "?", "！": "!", "（": "(",
    "）": ")", "；": ";", "–": "-", "—": " - ", "．": ". ", "～": "~", "’": "'", "…": "...",
    "━": "-", "〈": "<", "〉": ">", "【": "[", "】": "]", "％": "%", "►": "-",
}  # fmt: skip

# Compatibility characters (™, ´) leave a few capitals and accents in the pieces of a model that was
# trained without any; text with them leaves far more.
_CASED_SHARE: Final = 0.01
_ACCENTED_SHARE: Final = 0.001


class SentencepieceTokens:
    """A sentencepiece model with the normalisation that its training text had.

    Attributes:
        pieces: Its vocabulary without control symbols.
        lower: Text is lower-cased.
        strip: Accents are stripped.
    """

    def __init__(self, path: Path) -> None:
        self._processor = _load(path)
        self.pieces = _pieces(self._processor)
        cased = sum(piece != piece.lower() for piece in self.pieces)
        accented = sum(piece != strip_accents(piece) for piece in self.pieces)
        self.lower = cased <= _CASED_SHARE * len(self.pieces)
        self.strip = accented <= _ACCENTED_SHARE * len(self.pieces)

    def tokenise(self, texts: pa.Array) -> TokenLines:
        """Cut every text into lines of pieces; lines without one are left out.

        Args:
            texts: string or large_string; null is an empty text.
        """
        lines: list[str] = []
        document_lines = [0]
        for text in texts.to_pylist():
            normalised = (
                normalise(line, lower=self.lower, strip=self.strip)
                for line in (text or "").splitlines()
            )
            lines += [line for line in normalised if line]
            document_lines.append(len(lines))
        encoded = self._processor.encode(lines, out_type=str)
        counts = np.array([len(pieces) for pieces in encoded], np.int64)
        texts_of_lines = [" ".join(pieces).encode() + b"\n" for pieces in encoded if pieces]
        kept = np.concatenate([[0], np.cumsum(counts > 0)])
        offsets = np.zeros(len(texts_of_lines) + 1, np.int64)
        np.cumsum([len(line) for line in texts_of_lines], out=offsets[1:])
        data = np.frombuffer(b"".join(texts_of_lines), np.uint8)
        return TokenLines(data, offsets, counts[counts > 0], kept[document_lines])


def normalise(line: str, *, lower: bool, strip: bool) -> str:
    """One line as CCNet gives it to sentencepiece.

    Args:
        line: A line of text.
        lower: Lower-case it.
        strip: Decompose it (NFD) and leave out non-spacing marks.
    """
    line = line.strip()
    if lower:
        line = line.lower()
    if strip:
        line = strip_accents(line)
    return line.translate(_translation())


def strip_accents(text: str) -> str:
    """NFD without non-spacing marks."""
    if text.isascii():
        return text
    return "".join(c for c in unicodedata.normalize("NFD", text) if unicodedata.category(c) != "Mn")


@functools.cache
def _translation() -> dict[int, str]:
    digits = (c for c in range(sys.maxunicode + 1) if unicodedata.category(chr(c)) == "Nd")
    table = {ord(mark): replacement for mark, replacement in PUNCTUATION.items()}
    table |= dict.fromkeys(digits, "0")
    return table | dict.fromkeys([*range(0x20), *range(0x7F, 0xA0)], "")


def _load(path: Path) -> Any:
    try:
        import sentencepiece
    except ImportError as error:
        raise ValueError(
            f"{path.name} needs sentencepiece, which is not installed: "
            "pip install corpusmill[sentencepiece] on the driver and every worker"
        ) from error
    processor = sentencepiece.SentencePieceProcessor()
    try:
        processor.load(str(path))
    except (OSError, RuntimeError) as error:
        raise ValueError(
            f"sentencepiece cannot read {path}: {error}; it is missing, cut short or another kind of "
            "file: copy it again"
        ) from error
    return processor


def _pieces(processor: Any) -> list[str]:
    return [
        processor.id_to_piece(number)
        for number in range(processor.get_piece_size())
        if not (
            processor.is_control(number)
            or processor.is_unknown(number)
            or processor.is_byte(number)
            or processor.is_unused(number)
        )
    ]
