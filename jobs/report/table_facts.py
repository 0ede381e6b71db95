"""The facts of a report from Arrow tables, for runs small enough for this process.

The same answers as Spark's (a test compares two whole reports), without its start and its thirty jobs.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import Future
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import Row

from jobs.recipes.rules import ResolvedRule, is_grade_rule
from jobs.report.borderline_documents import find_table_borderline
from jobs.report.cleaning_totals import STRUCT, table_cleaning_totals
from jobs.report.contamination_facts import table_contamination_facts
from jobs.report.contamination_model import ContaminationFacts
from jobs.report.document_flows import Flows, count_table_flows
from jobs.report.dropped_examples import (
    LEDGER_COLUMNS,
    QUARANTINE_COLUMNS,
    choose_table_examples,
)
from jobs.report.duplicate_audit import audit_table
from jobs.report.duplicate_facts import DuplicateCounts, count_table_duplicates
from jobs.report.duplicate_sources import LossesBySource, table_losses
from jobs.report.grade_facts import GRADE, GradedLanguage, graded_table_languages
from jobs.report.movable_bounds import table_movable_bounds
from jobs.report.perplexity_table import table_bucket_flows, table_perplexities
from jobs.report.published_run import MATCHES, SIGNATURES, PublishedRun, RecipeLike
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
from jobs.report.rule_facts import count_table_hits
from jobs.report.run_facts import Found
from jobs.report.safety_facts import COLUMNS, SIGNALS, Alarms, count_table_alarms
from jobs.report.signal_histograms import named_signals, table_histograms
from jobs.report.source_table import (
    InputFacts,
    source_names,
    source_table_of,
    table_input_facts,
)
from jobs.report.text_samples import Sample, table_samples
from jobs.runtime.contract.driver_tables import dataset_table, works_here
from jobs.runtime.contract.stage import RunContext
from jobs.verdicts.array_verdicts import SignalTable, asked_by_arrow, signal_columns
from jobs.verdicts.expressions import LANGUAGE

LENGTHS = ("heuristics.character_count", "heuristics.byte_count")


@dataclass(frozen=True)
class TableFacts:
    """See :class:`jobs.report.run_facts.RunFacts`."""

    context: RunContext
    run: PublishedRun
    recipe: RecipeLike

    @classmethod
    def suits(cls, context: RunContext, run: PublishedRun, recipe: RecipeLike) -> bool:
        """Say whether a run is small, and has no rules in SQL."""
        if not context.local:
            return False
        read = [run.manifests[name] for name in ("annotated", "verdicts", "corpus")]
        plain = asked_by_arrow(run.rules())
        return plain and works_here(context, recipe.run.driver_megabytes, *read)

    def start(self, function: Callable[..., Found], *arguments: object) -> Future[Found]:
        """Answer at once."""
        answer: Future[Found] = Future()
        answer.set_result(function(*arguments))
        return answer

    @functools.cached_property
    def _annotated(self) -> SignalTable:
        rules = {signal for rule in self.run.decided_rules() for signal in rule.signals}
        names = sorted({LANGUAGE, *LENGTHS, *rules})
        columns = ["id", "url", "source_id", "format", "text", STRUCT, *names]
        read = functools.partial(dataset_table, self.context, "annotated")
        return SignalTable(signal_columns(read, columns))

    @functools.cached_property
    def _graded(self) -> SignalTable | None:
        if not self.run.graded:
            return None
        rules = {signal for rule in self._grade_rules() for signal in rule.signals}
        read = functools.partial(dataset_table, self.context, "quality")
        return SignalTable(signal_columns(read, ["id", *sorted({LANGUAGE, *rules})]))

    def _grade_rules(self) -> list[ResolvedRule]:
        return [rule for rule in self.run.rules() if is_grade_rule(rule)]

    @functools.cached_property
    def _verdicts(self) -> pa.Table:
        return dataset_table(self.context, "verdicts")

    @functools.cached_property
    def _duplicates(self) -> pa.Table:
        return dataset_table(self.context, "duplicates")

    @functools.cached_property
    def _dropped(self) -> pa.Table:
        return dataset_table(self.context, "dropped")

    @functools.cached_property
    def _quarantined(self) -> pa.Table:
        return dataset_table(self.context, "quarantined")

    @functools.cached_property
    def _corpus(self) -> pa.Table:
        names = ["id", "url", "source", "language", "format"]
        return dataset_table(self.context, "corpus", names)

    def inputs(self) -> InputFacts:
        """See ``source_table``."""
        return table_input_facts(
            dataset_table(self.context, "documents", ["content_bytes", "source"])
        )

    def flows(self) -> Flows:
        """See ``document_flows``."""
        extracted = dataset_table(self.context, "extracted", ["format", "stage"])
        rest = (self._corpus, self._dropped, self._quarantined)
        return count_table_flows(extracted, self._annotated.table, *rest)

    def drawn(self) -> dict[str, Histogram]:
        """See ``signal_histograms``."""
        rules, rows = self.run.decided_rules(), self.run.manifests["annotated"].rows
        found = table_histograms(self._annotated, rules, rows)
        if self._graded is not None:
            graded = self.run.manifests["quality"].rows
            found |= table_histograms(self._graded, self._grade_rules(), graded)
        return found

    def hits(self) -> dict[str, int]:
        """See ``rule_facts``."""
        return count_table_hits(self._verdicts, self._dropped)

    def counted(self) -> DuplicateCounts:
        """See ``duplicate_facts``."""
        return count_table_duplicates(self._duplicates)

    def chosen(self) -> dict[str, list[Row]]:
        """See ``dropped_examples``."""
        return choose_table_examples(self._dropped, "reason", LEDGER_COLUMNS)

    def quarantine(self) -> dict[str, list[Row]]:
        """See ``dropped_examples``."""
        return choose_table_examples(self._quarantined, "status", QUARANTINE_COLUMNS)

    def borderline(self) -> dict[str, list[Row]]:
        """See ``borderline_documents``."""
        ids = self._annotated.table.column("id").to_numpy()
        return find_table_borderline(self._annotated, ids, self.run.decided_rules())

    def audit(self) -> DuplicateAudit:
        """See ``duplicate_audit``."""
        signatures = None
        if SIGNATURES in self.run.manifests:
            signatures = dataset_table(self.context, SIGNATURES, ["id", "band_keys"])
        return audit_table(
            self._duplicates,
            signatures,
            self._annotated.table,
            self.recipe.dedup,
            self.run.manifests["duplicates"].accounts.rows_out,
        )

    def perplexity(self) -> dict[str, dict[str, Percentiles]]:
        """See ``perplexity_table``."""
        return table_perplexities(self._annotated, named_signals(self.run.rules()))

    def cleaning(self) -> dict[str, CleaningTotal]:
        """See ``cleaning_totals``."""
        return table_cleaning_totals(self._annotated.table.column(STRUCT))

    def buckets(self) -> dict[str, BucketFlow]:
        """See ``perplexity_table``; empty for a run of before there were buckets."""
        known = "perplexity_bucket" in self._verdicts.column_names
        return table_bucket_flows(self._verdicts, self._corpus) if known else {}

    def sources(self, folder: str, totals: Totals) -> tuple[list[SourceFlow], OtherSources]:
        """See ``source_table``."""
        tables = {
            "kept": self._corpus,
            "dropped": self._dropped,
            "quarantined": self._quarantined,
        }
        return source_table_of(tables, folder, totals)

    def losses(self, folder: str) -> LossesBySource:
        """See ``duplicate_sources``."""
        survivors = self._verdicts.filter(pc.is_null(self._verdicts.column("reason")))
        names, alarm = source_names(survivors, folder), self.recipe.report.source_loss_alarm
        return table_losses(survivors.column("id").to_numpy(), names, self._duplicates, alarm)

    def contamination(self, folder: str) -> ContaminationFacts | None:
        """See ``contamination_facts``."""
        if MATCHES not in self.run.manifests:
            return None
        matches = dataset_table(self.context, MATCHES)
        return table_contamination_facts(matches, self.run.manifests[MATCHES], folder)

    def graded(self) -> dict[str, GradedLanguage]:
        """See ``grade_facts``."""
        if not self.run.graded:
            return {}
        rows = dataset_table(self.context, "quality", [LANGUAGE, GRADE])
        return graded_table_languages(rows, self.run.manifests["quality"].details)

    def alarms(self, folder: str) -> Alarms:
        """See ``safety_facts``."""
        signals = [f"safety.{name}" for name in SIGNALS]
        rows = dataset_table(self.context, "annotated", [*COLUMNS, LANGUAGE, *signals])
        named = rows.rename_columns([*COLUMNS, "language", *SIGNALS])
        return count_table_alarms(named, self._verdicts, folder)

    def movable(self, drawn: Mapping[str, Histogram]) -> dict[str, list[MovableBound]]:
        """See ``movable_bounds``."""
        movable = table_movable_bounds(self._annotated, self.run.decided_rules(), drawn)
        if self._graded is not None:
            movable |= table_movable_bounds(self._graded, self._grade_rules(), drawn)
        return movable

    def samples(self, ids: Collection[int]) -> dict[int, Sample]:
        """See ``text_samples``."""
        return table_samples(self._annotated.table, ids)
