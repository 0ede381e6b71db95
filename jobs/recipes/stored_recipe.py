"""The recipe a run was decided by, kept beside its datasets, so that later commands ask the same."""

from __future__ import annotations

from collections.abc import Sequence

from jobs.recipes.loading import load_recipe, read_recipe, recipe_text
from jobs.recipes.recipe import Recipe
from jobs.runtime.store import storage

NAME = "recipe.yaml"


def store_recipe(output: str, recipe: Recipe) -> None:
    """Write the recipe into a run's folder.

    Raises:
        MissingRequirementError: The folder is not writable.
    """
    text = recipe_text(recipe)
    if _stored(output) != text:
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


def _stored(output: str) -> str | None:
    return storage.read_text(storage.join(storage.absolute(output), NAME))
