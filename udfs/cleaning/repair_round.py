"""One round of repairs on a tokenised batch: what to cut, and the texts without it."""

from __future__ import annotations

import itertools
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from udfs.cleaning.line_dropping import RULES, line_drops
from udfs.cleaning.sentence_units import Removals, repeated_units, sentence_units
from udfs.cleaning.settings import CleaningSettings
from udfs.cleaning.window_excision import repetitive_spans
from udfs.lines.facts import line_facts
from udfs.text.token_batch import TokenBatch

COLLAPSED: Final = "collapsed"
EXCISED: Final = "excised"
STAGES: Final = (*RULES, COLLAPSED, EXCISED)
LEAST_KEPT: Final = 0.1
"""Share of a text that a repair must leave: below it there is no good text to save, and the document
is left whole so that the rules can name what is wrong with it."""


class Cut(NamedTuple):
    """One span that was cut.

    Attributes:
        stage: COLLAPSED, EXCISED or one of ``udfs.cleaning.line_dropping.RULES``.
        pieces: Copies, stretches or lines in it.
        removed: Its bytes.
    """

    stage: str
    pieces: int
    removed: bytes


class RepairedText(NamedTuple):
    """A text without its cuts.

    Attributes:
        text: What is left.
        cuts: What was cut, in order; neighbours of one stage are one cut.
        cut_at_end: Whether the last cut reached the end of the text.
    """

    text: bytes
    cuts: list[Cut]
    cut_at_end: bool


def repair_round(tokens: TokenBatch, settings: CleaningSettings) -> dict[int, RepairedText]:
    """Apply to each text the first kind of repair that finds something in it.

    Args:
        tokens: The batch, tokenised without punctuation.
        settings: Which repairs.

    Returns:
        The texts that changed, by their index in the batch.
    """
    facts = line_facts(tokens)
    taken = np.zeros(len(tokens.text_offsets) - 1, np.bool_)
    repaired: dict[int, RepairedText] = {}
    if settings.collapse_repeats:
        units = sentence_units(tokens.data, tokens.text_offsets, facts.start, facts.flags)
        removals = repeated_units(units, settings.collapse_repeats, settings.collapse_columns)
        _cut_texts(tokens, removals, _same_stage(removals, COLLAPSED), taken, repaired)
    if settings.window_characters:
        removals = repetitive_spans(tokens, settings.window_characters, settings.window_repetition)
        _cut_texts(tokens, removals, _same_stage(removals, EXCISED), taken, repaired)
    if settings.line_rules:
        drops = line_drops(tokens, facts, settings.line_rules)
        _cut_texts(tokens, drops.removals, drops.rules, taken, repaired)
    return repaired


def _same_stage(removals: Removals, stage: str) -> npt.NDArray[np.int8]:
    return np.full(len(removals.text), STAGES.index(stage), np.int8)


def _cut_texts(
    tokens: TokenBatch,
    removals: Removals,
    stages: npt.NDArray[np.int8],
    taken: npt.NDArray[np.bool_],
    repaired: dict[int, RepairedText],
) -> None:
    """Cut the spans out of texts that no earlier kind of repair has taken and that are worth it."""
    free = ~taken[removals.text] & ~_hopeless(tokens.text_offsets, removals)[removals.text]
    if not free.any():
        return
    removals, stages = Removals._make(column[free] for column in removals), stages[free]
    removals, stages = _merge_neighbours(removals, stages)
    texts, firsts = np.unique(removals.text, return_index=True)
    taken[texts] = True
    bounds = [*firsts.tolist(), len(removals.text)]
    for text, (first, last) in zip(texts.tolist(), itertools.pairwise(bounds), strict=True):
        repaired[text] = _cut_text(tokens, removals, stages, text, range(first, last))


def _hopeless(text_offsets: npt.NDArray[np.int64], removals: Removals) -> npt.NDArray[np.bool_]:
    """bool[texts]; True where the cuts would leave less than LEAST_KEPT of the text."""
    lengths = np.diff(text_offsets)
    removed = np.zeros(len(lengths), np.int64)
    np.add.at(removed, removals.text, removals.stop - removals.start)
    hopeless: npt.NDArray[np.bool_] = lengths - removed < LEAST_KEPT * lengths
    return hopeless


def _merge_neighbours(
    removals: Removals, stages: npt.NDArray[np.int8]
) -> tuple[Removals, npt.NDArray[np.int8]]:
    """Make touching spans of one stage one span: a million dropped lines are no loop in Python."""
    apart = np.ones(len(stages), np.bool_)
    apart[1:] = (
        (removals.text[1:] != removals.text[:-1])
        | (removals.start[1:] != removals.stop[:-1])
        | (stages[1:] != stages[:-1])
        | (removals.blank[:-1] != 0)
    )
    firsts = np.flatnonzero(apart)
    lasts = np.append(firsts[1:], len(stages)) - 1
    merged = Removals(
        text=removals.text[firsts],
        start=removals.start[firsts],
        stop=removals.stop[lasts],
        pieces=np.add.reduceat(removals.pieces, firsts),
        blank=removals.blank[lasts],
    )
    return merged, stages[firsts]


def _cut_text(
    tokens: TokenBatch,
    removals: Removals,
    stages: npt.NDArray[np.int8],
    text: int,
    spans: range,
) -> RepairedText:
    begin, end = int(tokens.text_offsets[text]), int(tokens.text_offsets[text + 1])
    raw = tokens.data[begin:end].tobytes()
    kept: list[bytes] = []
    cuts: list[Cut] = []
    position = 0
    for span in spans:
        start, stop = int(removals.start[span]) - begin, int(removals.stop[span]) - begin
        kept.append(raw[position:start])
        if removals.blank[span]:
            kept.append(b" ")
        cuts.append(Cut(STAGES[stages[span]], int(removals.pieces[span]), raw[start:stop]))
        position = stop
    kept.append(raw[position:])
    return RepairedText(b"".join(kept), cuts, cut_at_end=position == len(raw))
