"""What other thresholds would do to a finished run: verdicts from its signals, nothing recomputed."""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from jobs.inspection.run_tables import RunTables
from jobs.recipes.recipe import Recipe
from jobs.recipes.rules import AbsentRule, ResolvedRule, Rule, is_grade_rule
from jobs.recipes.stored_recipe import judged_rules
from jobs.runtime.errors import SettingsError
from jobs.verdicts.array_verdicts import NO_RULE, SignalTable, signal_columns
from jobs.verdicts.expressions import LANGUAGE
from jobs.verdicts.thresholds import resolve_by, why_missing
from udfs.columns.sorted_integers import are_among

HOST = r"^[A-Za-z][A-Za-z0-9+.\-]*://(?:[^/?#@]*@)?(?P<host>[^/?#:@]+)"


@dataclass(frozen=True)
class Judgement:
    """One set of verdicts over the judged documents of a run.

    Attributes:
        rules: Rules with the numbers that were used, in order.
        absent: Rules that could not be judged, and why.
        first: int32 (n,): place of the rule that names the reason, or NO_RULE.
        hits: Documents that fail each rule, by whatever rule they leave.
    """

    rules: list[ResolvedRule]
    absent: list[AbsentRule]
    first: np.ndarray
    hits: dict[str, int]

    def reasons(self) -> dict[str, int]:
        """Return documents by first reason, in the order of the rules."""
        counts = np.bincount(self.first[self.first != NO_RULE], minlength=len(self.rules))
        return {
            rule.reason: int(count)
            for rule, count in zip(self.rules, counts, strict=True)
            if rule.action == "drop"
        }

    @property
    def living(self) -> np.ndarray:
        """Bool (n,): no dropping rule fails."""
        return np.asarray(self.first == NO_RULE)


@dataclass(frozen=True)
class WhatIf:
    """A run's verdicts as they are and as they would be.

    Attributes:
        documents: Columns ``id, url, source, language.language`` of the judged documents.
        now, then: The two judgements over them.
        quarantined: Records that no rule ever saw.
        removed: Ids that deduplication removed in the run, and the keeper of each, int64 (m, 2).
        low_now, low_then: Ids whose grade fails a rule now and would then, int64.
        removed_then: As ``removed``, of a search among the documents that would live; None when it was
            not made.
    """

    documents: pa.Table
    now: Judgement
    then: Judgement
    quarantined: int
    removed: np.ndarray
    low_now: np.ndarray
    low_then: np.ndarray
    removed_then: np.ndarray | None = None

    @property
    def ids(self) -> np.ndarray:
        """Ids of the judged documents, int64 (n,)."""
        return np.asarray(self.documents.column("id").to_numpy())

    @property
    def gained(self) -> np.ndarray:
        """Places of the documents that would pass the rules and do not now."""
        return np.flatnonzero(self.then.living & ~self.now.living)

    @property
    def lost(self) -> np.ndarray:
        """Places of the documents that pass the rules now and would not."""
        return np.flatnonzero(self.now.living & ~self.then.living)

    def duplicates(self) -> tuple[int, int]:
        """Return how many duplicates leave now, and how many would.

        Unless duplicates were searched for again, a duplicate whose keeper would be dropped counts as
        kept, and gained documents have not been compared with others.
        """
        return len(self.removed), len(self._leaving_then())

    def kept(self) -> tuple[int, int]:
        """Return the documents of the corpus now and then; see :meth:`duplicates`."""
        now = int(self.now.living.sum()) - len(self.removed) - len(self.low_now)
        if len(self.low_then):
            return now, len(self.kept_ids())
        # Whoever leaves as a copy lives by the rules: no million ids need be sorted to count the rest.
        return now, int(self.then.living.sum()) - len(self._leaving_then())

    def kept_ids(self) -> np.ndarray:
        """Return the ids of the corpus as it would be, int64, ascending; see :meth:`duplicates`."""
        living = np.setdiff1d(self.ids[self.then.living], self._leaving_then())
        return np.setdiff1d(living, self.low_then)

    def _leaving_then(self) -> np.ndarray:
        if self.removed_then is not None:
            return np.asarray(self.removed_then[:, 0])
        living = np.sort(self.ids[self.then.living])
        still = are_among(self.removed[:, 0], living) & are_among(self.removed[:, 1], living)
        return np.asarray(self.removed[still, 0])

    def changes_by(self, column: str) -> list[tuple[str, int, int]]:
        """Return ``(value, gained, lost)`` for each language or source, largest change first.

        Args:
            column: ``language.language``, or ``source``: the host, or the folder of a file.
        """
        gained, lost = (
            Counter(map(str, _group(self.documents.take(places), column)))
            for places in (self.gained, self.lost)
        )
        changes = [(value, gained[value], lost[value]) for value in gained.keys() | lost.keys()]
        return sorted(changes, key=lambda change: (-(change[1] + change[2]), change[0]))

    def reason_then(self, place: int) -> str | None:
        """Return why a document would leave; None when the rules would let it live."""
        return _reason(self.then, place)

    def reason_now(self, place: int) -> str | None:
        """Return why the rules drop a document now; None when they let it live."""
        return _reason(self.now, place)


@dataclass(frozen=True)
class JudgedDocuments:
    """What every question about other rules of the same signals starts from.

    Attributes:
        signals: ``id``, ``url``, ``source``, language and the signals that rules read.
        now: The run's own verdicts over them.
        removed: Ids that deduplication removed, and the keeper of each, int64 (m, 2).
        low_now: Ids whose grade fails a rule, int64.
    """

    signals: SignalTable
    now: Judgement
    removed: np.ndarray
    low_now: np.ndarray


def read_judged(tables: RunTables, recipe: Recipe) -> JudgedDocuments:
    """Read what :func:`ask_what_if` needs of a run to ask a recipe, or another with the same signals.

    Raises:
        InputError: A stage has not run.
        SettingsError: A rule in SQL is not the run's.
    """
    rules = judged_rules(tables.manifest("verdicts"))
    missing = _missing(tables)
    signals = sorted(
        {
            signal
            for rule in _asked(recipe)
            for signal in rule.signals
            if why_missing(signal, missing) is None
        }
    )
    columns = ["id", "url", "source", *dict.fromkeys([LANGUAGE, *signals])]
    table = signal_columns(functools.partial(tables.columns, "annotated"), columns)
    answers = _answers(tables, rules, _asked(recipe), table.column("id"))
    return JudgedDocuments(
        signals=SignalTable(table, answers),
        now=_now(tables, rules, table.column("id")),
        removed=_pairs(tables),
        low_now=_low_now(tables),
    )


def ask_what_if(tables: RunTables, recipe: Recipe, judged: JudgedDocuments | None = None) -> WhatIf:
    """Judge the documents of a finished run by a recipe.

    Args:
        tables: The run; its stages up to ``dedup`` must be there.
        recipe: The rules to ask; nothing but its rules has an effect. What the run was told to leave
            out by name stays out.
        judged: What :func:`read_judged` read for a recipe with the same signals; None reads it.

    Raises:
        InputError: A stage has not run.
    """
    judged = judged or read_judged(tables, recipe)
    signals = judged.signals
    resolved, absent = resolve_by(_asked(recipe), _missing(tables), signals.count_bins)
    resolved = [rule for rule in judged.now.rules if rule.listed is not None] + resolved
    return WhatIf(
        documents=signals.table.select(["id", "url", "source", LANGUAGE]),
        now=judged.now,
        then=_then(signals, resolved, absent),
        quarantined=tables.manifest("quarantined").rows,
        removed=judged.removed,
        low_now=judged.low_now,
        low_then=_low_then(tables, [rule for rule in recipe.rules if is_grade_rule(rule)]),
    )


def _asked(recipe: Recipe) -> list[Rule]:
    return [rule for rule in recipe.rules if not is_grade_rule(rule)]


def _missing(tables: RunTables) -> Mapping[str, str]:
    missing: Mapping[str, str] = tables.manifest("annotated").details.get("absent_signals", {})
    return missing


def _answers(
    tables: RunTables,
    rules: Sequence[ResolvedRule],
    wanted: Sequence[Rule],
    ids: pa.ChunkedArray,
) -> dict[str, np.ndarray]:
    """What Spark answered in the run to rules in SQL; others cannot be asked without it.

    Raises:
        SettingsError: The recipe has one that the run did not ask.
    """
    asked = {rule.reason: rule for rule in rules if rule.expression}
    answers: dict[str, np.ndarray] = {}
    for rule in wanted:
        if rule.expression is None:
            continue
        old = asked.get(rule.reason)
        if old is None or (old.expression, old.when) != (rule.expression, rule.when):
            raise SettingsError(
                f"rule {rule.reason} is SQL that this run was not decided by, and whatif asks no Spark: "
                f"`corpusmill decide {tables.output} --recipe FILE` asks it"
            )
        verdicts = tables.columns("verdicts", ["id", "reasons", "flags"])
        rows = _rows_of(verdicts.column("id"), ids)
        broken = np.zeros(len(ids), dtype=bool)
        for name in ("reasons", "flags"):
            column = verdicts.column(name).combine_chunks()
            hits = pc.list_parent_indices(column).filter(
                pc.equal(pc.list_flatten(column), rule.reason)
            )
            failed = np.zeros(len(column), dtype=bool)
            failed[hits.to_numpy()] = True
            broken |= failed[rows]
        answers[rule.expression] = broken
    return answers


def _rows_of(verdicts: pa.ChunkedArray, ids: pa.ChunkedArray) -> np.ndarray:
    """The row of ``verdicts/`` of each document, int64 (n,)."""
    order = np.argsort(verdicts.to_numpy(), kind="stable")
    return np.asarray(order[np.searchsorted(verdicts.to_numpy()[order], ids.to_numpy())])


def _group(documents: pa.Table, column: str) -> list[str | None]:
    if column != "source":
        return list(documents.column(column).to_pylist())
    url = documents.column("url").combine_chunks().fill_null("")
    host = pc.struct_field(pc.extract_regex(url, HOST), "host")
    folder = pc.replace_substring_regex(documents.column("source"), r"/[^/]*$", "")
    return list(pc.coalesce(pc.utf8_lower(host), folder, pa.scalar("")).to_pylist())


def _now(tables: RunTables, rules: Sequence[ResolvedRule], ids: pa.ChunkedArray) -> Judgement:
    verdicts = tables.columns("verdicts", ["id", "reason", "reasons", "flags"])
    places = pa.array([rule.reason for rule in rules], pa.string())
    found = pc.index_in(verdicts.column("reason"), value_set=places).fill_null(NO_RULE)
    rows = _rows_of(verdicts.column("id"), ids)
    hits = dict.fromkeys((rule.reason for rule in rules), 0)
    for column in ("reasons", "flags"):
        for counted in pc.list_flatten(verdicts.column(column)).value_counts().to_pylist():
            hits[counted["values"]] += counted["counts"]
    first = np.asarray(found.to_numpy()[rows], dtype=np.int32)
    return Judgement(list(rules), [], first, hits)


def _then(signals: SignalTable, rules: list[ResolvedRule], absent: list[AbsentRule]) -> Judgement:
    verdicts = signals.judge(rules)
    failed = zip(rules, verdicts.failed.sum(axis=1).tolist(), strict=True)
    return Judgement(rules, absent, verdicts.first, {rule.reason: n for rule, n in failed})


def _pairs(tables: RunTables) -> np.ndarray:
    found = tables.columns("duplicates", ["id", "keeper_id"])
    return np.column_stack([found.column(name).to_numpy() for name in found.column_names])


def _low_now(tables: RunTables) -> np.ndarray:
    dropped = tables.columns("dropped", ["id", "stage"])
    low = pc.equal(dropped.column("stage"), "grade")
    return np.asarray(dropped.filter(low).column("id").to_numpy())


def _low_then(tables: RunTables, rules: Sequence[Rule]) -> np.ndarray:
    if not rules or not tables.has("quality"):
        return np.array([], dtype=np.int64)
    signals = sorted({signal for rule in rules for signal in rule.signals})
    grades = tables.columns("quality", ["id", *dict.fromkeys([LANGUAGE, *signals])])
    judged = SignalTable(grades)
    resolved, _ = resolve_by(rules, {}, judged.count_bins)
    low = judged.judge(resolved).first != NO_RULE
    return np.asarray(grades.column("id").to_numpy()[low])


def _reason(judgement: Judgement, place: int) -> str | None:
    first = int(judgement.first[place])
    return None if first == NO_RULE else judgement.rules[first].reason
