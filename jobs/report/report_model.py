"""The schema of ``report.json``: every fact of a run, with its meaning, as validated models.

Other programs rely on ``totals``, ``stages`` and ``reasons``; names are added here, never renamed.
Counts are documents unless a field says otherwise.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from jobs.recipes.rules import AbsentRule, Action, Bounds, Condition
from jobs.report.contamination_model import ContaminationFacts
from jobs.report.fact import Count, DocumentId, Fact, Number
from jobs.report.fitted_parts import FittedPart
from jobs.report.grade_facts import GradedLanguage
from jobs.report.packing_facts import PackingFacts
from jobs.report.safety_model import SafetyFacts
from jobs.runtime.contract.stage_costs import StageCosts

SCHEMA_VERSION = 1


class Totals(Fact):
    """Where all documents ended; kept + dropped + quarantined = documents_in."""

    documents_in: Count = Field(description="records that ingest found in the inputs")
    kept: Count = Field(description="documents of corpus/")
    dropped: Count = Field(description="documents of the ledger dropped/")
    quarantined: Count = Field(description="records that could not be read or extracted")


class StageFacts(Fact):
    """One stage's accounts and cost, in the order of the pipeline."""

    stage: str
    dataset: str = Field(description="folder below OUTPUT")
    rows_in: Count
    rows_out: Count
    rows_dropped: Count
    rows_quarantined: Count
    seconds: float = Field(ge=0, description="wall time of the run that made the dataset")
    bytes: Count = Field(description="size of the published files")
    rows_per_second: float | None = Field(description="rows_in / seconds; null for no time at all")
    carries_documents: bool = Field(description="false for a stage that makes a model")
    costs: StageCosts | None = Field(None, description="Spark's counters of the stage's tasks")


class Volume(Fact):
    """How much data came in and went out."""

    bytes_in: Count = Field(description="raw bytes of all documents")
    characters_in: Count = Field(
        description="characters of the cleaned text of all judged documents"
    )
    text_bytes_in: Count = Field(description="the same in UTF-8 bytes")
    characters_out: Count = Field(description="characters of the corpus")
    text_bytes_out: Count = Field(description="UTF-8 bytes of the corpus")
    estimated_tokens_out: Count = Field(
        description="an estimate, not a count: UTF-8 bytes divided by four"
    )


class RecipeFacts(Fact):
    """What the run was asked to do."""

    name: str
    description: str
    settings: dict[str, Any] = Field(description="all settings but the rules")


class Limits(Fact):
    """The bounds that were used, as numbers."""

    min: Number = None
    max: Number = None
    one_of: tuple[str, ...] | None = Field(None, description="of a text: the values that stay")


class MovableBound(Fact):
    """A bound for all languages without one of their own, and what it would do elsewhere."""

    side: Literal["min", "max"]
    now: Count = Field(description="index in `places` of the bound as it was used")
    places: list[float] = Field(description="where the bound could stand, ascending")
    failing: list[Count] = Field(
        description="documents that would fail the rule with the bound at each place, all else equal"
    )


class RuleFacts(Fact):
    """One judged rule: bounds, and how often it spoke."""

    reason: str
    signal: str = Field(description="empty for a rule in SQL")
    expression: str | None = Field(None, description="SQL that is true of what breaks the rule")
    action: Action
    asked: Bounds | None = Field(description="bounds as the recipe writes them")
    default: Limits | None = Field(description="bounds of languages not listed; null: not judged")
    languages: dict[str, Limits | None] = Field(description="own bounds; null: switched off")
    when: tuple[Condition, ...]
    source: str | None = Field(description="paper, project or measurement behind the bounds")
    first_hits: Count = Field(description="documents that left by this rule")
    hits: Count = Field(description="documents that fail it, by whatever rule they left")
    never_fired: bool
    movable: list[MovableBound] = Field(
        [], description="exact counts for other values of the general bounds"
    )


class LanguageFlow(Fact):
    """One language's documents."""

    documents_in: Count = Field(alias="in")
    kept: Count
    dropped: Count
    characters_kept: Count
    estimated_tokens_kept: Count


class FormatFlow(Fact):
    """One format's documents, of those that reached extraction."""

    documents_in: Count = Field(alias="in")
    kept: Count
    dropped: Count
    quarantined: Count


class SourceFlow(Fact):
    """One source's documents: a host, a folder, or a container file."""

    source: str
    documents_in: Count = Field(alias="in")
    kept: Count
    dropped: Count
    quarantined: Count


class OtherSources(Fact):
    """The sources beyond those listed, together."""

    sources: Count
    documents_in: Count = Field(alias="in")
    kept: Count
    dropped: Count
    quarantined: Count


class Threshold(Fact):
    """One bound to draw into a histogram."""

    reason: str
    action: Action
    side: Literal["min", "max"] = Field(description="documents beyond this side fail")
    language: str | None = Field(description="null: all languages without bounds of their own")
    value: float


class Histogram(Fact):
    """A signal's values over all judged documents, in bins of equal width.

    ``counts[i]`` holds the values from ``edges[i]`` up to but not including ``edges[i + 1]``, to a
    billionth of a bin's width; the last bin includes its upper edge. On the log scale the bins have
    equal width in log10, and values of zero or less are counted in ``zeros``.
    """

    scale: Literal["linear", "log"]
    edges: list[float]
    counts: list[Count]
    zeros: Count
    documents: Count = Field(description="documents with a number")
    without_value: Count = Field(description="null, NaN or infinite: never judged")
    minimum: Number
    maximum: Number
    thresholds: list[Threshold]


class SizeClass(Fact):
    """Clusters of one range of sizes."""

    smallest: Count
    largest: Count
    clusters: Count


class Cluster(Fact):
    """One of the largest duplicate clusters."""

    keeper_id: DocumentId
    size: Count
    url: str | None
    sample: str = Field(description="first 300 characters of the keeper")


class SourceLoss(Fact):
    """What deduplication took from one source."""

    source: str
    documents: Count = Field(description="documents of the source that reached deduplication")
    removed: Count
    share: float = Field(ge=0, le=1, description="removed / documents")
    alarm: bool = Field(description="the share reaches report.source_loss_alarm of the recipe")


class SourcePair(Fact):
    """Documents of one source that were removed in favour of another (or the same) source's."""

    source: str
    keeper_source: str
    removed: Count


class AuditedShare(Fact):
    """Pairs drawn by a hash of their ids, compared by exact Jaccard similarity."""

    pairs: Count
    similar: Count = Field(description="pairs whose exact similarity reaches the threshold")
    share: float | None = Field(description="similar / pairs; null without pairs")
    low: float | None = Field(description="lower end of the share's 95 % interval (Wilson)")
    high: float | None = Field(description="upper end")
    lowest: float | None = Field(description="least exact similarity among them")
    highest: float | None = Field(description="greatest")


class DuplicateAudit(Fact):
    """How right deduplication was, measured on this run."""

    threshold: float
    accepted: AuditedShare = Field(
        description="documents removed as near duplicates, with their keepers; share is the precision"
    )
    refused: AuditedShare | None = Field(
        description="pairs that met in a bucket and were both kept; share is what was missed of them"
    )
    refused_pairs: Count | None = Field(description="such pairs in the run, estimated")
    recall: float | None = Field(
        description="similar pairs resolved / similar pairs that met; null where nothing was similar"
    )
    recall_low: float | None = Field(description="with both 95 % intervals at their worse end")
    recall_high: float | None = Field(description="and at their better end")
    never_meet: float = Field(
        description="chance that two documents exactly at the threshold share no bucket (theory); in "
        "families other members bring them together"
    )
    note: str | None = Field(description="why something was not audited")


class DuplicateFacts(Fact):
    """What deduplication found among the documents that no rule had removed."""

    exact: Count = Field(description="documents removed as exact duplicates")
    near: Count = Field(description="documents removed as near duplicates")
    clusters: Count
    cluster_size_histogram: list[SizeClass]
    largest: list[Cluster]
    sources: list[SourceLoss] = Field(description="the 50 that lost most documents")
    alarms: list[SourceLoss] = Field(description="all that lost too large a share, at most 50")
    source_pairs: list[SourcePair] = Field(description="the 50 pairs with most removed documents")
    audit: DuplicateAudit


class Percentiles(Fact):
    """One signal of one language: values below which that share of the documents lies."""

    documents: Count
    p1: float
    p5: float
    p25: float
    p50: float
    p75: float
    p95: float
    p99: float


class FailedAnnotator(Fact):
    """An annotator of the user's that gave no values for some documents."""

    documents: Count = Field(description="documents that have none of its values")
    reason: str = Field(description="one of the reasons, the first by alphabet")


class CleaningTotal(Fact):
    """One counter of the cleaning step over all documents."""

    total: Count
    documents: Count = Field(description="documents with more than none")


class DroppedExample(Fact):
    """One document that left, with the first 300 characters of its cleaned text."""

    id: DocumentId
    url: str | None
    source: str | None
    source_id: str | None = Field(None, description="its id in the source")
    language: str | None
    signal: str | None
    value: Number
    threshold: Number
    keeper_id: DocumentId | None
    keeper_source_id: str | None = Field(None, description="of the keeper, of this run")
    similarity: Number
    text: str


class BorderlineExample(Fact):
    """One of the documents nearest to a rule's bound."""

    id: DocumentId
    url: str | None
    source_id: str | None = Field(None, description="its id in the source")
    language: str | None
    fails: bool = Field(description="whether it is on the side that leaves")
    value: Number
    bound: Number
    text: str = Field(description="first 300 characters")


class BucketFlow(Fact):
    """Documents of one language by how usual their perplexity is there."""

    documents_in: dict[str, Count] = Field(
        alias="in", description="documents of head, middle and tail"
    )
    kept: dict[str, Count] = Field(description="those of them in the corpus")


class QuarantineExample(Fact):
    """One record that could not be used, and why."""

    id: DocumentId
    url: str | None
    source: str | None
    source_id: str | None = Field(None, description="its id in the source")
    stage: str
    detail: str | None


class Report(Fact):
    """All of ``report.json``."""

    schema_version: int = SCHEMA_VERSION
    created_at: str = Field(description="when the corpus was published, ISO 8601, UTC")
    totals: Totals
    stages: list[StageFacts]
    volume: Volume
    reasons: dict[str, Count] = Field(
        description="first reasons of the ledger, most frequent first"
    )
    quarantine_statuses: dict[str, Count]
    recipe: RecipeFacts
    rules: list[RuleFacts]
    never_fired: list[str] = Field(description="reasons of judged rules without a single hit")
    absent_rules: list[AbsentRule]
    fitted: list[FittedPart] = Field([], description="what has stayed while the run has grown")
    languages: dict[str, LanguageFlow]
    formats: dict[str, FormatFlow]
    sources: list[SourceFlow] = Field(description="the 50 with most documents")
    other_sources: OtherSources
    histograms: dict[str, Histogram]
    duplicates: DuplicateFacts
    perplexity: dict[str, dict[str, Percentiles]] = Field(
        description="signal, then language; languages with enough documents for a percentile"
    )
    perplexity_buckets: dict[str, BucketFlow] = Field(
        {},
        description="by language; head and middle are the 30 % and the next 30 % that read most "
        "like the training text",
    )
    cleaning: dict[str, CleaningTotal]
    failed_annotators: dict[str, FailedAnnotator] = Field(
        {}, description="of the user's own, by name; empty where all gave values for every document"
    )
    contamination: ContaminationFacts | None = Field(
        None, description="null for a run without --benchmarks"
    )
    graded: dict[str, GradedLanguage] = Field(
        {}, description="documents that reached the grader, by language; none without a grader"
    )
    safety: SafetyFacts | None = Field(
        None, description="null in reports of before there was such a part"
    )
    packing: PackingFacts | None = Field(None, description="null for a run that was not packed")
    examples: dict[str, list[DroppedExample]]
    borderline: dict[str, list[BorderlineExample]] = Field(
        {}, description="by rule: the documents nearest to its bounds, those that fail first"
    )
    quarantine_examples: dict[str, list[QuarantineExample]]
    versions: dict[str, str]
    fingerprints: dict[str, str] = Field(description="stage and the fingerprint of its result")
