"""A document's whole way through a run: read, extracted, judged rule by rule, compared, published."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa

from jobs.inspection.packed_rows import PackedSegment, packed_segments
from jobs.inspection.run_tables import RunTables
from jobs.recipes.rules import DOCUMENT_GROUP, Bounds, ResolvedRule, stored_name
from jobs.recipes.stored_recipe import judged_rules
from jobs.verdicts.array_verdicts import SignalTable
from jobs.verdicts.expressions import LANGUAGE

CHARACTERS = 300
WITHOUT_CONTENT = ("id", "source", "source_id", "url", "content_bytes", "status", "detail")


@dataclass(frozen=True)
class RuleAnswer:
    """One rule's answer about one document.

    Attributes:
        rule: The rule with the numbers that were used.
        value: The signal's value, a number or text; None when the document has none.
        bounds: The bounds of the document's language; None when the rule is off for it.
        applies: Whether the rule's conditions hold.
        fails: Whether the document breaks it.
    """

    rule: ResolvedRule
    value: float | str | None
    bounds: Bounds | None
    applies: bool
    fails: bool

    @property
    def distance(self) -> float | None:
        """How far the value is inside the nearest bound (negative: outside), as a share of the bound."""
        if not isinstance(self.value, float) or self.bounds is None:
            return None
        gaps = []
        if self.bounds.min is not None:
            gaps.append((self.value - self.bounds.min) / (abs(self.bounds.min) or 1.0))
        if self.bounds.max is not None:
            gaps.append((self.bounds.max - self.value) / (abs(self.bounds.max) or 1.0))
        return min(gaps, default=None)


@dataclass(frozen=True)
class Explanation:
    """What every stage knows of one document; None for a stage that it did not reach."""

    id: int
    fetched: Mapping[str, Any]
    extracted: Mapping[str, Any] | None
    annotated: Mapping[str, Any] | None
    answers: tuple[RuleAnswer, ...]
    verdict: Mapping[str, Any] | None
    duplicate: Mapping[str, Any] | None
    copies: int
    keeper: Mapping[str, Any] | None
    grade: Mapping[str, Any] | None
    dropped: Mapping[str, Any] | None
    quarantined: Mapping[str, Any] | None
    kept: bool
    segments: tuple[PackedSegment, ...] | None


def explain_documents(tables: RunTables, ids: Iterable[int]) -> list[Explanation]:
    """Return the way of each document, in the order of the ids.

    Raises:
        InputError: A stage has not run.
    """
    wanted = sorted(set(ids))
    found = {
        dataset: tables.rows(dataset, wanted)
        for dataset in ("annotated", "verdicts", "duplicates", "dropped", "quarantined")
    }
    found["documents"] = tables.rows("documents", wanted, WITHOUT_CONTENT)
    found["extracted"] = tables.rows("extracted", wanted)
    found["quality"] = tables.rows("quality", wanted) if tables.has("quality") else {}
    found["corpus"] = tables.rows("corpus", wanted, ["id"])
    keepers = {int(row["keeper_id"]) for row in found["duplicates"].values()}
    found["keepers"] = tables.rows("annotated", keepers, ["id", "url", "source", "text"])
    clusters = _copies(tables, wanted)
    rules = run_rules(tables)
    packed = packed_segments(tables.output, wanted)
    return [
        replace(
            _explanation(number, found, clusters, rules),
            segments=None if packed is None else tuple(packed[number]),
        )
        for number in wanted
    ]


def run_rules(tables: RunTables) -> list[ResolvedRule]:
    """Return the rules that the decide stage judged by, with the numbers that were used."""
    return judged_rules(tables.manifest("verdicts"))


def answers(
    rules: Iterable[ResolvedRule],
    document: Mapping[str, Any],
    verdict: Mapping[str, Any] | None = None,
) -> tuple[RuleAnswer, ...]:
    """Return what each rule says of one annotated document.

    Args:
        rules: Rules with numbers; one that names documents says nothing of their signals.
        document: A row of ``annotated/``: struct columns as mappings.
        verdict: Its row of ``verdicts/``, which says what Spark answered to rules in SQL; without it
            these are left out.
    """
    asked = [rule for rule in rules if rule.listed is None and (verdict or not rule.expression)]
    broken = {*verdict["reasons"], *verdict["flags"]} if verdict else set()
    told = {rule.expression: np.array([rule.reason in broken]) for rule in asked if rule.expression}
    names = sorted({LANGUAGE, *(name for rule in asked for name in rule.signals)})
    row = {name: _signal(document, name) for name in names}
    columns = {name: _column(name, [row[name]]) for name in names}
    judged = SignalTable(pa.table(columns), told)
    failed = judged.judge(asked).failed[:, 0]
    return tuple(
        RuleAnswer(
            rule=rule,
            value=_value(row.get(rule.signal)),
            bounds=rule.languages.get(row[LANGUAGE], rule.default),
            applies=bool(judged.conditions_hold(rule)[0]),
            fails=bool(fails),
        )
        for rule, fails in zip(asked, failed, strict=True)
    )


def _signal(document: Mapping[str, Any], name: str) -> Any:
    if name.startswith(DOCUMENT_GROUP):
        return document.get(stored_name(name))
    group, _, field = name.partition(".")
    values = document.get(group)
    return None if values is None else values.get(field)


def _column(name: str, values: list[Any]) -> pa.Array:
    is_text = name == LANGUAGE or any(isinstance(value, str) for value in values)
    return pa.array(values, pa.string() if is_text else pa.float64())


def _value(given: Any) -> float | str | None:
    return given if given is None or isinstance(given, str) else float(given)


def _explanation(
    number: int,
    found: Mapping[str, Mapping[int, Mapping[str, Any]]],
    copies: Mapping[int, int],
    rules: list[ResolvedRule],
) -> Explanation:
    annotated = found["annotated"].get(number)
    duplicate = found["duplicates"].get(number)
    verdict = found["verdicts"].get(number)
    return Explanation(
        id=number,
        fetched=found["documents"][number],
        extracted=_reached_extraction(found["extracted"].get(number)),
        annotated=annotated,
        answers=answers(rules, annotated, verdict) if annotated else (),
        verdict=verdict,
        duplicate=duplicate,
        copies=copies.get(number, 0),
        keeper=found["keepers"].get(duplicate["keeper_id"]) if duplicate else None,
        grade=found["quality"].get(number),
        dropped=found["dropped"].get(number),
        quarantined=found["quarantined"].get(number),
        kept=number in found["corpus"],
        segments=None,
    )


def _reached_extraction(row: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    return None if row is None or row["stage"] == "ingest" else row


def _copies(tables: RunTables, ids: list[int]) -> dict[int, int]:
    """Return for each document how many duplicates were removed in its favour."""
    keepers = tables.columns("duplicates", ["keeper_id"]).column("keeper_id").to_pylist()
    wanted = set(ids)
    counts: dict[int, int] = {}
    for keeper in keepers:
        if keeper in wanted:
            counts[keeper] = counts.get(keeper, 0) + 1
    return counts
