"""Which lines of a text to drop, rule by rule, and the bytes that go with them."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from udfs.cleaning.sentence_units import Removals, empty_removals, first_removals
from udfs.columns.compiled import kernel
from udfs.columns.hash_counting import KeyTable, clear_table, count_key, key_table
from udfs.lines import line_batch as facts_of
from udfs.lines.facts import furniture_lines
from udfs.lines.line_batch import LineFacts
from udfs.lines.splitting import line_begin
from udfs.lines.structure import STRUCTURE
from udfs.text.token_batch import TokenBatch

RULES: Final = ("letterless", "uppercase", "counter", "furniture", "long_word", "repeated")


class LineDrops(NamedTuple):
    """Lines to drop.

    Attributes:
        removals: One span a line, its line break included.
        rules: int8[spans]; index into RULES of the first rule that the line meets.
    """

    removals: Removals
    rules: npt.NDArray[np.int8]


def line_drops(tokens: TokenBatch, facts: LineFacts, enabled: Collection[str]) -> LineDrops:
    """Find the lines that a rule drops.

    Headings, list items, tables and code are never dropped: short or letterless lines are their
    nature. Where a dropped line stands between empty ones, those after it go too.

    Args:
        tokens: The batch, tokenised without punctuation.
        facts: Its lines.
        enabled: Names of RULES to apply.
    """
    prose = (facts.flags & np.uint32(STRUCTURE)) == 0
    met = {
        "letterless": _having(facts, facts_of.NO_LETTERS) & ~_having(facts, facts_of.CODE_MARK),
        "uppercase": _having(facts, facts_of.UPPERCASE),
        "counter": _having(facts, facts_of.COUNTER),
        "furniture": furniture_lines(facts),
        "long_word": _having(facts, facts_of.LONG_WORD)
        & (2 * facts.longest_run.astype(np.int64) > facts.characters),
        "repeated": _third_copies(tokens, facts, prose & _having(facts, facts_of.OPEN_END)),
    }
    rule_of = np.full(len(facts.text), -1, np.int8)
    for number in range(len(RULES) - 1, -1, -1):
        if RULES[number] in enabled:
            rule_of[met[RULES[number]] & prose] = number
    lines = np.flatnonzero(rule_of >= 0)
    removals = empty_removals(len(lines))
    if len(lines):
        _write_spans(tokens.data, tokens.text_offsets, facts, lines, removals)
    return LineDrops(first_removals(removals, len(lines)), rule_of[lines])


def _having(facts: LineFacts, bits: int) -> npt.NDArray[np.bool_]:
    found: npt.NDArray[np.bool_] = (facts.flags & np.uint32(bits)) != 0
    return found


def _third_copies(
    tokens: TokenBatch, facts: LineFacts, candidates: npt.NDArray[np.bool_]
) -> npt.NDArray[np.bool_]:
    """bool[lines]; candidates that stand for the third time or more in their text."""
    found = np.zeros(len(candidates), np.bool_)
    bounds = np.searchsorted(facts.text, np.arange(len(tokens.text_offsets)))
    table = key_table(int(np.diff(bounds).max(initial=0)))
    _mark_third_copies(facts, bounds, candidates, table, found)
    return found


@kernel
def _mark_third_copies(
    facts: LineFacts,
    bounds: npt.NDArray[np.int64],
    candidates: npt.NDArray[np.bool_],
    table: KeyTable,
    found: npt.NDArray[np.bool_],
) -> None:
    for text in range(len(bounds) - 1):
        mask = clear_table(table, bounds[text + 1] - bounds[text])
        used = 0
        for line in range(bounds[text], bounds[text + 1]):
            if candidates[line]:
                number = count_key(table, mask, used, facts.hash[line])
                used += 1 if number == used else 0
                found[line] = table.counts[number] > 2


@kernel
def _write_spans(
    data: npt.NDArray[np.uint8],
    offsets: npt.NDArray[np.int64],
    facts: LineFacts,
    lines: npt.NDArray[np.int64],
    removals: Removals,
) -> None:
    """One span a line, in order; a span never begins before the last one's stop."""
    after_empty = False
    for index in range(len(lines)):
        line = lines[index]
        text = int(facts.text[line])
        text_start = offsets[text]
        begin = line_begin(data, facts.start[line], text_start)
        joined = index > 0 and removals.stop[index - 1] == begin and begin > text_start
        if not joined:
            at_start = line == 0 or facts.text[line - 1] != text
            after_empty = at_start or facts.next[line - 1] != begin
        stop = facts.next[line]
        if after_empty:
            is_last = line + 1 == len(facts.text) or facts.text[line + 1] != text
            text_end = offsets[text + 1]
            stop = text_end if is_last else line_begin(data, facts.start[line + 1], text_start)
        removals.text[index] = text
        removals.start[index] = begin
        removals.stop[index] = stop
        removals.pieces[index] = 1
