"""The part of ``report.json`` about benchmarks: what was found, what would be found, what cannot be."""

from __future__ import annotations

from pydantic import Field

from jobs.report.fact import Count, DocumentId, Fact, Number


class BenchmarkFlow(Fact):
    """One benchmark's items and the documents that hold some."""

    benchmark: str
    items: Count
    decidable: Count = Field(description="items that a verbatim copy would be found of")
    undecidable: dict[str, Count] = Field(description="the others, by reason")
    items_found: Count = Field(description="items that a document holds; variants left out")
    documents: Count = Field(description="documents that hold one")
    variants: Count = Field(description="documents with an item's wording and other numbers")


class PlantedRecall(Fact):
    """Items planted in clean documents in memory, judged as the run's documents are."""

    of: str = Field(description="change, question tokens or benchmark")
    name: str
    planted: Count
    found: Count
    decidable: Count = Field(description="plants of items that can be found at all")


class LeakingSource(Fact):
    """Documents of one source that hold an item."""

    source: str
    documents: Count


class MatchExample(Fact):
    """One match side by side with its item; runs of words that both have are marked."""

    id: DocumentId
    url: str | None
    source: str | None
    benchmark: str
    item: str
    field: str
    share: Number
    bits: Number
    strength: Number
    variant: bool
    passage: list[tuple[str, bool]] = Field(
        description="pieces of the document, and whether shared"
    )
    item_text: list[tuple[str, bool]] = Field(description="pieces of the item, likewise")


class UndecidableItem(Fact):
    """One item that cannot be found."""

    benchmark: str
    item: str
    reason: str


class ContaminationFacts(Fact):
    """What the run's documents hold of the benchmarks given."""

    documents: Count = Field(description="documents that were compared")
    flagged: Count = Field(description="documents that hold an item, variants left out")
    per_million: Number = Field(
        description="flagged of a million documents; how many of them are right, only a look can tell"
    )
    excised: Count = Field(description="documents that stay without the passages of items")
    benchmarks: list[BenchmarkFlow]
    sources: list[LeakingSource] = Field(description="the 20 with most such documents")
    examples: list[MatchExample] = Field(
        description="at most 40 matches, the most doubtful (nearest to the line) first"
    )
    recall: list[PlantedRecall]
    hosts: Count = Field(description="clean documents that items were planted in")
    undecidable: list[UndecidableItem] = Field(description="the first 1,000")
    index_bytes: Count = Field(description="what every worker was sent")
