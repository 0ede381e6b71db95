"""Read recipes from YAML: inheritance, ``--set`` overrides, and all faults at once with a suggestion."""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from jobs.recipes.inheritance import merged_recipe, without_faults
from jobs.recipes.recipe import Recipe
from jobs.recipes.rule_faults import signal_faults
from jobs.recipes.yaml_reading import as_yaml, no_yaml, parse_recipe, parse_value
from jobs.runtime.amounts import counted
from jobs.runtime.configuration_files import configuration_folder
from jobs.runtime.errors import DamagedRecordError, SettingsError
from jobs.runtime.store import storage
from jobs.runtime.suggestions import did_you_mean

MAXIMUM_INHERITANCE = 8
ONLY_IN_FILES = {"extends", "without"}


def recipe_names() -> list[str]:
    """Return the names of the recipes that come with corpusmill."""
    return sorted(path.stem for path in (configuration_folder() / "recipes").glob("*.yaml"))


def load_recipe(name_or_file: str, overrides: Sequence[str] = ()) -> Recipe:
    """Return a recipe by name or file with ``key=value`` overrides applied.

    Raises:
        SettingsError: Anything is wrong; the message lists all faults, each with the value given,
            what is allowed and, for a misspelt name, the nearest right one.
    """
    data, faults = _with_parents(name_or_file)
    return _validated(name_or_file, data, overrides, faults)


def read_recipe(text: str, overrides: Sequence[str], label: str) -> Recipe:
    """Return a recipe from YAML that stands for itself, as :func:`recipe_text` writes it.

    Args:
        text: The YAML.
        overrides: ``key=value`` changes on top.
        label: What messages call it.

    Raises:
        SettingsError: As :func:`load_recipe`.
    """
    return _validated(label, parse_recipe(text, label), overrides)


def _validated(
    name: str, data: dict[str, Any], overrides: Sequence[str], faults_before: Sequence[str] = ()
) -> Recipe:
    faults = [*faults_before]
    faults += [fault for text in overrides if (fault := _override(data, text))]
    faults += unknown_keys(Recipe, data)
    try:
        recipe = Recipe.model_validate(data)
    except ValidationError as error:
        faults += [
            _explained(fault) for fault in error.errors() if fault["type"] != "extra_forbidden"
        ]
        raise _settings_error(name, faults) from error
    faults += signal_faults(recipe.rules, recipe.annotators)
    if faults:
        raise _settings_error(name, faults)
    return recipe


def recipe_text(recipe: Recipe) -> str:
    """Return a recipe as YAML that :func:`load_recipe` reads back, nothing left to defaults."""
    return as_yaml(recipe.model_dump(mode="json"))


def rule_origins(name_or_file: str) -> dict[str, list[str]]:
    """Return for each reason the recipes of a chain of inheritance that say something of its rule.

    Raises:
        SettingsError: One of them is not there, or no YAML.
    """
    origins: dict[str, list[str]] = {}
    for data in reversed(_chain(name_or_file)):
        for rule in data.get("rules") or []:
            if isinstance(rule, dict) and "reason" in rule:
                origins.setdefault(rule["reason"], []).append(str(data.get("name")))
    return origins


def recipe_file(name_or_file: str) -> Path:
    """Return the YAML file of a recipe.

    Raises:
        SettingsError: There is no such recipe.
    """
    if name_or_file.endswith((".yaml", ".yml")):
        path = Path(name_or_file)
        if path.is_file():
            return path
        raise SettingsError(f"recipe file {name_or_file}: no such file")
    path = configuration_folder() / "recipes" / f"{name_or_file}.yaml"
    if path.is_file():
        return path
    names = recipe_names()
    raise SettingsError(
        f"no recipe named {name_or_file!r}{did_you_mean(name_or_file, names)} Recipes: "
        f"{', '.join(names)}; or give the path of a .yaml file."
    )


def _with_parents(name_or_file: str) -> tuple[dict[str, Any], list[str]]:
    """A recipe merged into those it extends, and the faults that merging would hide."""
    merged: dict[str, Any] = {}
    faults: list[str] = []
    for data in reversed(_chain(name_or_file)):
        faults += without_faults(merged, data)
        merged = merged_recipe(merged, data)
    return {key: value for key, value in merged.items() if key not in ONLY_IN_FILES}, faults


def _chain(name_or_file: str) -> list[dict[str, Any]]:
    """A recipe as its file has it, and those that it extends, nearest first."""
    chain: list[dict[str, Any]] = []
    wanted: str | None = name_or_file
    while wanted is not None:
        if len(chain) >= MAXIMUM_INHERITANCE:
            raise SettingsError(
                f"recipe {name_or_file} extends more than {MAXIMUM_INHERITANCE} others"
            )
        data = _read(wanted)
        chain.append(data)
        wanted = data.get("extends")
    return chain


def _read(name_or_file: str) -> dict[str, Any]:
    if storage.is_remote(name_or_file):
        try:
            text = storage.read_text(name_or_file)
        except DamagedRecordError as error:
            raise no_yaml(name_or_file, error) from error
        if text is None:
            raise SettingsError(f"recipe file {name_or_file}: no such object")
        return parse_recipe(text, name_or_file)
    path = recipe_file(name_or_file)
    try:
        return parse_recipe(path.read_text(encoding="utf-8"), str(path))
    except UnicodeDecodeError as error:
        raise no_yaml(str(path), error) from error


def _override(data: dict[str, Any], text: str) -> str | None:
    key, separator, value = text.partition("=")
    if not separator or not key:
        return f"--set {text}: write key=value, for example --set dedup.threshold=0.8"
    place: Any = data
    *path, last = key.split(".")
    for name in path:
        if isinstance(place, list):
            reasons = {rule["reason"]: rule for rule in place}
            if name not in reasons:
                return f"--set {key}: no rule with reason {name!r}{did_you_mean(name, reasons)}"
            place = reasons[name]
        else:
            place = place.setdefault(name, {})
        if not isinstance(place, dict | list):
            return f"--set {key}: {name} is a value ({place!r}) and has nothing below it"
    if isinstance(place, list):
        return f"--set {key}: name the bound too, for example --set rules.{last}.max=0.7"
    try:
        place[last] = parse_value(value)
    except ValueError as error:
        return f"--set {key}: {value!r} is no YAML value: {error}"
    return None


def unknown_keys(model: Any, data: Any, place: str = "") -> list[str]:
    """Return a fault for each key of ``data`` that ``model`` (pydantic or dataclass) does not have."""
    fields = _fields(model)
    if fields is None or not isinstance(data, Mapping):
        return []
    faults = []
    for key, value in data.items():
        where = f"{place}{key}"
        if key not in fields:
            faults.append(
                f"{where}: unknown key{did_you_mean(str(key), fields)} Keys: {', '.join(fields)}"
            )
            continue
        for inner in _inner_models(fields[key]):
            if isinstance(value, list):
                for number, item in enumerate(value):
                    label = item.get("reason", number) if isinstance(item, Mapping) else number
                    faults += unknown_keys(inner, item, f"{where}.{label}.")
            else:
                faults += unknown_keys(inner, value, f"{where}.")
    return faults


def _fields(model: Any) -> dict[str, Any] | None:
    if isinstance(model, type) and issubclass(model, BaseModel):
        return {name: field.annotation for name, field in model.model_fields.items()}
    if dataclasses.is_dataclass(model) and isinstance(model, type):
        hints = typing.get_type_hints(model)
        return {field.name: hints[field.name] for field in dataclasses.fields(model)}
    return None


def _inner_models(annotation: Any) -> Iterator[Any]:
    if _fields(annotation) is not None:
        yield annotation
    elif typing.get_origin(annotation) in (tuple, list, typing.Union, types.UnionType):
        for argument in typing.get_args(annotation):
            yield from _inner_models(argument)


def _explained(fault: Any) -> str:
    place = ".".join(str(part) for part in fault["loc"])
    given = fault.get("input")
    shown = "" if isinstance(given, dict | list) else f" (given: {given!r})"
    return f"{place}: {fault['msg'].removeprefix('Value error, ')}{shown}"


def _settings_error(name: str, faults: Sequence[str]) -> SettingsError:
    unique = list(dict.fromkeys(faults))
    listed = "\n".join(f"  - {fault}" for fault in unique)
    return SettingsError(f"recipe {name}: {counted(len(unique), 'fault')}\n{listed}")
