"""Lines and paragraphs that occur more than once in a document."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from udfs.columns.compiled import kernel
from udfs.columns.hash_counting import KeyTable, clear_table, count_key, key_table
from udfs.lines.line_batch import LineFacts
from udfs.lines.splitting import count_breaks, count_code_points, line_begin, line_end
from udfs.text.token_batch import TokenBatch
from udfs.text.token_hashing import mix64

LINES: Final = 0  # lines with a visible character
REPEATED_LINES: Final = 1  # second and later copies
REPEATED_LINE_CHARACTERS: Final = 2
PARAGRAPHS: Final = 3  # runs of such lines
REPEATED_PARAGRAPHS: Final = 4
REPEATED_PARAGRAPH_CHARACTERS: Final = 5
THIRD_COPIES: Final = 6  # third and later copies of a line
THIRD_COPY_CHARACTERS: Final = 7
MOST_COPIES: Final = 8  # of one line; a maximum, not a sum
CHARACTERS: Final = 9  # of the whole text
BREAK_CHARACTERS: Final = 10  # line breaks of the text, CR LF as one
MEASURES: Final = 11

_SEED: Final = np.uint64(0x9E3779B97F4A7C15)
_FACTOR: Final = np.uint64(0xD6E8FEB86659FD93)


def count_repeated_lines(
    batch: TokenBatch, facts: LineFacts, rows: npt.NDArray[np.int64], counts: npt.NDArray[np.int64]
) -> None:
    """Add each text's repeated lines and paragraphs to its row.

    Lines are compared as written, indentation included, as datatrove does; those without a visible
    character do not count. A paragraph ends at an empty line; its line breaks count as one
    character each.

    Args:
        batch: The texts (their tokens are not looked at).
        facts: Their lines.
        rows: For every text of the batch, its row in ``counts``.
        counts: int64[rows, MEASURES]; added to.
    """
    bounds = np.searchsorted(facts.text, np.arange(len(batch.text_offsets)))
    most = int(np.diff(bounds).max(initial=0))
    _count(batch, facts, bounds, rows, key_table(most), key_table(most), counts)


@kernel
def hash_bytes(data: npt.NDArray[np.uint8], start: int, end: int) -> np.uint64:
    """A well-mixed hash of ``start:end``, eight bytes a step."""
    value = _SEED ^ np.uint64(end - start)
    position = start
    while position < end:
        word = np.uint64(0)
        for offset in range(min(8, end - position)):
            word |= np.uint64(data[position + offset]) << np.uint64(8 * offset)
        value = (value ^ word) * _FACTOR
        value ^= value >> np.uint64(32)
        position += 8
    return mix64(value)


@kernel
def _count(
    batch: TokenBatch,
    facts: LineFacts,
    bounds: npt.NDArray[np.int64],
    rows: npt.NDArray[np.int64],
    lines: KeyTable,
    paragraphs: KeyTable,
    counts: npt.NDArray[np.int64],
) -> None:
    data = batch.data
    for text in range(len(rows)):
        measures = counts[rows[text]]
        start = batch.text_offsets[text]
        measures[CHARACTERS] += count_code_points(data, start, batch.text_offsets[text + 1])
        measures[BREAK_CHARACTERS] += count_breaks(data, start, batch.text_offsets[text + 1])
        first = bounds[text]
        last = bounds[text + 1]
        line_mask = clear_table(lines, last - first)
        paragraph_mask = clear_table(paragraphs, last - first)
        different_lines = 0
        different_paragraphs = 0
        paragraph = _SEED  # hash of the open paragraph
        paragraph_characters = 0
        for line in range(first, last):
            begin = line_begin(data, facts.start[line], start)
            end = line_end(data, facts.end[line], batch.text_offsets[text + 1])
            characters = int(facts.characters[line])
            characters += count_code_points(data, begin, facts.start[line])
            characters += count_code_points(data, facts.end[line], end)
            value = facts.hash[line]
            if begin < facts.start[line] or facts.end[line] < end:
                value = mix64(value ^ hash_bytes(data, begin, end))
            number = count_key(lines, line_mask, different_lines, value)
            different_lines += 1 if number == different_lines else 0
            _measure_line(measures, int(lines.counts[number]), characters)
            paragraph = mix64(paragraph * _FACTOR + value)
            paragraph_characters += characters + (1 if paragraph_characters > 0 else 0)
            if (
                line + 1 == last
                or line_begin(data, facts.start[line + 1], start) != facts.next[line]
            ):
                number = count_key(paragraphs, paragraph_mask, different_paragraphs, paragraph)
                repeated = number < different_paragraphs
                different_paragraphs += 0 if repeated else 1
                measures[PARAGRAPHS] += 1
                measures[REPEATED_PARAGRAPHS] += 1 if repeated else 0
                measures[REPEATED_PARAGRAPH_CHARACTERS] += paragraph_characters if repeated else 0
                paragraph = _SEED
                paragraph_characters = 0


@kernel
def _measure_line(measures: npt.NDArray[np.int64], copies: int, characters: int) -> None:
    measures[LINES] += 1
    measures[MOST_COPIES] = max(measures[MOST_COPIES], copies)
    if copies >= 2:
        measures[REPEATED_LINES] += 1
        measures[REPEATED_LINE_CHARACTERS] += characters
    if copies >= 3:
        measures[THIRD_COPIES] += 1
        measures[THIRD_COPY_CHARACTERS] += characters
