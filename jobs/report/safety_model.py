"""The part of ``report.json`` about safety."""

from __future__ import annotations

from pydantic import Field

from jobs.report.fact import Count, DocumentId, Fact, Number


class AlarmedSource(Fact):
    """One source's alarms."""

    source: str
    documents: Count = Field(description="that alarm")
    both: Count = Field(description="at which keywords and model alarm")
    keywords: Count = Field(description="at which the keywords alone do")
    model: Count = Field(description="at which the model alone does")
    left: Count = Field(description="of them left, for whatever reason")


class AlarmExample(Fact):
    """A document that alarms, with the first 300 characters of its cleaned text."""

    id: DocumentId
    url: str | None
    source: str | None
    source_id: str | None
    language: str | None
    keyword_hits: Count
    hit_density: Number
    model_score: Number
    reason: str | None = Field(description="by which it left; null for one that no rule let go")
    text: str


class SafetyFacts(Fact):
    """What the two safeguards found."""

    found_by: dict[str, Count] = Field(description="documents by what alarms at them")
    sources: list[AlarmedSource] = Field(description="the 20 with most alarms")
    examples: dict[str, list[AlarmExample]] = Field(description="by what alarms at them")
