from __future__ import annotations

import pytest

from jobs.recipes.loading import load_recipe
from jobs.recipes.yaml_reading import parse_value


def test_the_code_of_norwegian_is_no_untruth() -> None:
    recipe = load_recipe("default", ["grade.languages=[en, no]", "pack.mix_by=language",
                                     "pack.weights={no: 2, en: 1}"])  # fmt: skip
    assert recipe.grade.languages == ("en", "no")
    assert recipe.pack.weights == {"no": 2, "en": 1}
    changed = load_recipe("default", ["rules.too_few_words.languages={no: {min: 3}}"])
    assert next(r for r in changed.rules if r.reason == "too_few_words").languages.keys() == {"no"}


@pytest.mark.parametrize(
    ("word", "value"),
    [("true", True), ("False", False), ("yes", "yes"), ("off", "off"), ("trueish", "trueish"), ("N", "N")],
)  # fmt: skip
def test_two_words_are_truths(word: str, value: object) -> None:
    assert parse_value(word) == value
    assert type(parse_value(word)) is type(value)


@pytest.mark.parametrize(
    ("word", "value"), [("yes", True), ("on", True), ("no", False), ("off", False)]
)
def test_settings_that_are_truths_take_the_other_words(word: str, value: bool) -> None:
    settings = [
        f"publish.json_lines={word}",
        f"clean.drop_counter_lines={word}",
        f"pack.padded={word}",
    ]
    recipe = load_recipe("default", settings)
    given = (recipe.publish.json_lines, recipe.clean.drop_counter_lines, recipe.pack.padded)
    assert given == (value, value, value)
