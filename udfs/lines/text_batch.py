"""A batch of documents as the annotators see it: texts, their tokens, cut so that memory is bounded."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from udfs.columns.string_views import StringViews, string_views
from udfs.lines.facts import line_facts
from udfs.lines.line_batch import LineFacts
from udfs.text.chinese_words import segment_words
from udfs.text.token_batch import TokenBatch, with_glued_words, without_punctuation
from udfs.text.tokenising import tokenise

CHINESE: Final = "zh"
PART_BYTES: Final = 384 << 10  # token arrays of more text are handed back to the system each time
PIECE_BYTES: Final = 4 << 20  # a document above this is measured in pieces
SLICE_BYTES: Final = 4 << 20  # counters are turned into signals once a slice
SLICE_ROWS: Final = 4096  # a million empty rows must not become one slice


class TextPart:
    """Texts that are tokenised together: some rows of a batch, or one piece of an oversized row.

    Args:
        texts: string or binary column.
        rows: int64[len(texts)]; the batch's row that each text belongs to.
        chinese: bool[len(texts)]; True where the language is known to be Chinese.
    """

    def __init__(
        self,
        texts: pa.Array,
        rows: npt.NDArray[np.int64],
        chinese: npt.NDArray[np.bool_] | None = None,
    ) -> None:
        self.texts = texts
        self.rows = rows
        self._chinese = chinese

    @cached_property
    def marked_tokens(self) -> TokenBatch:
        """Words, single characters of unspaced scripts, and punctuation marks."""
        return tokenise(self.texts, punctuation=True)

    @cached_property
    def tokens(self) -> TokenBatch:
        """Words and single characters of unspaced scripts."""
        return without_punctuation(self.marked_tokens)

    @property
    def tokens_alone(self) -> TokenBatch:
        """``tokens``, for who asks for nothing else: where nobody asked for marks they are never made."""
        return self.tokens if "marked_tokens" in vars(self) else tokenise(self.texts)

    @cached_property
    def lines(self) -> LineFacts:
        """The lines of ``tokens``."""
        return line_facts(self.tokens)

    @cached_property
    def _segmentation(self) -> tuple[TokenBatch, npt.NDArray[np.bool_]]:
        return segment_words(self.marked_tokens, self._chinese)

    @property
    def segmented(self) -> npt.NDArray[np.bool_]:
        """bool[texts]: True where the text is Chinese and ``words`` are found by a dictionary."""
        return self._segmentation[1]

    @cached_property
    def marked_words(self) -> TokenBatch:
        """Words (Chinese by dictionary) and punctuation marks as spaCy would cut them."""
        return with_glued_words(self._segmentation[0])

    @cached_property
    def words(self) -> TokenBatch:
        """As ``tokens``, with the characters of Chinese texts grouped into words."""
        if not self.segmented.any():
            return self.tokens
        return without_punctuation(self._segmentation[0])


class TextBatch:
    """Documents to annotate.

    Args:
        texts: string or large_string column; null counts as empty.
        languages: string column of ISO 639-1 codes (null = unknown), or None if never detected.

    Raises:
        ValueError: If the two columns differ in length.
    """

    def __init__(self, texts: pa.Array, languages: pa.Array | None = None) -> None:
        if languages is not None and len(languages) != len(texts):
            raise ValueError(
                f"{len(texts)} texts came with {len(languages)} languages; give one a text"
            )
        self.texts = texts
        self.languages = languages

    def __len__(self) -> int:
        return len(self.texts)

    @cached_property
    def views(self) -> StringViews:
        """The texts' bytes."""
        return string_views(self.texts)

    @property
    def tokens(self) -> TokenBatch:
        """The words of all texts at once; for batches without oversized documents."""
        return self._whole.tokens

    @cached_property
    def _whole(self) -> TextPart:
        return self._part(self.texts, np.arange(len(self), dtype=np.int64))

    @cached_property
    def _chinese(self) -> npt.NDArray[np.bool_]:
        if self.languages is None:
            return np.zeros(len(self), np.bool_)
        found: npt.NDArray[np.bool_] = np.array(self.languages.to_pylist(), object) == CHINESE
        return found

    def _part(self, texts: pa.Array, rows: npt.NDArray[np.int64]) -> TextPart:
        return TextPart(texts, rows, self._chinese[rows])

    def parts(self) -> Iterator[TextPart]:
        """The batch in parts of bounded size, in the order of its rows.

        A part is consecutive rows of about 384 KiB together. A document of more than 4 MiB is cut
        after a line break where there is one in a piece's second half, else after white space, else
        between characters; its signals are sums over its pieces, so n-grams and lines repeated only
        across pieces are not seen.
        """
        offsets = self.views.offsets
        for first, last in _runs(offsets, min(PART_BYTES, PIECE_BYTES), len(self)):
            if offsets[last] - offsets[first] <= PIECE_BYTES:
                rows = np.arange(first, last, dtype=np.int64)
                yield self._part(self.texts.slice(first, last - first), rows)
                continue
            text = self.views.data[offsets[first] : offsets[last]]
            for start, stop in _pieces(text):
                piece = pa.array([text[start:stop].tobytes()], pa.large_binary())
                yield self._part(piece, np.array([first], np.int64))

    def slices(self) -> Iterator[TextBatch]:
        """Consecutive rows, in order: about 4 MiB of text and at most 4096 documents each."""
        for first, last in _runs(self.views.offsets, SLICE_BYTES, SLICE_ROWS):
            rows = slice(first, last)
            languages = None if self.languages is None else self.languages[rows]
            yield TextBatch(self.texts[rows], languages)


def _runs(
    offsets: npt.NDArray[np.int64], most_bytes: int, most_rows: int
) -> Iterator[tuple[int, int]]:
    """(first, last) of runs of rows that together have at most ``most_bytes``, or are one row."""
    rows = len(offsets) - 1
    first = 0
    while first < rows:
        last = int(np.searchsorted(offsets, offsets[first] + most_bytes, "right")) - 1
        last = min(max(last, first + 1), first + most_rows, rows)
        yield first, last
        first = last


def _pieces(text: npt.NDArray[np.uint8]) -> Iterator[tuple[int, int]]:
    """(start, stop) of consecutive pieces of at most PIECE_BYTES."""
    start = 0
    while len(text) - start > PIECE_BYTES:
        stop = start + _cut(text[start : start + PIECE_BYTES + 1])
        yield start, stop
        start = stop
    yield start, len(text)


def _cut(window: npt.NDArray[np.uint8]) -> int:
    """Where to end a piece inside the window, whose last byte already belongs to the next one."""
    half = len(window) // 2
    tail = window[half:-1]
    for is_break in (tail == ord("\n"), (tail == ord(" ")) | (tail == ord("\t"))):
        found = np.flatnonzero(is_break)
        if len(found):
            return half + int(found[-1]) + 1
    cut = len(window) - 1
    while cut > half and window[cut] & 0xC0 == 0x80:
        cut -= 1
    return cut
