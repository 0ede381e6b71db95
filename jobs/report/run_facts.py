"""What a report asks of a run's datasets; by Spark (``spark_facts.py``) or in memory (``table_facts.py``)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from concurrent.futures import Future
from typing import Protocol, TypeVar

from pyspark.sql import Row

from jobs.report.contamination_model import ContaminationFacts
from jobs.report.document_flows import Flows
from jobs.report.duplicate_facts import DuplicateCounts
from jobs.report.duplicate_sources import LossesBySource
from jobs.report.grade_facts import GradedLanguage
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
from jobs.report.safety_facts import Alarms
from jobs.report.source_table import InputFacts
from jobs.report.text_samples import Sample

Found = TypeVar("Found")


class RunFacts(Protocol):
    """The questions; each is answered by the module that its method's result comes from."""

    def start(self, function: Callable[..., Found], *arguments: object) -> Future[Found]:
        """Begin to answer one question; several may be answered at once."""
        ...

    def inputs(self) -> InputFacts:
        """Raw bytes and the folder that all sources share."""
        ...

    def flows(self) -> Flows:
        """Documents by place, language, format and label."""
        ...

    def drawn(self) -> dict[str, Histogram]:
        """Histograms of all signals that rules name, in their order."""
        ...

    def hits(self) -> dict[str, int]:
        """Documents by failed rule."""
        ...

    def counted(self) -> DuplicateCounts:
        """Duplicates by kind, clusters by size."""
        ...

    def chosen(self) -> dict[str, list[Row]]:
        """A few rows of the ledger by reason."""
        ...

    def quarantine(self) -> dict[str, list[Row]]:
        """A few quarantined records by status."""
        ...

    def borderline(self) -> dict[str, list[Row]]:
        """The documents nearest to each rule's bounds."""
        ...

    def audit(self) -> DuplicateAudit:
        """How right the removals are, and how complete."""
        ...

    def perplexity(self) -> dict[str, dict[str, Percentiles]]:
        """Percentiles of perplexity by signal and language."""
        ...

    def cleaning(self) -> dict[str, CleaningTotal]:
        """What cleaning took away."""
        ...

    def buckets(self) -> dict[str, BucketFlow]:
        """Head, middle and tail by language."""
        ...

    def sources(self, folder: str, totals: Totals) -> tuple[list[SourceFlow], OtherSources]:
        """Documents by source, below the folder that all share."""
        ...

    def losses(self, folder: str) -> LossesBySource:
        """What deduplication removed by source."""
        ...

    def contamination(self, folder: str) -> ContaminationFacts | None:
        """What benchmarks were found; None for a run without."""
        ...

    def graded(self) -> dict[str, GradedLanguage]:
        """Documents with and without a grade by language; none for a run without a grader."""
        ...

    def alarms(self, folder: str) -> Alarms:
        """What the safeguards alarm at, by source below the folder that all share."""
        ...

    def movable(self, drawn: Mapping[str, Histogram]) -> dict[str, list[MovableBound]]:
        """Documents that would fail each rule elsewhere."""
        ...

    def samples(self, ids: Collection[int]) -> dict[int, Sample]:
        """Address and beginning of a few documents."""
        ...
