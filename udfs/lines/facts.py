"""Facts of every line of a batch: width, words, ending, and which published line rules it meets."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from udfs.columns.compiled import kernel
from udfs.lines.line_batch import COUNTER, SPEAKER, LineFacts, empty_lines, first_lines
from udfs.lines.measures import TAG_MARK, display_width, line_tables, measure_lines
from udfs.lines.phrases import COUNTER_NOUN, FURNITURE, phrase_table, phrases_in_lines
from udfs.lines.speaker_tags import speaker_tag_end
from udfs.lines.splitting import after_break, line_end, trim_left, trim_right
from udfs.lines.structure import mark_structure
from udfs.text.character_classes import CharacterTables, character_tables
from udfs.text.token_batch import TokenBatch

MOST_COUNTER_WORDS: Final = 8
FURNITURE_WORDS: Final = 10
FURNITURE_CHARACTERS: Final = 20
"""A phrase speaks of furniture only in a line of at most ten words, or 20 unspaced characters."""


def line_facts(tokens: TokenBatch) -> LineFacts:
    """Look at every line of a batch once.

    Args:
        tokens: The batch, tokenised without punctuation.

    Returns:
        The facts, line by line in the order of the texts; empty lines are left out.
    """
    capacity = _count_lines(tokens.data, tokens.text_offsets)
    facts, first_token = empty_lines(capacity), np.empty(capacity, np.int64)
    facts = first_lines(facts, _find_lines(tokens, facts, first_token))
    tables = character_tables()
    seen_kinds = np.empty(len(facts.text), np.uint8)
    measure_lines(tokens.data, tables, line_tables(), facts, seen_kinds)
    phrases_in_lines(tokens.token_hash, first_token, facts.words, phrase_table(), facts.flags)
    _mark_tags(tokens.data, tables, seen_kinds, facts)
    mark_structure(tokens.data, tables, facts.text, facts.start, facts.end, facts.flags)
    return facts


def furniture_lines(facts: LineFacts) -> npt.NDArray[np.bool_]:
    """bool[lines]; short lines with a phrase of page furniture."""
    said = (facts.flags & np.uint32(FURNITURE)) != 0
    wordy = facts.words > np.where(
        facts.width >= 2 * facts.characters - 4, FURNITURE_CHARACTERS, FURNITURE_WORDS
    )
    found: npt.NDArray[np.bool_] = said & ~wordy
    return found


@kernel
def _count_lines(data: npt.NDArray[np.uint8], offsets: npt.NDArray[np.int64]) -> int:
    """At least the number of lines with a visible character."""
    lines = len(offsets)
    for position in range(len(data)):
        lines += 1 if data[position] >= 0x0A and data[position] <= 0x0D else 0
    return lines


@kernel
def _find_lines(tokens: TokenBatch, facts: LineFacts, first_token: npt.NDArray[np.int64]) -> int:
    """Fill text, start, end, next, words and first tokens; return the number of lines."""
    data = tokens.data
    count = 0
    for text in range(len(tokens.text_offsets) - 1):
        position = tokens.text_offsets[text]
        stop = tokens.text_offsets[text + 1]
        token = tokens.token_offsets[text]
        last_token = tokens.token_offsets[text + 1]
        while position < stop:
            end = line_end(data, position, stop)
            start = trim_left(data, position, end)
            position = after_break(data, end, stop) if end < stop else stop
            if start == end:
                continue
            first = token
            while token < last_token and tokens.token_start[token] < end:
                token += 1
            facts.text[count] = text
            facts.start[count] = start
            facts.end[count] = trim_right(data, start, end)
            facts.next[count] = position
            facts.words[count] = token - first
            first_token[count] = first
            count += 1
    return count


@kernel
def _mark_tags(
    data: npt.NDArray[np.uint8],
    tables: CharacterTables,
    seen_kinds: npt.NDArray[np.uint8],
    facts: LineFacts,
) -> None:
    """Set SPEAKER and COUNTER, and the width behind a speaker's tag."""
    for line in range(len(facts.text)):
        start = facts.start[line]
        numbered = 0x30 <= data[start] <= 0x39
        if seen_kinds[line] & TAG_MARK or numbered:
            tag_end = speaker_tag_end(data, start, facts.end[line], tables)
            if tag_end > start:
                facts.flags[line] |= np.uint32(SPEAKER)
                facts.rest_width[line] -= display_width(data, start, tag_end, tables)
        counts = facts.flags[line] & np.uint32(COUNTER_NOUN)
        if numbered and counts and facts.words[line] <= MOST_COUNTER_WORDS:
            facts.flags[line] |= np.uint32(COUNTER)
