"""The recipe and the rules a run was decided by, so that later commands ask the same."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from jobs.recipes.loading import load_recipe, read_recipe, recipe_text
from jobs.recipes.recipe import Recipe
from jobs.recipes.rules import AbsentRule, ResolvedRule
from jobs.runtime.contract.manifest import Manifest
from jobs.runtime.errors import DamagedRecordError
from jobs.runtime.store import storage

NAME = "recipe.yaml"
Model = TypeVar("Model", bound=BaseModel)


def store_recipe(output: str, recipe: Recipe) -> None:
    """Write the recipe into a run's folder.

    Raises:
        MissingRequirementError: The folder is not writable.
    """
    text = recipe_text(recipe)
    try:
        kept = _stored(output) == text
    except DamagedRecordError:
        kept = False
    if not kept:
        storage.write_text(storage.join(output, NAME), text)


def recipe_of_run(output: str | None, given: str | None, overrides: Sequence[str]) -> Recipe:
    """Return the recipe a command on a run should use.

    Args:
        output: The run's folder; None for a command that is not about a run.
        given: Recipe named on the command line; None means the one the run was decided by, and
            ``default`` for a run that has not been decided.
        overrides: ``key=value`` changes on top.

    Raises:
        SettingsError: The recipe or an override has faults.
    """
    stored = None if given or output is None else _stored(output)
    if stored is None:
        return load_recipe(given or "default", overrides)
    return read_recipe(stored, overrides, f"{output}/{NAME}")


def judged_rules(manifest: Manifest) -> list[ResolvedRule]:
    """Return the rules that a dataset was judged by, with the numbers that were used.

    Args:
        manifest: Of ``verdicts`` or ``quality``.

    Raises:
        DamagedRecordError: The manifest does not tell them.
    """
    return [_model(manifest, ResolvedRule, rule) for rule in _listed(manifest, "rules")]


def unjudged_rules(manifest: Manifest) -> list[AbsentRule]:
    """Return the rules that could not be judged, and why; see :func:`judged_rules`."""
    return [_model(manifest, AbsentRule, rule) for rule in _listed(manifest, "absent_rules")]


def _listed(manifest: Manifest, name: str) -> list[object]:
    found = manifest.details.get(name, [])
    if not isinstance(found, list):
        raise _damaged(manifest, f"details.{name} is no list")
    return found


def _model(manifest: Manifest, kind: type[Model], given: object) -> Model:
    try:
        return kind.model_validate(given)
    except ValidationError as error:
        raise _damaged(manifest, f"a rule has {error.error_count()} faults") from error


def _damaged(manifest: Manifest, why: str) -> DamagedRecordError:
    return DamagedRecordError(
        f"the manifest of {manifest.dataset}/ is damaged ({why}): delete that folder and run `corpusmill "
        f"{manifest.stage}` again"
    )


def _stored(output: str) -> str | None:
    return storage.read_text(storage.join(storage.absolute(output), NAME))
