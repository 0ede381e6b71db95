"""How the files of a benchmark become items: which column is what, as data in ``conf/benchmarks/``."""

from __future__ import annotations

from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from jobs.runtime.configuration_files import configuration_folder
from jobs.runtime.errors import SettingsError
from jobs.runtime.suggestions import did_you_mean

STANDARD = "items"
"""The mapping of files in corpusmill's own columns; taken where none is named."""


class BenchmarkMapping(BaseModel):
    """Columns of a benchmark's files; a dot goes into a nested value (``question.stem``)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    description: str = Field(min_length=1)
    records: str | None = Field(None, description="key of the list of items in a JSON file")
    header: bool = Field(
        True, description="CSV: the first line names the columns; else they are 0, 1, …"
    )
    id: str | None = Field(None, description="column with ids; default: the row's number")
    benchmark: str | None = Field(
        None, description="column with the set's name; default: the mapping's"
    )
    question: str
    passage: str | None = None
    choices: str | tuple[str, ...] | None = Field(
        None, description="column with a list, or one column an option"
    )
    options_in_question: bool = Field(
        False, description="the options stand in the question's text, as A. … B. … or (A) … (B) …"
    )
    answer: str | None = None
    code: str | None = None

    @property
    def columns(self) -> list[str]:
        """The columns that are named, the question first."""
        choices = [self.choices] if isinstance(self.choices, str) else list(self.choices or ())
        single = [self.question, self.id, self.benchmark, self.passage, self.answer, self.code]
        return [name for name in (*single, *choices) if name]


def mapping_names() -> list[str]:
    """Return the names of the mappings that come with corpusmill."""
    return sorted(path.stem for path in (configuration_folder() / "benchmarks").glob("*.yaml"))


def load_mapping(name_or_file: str) -> BenchmarkMapping:
    """Return a mapping by name or file.

    Raises:
        SettingsError: There is none, or it has faults; all are named.
    """
    path = Path(name_or_file)
    if not name_or_file.endswith((".yaml", ".yml")):
        path = configuration_folder() / "benchmarks" / f"{name_or_file}.yaml"
    if not path.is_file():
        names = mapping_names()
        raise SettingsError(
            f"no benchmark mapping {name_or_file!r}{did_you_mean(name_or_file, names)} Mappings: "
            f"{', '.join(names)}; or give the path of a .yaml file with question: COLUMN."
        )
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
        return BenchmarkMapping.model_validate(data)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise SettingsError(
            f"benchmark mapping {name_or_file} is no YAML: {' '.join(str(error).split())}"
        ) from error
    except ValidationError as error:
        faults = "; ".join(
            f"{'.'.join(map(str, fault['loc'])) or 'file'}: {fault['msg'].removeprefix('Value error, ')}"
            for fault in error.errors()
        )
        raise SettingsError(f"benchmark mapping {name_or_file}: {faults}") from error
