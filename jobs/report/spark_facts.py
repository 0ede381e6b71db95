"""The facts of a report by Spark, for runs of any size."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from pyspark import inheritable_thread_target
from pyspark.sql import DataFrame, Row
from pyspark.sql import functions as F

from jobs.recipes.rules import is_grade_rule
from jobs.report.borderline_documents import find_borderline
from jobs.report.cleaning_totals import cleaning_totals
from jobs.report.contamination_facts import contamination_facts
from jobs.report.contamination_model import ContaminationFacts
from jobs.report.document_flows import Flows, count_flows
from jobs.report.dropped_examples import LEDGER_COLUMNS, QUARANTINE_COLUMNS, choose_examples
from jobs.report.duplicate_audit import audit_duplicates, read_signatures
from jobs.report.duplicate_facts import DuplicateCounts, count_duplicates
from jobs.report.duplicate_sources import LossesBySource, losses_by_source
from jobs.report.grade_facts import GradedLanguage, graded_languages
from jobs.report.movable_bounds import movable_bounds
from jobs.report.perplexity_table import bucket_flows, perplexity_table
from jobs.report.published_run import MATCHES, TOLD_BY_MANIFEST, PublishedRun, RecipeLike
from jobs.report.report_model import (
    BucketFlow,
    CleaningTotal,
    DuplicateAudit,
    Histogram,
    MovableBound,
    OtherSources,
    Percentiles,
    SourceFlow,
    Totals,
)
from jobs.report.rule_facts import count_hits
from jobs.report.run_facts import Found
from jobs.report.safety_facts import Alarms, count_alarms
from jobs.report.signal_histograms import histograms, named_signals
from jobs.report.source_table import InputFacts, input_facts, source_group, source_table
from jobs.report.text_samples import Sample, text_samples
from jobs.runtime.contract.stage import RunContext


@dataclass(frozen=True)
class SparkFacts:
    """See :class:`jobs.report.run_facts.RunFacts`; ``frames`` holds the datasets of rows by name."""

    context: RunContext
    run: PublishedRun
    recipe: RecipeLike
    pool: ThreadPoolExecutor
    frames: Mapping[str, DataFrame]

    @classmethod
    def open(
        cls, context: RunContext, run: PublishedRun, recipe: RecipeLike, pool: ThreadPoolExecutor
    ) -> SparkFacts:
        """Open the datasets of a run."""
        frames = {
            dataset: context.read_files(dataset, manifest.files)
            for dataset, manifest in run.manifests.items()
            if dataset not in TOLD_BY_MANIFEST
        }
        return cls(context, run, recipe, pool, frames)

    def start(self, function: Callable[..., Found], *arguments: object) -> Future[Found]:
        """Ask Spark in a thread of the pool."""
        return self.pool.submit(inheritable_thread_target(self.context.spark)(function), *arguments)

    def inputs(self) -> InputFacts:
        """See ``source_table``."""
        return input_facts(self.frames["documents"])

    def flows(self) -> Flows:
        """See ``document_flows``."""
        names = ("extracted", "annotated", "corpus", "dropped", "quarantined")
        return count_flows(*(self.frames[name] for name in names))

    def drawn(self) -> dict[str, Histogram]:
        """See ``signal_histograms``."""
        rules = self.run.rules()
        found: dict[str, Histogram] = {}
        for dataset in ("annotated", "quality"):
            if dataset in self.frames:
                rows = self.run.manifests[dataset].rows
                found |= histograms(self.frames[dataset], rules, rows)
        return {signal: found[signal] for signal in named_signals(rules) if signal in found}

    def hits(self) -> dict[str, int]:
        """See ``rule_facts``."""
        return count_hits(self.frames["verdicts"], self.frames["dropped"])

    def counted(self) -> DuplicateCounts:
        """See ``duplicate_facts``."""
        return count_duplicates(self.frames["duplicates"])

    def chosen(self) -> dict[str, list[Row]]:
        """See ``dropped_examples``."""
        return choose_examples(self.frames["dropped"], "reason", LEDGER_COLUMNS)

    def quarantine(self) -> dict[str, list[Row]]:
        """See ``dropped_examples``."""
        return choose_examples(self.frames["quarantined"], "status", QUARANTINE_COLUMNS)

    def borderline(self) -> dict[str, list[Row]]:
        """See ``borderline_documents``."""
        return find_borderline(self.frames["annotated"], self.run.decided_rules())

    def audit(self) -> DuplicateAudit:
        """See ``duplicate_audit``."""
        return audit_duplicates(
            self.frames["duplicates"],
            read_signatures(self.context),
            self.frames["annotated"],
            self.recipe.dedup,
            self.run.manifests["duplicates"].accounts.rows_out,
        )

    def perplexity(self) -> dict[str, dict[str, Percentiles]]:
        """See ``perplexity_table``."""
        return perplexity_table(self.frames["annotated"], named_signals(self.run.rules()))

    def cleaning(self) -> dict[str, CleaningTotal]:
        """See ``cleaning_totals``."""
        return cleaning_totals(self.frames["annotated"])

    def buckets(self) -> dict[str, BucketFlow]:
        """See ``perplexity_table``; empty for a run of before there were buckets."""
        verdicts = self.frames["verdicts"]
        known = "perplexity_bucket" in verdicts.columns
        return bucket_flows(verdicts, self.frames["corpus"]) if known else {}

    def sources(self, folder: str, totals: Totals) -> tuple[list[SourceFlow], OtherSources]:
        """See ``source_table``."""
        corpus, dropped, quarantined = (
            self.frames[name] for name in ("corpus", "dropped", "quarantined")
        )
        return source_table(corpus, dropped, quarantined, folder, totals)

    def losses(self, folder: str) -> LossesBySource:
        """See ``duplicate_sources``."""
        survivors = self.frames["verdicts"].where(F.col("reason").isNull())
        alarm = self.recipe.report.source_loss_alarm
        duplicates = self.frames["duplicates"]
        return losses_by_source(survivors, duplicates, source_group(folder), alarm)

    def contamination(self, folder: str) -> ContaminationFacts | None:
        """See ``contamination_facts``."""
        if MATCHES not in self.frames:
            return None
        return contamination_facts(self.frames[MATCHES], self.run.manifests[MATCHES], folder)

    def graded(self) -> dict[str, GradedLanguage]:
        """See ``grade_facts``."""
        if not self.run.graded:
            return {}
        return graded_languages(self.frames["quality"], self.run.manifests["quality"].details)

    def alarms(self, folder: str) -> Alarms:
        """See ``safety_facts``."""
        return count_alarms(self.frames["annotated"], self.frames["verdicts"], folder)

    def movable(self, drawn: Mapping[str, Histogram]) -> dict[str, list[MovableBound]]:
        """See ``movable_bounds``."""
        decided = self.run.decided_rules()
        movable = movable_bounds(self.frames["annotated"], decided, drawn)
        graded = [rule for rule in self.run.rules() if is_grade_rule(rule)]
        return movable | (movable_bounds(self.frames["quality"], graded, drawn) if graded else {})

    def samples(self, ids: Collection[int]) -> dict[int, Sample]:
        """See ``text_samples``."""
        annotated, _ = self.context.read("annotated", "annotate", carries_documents=True)
        return text_samples(annotated, ids)
