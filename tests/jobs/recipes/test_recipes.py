"""Recipes: inheritance, overrides, all faults at once with a suggestion, every shipped YAML valid."""

import re
from pathlib import Path

import pytest
import yaml

from jobs.recipes.loading import load_recipe, recipe_names
from jobs.recipes.printing import (
    list_recipes,
    list_signals,
    recipe_difference,
    resolved_recipe,
    show_recipe,
)
from jobs.recipes.rule_faults import DOCUMENT_COLUMNS
from jobs.recipes.rules import Bounds
from jobs.recipes.signal_catalogue import known_signals
from jobs.runtime.configuration_files import configuration_folder
from jobs.runtime.errors import SettingsError
from jobs.runtime.spark.schemas import CARRIED

CHILD = {
    "name": "child",
    "description": "test",
    "extends": "default",
    "without": ["few_stop_words"],
    "dedup": {"threshold": 0.8},
    "rules": [
        {"reason": "too_few_words", "signal": "heuristics.word_count", "min": 7, "source": "test"},
        {"reason": "new_rule", "signal": "heuristics.digit_ratio", "max": 0.5, "source": "test"},
    ],
}


def write(folder: Path, data: object) -> str:
    path = folder / "child.yaml"
    path.write_text(yaml.safe_dump(data), encoding="utf-8")
    return str(path)


@pytest.mark.parametrize("name", recipe_names())
def test_every_shipped_recipe_is_valid_and_can_be_shown(name: str) -> None:
    recipe = load_recipe(name)
    assert recipe.name == name
    shown = show_recipe(name)
    assert all(rule.reason in shown and rule.source in shown for rule in recipe.rules)


def test_every_yaml_in_conf_is_read_by_some_test() -> None:
    folder = configuration_folder()
    places = {str(path.relative_to(folder).parent) for path in folder.rglob("*.yaml")}
    assert places <= {"recipes", "lexicons", "schedules", "benchmarks", "."}
    assert {path.name for path in folder.glob("*.yaml")} == {
        "s3-jars.yaml",
        "lake-jars.yaml",
    }


OWN_NUMBER = {
    "name": "mine",
    "description": "stricter in English",
    "extends": "default",
    "dedup": {"passages": {"unit": "lines"}},
    "rules": [
        {"reason": "too_few_words", "min": 80},
        {"reason": "few_stop_words", "languages": {"zh": {"min": 0.2}, "en": None}},
        {"reason": "mean_word_length", "max": None, "languages": {"en": {"max": 12}}},
        {"reason": "digits", "signal": "heuristics.word_count", "min": 3, "source": "ours"},
        {"reason": "special_characters", "max": 0.5, "languages": None},
    ],
}


def test_one_number_of_a_rule_is_overridden_and_its_languages_stay(tmp_path: Path) -> None:
    old = {rule.reason: rule for rule in load_recipe("default").rules}
    new = {rule.reason: rule for rule in load_recipe(write(tmp_path, OWN_NUMBER)).rules}
    assert new["too_few_words"] == old["too_few_words"].model_copy(update={"min": 80.0})
    assert new["few_stop_words"].min == old["few_stop_words"].min
    assert new["few_stop_words"].languages == {"en": None, "zh": Bounds(min=0.2)}
    assert new["mean_word_length"].max is None
    assert new["mean_word_length"].languages["en"] == Bounds(min=3, max=12)
    assert new["special_characters"].languages == {}
    digits = new["digits"]  # over another signal it is another rule
    assert (digits.min, digits.max, digits.source) == (3, None, "ours")
    assert list(new) == list(old)


def test_settings_are_merged_at_any_depth(tmp_path: Path) -> None:
    child = {**OWN_NUMBER, "dedup": {"passages": {"unit": "lines"}}}
    recipe = load_recipe(write(tmp_path, child))
    parent = load_recipe("default").dedup
    assert recipe.dedup.passages.unit == "lines"
    assert recipe.dedup.model_copy(update={"passages": parent.passages}) == parent


def test_a_resolved_recipe_decides_alike_and_says_where_its_rules_come_from(tmp_path: Path) -> None:
    path = write(tmp_path, OWN_NUMBER)
    text = resolved_recipe(path)
    assert "\n  reason: too_few_words  # default, changed by mine\n" in text
    assert "\n  reason: mojibake  # default\n" in text
    (tmp_path / "whole.yaml").write_text(text, encoding="utf-8")
    assert load_recipe(str(tmp_path / "whole.yaml")) == load_recipe(path)
    assert recipe_difference(path, str(tmp_path / "whole.yaml")).endswith("decide alike")


def test_a_difference_names_every_value_and_nothing_else(tmp_path: Path) -> None:
    told = recipe_difference("default", write(tmp_path, CHILD), ["dedup.seed=7"]).splitlines()
    assert "rules.too_few_words.min: 50 -> 7" in told
    assert "rules.few_stop_words.min: 0.1 -> nothing" in told
    assert "rules.new_rule.max: nothing -> 0.5" in told
    assert "dedup.threshold: 0.7 -> 0.8" in told
    assert any(line.startswith("dedup.seed: ") and line.endswith(" -> 7") for line in told)
    named = {".".join(line.split(":")[0].split(".")[:2]) for line in told}
    assert named == {
        "name", "description", "dedup.threshold", "dedup.seed",
        "rules.too_few_words", "rules.few_stop_words", "rules.new_rule",
    }  # fmt: skip


def test_a_child_replaces_by_reason_adds_and_leaves_out(tmp_path: Path) -> None:
    parent, child = load_recipe("default"), load_recipe(write(tmp_path, CHILD))
    reasons = [rule.reason for rule in child.rules]
    expected = [rule.reason for rule in parent.rules if rule.reason != "few_stop_words"]
    assert reasons == [*expected, "new_rule"]
    assert {rule.reason: rule.min for rule in child.rules}["too_few_words"] == 7
    assert child.dedup.threshold == 0.8
    assert child.clean == parent.clean


def test_overrides_reach_settings_and_rules() -> None:
    recipe = load_recipe("default", ["dedup.threshold=0.9", "rules.repeated_5grams.max=0.5"])
    assert recipe.dedup.threshold == 0.9
    assert {rule.reason: rule.max for rule in recipe.rules}["repeated_5grams"] == 0.5


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("dedup.treshold=0.9", "did you mean 'threshold'"),
        ("dedub.threshold=0.9", "did you mean 'dedup'"),
        ("rules.repeated_5gram.max=0.5", "did you mean 'repeated_5grams'"),
        ("rules.repeated_5grams.maximum=0.5", "did you mean 'max'"),
        ("rules.repeated_5grams=0.5", r"rules\.repeated_5grams\.max=0\.7"),
        ("clean.no_such=1", r"clean\.no_such: unknown key"),
        ("extract.html_max_byte=1", "did you mean 'html_max_bytes'"),
        ("dedup.threshold=high", r"dedup\.threshold.*'high'"),
        ("dedup.threshold=7", r"dedup\.threshold.*less than or equal to 1.*given: 7"),
        ("dedup.preset=fineweeb", "fineweb"),
        ("nonsense", "write key=value"),
    ],
)
def test_a_wrong_override_says_what_is_wrong_and_what_is_near(override: str, message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        load_recipe("default", [override])


def test_all_faults_come_at_once(tmp_path: Path) -> None:
    bad = {
        **CHILD,
        "dedup": {"threshold": 7},
        "perplexity": {"oder": 5},
        "rules": [{"reason": "x", "signal": "heuristics.word_cuont", "min": 1, "source": "s"}],
    }
    with pytest.raises(SettingsError) as caught:
        load_recipe(write(tmp_path, bad))
    text = str(caught.value)
    assert "did you mean 'order'" in text
    assert "threshold" in text


def test_an_unknown_signal_is_named_with_the_nearest(tmp_path: Path) -> None:
    rules = [{"reason": "x", "signal": "heuristics.word_cuont", "min": 1, "source": "s"}]
    with pytest.raises(SettingsError, match=r"did you mean 'heuristics\.word_count'"):
        load_recipe(write(tmp_path, {**CHILD, "rules": rules}))


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("defualt", "did you mean 'default'"),
        ("no/such.yaml", "no such file"),
    ],
)
def test_an_unknown_recipe_is_named(name: str, message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        load_recipe(name)


@pytest.mark.parametrize("text", ["a: [", "- 1\n- 2", "\x00"])
def test_a_file_that_is_no_recipe_is_an_error(tmp_path: Path, text: str) -> None:
    path = tmp_path / "bad.yaml"
    path.write_text(text)
    with pytest.raises(SettingsError, match="recipe"):
        load_recipe(str(path))


def test_a_recipe_that_extends_itself_is_an_error(tmp_path: Path) -> None:
    path = write(tmp_path, CHILD)
    write(tmp_path, {**CHILD, "extends": path})
    with pytest.raises(SettingsError, match="extends more than"):
        load_recipe(path)


def test_two_rules_with_one_reason_are_refused(tmp_path: Path) -> None:
    rule = {"reason": "twice", "signal": "heuristics.word_count", "min": 1, "source": "s"}
    with pytest.raises(SettingsError, match="twice"):
        load_recipe(write(tmp_path, {**CHILD, "rules": [rule, rule]}))


def test_lists_name_what_there_is() -> None:
    assert "default" in list_recipes()
    listed = list_signals()
    assert all(name in listed for name in known_signals())


DOSES = "annotators.doses=examples.doses:doses"


def test_annotators_of_ones_own_add_to_those_that_are_inherited(tmp_path: Path) -> None:
    rule = {"reason": "doses", "signal": "doses.count", "max": 5, "source": "test"}
    annotators = {"doses": "examples.doses:doses"}
    parent = write(tmp_path, {**CHILD, "annotators": annotators, "rules": [rule]})
    child = tmp_path / "grandchild.yaml"
    child.write_text(f"extends: {parent}\nname: x\ndescription: d\n")
    recipe = load_recipe(str(child), ["annotators.more=examples.doses:doses"])
    assert list(recipe.annotators) == ["doses", "more"]
    assert "more.per_1000_words" in list_signals(
        str(child), ["annotators.more=examples.doses:doses"]
    )


@pytest.mark.parametrize(
    ("overrides", "fault"),
    [
        (["annotators.title=examples.doses:doses"], "title is a column of ours"),
        (["annotators.safety=examples.doses:doses"], "safety is a column of ours"),
        (["annotators.d2=examples.doses:doses"], "the name of a group of signals has a to z"),
        (["annotators.own=examples.doses"], "neither MODULE:FUNCTION nor an entry point"),
        (["annotators.own=examples.doses:DOSE"], "is no annotator: it is str"),
        (["annotators.own=examples.nowhere:own"], "No module named 'examples.nowhere'"),
        ([DOSES, "rules.long_word.signal=doses.cuont"], "did you mean 'doses.count'"),
        ([DOSES, "rules.long_word.signal=doses.error"], "is text"),
    ],
)
def test_an_annotator_that_cannot_be_used_is_a_fault_of_the_recipe(
    overrides: list[str], fault: str
) -> None:
    with pytest.raises(SettingsError, match=fault):
        load_recipe("default", overrides)


def test_no_annotator_takes_the_name_of_a_column_that_documents_have() -> None:
    assert {*CARRIED, "text"} <= set(DOCUMENT_COLUMNS)


@pytest.mark.parametrize(
    ("yaml_text", "message"),
    [
        ("extends: default\nwithout: [too_few_wrods]\n", "did you mean 'too_few_words'"),
        ("extends: default\nwithout: too_few_words\n", "give a list of reasons"),
        (
            "name: x\ndescription: d\nrules:\n"
            "- {reason: aa, signal: heuristics.word_count, min: .nan, source: s}\n",
            "finite number",
        ),
        (
            "name: x\ndescription: d\nrules:\n"
            "- {reason: aa, signal: heuristics.word_count, max: .inf, source: s}\n",
            "finite number",
        ),
        (
            "name: x\ndescription: d\nrules:\n"
            "- {reason: aa, signal: heuristics.word_count, min: 50, max: 5, source: s}\n",
            "min 50 is above max 5",
        ),
        (
            "name: x\ndescription: d\nrules:\n"
            "- {reason: aa, signal: heuristics.word_count, min: 1, source: s,\n"
            "   languages: {zh: {min: 9, max: 2}}}\n",
            "min 9 is above max 2",
        ),
        ("extends: default\nwithout: [long_word]\nwithout: []\n", "'without' is given twice"),
        (
            "extends: default\ndedup: {threshold: 0.7, threshold: 0.8}\n",
            "'threshold' is given twice",
        ),
        (
            "name: x\ndescription: d\nrules:\n"
            "- {reason: near_duplicate, signal: heuristics.word_count, min: 50, source: s}\n",
            "near_duplicate is what the ledger calls",
        ),
        ("name: 2026-99-99\n", "is no YAML: month must be in 1..12"),
    ],
)
def test_what_yaml_would_swallow_is_a_named_fault(
    tmp_path: Path, yaml_text: str, message: str
) -> None:
    path = tmp_path / "own.yaml"
    path.write_text(yaml_text)
    with pytest.raises(SettingsError, match=re.escape(message)):
        load_recipe(str(path))


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("dedup.threshold=[", "is no YAML value"),
        ("dedup.threshold=2026-99-99", "is no YAML value"),
        ("name.x=1", "name is a value ('default') and has nothing below it"),
    ],
)
def test_an_override_that_cannot_be_is_a_named_fault(override: str, message: str) -> None:
    with pytest.raises(SettingsError, match=re.escape(message)):
        load_recipe("default", [override])
