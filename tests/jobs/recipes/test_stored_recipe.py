"""A run remembers the recipe it was decided by."""

from pathlib import Path

import pytest

from jobs.recipes.loading import load_recipe, recipe_names, recipe_text
from jobs.recipes.stored_recipe import recipe_of_run, store_recipe
from jobs.runtime.errors import SettingsError


@pytest.mark.parametrize("name", recipe_names())
def test_every_recipe_is_read_back_as_it_was(tmp_path: Path, name: str) -> None:
    store_recipe(str(tmp_path), load_recipe(name))
    assert recipe_of_run(str(tmp_path), None, []) == load_recipe(name)


def test_overrides_are_kept_and_changed(tmp_path: Path) -> None:
    store_recipe(str(tmp_path), load_recipe("default", ["dedup.threshold=0.8"]))
    assert recipe_of_run(str(tmp_path), None, []).dedup.threshold == 0.8
    assert recipe_of_run(str(tmp_path), None, ["dedup.threshold=0.9"]).dedup.threshold == 0.9
    assert recipe_of_run(str(tmp_path), "default", []).dedup.threshold == 0.7


def test_a_run_without_recipe_and_no_run_mean_the_default(tmp_path: Path) -> None:
    assert recipe_of_run(str(tmp_path), None, []) == load_recipe("default")
    assert recipe_of_run(None, None, []) == load_recipe("default")


def test_a_damaged_recipe_is_named(tmp_path: Path) -> None:
    text = recipe_text(load_recipe("default")).replace("threshold", "treshold")
    (tmp_path / "recipe.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError, match="treshold"):
        recipe_of_run(str(tmp_path), None, [])
