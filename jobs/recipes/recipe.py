"""A recipe: everything that decides what becomes of a document, in one validated object."""

from __future__ import annotations

import re

from pydantic import BaseModel, ConfigDict, Field, field_validator

from jobs.dedup import DedupSettings
from jobs.ingest.settings import IngestSettings
from jobs.models.perplexity import PerplexitySettings
from jobs.recipes.rules import Rule
from jobs.runtime.user_code import spelled_out
from udfs.cleaning.clean_texts import CleaningSettings
from udfs.contamination.settings import ContaminationSettings
from udfs.extraction.contract import ExtractionOptions
from udfs.safety.settings import SafetySettings
from udfs.trainer_files.packing.settings import PackSettings

GROUP = re.compile(r"[a-z_]+")
ANNOTATORS = "corpusmill.annotators"
"""Entry points by which installed packages give names to their annotators."""


class GradeSettings(BaseModel):
    """Grading by a given model."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    languages: tuple[str, ...] = Field(
        (),
        description="ISO 639-1 codes that must be graded, e.g. `[en, zh]`: a grader that was not "
        "trained on one, or cannot spell it, is refused before Spark starts; documents of languages "
        "that a grader does not know have no grade and stay",
    )


class SharedLineSettings(BaseModel):
    """When a line counts as shared; without a rule on ``shared_lines`` nothing is counted."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    min_documents: int = Field(
        10, ge=2, description="documents of one site that must have a line for it to be shared"
    )


class ExcludeSettings(BaseModel):
    """Documents that are left out by name, whatever the rules say of them."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    file: str | None = Field(
        None,
        description="YAML with a list `documents`, each with `url`, or with `source` (input file as the "
        "ledger names it) and `record` (row in it, from 0); the basket of `serve` writes one of what you "
        "marked wrong. They leave at decide with the reason `excluded`",
    )


class PublishSettings(BaseModel):
    """The shape of the published corpus."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    target_file_megabytes: int = Field(
        256, ge=1, le=4096, description="size of a corpus file; 256 to 512 suits readers on S3"
    )
    json_lines: bool = Field(
        False, description="write jsonl/ beside corpus/: zstd-compressed JSON lines for trainers"
    )
    partition_by: tuple[str, ...] = Field(
        (),
        description="columns of the corpus (`[language]`), or fields of `metadata`, by whose values "
        "partitioned/ is written beside corpus/: folders like `language=en/` that Spark, DuckDB, Arrow know",
    )


class ReportSettings(BaseModel):
    """What the report raises an alarm about; nothing is computed anew when it changes."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    source_loss_alarm: float = Field(
        0.5,
        gt=0,
        le=1,
        description="share of a source's documents, 0 to 1; a source of 20 and more that loses as much "
        "to deduplication is named in report and terminal",
    )


class RunSettings(BaseModel):
    """How the work is cut; none of it changes the result."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    partitions: int | None = Field(
        None, ge=1, le=100_000, description="tasks a stage; default: by the size of the input"
    )
    chunk_gigabytes: float = Field(
        64.0, gt=0, description="input of one resumable chunk; a killed run loses at most one chunk"
    )
    driver_megabytes: float = Field(
        16.0,
        ge=0,
        description=(
            "in local mode, stages that read no more Parquet than this (MiB; and eight times as much text, "
            "and 50,000 rows) do without Spark, by Arrow in the command's own process, and annotation and "
            "training read parts of any size there; 0: always Spark"
        ),
    )
    redo_seconds: float = Field(
        60.0,
        ge=0,
        description=(
            "finished work (texts, models, annotations, duplicates, grades) that took no longer, all of it "
            "together, is made anew by `run` when input, settings or code changed; for more it wants `--redo`"
        ),
    )


class Recipe(BaseModel):
    """What a run does: cleaning, rules, perplexity, deduplication, publication."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$")
    description: str = Field(min_length=1)
    ingest: IngestSettings = IngestSettings()
    extract: ExtractionOptions = ExtractionOptions()
    clean: CleaningSettings = CleaningSettings()
    shared_lines: SharedLineSettings = SharedLineSettings()
    perplexity: PerplexitySettings = PerplexitySettings()
    trust: str = Field(
        "default",
        description="recipe whose fixed rules choose the text that perplexity models are trained on; "
        "not your own rules, so that moving a threshold retrains and recomputes nothing",
    )
    dedup: DedupSettings = DedupSettings()
    safety: SafetySettings = SafetySettings()
    contamination: ContaminationSettings = ContaminationSettings()
    grade: GradeSettings = GradeSettings()
    exclude: ExcludeSettings = ExcludeSettings()
    publish: PublishSettings = PublishSettings()
    pack: PackSettings = PackSettings()
    report: ReportSettings = ReportSettings()
    run: RunSettings = RunSettings()
    annotators: dict[str, str] = Field(
        {},
        description="signals of your own by the name of their group: `MODULE:FUNCTION`, or what an installed "
        "package calls it (entry point `corpusmill.annotators`); see docs/annotators.md",
    )
    rules: tuple[Rule, ...] = ()

    def asks_for(self, group: str) -> bool:
        """Say whether a rule reads a signal of this struct column."""
        return any(signal.startswith(f"{group}.") for rule in self.rules for signal in rule.signals)

    @field_validator("annotators")
    @classmethod
    def _annotators_are_spelled_out(cls, given: dict[str, str]) -> dict[str, str]:
        for name in given:
            if not GROUP.fullmatch(name):
                raise ValueError(f"{name!r}: the name of a group of signals has a to z and _ only")
        return {name: spelled_out(place, ANNOTATORS) for name, place in given.items()}

    @field_validator("rules")
    @classmethod
    def _reasons_are_unique(cls, rules: tuple[Rule, ...]) -> tuple[Rule, ...]:
        reasons = [rule.reason for rule in rules]
        doubled = sorted({reason for reason in reasons if reasons.count(reason) > 1})
        if doubled:
            raise ValueError(f"more than one rule has the reason {', '.join(doubled)}")
        return rules
