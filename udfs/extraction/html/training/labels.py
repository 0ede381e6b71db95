"""Which blocks of a page its gold text holds: an alignment of words that prefers long runs."""

from __future__ import annotations

import re
from collections import Counter
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from udfs.columns.compiled import kernel

GAP_COST: Final = 1.3
"""Matched words that a new run must bring; stray equal words are not matched."""
GAP_COST_AT_BLOCK: Final = 0.3
"""The same where a block begins."""
MAXIMUM_CELLS: Final = 150_000_000
"""Page words by gold words; longer gold texts are cut (one byte a cell)."""

_WIDE = "\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff"
_WORD = re.compile(rf"[{_WIDE}]|[^\W{_WIDE}]+")


class BlockLabels(NamedTuple):
    """What the gold text says of a page's blocks.

    Attributes:
        shares: Share of each block's words that the gold text holds; float32 [blocks].
        words: Number of each block's words; int32 [blocks].
        gold_words: Number of words of the gold text.
    """

    shares: npt.NDArray[np.float32]
    words: npt.NDArray[np.int32]
    gold_words: int


def words_of(text: str) -> list[str]:
    """Lower-cased runs of letters and digits; wide characters one by one."""
    return _WORD.findall(text.lower())


def label_blocks(texts: list[str], gold: str) -> BlockLabels:
    """Align the blocks' words with those of the gold text, in order.

    Args:
        texts: Text of each block.
        gold: Wanted text of the page.
    """
    by_block = [words_of(text) for text in texts]
    numbers: dict[str, int] = {}
    wanted = np.array([numbers.setdefault(word, len(numbers)) for word in words_of(gold)], np.int32)
    page = np.array([numbers.get(word, -1) for words in by_block for word in words], np.int32)
    counts = np.array([len(words) for words in by_block], np.int32)
    ends = np.cumsum(counts)
    hits = np.zeros(len(page), np.float32)
    if len(page) and len(wanted):
        starts = np.zeros(len(page), np.bool_)
        starts[(ends - counts)[counts > 0]] = True
        hits = _aligned(page, wanted[: MAXIMUM_CELLS // len(page)], starts).astype(np.float32)
    totals = np.concatenate([[0], np.cumsum(hits)])
    shares = (totals[ends] - totals[ends - counts]) / np.maximum(counts, 1)
    return BlockLabels(shares.astype(np.float32), counts, len(wanted))


@kernel
def _aligned(
    page: npt.NDArray[np.int32], gold: npt.NDArray[np.int32], starts: npt.NDArray[np.bool_]
) -> npt.NDArray[np.uint8]:
    """Global alignment with affine cost of gaps (Gotoh 1982); 1 for each page word that is matched."""
    rows, columns = page.shape[0], gold.shape[0]
    never = np.float32(-1e9)
    steps = np.zeros((rows + 1, columns + 1), np.uint8)
    run = np.full(columns + 1, never, np.float32)
    gap = np.zeros(columns + 1, np.float32)
    next_run = run.copy()
    next_gap = gap.copy()
    for i in range(1, rows + 1):
        cost = np.float32(GAP_COST_AT_BLOCK) if starts[i - 1] else np.float32(GAP_COST)
        next_run[0] = never
        next_gap[0] = 0
        word = page[i - 1]
        for j in range(1, columns + 1):
            step = 0
            matched = never
            if word == gold[j - 1]:
                matched = run[j - 1] + np.float32(1)
                opened = gap[j - 1] - cost + np.float32(1)
                if opened > matched:
                    matched = opened
                    step = 1
            skipped = gap[j]
            if next_gap[j - 1] > skipped:
                skipped = next_gap[j - 1]
                step |= 2
            if matched > skipped:
                skipped = matched
                step = (step & 1) | 4
            next_run[j] = matched
            next_gap[j] = skipped
            steps[i, j] = step
        run, next_run = next_run, run
        gap, next_gap = next_gap, gap
    hits = np.zeros(rows, np.uint8)
    i, j = rows, columns
    in_run = False
    while i > 0 and j > 0:
        taken = steps[i, j]
        if in_run:
            hits[i - 1] = 1
            in_run = (taken & 1) == 0
            i -= 1
            j -= 1
        elif taken & 4:
            in_run = True
        elif taken & 2:
            j -= 1
        else:
            i -= 1
    return hits


def bag_f1(found: list[str], wanted: list[str]) -> float:
    """F1 of two bags of words, 0 to 1; 1 when both are empty."""
    if not found or not wanted:
        return float(found == wanted)
    common = (Counter(found) & Counter(wanted)).total()
    return 2 * common / (len(found) + len(wanted))
