"""Which items can be found at all; the others are listed, not guessed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from udfs.contamination.benchmark_index import BenchmarkIndex, View
from udfs.contamination.items import ANSWER, CODE, OPTIONS, QUESTION

DECIDABLE: Final = "decidable"
TOO_SHORT: Final = "too_short"
TOO_COMMON: Final = "too_common"
TOO_LITTLE: Final = "too_little_information"
REASONS: Final = (TOO_SHORT, TOO_COMMON, TOO_LITTLE)
"""No field has a phrase; all phrases are templates or boilerplate; a verbatim copy stays below the lines."""


def decidability(index: BenchmarkIndex) -> list[str]:
    """For each item ``decidable`` or one of ``REASONS``."""
    settings = index.settings
    count = len(index.ids)
    reachable = np.zeros(count)
    beside = _option_bits(index)
    for kind, bits, support in (
        (QUESTION, settings.bits, beside),
        (ANSWER, settings.answer_bits, 0.0),
        (OPTIONS, settings.long_bits, 0.0),
    ):
        best = _best(index.words, kind, count)
        np.maximum(reachable, np.where(best > 0, (best + support) / bits, 0), out=reachable)
    for view, kind, bits in (
        (index.exact, QUESTION, settings.number_bits),
        (index.exact, ANSWER, settings.number_bits),
        (index.code, CODE, settings.code_bits),
    ):
        np.maximum(reachable, _best(view, kind, count) / bits, out=reachable)
    has_phrase = np.zeros(count, np.bool_)
    informed = np.zeros(count, np.bool_)
    for view in (index.words, index.exact, index.code):
        has_phrase[view.items[np.unique(view.phrases.fields)]] = True
        informed[view.items[view.fields.totals > 0]] = True
    reasons = np.where(informed, TOO_LITTLE, np.where(has_phrase, TOO_COMMON, TOO_SHORT))
    return [str(reason) for reason in np.where(reachable >= 1, DECIDABLE, reasons)]


def undecidable_items(index: BenchmarkIndex, reasons: Sequence[str]) -> list[dict[str, str]]:
    """Benchmark, id and reason of each item that cannot be found."""
    return [
        {"benchmark": benchmark, "item": item, "reason": reason}
        for benchmark, item, reason in zip(index.benchmarks, index.ids, reasons, strict=True)
        if reason != DECIDABLE
    ]


def _best(view: View, kind: int, count: int) -> npt.NDArray[np.float64]:
    best = np.zeros(count)
    chosen = view.kinds == kind
    np.maximum.at(best, view.items[chosen], view.fields.totals[chosen])
    return best


def _option_bits(index: BenchmarkIndex) -> npt.NDArray[np.float64]:
    sums = np.append(0.0, np.cumsum(index.options.bits, dtype=np.float64))
    ends = index.options.offsets[index.options.items]
    bits: npt.NDArray[np.float64] = sums[ends[1:]] - sums[ends[:-1]]
    return bits
