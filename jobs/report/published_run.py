"""What the manifests of a finished run tell: stages, totals, rules, versions. No data is read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from jobs.dedup import DedupSettings
from jobs.recipes.recipe import ReportSettings, RunSettings
from jobs.recipes.rules import AbsentRule, ResolvedRule, Rule, is_grade_rule
from jobs.recipes.stored_recipe import judged_rules, unjudged_rules
from jobs.report.fitted_parts import THRESHOLDS, FittedPart, fitted_parts
from jobs.report.report_model import CleaningTotal, FailedAnnotator, RecipeFacts, StageFacts, Totals
from jobs.runtime.contract.manifest import MADE_BY, Manifest, read_manifest, require_manifest
from jobs.runtime.contract.stage import RunContext
from jobs.runtime.errors import AccountingError
from jobs.verdicts.thresholds import is_relative

MODELS = "models"  # not rows but models; a run that is given one has none of its own
SHARED_LINES = "shared-lines"  # likewise counts of lines, where a rule asks for them
SIGNATURES = "signatures"  # older runs published none
PASSAGES = "repeated_passages"  # only where a recipe cuts them
MATCHES = "contamination"  # only with benchmarks
PHRASES, INDEX = "benchmark-phrases", "benchmark-index"  # likewise
OPTIONAL_DATASETS = (
    MODELS, SHARED_LINES, PHRASES, INDEX, THRESHOLDS, MATCHES, SIGNATURES, "grades", "quality",
    PASSAGES,
)  # fmt: skip
TOLD_BY_MANIFEST = (MODELS, SIGNATURES, PASSAGES, PHRASES, INDEX, THRESHOLDS, "grades")
"""Datasets of which no report reads a row."""
STAGE_ORDER = (
    "documents", "extracted", MODELS, SHARED_LINES, PHRASES, INDEX, "annotated", "verdicts",
    MATCHES, SIGNATURES, "duplicates", "grades", "quality", PASSAGES, "corpus",
)  # fmt: skip
NO_GRADES = "no grader was given, so no document has a grade"


class RecipeLike(Protocol):
    """The part of a recipe that a report shows."""

    @property
    def name(self) -> str:
        """The recipe's name."""
        ...

    @property
    def description(self) -> str:
        """What it is for."""
        ...

    @property
    def rules(self) -> tuple[Rule, ...]:
        """Its rules, in order."""
        ...

    @property
    def dedup(self) -> DedupSettings:
        """How it looks for duplicates."""
        ...

    @property
    def run(self) -> RunSettings:
        """How its work is cut."""
        ...

    @property
    def report(self) -> ReportSettings:
        """What it raises an alarm about."""
        ...

    def model_dump(self, *, mode: str = ...) -> dict[str, Any]:
        """Return all settings as plain values."""
        ...


@dataclass(frozen=True)
class PublishedRun:
    """The manifests of one finished run by dataset."""

    manifests: Mapping[str, Manifest]

    @property
    def graded(self) -> bool:
        """Whether documents have grades."""
        return "quality" in self.manifests

    def rules(self) -> list[ResolvedRule]:
        """Return the rules that were judged, with the numbers that were used."""
        return [rule for manifest in self._judged() for rule in judged_rules(manifest)]

    def decided_rules(self) -> list[ResolvedRule]:
        """Return those of them that the decide stage judged."""
        return [rule for rule in self.rules() if not is_grade_rule(rule)]

    def absent_rules(self, recipe: RecipeLike) -> list[AbsentRule]:
        """Return the rules that were not judged, and why; none of the recipe's is passed over."""
        told = [rule for manifest in self._judged() for rule in unjudged_rules(manifest)]
        known = {rule.reason for rule in self.rules()} | {rule.reason for rule in told}
        return told + [
            AbsentRule(
                reason=rule.reason,
                signal=rule.expression or rule.signal,
                why=self._why_untold(rule),
            )
            for rule in recipe.rules
            if rule.reason not in known
        ]

    def fitted(self, recipe: RecipeLike) -> list[FittedPart]:
        """Return what was fitted to other documents than the run has now."""
        return fitted_parts(self.manifests, percentiles=any(map(is_relative, recipe.rules)))

    def _judged(self) -> list[Manifest]:
        names = ("verdicts", "quality")
        return [self.manifests[name] for name in names if name in self.manifests]

    def _why_untold(self, rule: Rule) -> str:
        if any(signal.startswith("quality.") for signal in rule.signals) and not self.graded:
            return NO_GRADES
        return "the run was made without this rule"

    def totals(self) -> Totals:
        """Return where all documents ended.

        Raises:
            AccountingError: Corpus, ledger and quarantine together are not the input.
        """
        rows = {dataset: manifest.rows for dataset, manifest in self.manifests.items()}
        accounted = rows["corpus"] + rows["dropped"] + rows["quarantined"]
        if accounted != rows["documents"]:
            raise AccountingError(
                f"report: {rows['documents']} documents came in, but {rows['corpus']} kept + "
                f"{rows['dropped']} dropped + {rows['quarantined']} quarantined = {accounted}. No "
                "report was written; run `corpusmill publish` again, and report this if it stays so."
            )
        return Totals(
            documents_in=rows["documents"],
            kept=rows["corpus"],
            dropped=rows["dropped"],
            quarantined=rows["quarantined"],
        )

    def failed_annotators(self) -> dict[str, FailedAnnotator]:
        """Return the annotators of the user's that failed on documents."""
        told = self.manifests["annotated"].details.get("failed_annotators", {})
        return {
            name: FailedAnnotator(documents=documents, reason=reason)
            for name, (documents, reason) in told.items()
        }

    def passages_cut(self) -> dict[str, CleaningTotal]:
        """Return what repeated passages took from the documents kept; nothing when none were looked for."""
        if PASSAGES not in self.manifests:
            return {}
        cut = self.manifests[PASSAGES].details
        return {
            name: CleaningTotal(total=cut[counted], documents=cut["documents"])
            for name, counted in (
                ("repeated_passages_cut", "passages"),
                ("characters_in_repeated_passages", "characters"),
            )
        }

    def stages(self) -> list[StageFacts]:
        """Return accounts and cost of each stage; publish counts its three datasets as one."""
        return [
            _stage_facts(self.manifests[dataset], self._seconds(dataset))
            for dataset in STAGE_ORDER
            if dataset in self.manifests
        ]

    def _seconds(self, dataset: str) -> float:
        together = ("corpus", "dropped", "quarantined") if dataset == "corpus" else (dataset,)
        return sum(self.manifests[name].seconds for name in together)

    def versions(self) -> dict[str, str]:
        """Return library versions; where stages ran with different ones, all of them."""
        seen: dict[str, set[str]] = {}
        for manifest in self.manifests.values():
            for name, version in manifest.versions.items():
                seen.setdefault(name, set()).add(version)
        return {name: ", ".join(sorted(versions)) for name, versions in sorted(seen.items())}

    def fingerprints(self) -> dict[str, str]:
        """Return each stage's fingerprint."""
        return {
            self.manifests[dataset].stage: self.manifests[dataset].fingerprint
            for dataset in STAGE_ORDER
            if dataset in self.manifests
        }

    @property
    def created_at(self) -> str:
        """When the corpus was published."""
        return self.manifests["corpus"].created_at


def read_run(context: RunContext) -> PublishedRun:
    """Return the manifests of a finished run.

    Raises:
        InputError: A stage has not been run; the message names it.
    """
    manifests = {
        dataset: require_manifest(context.folder(dataset), stage)
        for dataset, stage in MADE_BY.items()
        if dataset not in OPTIONAL_DATASETS
    }
    for dataset in OPTIONAL_DATASETS:
        manifest = read_manifest(context.folder(dataset))
        if manifest is not None:
            manifests[dataset] = manifest
    return PublishedRun(manifests)


def recipe_facts(recipe: RecipeLike) -> RecipeFacts:
    """Return the recipe's name and settings; its rules have a table of their own."""
    settings = recipe.model_dump(mode="json")
    own = ("name", "description", "rules")
    return RecipeFacts(
        name=recipe.name,
        description=recipe.description,
        settings={key: value for key, value in settings.items() if key not in own},
    )


def _stage_facts(manifest: Manifest, seconds: float) -> StageFacts:
    accounts = manifest.accounts
    return StageFacts(
        stage=manifest.stage,
        dataset=manifest.dataset,
        rows_in=accounts.rows_in,
        rows_out=accounts.rows_out,
        rows_dropped=accounts.rows_dropped,
        rows_quarantined=accounts.rows_quarantined,
        seconds=round(seconds, 3),
        bytes=manifest.bytes,
        rows_per_second=round(accounts.rows_in / seconds, 1) if seconds > 0 else None,
        carries_documents=manifest.dataset != MODELS,
        costs=manifest.costs,
    )
