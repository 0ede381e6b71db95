"""A rule: one signal, its bounds, the reason a document leaves by. Thresholds live in recipes only."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

# Grades are given to survivors only, by a later stage, which judges these rules itself.
GRADE_PREFIX = "quality."


EXCLUDED = "excluded"
RESERVED_REASONS = frozenset(["exact_duplicate", "near_duplicate", "repeated_passages", EXCLUDED])
"""Reasons that the ledger gives documents which no rule judged."""


Action = Literal["drop", "flag", "excise"]
"""What becomes of a document that breaks a rule: it leaves, it is marked, or the passages of benchmark
items that the rule is about are cut out of it."""
EXCISABLE = {"contamination.strength": False, "contamination.variant_strength": True}
"""Signals of which passages can be cut, and whether these are variants of items."""


DOCUMENT_GROUP = "document."
"""Signals of this group are columns of every document that no annotator computes: its source, its format."""


def stored_name(signal: str) -> str:
    """Return the column, or the field of a struct column, of ``annotated/`` that holds a signal."""
    return signal.removeprefix(DOCUMENT_GROUP)


# How an expression names signals: a struct column and a field of it, outside of quoted text.
_NAME = re.compile(r"\b[a-z_]+\.[a-z_][a-z0-9_]*\b")
_QUOTED = re.compile(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"")


def stored_expression(text: str) -> str:
    """Return an expression with columns of ``annotated/`` in the place of signals of documents."""
    quoted = [*_QUOTED.findall(text), ""]
    plain = [re.sub(rf"\b{re.escape(DOCUMENT_GROUP)}", "", part) for part in _QUOTED.split(text)]
    return "".join(part for pair in zip(plain, quoted, strict=True) for part in pair)


class Bounds(BaseModel):
    """Where a signal's value may lie; a null signal never fails. ``one_of`` lists values of a text.

    ``min_percentile``, ``max_percentile`` and ``max_fence`` become numbers per language once the
    run's own values are known: the value below which that share of the language's documents lies, and
    ``exp(Q3 + fence * (Q3 - Q1))`` of the logarithms (Tukey's fence; 3 is "far out").
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    min: float | None = Field(None, allow_inf_nan=False)  # nothing is below NaN
    max: float | None = Field(None, allow_inf_nan=False)
    min_percentile: float | None = Field(None, gt=0, lt=50)
    max_percentile: float | None = Field(None, gt=50, lt=100)
    max_fence: float | None = Field(None, gt=0)
    one_of: tuple[str, ...] | None = Field(None, min_length=1)

    @model_validator(mode="after")
    def _is_an_interval(self) -> Bounds:
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError(
                f"min {self.min:g} is above max {self.max:g}: every document would leave"
            )
        return self

    @property
    def relative(self) -> bool:
        """Whether the bound depends on the run's own values."""
        asked = (self.min_percentile, self.max_percentile, self.max_fence)
        return any(bound is not None for bound in asked)

    @property
    def empty(self) -> bool:
        """Whether nothing is bounded."""
        return self.min is None and self.max is None and self.one_of is None and not self.relative


class Condition(BaseModel):
    """A further signal that must lie inside its bounds for a rule to apply at all.

    In the place of a signal, ``any`` or ``all`` hold conditions of which one, or every one, must hold.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    signal: str = ""
    min: float | None = Field(None, allow_inf_nan=False)
    max: float | None = Field(None, allow_inf_nan=False)
    one_of: tuple[str, ...] | None = Field(None, min_length=1)
    any: tuple[Condition, ...] = ()
    all: tuple[Condition, ...] = ()

    @model_validator(mode="after")
    def _asks_one_thing(self) -> Condition:
        if sum(map(bool, (self.signal, self.any, self.all))) != 1:
            raise ValueError("a condition has one of: signal, any, all")
        bounds = (self.min, self.max, self.one_of)
        if not self.signal and any(bound is not None for bound in bounds):
            raise ValueError("min, max and one_of stand beside a signal")
        return self

    @property
    def leaves(self) -> tuple[Condition, ...]:
        """The conditions on single signals that this one is made of."""
        if self.signal:
            return (self,)
        return tuple(leaf for part in (*self.any, *self.all) for leaf in part.leaves)


class Rule(Bounds):
    """One reason for a document to leave.

    ``languages`` replaces the bounds for a language; ``null`` switches the rule off there. A rule
    without bounds of its own applies to the listed languages only. In the place of signal and bounds
    ``expression`` is SQL over signals: a document for which it is true breaks the rule.
    """

    reason: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    signal: str = Field("", pattern=r"^([a-z_]+\.[a-z0-9_]+)?$")
    expression: str | None = Field(None, min_length=1)
    action: Action = "drop"
    when: tuple[Condition, ...] = ()
    languages: dict[str, Bounds | None] = {}
    source: str = Field(min_length=1, description="paper, project or measurement behind the value")

    @field_validator("reason")
    @classmethod
    def _is_not_reserved(cls, reason: str) -> str:
        if reason in RESERVED_REASONS:
            raise ValueError(
                f"{reason} is what the ledger calls documents that no rule judged: take another name"
            )
        return reason

    @model_validator(mode="after")
    def _asks_one_thing(self) -> Rule:
        if bool(self.signal) == bool(self.expression):
            raise ValueError(f"rule {self.reason} has one of: signal, expression")
        if self.expression and not (self.empty and not self.languages):
            raise ValueError(f"rule {self.reason}: bounds stand beside a signal, not an expression")
        return self

    @model_validator(mode="after")
    def _bounds_something(self) -> Rule:
        if self.expression is None and self.empty and not any(self.languages.values()):
            raise ValueError(
                f"rule {self.reason} has no bound: give min, max, one_of, min_percentile, max_percentile or "
                "max_fence"
            )
        return self

    @model_validator(mode="after")
    def _can_be_carried_out(self) -> Rule:
        if self.action == "excise" and (
            self.signal not in EXCISABLE or self.max is None or self.languages or self.relative
        ):
            raise ValueError(
                f"rule {self.reason}: action excise cuts the passages of benchmark items, so it wants the "
                f"signal {' or '.join(EXCISABLE)}, one max, and no other bound; take drop or flag"
            )
        return self

    @property
    def signals(self) -> set[str]:
        """All signals the rule reads."""
        return _signals(self)

    @property
    def numeric(self) -> bool:
        """Whether it compares a number with bounds."""
        return _is_numeric(self.expression, [self, *self.languages.values()])


class Listed(BaseModel):
    """Documents by name: their address, or the file they came from and their place in it.

    Attributes:
        urls: Addresses; every document that has one of them is meant.
        records: Input file as the user names it, and the row of the record in it, from 0.
    """

    model_config = ConfigDict(frozen=True)

    urls: tuple[str, ...] = ()
    records: tuple[tuple[str, int], ...] = ()


class ResolvedRule(BaseModel):
    """A rule with numbers only: ``default`` bounds and those of single languages (null: off).

    A rule with ``listed`` looks at no signal: the documents that are named fail it.
    """

    model_config = ConfigDict(frozen=True)

    reason: str
    signal: str
    action: Action
    when: tuple[Condition, ...]
    default: Bounds | None
    languages: dict[str, Bounds | None]
    listed: Listed | None = None
    expression: str | None = None

    @property
    def signals(self) -> set[str]:
        """All signals the rule reads."""
        return set() if self.listed is not None else _signals(self)

    @property
    def numeric(self) -> bool:
        """Whether it compares a number with bounds."""
        bounds = [self.default, *self.languages.values()]
        return self.listed is None and _is_numeric(self.expression, bounds)

    @property
    def asked(self) -> str:
        """What the ledger says was asked: the signal, or the text of the expression."""
        return self.expression or self.signal


class AbsentRule(BaseModel):
    """A rule that could not be judged in this run, and why; the report shows it."""

    model_config = ConfigDict(frozen=True)

    reason: str
    signal: str
    why: str


def _signals(rule: Rule | ResolvedRule) -> set[str]:
    leaves = {leaf.signal for condition in rule.when for leaf in condition.leaves}
    own = _NAME.findall(_QUOTED.sub("", rule.expression)) if rule.expression else [rule.signal]
    return {*own, *leaves}


def _is_numeric(expression: str | None, bounds: Sequence[Bounds | None]) -> bool:
    return expression is None and all(one is None or one.one_of is None for one in bounds)


def is_grade_rule(rule: Rule | ResolvedRule) -> bool:
    """Say whether a rule reads a signal that only the grade stage has."""
    return any(signal.startswith(GRADE_PREFIX) for signal in rule.signals)
