"""The generated pages of docs/: signals, settings and the report's schema, from their declarations.

`python -m jobs.upkeep.reference_pages docs` writes them; a test fails when a page is out of date.
"""

from __future__ import annotations

import dataclasses
import sys
import typing
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from jobs.recipes.recipe import Recipe
from jobs.recipes.signal_catalogue import named_fields
from jobs.report.report_model import Report

NOTE = "<!-- Written by `make docs` from the declarations in the code; do not edit by hand. -->"


def signals_page() -> str:
    """Return docs/signals.md: every signal with unit, range, meaning and source."""
    lines = [
        "# Signals", "", NOTE, "",
        "Columns of `annotated/` (and `quality/`): one struct a group; those of",
        "`document` are columns of their own. A rule names one as `group.name`.",
        "[Signals of your own](annotators.md) come beside these.",
    ]  # fmt: skip
    for group, fields in named_fields().items():
        lines += ["", f"## {group}", "", "| name | type | unit | range | meaning | source |"]
        lines += ["| --- | --- | --- | --- | --- | --- |"]
        lines += [
            _row(
                f"`{field.name}`", field.type, field.unit, field.range, field.meaning, field.source
            )
            for field in fields
        ]
    return "\n".join(lines) + "\n"


def settings_page() -> str:
    """Return docs/settings.md: every value that a recipe or ``--set`` can change."""
    lines = ["# Settings", "", NOTE, "", "Keys for a recipe or `--set KEY=VALUE`.", ""]
    lines += ["| key | default | meaning |", "| --- | --- | --- |"]
    for name, field in Recipe.model_fields.items():
        if name in ("name", "description", "rules"):
            continue
        if not isinstance(field.default, BaseModel) and not dataclasses.is_dataclass(field.default):
            lines.append(_row(f"`{name}`", f"`{field.default}`", field.description))
        else:
            lines += [_row(*row) for row in _settings(field.annotation, f"{name}.")]
    return "\n".join(lines) + "\n"


def report_page() -> str:
    """Return docs/report.md: the keys of report.json."""
    lines = ["# The report", "", NOTE, "", "`report.html` shows what `report.json` holds:", ""]
    lines += ["| key | holds |", "| --- | --- |", *(_row(*row) for row in _keys(Report, ""))]
    return "\n".join(lines) + "\n"


PAGES: dict[str, Callable[[], str]] = {
    "signals.md": signals_page,
    "settings.md": settings_page,
    "report.md": report_page,
}


def _settings(model: Any, prefix: str) -> Iterator[tuple[str, str, str]]:
    meanings = _attribute_texts(model)
    defaults = model()
    names = (
        list(model.model_fields)
        if issubclass(model, BaseModel)
        else [field.name for field in dataclasses.fields(model)]
    )
    for name in names:
        value = getattr(defaults, name)
        if isinstance(value, BaseModel):
            yield from _settings(type(value), f"{prefix}{name}.")
            continue
        described = model.model_fields[name].description if issubclass(model, BaseModel) else None
        yield f"`{prefix}{name}`", f"`{value}`", described or meanings.get(name, "")


def _attribute_texts(model: Any) -> dict[str, str]:
    """Texts of the ``Attributes:`` section of a docstring, by name."""
    texts: dict[str, str] = {}
    names: list[str] = []
    section = (model.__doc__ or "").partition("Attributes:\n")[2]
    for line in section.splitlines():
        indented = line.startswith(" " * 12)
        head, colon, text = line.strip().partition(": ")
        if not line.strip():
            break
        if colon and not indented and all(part.isidentifier() for part in head.split(", ")):
            names = head.split(", ")
            texts.update(dict.fromkeys(names, text))
        else:
            texts.update({name: f"{texts[name]} {line.strip()}" for name in names})
    return texts


def _keys(model: type[BaseModel], prefix: str) -> Iterator[tuple[str, str]]:
    for name, field in model.model_fields.items():
        key = f"{prefix}{field.alias or name}"
        yield f"`{key}`", field.description or ""
        inner, suffix = _inner(field.annotation)
        if inner is not None:
            yield from _keys(inner, f"{key}{suffix}.")


def _inner(annotation: Any) -> tuple[type[BaseModel] | None, str]:
    arguments = typing.get_args(annotation)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation, ""
    if typing.get_origin(annotation) is list:
        return _inner(arguments[0])[0], "[]"
    if typing.get_origin(annotation) is dict:
        inner, suffix = _inner(arguments[1])
        return inner, f".*{suffix}"
    return None, ""


def _row(*cells: object) -> str:
    return (
        "| " + " | ".join(str(cell).replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"
    )


if __name__ == "__main__":
    for page, write in PAGES.items():
        Path(sys.argv[1], page).write_text(write(), encoding="utf-8")
