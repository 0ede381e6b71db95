"""The rules of a recipe over Arrow columns in memory: the same verdicts as Spark's, in seconds.

What-if questions are asked of a finished run, often on a laptop, and small runs are judged without
Spark: a cluster has no part in either. A test compares every verdict with
:mod:`jobs.verdicts.expressions`.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from jobs.recipes.rules import Bounds, Condition, Listed, ResolvedRule, Rule, stored_name
from jobs.runtime.contract.document_ids import ROW_BITS
from jobs.verdicts.expressions import (
    BETWEEN,
    LANGUAGE,
    NAMED,
    NOT_NAMED,
    VERDICT_COLUMNS,
    record_name,
)
from jobs.verdicts.thresholds import BINS_PER_UNIT, MINIMUM_DOCUMENTS

NO_RULE = -1


class Values(NamedTuple):
    """One signal: ``numbers`` float64 (n,), ``known`` bool (n,), False where the value is null."""

    numbers: np.ndarray
    known: np.ndarray


class Verdicts(NamedTuple):
    """``first`` int32 (n,): the rule that names the reason, or NO_RULE; ``failed`` bool (rules, n)."""

    first: np.ndarray
    failed: np.ndarray


@dataclass(frozen=True)
class SignalTable:
    """Signals of all judged documents.

    Attributes:
        table: A column ``language.language`` and one a signal, named as rules name it.
        answers: Of expressions, which are SQL and Spark's to ask: for each the documents for which it
            was true, bool (n,). Rules with others cannot be judged here.
    """

    table: pa.Table
    answers: Mapping[str, np.ndarray] = field(default_factory=dict)

    @functools.cached_property
    def languages(self) -> tuple[list[str | None], np.ndarray]:
        """The language codes, and each document's place among them, int32 (n,)."""
        column = (
            self.table.column(LANGUAGE).combine_chunks().dictionary_encode(null_encoding="encode")
        )
        return column.dictionary.to_pylist(), column.indices.to_numpy().astype(np.int32)

    def values(self, signal: str) -> Values:
        """Return a signal as float64; booleans become 0 and 1."""
        column = self.table.column(signal).combine_chunks()
        known = column.is_valid().to_numpy(zero_copy_only=False)
        if pa.types.is_boolean(column.type):
            column = column.cast(pa.int8())
        numbers = column.cast(pa.float64(), safe=False).fill_null(0.0)
        return Values(numbers.to_numpy(zero_copy_only=False), known)

    def judge(self, rules: Sequence[ResolvedRule]) -> Verdicts:
        """Return what each rule says of each document, dropping rules deciding in their order."""
        failed = np.zeros((len(rules), self.table.num_rows), dtype=bool)
        first = np.full(self.table.num_rows, NO_RULE, dtype=np.int32)
        for place, rule in enumerate(rules):
            failed[place] = self._failing(rule)
            if rule.action == "drop":
                first[failed[place] & (first == NO_RULE)] = place
        return Verdicts(first, failed)

    def verdicts(self, rules: Sequence[ResolvedRule]) -> pa.Table:
        """Return the columns of :func:`jobs.verdicts.expressions.verdict_columns`."""
        first, failed = self.judge(rules)
        names = pa.array([rule.reason for rule in rules], pa.string())
        signals = pa.array([rule.asked for rule in rules], pa.string())
        value = np.full(self.table.num_rows, np.nan)
        threshold = value.copy()
        for place in np.unique(first[first != NO_RULE]):
            here = np.flatnonzero(first == place)
            if rules[place].listed is not None:
                value[here], threshold[here] = NAMED, NOT_NAMED
            if not rules[place].numeric:
                continue
            numbers = self.values(rules[place].signal).numbers
            lower, upper = (np.broadcast_to(b, len(first)) for b in self.bounds(rules[place]))
            value[here] = numbers[here]
            threshold[here] = np.where(numbers < lower, lower, upper)[here]
        living = first == NO_RULE
        chosen = pa.array(first, mask=living)
        told = np.array([rule.numeric or rule.listed is not None for rule in rules], dtype=bool)
        unknown = living if told.all() else living | ~told[first]
        dropping = np.array([rule.action == "drop" for rule in rules], dtype=bool)
        return pa.table(
            [
                names.take(chosen),
                _failed_names(names, failed & dropping[:, np.newaxis]),
                _failed_names(names, failed & ~dropping[:, np.newaxis]),
                signals.take(chosen),
                pa.array(value, mask=unknown, from_pandas=False),
                pa.array(threshold, mask=unknown, from_pandas=False),
            ],
            names=list(VERDICT_COLUMNS),
        )

    def count_bins(self, fixed: Sequence[ResolvedRule], signal: str) -> dict[str, dict[int, int]]:
        """Return the living documents' values by language and bin; see
        :func:`jobs.verdicts.thresholds.resolve_by`."""
        living = self.judge(fixed).first == NO_RULE
        values = self.values(signal)
        chosen = np.flatnonzero(living & values.known & (values.numbers > 0))
        bins = np.floor(np.log(values.numbers[chosen]) * BINS_PER_UNIT).astype(np.int64)
        names, places = self.languages
        counts = {}
        for place, name in enumerate(names):
            numbers, frequencies = np.unique(bins[places[chosen] == place], return_counts=True)
            if name is not None and frequencies.sum() >= MINIMUM_DOCUMENTS:
                counts[name] = dict(zip(numbers.tolist(), frequencies.tolist(), strict=True))
        return counts

    def bounds(self, rule: ResolvedRule) -> tuple[np.ndarray, np.ndarray]:
        """Return lower and upper bounds, infinite where there is none, float64 (n,), or (1,) for all."""
        if not rule.languages:
            return _limits([rule.default])
        names, places = self.languages
        chosen = [
            rule.languages[name] if name is not None and name in rule.languages else rule.default
            for name in names
        ]
        lower, upper = _limits(chosen)
        return lower[places], upper[places]

    def _failing(self, rule: ResolvedRule) -> np.ndarray:
        if rule.listed is not None:
            return self._named(rule.listed)
        if rule.expression is not None:
            broken: np.ndarray = self.answers[rule.expression] & self.conditions_hold(rule)
            return broken
        if not rule.numeric:
            unlisted: np.ndarray = ~self._listed(rule) & self.conditions_hold(rule)
            return unlisted
        values = self.values(rule.signal)
        lower, upper = self.bounds(rule)
        # As in SQL, NaN is above every number.
        above = (values.numbers > upper) | (np.isnan(values.numbers) & (upper < np.inf))
        outside: np.ndarray = values.known & ((values.numbers < lower) | above)
        outside &= self.conditions_hold(rule)
        return outside

    def _named(self, listed: Listed) -> np.ndarray:
        """Whether documents are listed; the table has ``id``, ``source`` and ``url``, too."""
        rows = pc.bit_wise_and(self.table.column("id"), (1 << ROW_BITS) - 1).cast(pa.string())
        records = pc.binary_join_element_wise(self._texts("source"), rows, BETWEEN)
        names = pa.array([record_name(*one) for one in listed.records], pa.string())
        found = pc.or_(
            pc.is_in(records, value_set=names),
            pc.is_in(self._texts("url"), value_set=pa.array(listed.urls, pa.string())),
        )
        return np.asarray(found.to_numpy())

    def _texts(self, name: str) -> pa.ChunkedArray:
        return self.table.column(name).cast(pa.string())

    def _listed(self, rule: ResolvedRule) -> np.ndarray:
        """Whether texts are among those listed for their language, or nothing is asked of them, bool (n,)."""
        names, places = self.languages
        listed = np.ones(self.table.num_rows, dtype=bool)
        for place, name in enumerate(names):
            own = name is not None and name in rule.languages
            bounds = rule.languages[str(name)] if own else rule.default
            if bounds is not None and bounds.one_of is not None:
                here = places == place
                listed[here] = self._among(rule.signal, bounds.one_of, absent=True)[here]
        return listed

    def _among(self, signal: str, texts: Sequence[str], *, absent: bool) -> np.ndarray:
        column = self.table.column(signal).combine_chunks()
        found = pc.is_in(column, value_set=pa.array(texts, column.type))
        answer = pc.if_else(column.is_valid(), found, pa.scalar(absent))
        return np.asarray(answer.to_numpy(zero_copy_only=False), dtype=bool)

    def conditions_hold(self, rule: ResolvedRule) -> np.ndarray:
        """Return whether all further signals that a rule asks lie inside their bounds, bool (n,)."""
        held = np.ones(self.table.num_rows, dtype=bool)
        for condition in rule.when:
            held &= self._holds(condition)
        return held

    def _holds(self, condition: Condition) -> np.ndarray:
        if condition.any:
            one: np.ndarray = np.logical_or.reduce([self._holds(part) for part in condition.any])
            return one
        if condition.all:
            every: np.ndarray = np.logical_and.reduce([self._holds(p) for p in condition.all])
            return every
        if condition.one_of is not None:
            return self._among(condition.signal, condition.one_of, absent=False)
        if condition.min is None and condition.max is None:
            known = self.table.column(condition.signal).combine_chunks().is_valid()
            return np.asarray(known.to_numpy(zero_copy_only=False), dtype=bool)
        values = self.values(condition.signal)
        held: np.ndarray = values.known.copy()
        if condition.min is not None:
            held &= (values.numbers >= condition.min) | np.isnan(values.numbers)
        if condition.max is not None:
            held &= values.numbers <= condition.max
        return held


def signal_columns(read: Callable[[list[str]], pa.Table], names: Sequence[str]) -> pa.Table:
    """Return columns of ``annotated/`` under the names that rules have for them.

    Args:
        read: Returns stored columns, each asked for once.
        names: Signals, and other columns.
    """
    table = read(list(dict.fromkeys(map(stored_name, names))))
    return pa.table([table.column(stored_name(name)) for name in names], names=list(names))


def asked_by_arrow(rules: Sequence[Rule | ResolvedRule]) -> bool:
    """Say whether rules can be judged without Spark: none is an expression in SQL."""
    return not any(rule.expression for rule in rules)


def _failed_names(names: pa.Array, failed: np.ndarray) -> pa.Array:
    """The names of the rules that each document fails, in their order: list<string> (n,)."""
    offsets = np.append(0, np.cumsum(failed.sum(axis=0))).astype(np.int32)
    rules = np.nonzero(failed.T)[1]
    return pa.ListArray.from_arrays(pa.array(offsets), names.take(pa.array(rules)))


def _limits(chosen: Sequence[Bounds | None]) -> tuple[np.ndarray, np.ndarray]:
    lower = [-np.inf if b is None or b.min is None else b.min for b in chosen]
    upper = [np.inf if b is None or b.max is None else b.max for b in chosen]
    return np.array(lower), np.array(upper)
