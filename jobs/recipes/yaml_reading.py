"""YAML of recipes and of ``--set``: a key given twice, or no YAML at all, is a named fault."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

import yaml

from jobs.runtime.errors import SettingsError

_TRUTH: Final = "tag:yaml.org,2002:bool"
# libyaml's, where PyYAML was built with it: a tenth of the time, which is felt in every command.
_Loader: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_Dumper: type[yaml.SafeDumper] = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


class _UniqueKeys(_Loader):  # type: ignore[misc, valid-type]
    """Refuses a mapping that names one key twice, of which YAML would silently take the last.

    Only ``true`` and ``false`` are truths, as in YAML 1.2: ``no`` is Norwegian. A setting that is a
    truth takes ``yes``, ``no``, ``on`` and ``off`` all the same.
    """

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[object] = set()
        for key_node, _ in node.value:
            key = key_node.value
            if key in seen:
                line = key_node.start_mark.line + 1
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {key!r} is given twice, the second time in line {line}"
                )
            seen.add(key)
        mapping: dict[Any, Any] = super().construct_mapping(node, deep)
        return mapping


_UniqueKeys.yaml_implicit_resolvers = {
    first: [pair for pair in pairs if pair[0] != _TRUTH]
    for first, pairs in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_UniqueKeys.add_implicit_resolver(
    _TRUTH, re.compile("(?:true|True|TRUE|false|False|FALSE)$"), list("tTfF")
)


def parse_recipe(text: str, label: str) -> dict[str, Any]:
    """Return the mapping that a recipe's YAML holds.

    Args:
        text: The YAML.
        label: What messages call it.

    Raises:
        SettingsError: It is no YAML, names a key twice, or is no mapping.
    """
    try:
        data = yaml.load(text, _UniqueKeys)  # a SafeLoader: plain values only
    except (yaml.YAMLError, ValueError) as error:  # ValueError: a date that no calendar has
        raise no_yaml(label, error) from error
    if not isinstance(data, dict):
        raise SettingsError(f"recipe {label} must be a mapping with name, description and rules")
    return data


def as_yaml(values: Mapping[str, Any]) -> str:
    """Return plain values as YAML, in their order."""
    return yaml.dump(values, Dumper=_Dumper, sort_keys=False, allow_unicode=True)


def no_yaml(label: str, error: Exception) -> SettingsError:
    """Return the error of a recipe that cannot be read."""
    return SettingsError(f"recipe {label} is no YAML: {' '.join(str(error).split())}")


def parse_value(text: str) -> Any:
    """Return the value that stands behind ``--set KEY=``.

    Raises:
        ValueError: It is no YAML; the message is one line.
    """
    try:
        return yaml.load(text, _UniqueKeys)
    except (yaml.YAMLError, ValueError) as error:
        raise ValueError(" ".join(str(error).split())) from error
