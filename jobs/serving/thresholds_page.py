"""Bounds of rules moved: what a rerun would give, the documents that change sides, a recipe of it."""

from __future__ import annotations

import functools
from dataclasses import replace
from typing import Any, Final, NamedTuple

import numpy as np
from pydantic import ValidationError
from starlette.responses import Response

from jobs.inspection.what_if import JudgedDocuments, WhatIf, ask_what_if, read_judged
from jobs.recipes.loading import recipe_text
from jobs.recipes.recipe import Recipe
from jobs.recipes.stored_recipe import recipe_of_run
from jobs.report.report_model import MovableBound, RuleFacts
from jobs.runtime.errors import DamagedRecordError, InputError
from jobs.runtime.store import storage
from jobs.runtime.store.small_records import read_mapping
from jobs.serving.browse_page import page_number, rows
from jobs.serving.differences import Piece
from jobs.serving.served_run import ServedRun
from jobs.serving.text_window import window
from jobs.serving.views import View, whole_number
from jobs.verdicts.array_verdicts import SignalTable, Values

ROWS: Final = 50
OPENED_CHARACTERS: Final = 3000


class Bound(NamedTuple):
    """A bound that may be moved: the rule, where the bound stands and where the address puts it."""

    rule: RuleFacts
    movable: MovableBound
    value: float

    @property
    def name(self) -> str:
        """The name of its field, and in ``--set`` after ``rules.``."""
        return f"{self.rule.reason}.{self.movable.side}"

    @property
    def now(self) -> float:
        """Where it stands in the run."""
        return self.movable.places[self.movable.now]

    @property
    def moved(self) -> bool:
        """Whether the address puts it elsewhere."""
        return self.value != self.now


class Mover(NamedTuple):
    """A document that would change sides."""

    row: Any
    gained: bool
    now: str | None
    then: str | None


def thresholds(view: View) -> Response:
    """Show all movable bounds, and what those that were moved would do."""
    bounds = _bounds(view)
    settings = _settings(bounds)
    values: dict[str, Any] = {"answer": None, "movers": [], "found": 0, "page": 1, "pages": 1}
    if settings:
        recipe = _moved_recipe(view.run, settings)
        tables, judged = view.run.tables, judged_documents(view.run)
        answer = view.run.kept(
            ("whatif", tuple(settings)), lambda: ask_what_if(tables, recipe, judged)
        )
        kept = view.run.kept(("kept", tuple(settings)), answer.kept)
        values = _changes(view, answer, kept)
    return view.page(
        "thresholds.html.j2",
        title="Thresholds",
        bounds=bounds,
        settings=settings,
        address="&".join(f"{one.name}={one.value:.12g}" for one in bounds if one.moved),
        totals=view.run.catalogue().counts(),
        opened=_opened(view),
        **values,
    )


def recipe_file(view: View) -> Response:
    """Send the run's recipe with the bounds as the address puts them."""
    settings = _settings(_bounds(view))
    recipe = _moved_recipe(view.run, settings)
    changed = "".join(f"# {setting}\n" for setting in settings)
    text = f"# The recipe of a run with bounds moved:\n{changed}{recipe_text(recipe)}"
    headers = {"content-disposition": 'attachment; filename="recipe.yaml"'}
    return Response(text, media_type="application/yaml", headers=headers)


class RememberedSignals(SignalTable):
    """Signals of which each is made numbers once, for questions that follow one another."""

    @functools.cached_property
    def _made(self) -> dict[str, Values]:
        return {}

    def values(self, signal: str) -> Values:
        """Return a signal as float64."""
        if signal not in self._made:
            self._made[signal] = super().values(signal)
        return self._made[signal]


def judged_documents(run: ServedRun) -> JudgedDocuments:
    """Return the run's signals and verdicts, read once: of a million documents that takes seconds."""

    def read() -> JudgedDocuments:
        judged = read_judged(run.tables, recipe_of_run(run.tables.output, None, ()))
        signals = RememberedSignals(judged.signals.table)
        for rule in judged.now.rules:
            for name in rule.signals:
                signals.values(name)
        return replace(judged, signals=signals)

    return run.kept(("judged",), read)


def _bounds(view: View) -> list[Bound]:
    return [
        Bound(rule, movable, _value(view, rule, movable))
        for rule in _rules(view.run)
        for movable in rule.movable
    ]


def _value(view: View, rule: RuleFacts, movable: MovableBound) -> float:
    name = f"{rule.reason}.{movable.side}"
    text = view.given.get(name, "").strip()
    if not text:
        return movable.places[movable.now]
    try:
        value = float(text)
    except ValueError as error:
        raise InputError(f"{name}={text}: wanted a number") from error
    if not np.isfinite(value):
        raise InputError(f"{name}={text}: wanted a finite number")
    return value


def _settings(bounds: list[Bound]) -> list[str]:
    return [f"rules.{one.name}={one.value:.12g}" for one in bounds if one.moved]


def _moved_recipe(run: ServedRun, settings: list[str]) -> Recipe:
    return recipe_of_run(run.tables.output, None, settings)


def _rules(run: ServedRun) -> list[RuleFacts]:
    path = storage.join(run.tables.output, "report.json")
    again = f"run `corpusmill report {run.tables.output}` again"
    try:
        found = read_mapping(path)
        if found is None:
            raise InputError(
                f"the run has no report.json, which tells where bounds may stand: {again}"
            )
        return [RuleFacts.model_validate(rule) for rule in found["rules"]]
    except (DamagedRecordError, KeyError, ValidationError) as error:
        raise InputError(f"{path} is damaged or of another version: {again}") from error


def _changes(view: View, answer: WhatIf, kept: tuple[int, int]) -> dict[str, Any]:
    gained, lost = answer.gained, answer.lost
    changed = np.concatenate([gained, lost])
    pages = max(1, -(-len(changed) // ROWS))
    page = min(page_number(view.given.get("page", "")), pages)
    shown = changed[(page - 1) * ROWS : page * ROWS]
    lines = rows(view.run, view.run.catalogue().places(answer.ids[shown]).tolist())
    return {
        "answer": {
            "kept_now": kept[0],
            "kept_then": kept[1],
            "gained": len(gained),
            "lost": len(lost),
            "hits": answer.then.hits,
        },
        "movers": [
            Mover(row, bool(answer.then.living[place]), answer.reason_now(place), answer.reason_then(place))
            for row, place in zip(lines, shown.tolist(), strict=True)
        ],
        "found": len(changed),
        "page": page,
        "pages": pages,
    }  # fmt: skip


def _opened(view: View) -> dict[int, Any]:
    """The beginning of the text of the document that the address opens."""
    number = whole_number(view.given.get("open"))
    if "open" not in view.given or not view.run.catalogue().holds(number):
        return {}
    text = view.run.tables.rows("annotated", [number], ["text"]).get(number, {}).get("text") or ""
    return {number: window([Piece("same", text)], 0, OPENED_CHARACTERS)}
