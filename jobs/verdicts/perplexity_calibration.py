"""What perplexity is usual in a language of this run: percentiles, and the three buckets they make."""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping
from typing import Final

import numpy as np
import pyarrow as pa
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from jobs.verdicts.array_verdicts import SignalTable
from jobs.verdicts.expressions import LANGUAGE
from jobs.verdicts.thresholds import BINS_PER_UNIT, language_bins, quantile

SIGNAL: Final = "perplexity.perplexity"
PERCENTILES: Final = (1, 5, 10, 25, 30, 50, 60, 75, 90, 95, 99)
# CCNet's buckets: the 30 % that read most like the training text, the next 30 %, and the rest.
HEAD, MIDDLE = "p30", "p60"

Calibration = dict[str, dict[str, float]]


def calibrate(annotated: DataFrame) -> Calibration:
    """Percentiles of perplexity by language, over all scored documents.

    Args:
        annotated: One row a document with the struct columns of signals.

    Returns:
        For each language with 50 scored documents or more ``documents`` and ``p1`` .. ``p99``, each
        at most 1/512 too high.
    """
    return calibration_of(language_bins(annotated, SIGNAL))


def calibration_of(counts: Mapping[str, Mapping[int, int]]) -> Calibration:
    """The same from counts by language and bin; see :func:`jobs.verdicts.thresholds.resolve_by`."""
    return {
        language: {"documents": sum(bins.values()), **_percentiles(bins)}
        for language, bins in sorted(counts.items())
    }


def bucket_array(calibration: Calibration, signals: SignalTable) -> pa.Array:
    """The column of :func:`bucket` for signals in memory: string (n,)."""
    values, (names, places) = signals.values(SIGNAL), signals.languages
    found = [calibration.get(name or "") for name in names]
    head, middle = (
        np.array([own[key] if own else np.nan for own in found])[places] for key in (HEAD, MIDDLE)
    )
    place = (values.numbers > head).astype(np.int8) + (values.numbers > middle)
    absent = ~values.known | np.isnan(head)
    return pa.array(["head", "middle", "tail"]).take(pa.array(place, mask=absent))


def bucket(calibration: Calibration) -> Column:
    """The column ``perplexity_bucket``: head, middle or tail; null without a score or calibration."""
    value = F.col(SIGNAL)
    column: Column = F.lit(None).cast("string")
    if not calibration:
        return column.alias("perplexity_bucket")
    bounds = F.create_map(
        *[
            F.lit(entry)
            for language, found in calibration.items()
            for entry in (language, f"{found[HEAD]!r},{found[MIDDLE]!r}")
        ]
    )
    both = F.split(F.try_element_at(bounds, F.col(LANGUAGE)), ",")
    head, middle = both[0].cast("double"), both[1].cast("double")
    chosen = (
        F.when(value <= head, "head").when(value <= middle, "middle").when(value > middle, "tail")
    )
    return chosen.alias("perplexity_bucket")


def _percentiles(bins: Mapping[int, int]) -> dict[str, float]:
    edge = functools.partial(quantile, bins)
    return {
        f"p{number}": round(math.exp(edge(number / 100) / BINS_PER_UNIT), 3)
        for number in PERCENTILES
    }
