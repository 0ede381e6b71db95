"""The one record every part of the generator passes on: a document and what must become of it."""

from __future__ import annotations

from dataclasses import dataclass, field

KEPT = "kept"
CLEANED = "cleaned"
ONE_KEPT = "one_kept"
DROPPED = "dropped"
QUARANTINED = "quarantined"
OUTCOMES = (KEPT, CLEANED, ONE_KEPT, DROPPED, QUARANTINED)


@dataclass(frozen=True)
class Expectation:
    """What the default recipe has to do with a document.

    Attributes:
        case: Name of the planted case; "ordinary" for plain good documents.
        outcome: One of OUTCOMES. "cleaned" is kept with a part cut out; "one_kept" means that
            exactly one member of `group` is kept and the others are dropped for `reasons`.
        reasons: Acceptable values of the ledger's `reason` when the document is dropped.
        statuses: Acceptable extraction statuses when the document is quarantined.
        group: Name of the family of copies the document belongs to, else empty.
        contains: Texts that the corpus row must hold, each exactly once.
        absent: Texts that must not be in the corpus row.
        demo_reasons: Acceptable values of the ledger's `reason` in a run like that of `make demo`, which is
            given a grader, a safety model, benchmarks and a list of domains; empty: as without them.
    """

    case: str = "ordinary"
    outcome: str = KEPT
    reasons: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()
    group: str = ""
    contains: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()
    demo_reasons: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.outcome not in OUTCOMES:
            raise ValueError(f"outcome {self.outcome!r} of case {self.case}; wanted: {OUTCOMES}")


@dataclass(frozen=True)
class SampleDocument:
    """One document of the crawl.

    Attributes:
        url: Address under a .example domain; unique in the crawl.
        file: Path of the file that holds it, relative to the crawl's folder, with forward slashes.
        kind: "html", "pdf", "epub", "text", "jsonl", "parquet", "warc" or "wet": what the file is.
        language: Two-letter code, or "und" where there is no language.
        content: The file's bytes, or the record's payload inside a container.
        expectation: What must become of it.
        media_type: Content type of a WARC record.
    """

    url: str
    file: str
    kind: str
    language: str
    content: bytes
    expectation: Expectation = field(default_factory=Expectation)
    media_type: str = "text/html; charset=utf-8"
