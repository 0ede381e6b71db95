"""Bounds that depend on the corpus itself: percentiles and fences per language, as numbers.

Values are counted in bins of equal width on a logarithmic scale, so the result is the same for any
partitioning and needs one small aggregation at any size; the price is a rounding of at most
1/512 of the value, upwards.
"""

from __future__ import annotations

import bisect
import math
from collections.abc import Callable, Mapping, Sequence
from itertools import accumulate

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.recipes.rules import AbsentRule, Bounds, ResolvedRule, Rule
from jobs.verdicts.expressions import LANGUAGE, alive, signal_column

BINS_PER_UNIT = 512  # of the natural logarithm
# Fewer documents say nothing about a percentile of their language: one would be over 2 % of it.
MINIMUM_DOCUMENTS = 50

CountBins = Callable[[Sequence[ResolvedRule], str], Mapping[str, Mapping[int, int]]]


def resolve(
    rules: Sequence[Rule], signals: DataFrame, missing: Mapping[str, str]
) -> tuple[list[ResolvedRule], list[AbsentRule]]:
    """Return the rules with numbers in place of percentiles, and the rules that cannot be judged.

    Args:
        rules: The recipe's rules, in order.
        signals: One row a document with the struct columns that the rules read.
        missing: Annotators without values in this run and why, e.g. ``{"quality": "no grader"}``.
    """

    def living_bins(fixed: Sequence[ResolvedRule], signal: str) -> dict[str, dict[int, int]]:
        return language_bins(signals.where(alive(fixed)), signal)

    return resolve_by(rules, missing, living_bins)


def resolve_by(
    rules: Sequence[Rule], missing: Mapping[str, str], count_bins: CountBins
) -> tuple[list[ResolvedRule], list[AbsentRule]]:
    """Return the same as :func:`resolve` from whatever can count values.

    Args:
        rules: The recipe's rules, in order.
        missing: Annotators without values and why.
        count_bins: Given the rules with fixed bounds and a signal, returns for each language with
            enough documents that those rules let live how many values lie in each bin; bin k holds
            ``k <= BINS_PER_UNIT * ln(value) < k + 1``.
    """
    absent = [found for rule in rules if (found := _absence(rule, missing)) is not None]
    gone = {found.reason for found in absent}
    present = [rule for rule in rules if rule.reason not in gone]
    fixed = [_fixed(rule) for rule in present if not is_relative(rule)]
    resolved: dict[str, ResolvedRule] = {rule.reason: rule for rule in fixed}
    for rule in present:
        if not is_relative(rule):
            continue
        counts = count_bins(fixed, rule.signal)
        if not counts:
            why = f"no language has {MINIMUM_DOCUMENTS} documents with {rule.signal}"
            absent.append(AbsentRule(reason=rule.reason, signal=rule.signal, why=why))
            continue
        resolved[rule.reason] = _relative_to(rule, counts)
    return [resolved[rule.reason] for rule in present if rule.reason in resolved], absent


def _absence(rule: Rule, missing: Mapping[str, str]) -> AbsentRule | None:
    for signal in sorted(rule.signals):
        why = why_missing(signal, missing)
        if why is not None:
            return AbsentRule(reason=rule.reason, signal=signal, why=why)
    return None


def why_missing(signal: str, missing: Mapping[str, str]) -> str | None:
    """Return why a run has no values of a signal, or None; ``missing`` as in :func:`resolve`."""
    for prefix, why in missing.items():
        if signal == prefix or signal.startswith(prefix + "."):
            return why
    return None


def is_relative(rule: Rule) -> bool:
    """Say whether a bound of a rule follows from the documents, as a percentile does."""
    return rule.relative or any(bounds and bounds.relative for bounds in rule.languages.values())


def _fixed(rule: Rule) -> ResolvedRule:
    default = None if rule.empty else Bounds(min=rule.min, max=rule.max, one_of=rule.one_of)
    return _resolved(rule, default, dict(rule.languages))


def _resolved(
    rule: Rule, default: Bounds | None, languages: dict[str, Bounds | None]
) -> ResolvedRule:
    return ResolvedRule(
        reason=rule.reason,
        signal=rule.signal,
        action=rule.action,
        when=rule.when,
        default=default,
        languages=languages,
        expression=rule.expression,
    )


def language_bins(documents: DataFrame, signal: str) -> dict[str, dict[int, int]]:
    """Return counts by language and bin of a signal's logarithm, where there are enough documents."""
    bin_number = F.floor(F.log(signal_column(signal)) * BINS_PER_UNIT)
    rows = (
        documents.where((signal_column(signal) > 0) & F.col(LANGUAGE).isNotNull())
        .groupBy(F.col(LANGUAGE).alias("language"), bin_number.alias("bin"))
        .count()
        .collect()  # at most a few thousand bins a language
    )
    counts: dict[str, dict[int, int]] = {}
    for row in rows:
        counts.setdefault(row["language"], {})[row["bin"]] = row["count"]
    return {
        language: bins
        for language, bins in counts.items()
        if sum(bins.values()) >= MINIMUM_DOCUMENTS
    }


def _relative_to(rule: Rule, counts: Mapping[str, Mapping[int, int]]) -> ResolvedRule:
    languages: dict[str, Bounds | None] = {}
    for language, bins in sorted(counts.items()):
        bounds = rule.languages.get(language, None if rule.empty else rule)
        languages[language] = bounds and Bounds(min=_lower(bounds, bins), max=_upper(bounds, bins))
    return _resolved(rule, None, languages)


def _lower(bounds: Bounds, bins: Mapping[int, int]) -> float | None:
    if bounds.min_percentile is None:
        return bounds.min
    # The lower edge of the bin: what lies in it may be above the percentile, and stays.
    return math.exp((quantile(bins, bounds.min_percentile / 100) - 1) / BINS_PER_UNIT)


def _upper(bounds: Bounds, bins: Mapping[int, int]) -> float | None:
    if bounds.max_percentile is not None:
        return math.exp(quantile(bins, bounds.max_percentile / 100) / BINS_PER_UNIT)
    if bounds.max_fence is not None:
        first, third = quantile(bins, 0.25), quantile(bins, 0.75)
        return math.exp((third + bounds.max_fence * (third - first)) / BINS_PER_UNIT)
    return bounds.max


def quantile(bins: Mapping[int, int], share: float) -> float:
    """Return a quantile of binned values in units of bins, by numpy's default (linear) definition.

    A value counts as the upper edge of its bin. Of fewer than 100 documents the highest lies above
    the 99th percentile unless the next one is in the same bin.

    Args:
        bins: Count by bin number; at least one count.
        share: 0 to 1.
    """
    numbers = sorted(bins)
    sums = list(accumulate(bins[number] for number in numbers))
    place = share * (sums[-1] - 1)
    lower, upper = (
        numbers[bisect.bisect_right(sums, rank)] + 1
        for rank in (math.floor(place), min(math.floor(place) + 1, sums[-1] - 1))
    )
    return lower + (place - math.floor(place)) * (upper - lower)
