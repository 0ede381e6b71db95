"""The token scheme of the perplexity models: text -> lines of space-separated tokens, as bytes.

Characters of scripts written without spaces (Han, kana, Thai, Lao, Khmer, Myanmar, Tibetan) are a
token each; elsewhere a token is a run of letters, marks and digits; a punctuation mark or symbol is
a token. Before that the text is brought to NFKC, lower case and every digit to 0 (CCNet's recipe
without its punctuation table and without stripping accents). One line of text is one sentence.
The scheme does not depend on the language, so a wrong language label changes the model that is
asked, never the tokens.
"""

from __future__ import annotations

import unicodedata
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from udfs.columns.compiled import kernel
from udfs.columns.string_views import StringViews, read_only, string_views
from udfs.perplexity.token_characters import (
    DROPPED,
    FOLD_SIZE,
    LINE_BREAK,
    SPACE,
    WORDLIKE,
    perplexity_characters,
)
from udfs.text.utf8_decoding import decode

TOKEN_SCHEME: Final[dict[str, Any]] = {"name": "words-and-characters", "version": 1}

# A run of base64 is broken here: as one token it would be one unknown word, and no longer stand out.
WORD_CHARACTERS_LIMIT: Final = 64
# Composing sorts a run of marks in quadratic time; real text has < 30, a hostile page has millions.
MARK_RUN_LIMIT: Final = 128
_SEPARATOR, _NEW_LINE = 0x20, 0x0A


class TokenLines(NamedTuple):
    """The tokens of a batch of documents.

    Attributes:
        data: uint8[bytes]; tokens separated by one space, each line ended by one line feed; lines
            without a token are left out.
        line_offsets: int64[lines + 1]; line ``i`` is ``data[line_offsets[i]:line_offsets[i + 1]]``.
        line_tokens: int64[lines]; tokens a line, >= 1.
        document_lines: int64[documents + 1]; document ``d`` has the lines
            ``document_lines[d] .. document_lines[d + 1]``.
    """

    data: npt.NDArray[np.uint8]
    line_offsets: npt.NDArray[np.int64]
    line_tokens: npt.NDArray[np.int64]
    document_lines: npt.NDArray[np.int64]

    def token_boundaries(self) -> npt.NDArray[np.int64]:
        """int64[documents + 1]: document ``d`` has the tokens ``[d] .. [d + 1]`` of the batch."""
        cumulated = np.zeros(len(self.line_tokens) + 1, np.int64)
        np.cumsum(self.line_tokens, out=cumulated[1:])
        return cumulated[self.document_lines]

    def documents(self, rows: npt.NDArray[np.int64]) -> TokenLines:
        """The lines of some documents.

        Args:
            rows: int64[chosen], numbers of documents, each once and rising.
        """
        if len(rows) == len(self.document_lines) - 1:
            return self
        first, stop = self.document_lines[rows], self.document_lines[rows + 1]
        ends = np.concatenate([[0], np.cumsum(stop - first)])
        chosen = np.arange(ends[-1]) + np.repeat(first - ends[:-1], stop - first)
        lengths = np.diff(self.line_offsets)[chosen]
        bounds = zip(
            self.line_offsets[first].tolist(), self.line_offsets[stop].tolist(), strict=True
        )
        data = np.concatenate([self.data[:0], *(self.data[a:b] for a, b in bounds)])
        return TokenLines(
            data, np.concatenate([[0], np.cumsum(lengths)]), self.line_tokens[chosen], ends
        )


def tokenise_lines(texts: pa.Array | pa.ChunkedArray) -> TokenLines:
    """Cut every text of a column into lines of tokens.

    Args:
        texts: string or large_string (binary is read as UTF-8; a byte that is none counts as one
            symbol); null is an empty text.

    Returns:
        The tokens; one document a row of ``texts``.

    Raises:
        ValueError: The column holds no text.
    """
    tables = perplexity_characters()
    views = string_views(texts)
    composes = np.zeros(len(views.valid), np.bool_)
    size, lines = _measure(
        views.data, views.offsets, tables.kind, tables.width, tables.composes, composes
    )
    if composes.any():
        views = _normalise_rows(views, composes)
        size, lines = _measure(
            views.data, views.offsets, tables.kind, tables.width, tables.composes, composes
        )
    data = np.empty(size, np.uint8)
    line_offsets = np.zeros(lines + 1, np.int64)
    line_tokens = np.empty(lines, np.int64)
    document_lines = np.zeros(len(views.valid) + 1, np.int64)
    written, count = _write_tokens(
        views.data, views.offsets, tables.kind, tables.fold, tables.sequence_offsets,
        tables.sequences, data, line_offsets, line_tokens, document_lines,
    )  # fmt: skip
    return TokenLines(
        read_only(data[:written]), line_offsets[: count + 1], line_tokens[:count], document_lines
    )


def _normalise_rows(views: StringViews, chosen: npt.NDArray[np.bool_]) -> StringViews:
    """Bring the chosen rows to NFKC; the others are folded character by character later."""
    pieces: list[bytes] = []
    for row in range(len(views.valid)):
        raw = views.data[views.offsets[row] : views.offsets[row + 1]].tobytes()
        if chosen[row]:
            raw = unicodedata.normalize("NFKC", raw.decode("utf-8", "replace")).encode()
        pieces.append(raw)
    offsets = np.zeros(len(pieces) + 1, np.int64)
    np.cumsum([len(piece) for piece in pieces], out=offsets[1:])
    return StringViews(read_only(np.frombuffer(b"".join(pieces), np.uint8)), offsets, views.valid)


@kernel
def _measure(
    data: npt.NDArray[np.uint8],
    offsets: npt.NDArray[np.int64],
    kind: npt.NDArray[np.uint8],
    width: npt.NDArray[np.uint8],
    composes: npt.NDArray[np.bool_],
    document_composes: npt.NDArray[np.bool_],
) -> tuple[int, int]:
    """Upper limits of the bytes and lines to be written; mark the documents that need composing."""
    size = 0
    lines = 0
    for document in range(len(offsets) - 1):
        position, stop = offsets[document], offsets[document + 1]
        run, longest = 0, 0
        size += 1
        lines += 1
        while position < stop:
            code_point, step = int(data[position]), 1
            if code_point < 0x80:
                position += 1
                size += 2
                run = 0
                if kind[code_point] == LINE_BREAK:
                    lines += 1
                continue
            code_point, step = decode(data, position, stop)
            position += step
            if kind[code_point] == LINE_BREAK:
                lines += 1
            if code_point < FOLD_SIZE:
                size += width[code_point]
                run = run + 1 if composes[code_point] else 0
                longest = max(longest, run)
            else:
                size += 5
                run = 0
        document_composes[document] = 0 < longest <= MARK_RUN_LIMIT
    return size, lines


@kernel
def _put(
    code_point: int,
    kind: npt.NDArray[np.uint8],
    data: npt.NDArray[np.uint8],
    position: int,
    word: int,
    tokens: int,
) -> tuple[int, int, int]:
    """Write one folded character; return (position, characters of the open word, tokens)."""
    character_kind = kind[code_point]
    if character_kind == DROPPED:
        return position, word, tokens
    if character_kind in (SPACE, LINE_BREAK):
        return position, 0, tokens
    wordlike = character_kind == WORDLIKE
    if not wordlike or word == 0 or word == WORD_CHARACTERS_LIMIT:
        if tokens > 0:
            data[position] = _SEPARATOR
            position += 1
        tokens += 1
        word = 0
    if code_point < 0x80:
        data[position] = code_point
        position += 1
    else:
        if code_point < 0x800:
            data[position] = 0xC0 | (code_point >> 6)
            position += 1
        else:
            if code_point < 0x10000:
                data[position] = 0xE0 | (code_point >> 12)
                position += 1
            else:
                data[position] = 0xF0 | (code_point >> 18)
                data[position + 1] = 0x80 | ((code_point >> 12) & 0x3F)
                position += 2
            data[position] = 0x80 | ((code_point >> 6) & 0x3F)
            position += 1
        data[position] = 0x80 | (code_point & 0x3F)
        position += 1
    return position, word + 1 if wordlike else 0, tokens


@kernel
def _write_tokens(
    text: npt.NDArray[np.uint8],
    offsets: npt.NDArray[np.int64],
    kind: npt.NDArray[np.uint8],
    fold: npt.NDArray[np.int32],
    sequence_offsets: npt.NDArray[np.int32],
    sequences: npt.NDArray[np.int32],
    data: npt.NDArray[np.uint8],
    line_offsets: npt.NDArray[np.int64],
    line_tokens: npt.NDArray[np.int64],
    document_lines: npt.NDArray[np.int64],
) -> tuple[int, int]:
    """Write all tokens; return (bytes written, lines written)."""
    written, lines = 0, 0
    for document in range(len(offsets) - 1):
        position, stop = offsets[document], offsets[document + 1]
        word, tokens = 0, 0
        while position <= stop:
            code_point, step = _NEW_LINE, 1
            if position < stop:
                code_point = int(text[position])
                if code_point >= 0x80:
                    code_point, step = decode(text, position, stop)
                elif kind[code_point] == WORDLIKE and 0 < word < WORD_CHARACTERS_LIMIT:
                    data[written] = fold[code_point]  # most of English: on with the word
                    written += 1
                    word += 1
                    position += 1
                    continue
            position += step
            if kind[code_point] == LINE_BREAK:
                if tokens > 0:
                    data[written] = _NEW_LINE
                    written += 1
                    line_tokens[lines] = tokens
                    lines += 1
                    line_offsets[lines] = written
                word, tokens = 0, 0
                continue
            folded = int(fold[code_point]) if code_point < FOLD_SIZE else code_point
            if folded >= 0:
                written, word, tokens = _put(folded, kind, data, written, word, tokens)
                continue
            for index in range(sequence_offsets[-1 - folded], sequence_offsets[-folded]):
                written, word, tokens = _put(
                    int(sequences[index]), kind, data, written, word, tokens
                )
        document_lines[document + 1] = lines
    return written, lines
