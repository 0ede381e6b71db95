"""The file that names documents to leave out, read into a rule that no signal decides."""

from __future__ import annotations

from typing import Final

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from jobs.recipes.recipe import ExcludeSettings
from jobs.recipes.rules import EXCLUDED, Listed, ResolvedRule
from jobs.runtime.amounts import counted
from jobs.runtime.errors import DamagedRecordError, SettingsError
from jobs.runtime.store import storage

NAMED_IN: Final = "exclude.file"
"""What the ledger has for a signal of documents that a file names."""
MOST_DOCUMENTS: Final = 20_000
"""Every task gets the whole list; more is work for a column of the input."""


class Exclusion(BaseModel):
    """One document, or all of one address."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: str | None = Field(None, min_length=1)
    source: str | None = Field(None, min_length=1)
    record: int | None = Field(None, ge=0)
    note: str = ""

    @model_validator(mode="after")
    def _names_one(self) -> Exclusion:
        given = [name for name in ("url", "source", "record") if getattr(self, name) is not None]
        if given not in (["url"], ["source", "record"]):
            raise ValueError("give url alone, or source and record together")
        return self


class Exclusions(BaseModel):
    """The file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    documents: tuple[Exclusion, ...] = Field(max_length=MOST_DOCUMENTS)


def excluding_rules(settings: ExcludeSettings) -> list[ResolvedRule]:
    """Return the rule that the documents named in the recipe's file fail; none without a file.

    Raises:
        SettingsError: There is no such file, or it has faults; all are named.
    """
    if settings.file is None:
        return []
    documents = _read(settings.file).documents
    listed = Listed(
        urls=tuple(sorted({one.url for one in documents if one.url is not None})),
        records=tuple(
            sorted(
                {
                    (one.source, one.record)
                    for one in documents
                    if one.source is not None and one.record is not None
                }
            )
        ),
    )
    return [
        ResolvedRule(
            reason=EXCLUDED,
            signal=NAMED_IN,
            action="drop",
            when=(),
            default=None,
            languages={},
            listed=listed,
        )
    ]


def _read(path: str) -> Exclusions:
    try:
        text = storage.read_text(path)
    except (DamagedRecordError, OSError) as error:
        raise SettingsError(f"exclude.file {path} cannot be read: {error}") from error
    if text is None:
        raise SettingsError(f"exclude.file {path}: no such file")
    try:
        return Exclusions.model_validate(yaml.safe_load(text))
    except yaml.YAMLError as error:
        raise SettingsError(
            f"exclude.file {path} is no YAML: {' '.join(str(error).split())}"
        ) from error
    except ValidationError as error:
        faults = "\n".join(
            f"  - {'.'.join(map(str, fault['loc'])) or 'file'}: {fault['msg'].removeprefix('Value error, ')}"
            for fault in error.errors()
        )
        raise SettingsError(
            f"exclude.file {path}: {counted(error.error_count(), 'fault')}\n{faults}"
        ) from error
