"""The part of ``report.json`` about packing: what became of the corpus as training tokens."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from jobs.report.fact import Count, Fact, Number
from jobs.runtime.contract.fingerprint import digest
from jobs.runtime.contract.manifest import Manifest

PAGE_NAME = "packed.html"
"""Has the rest: lengths, languages, sources, epochs, and rows to look at."""


class PackedSplit(Fact):
    """One split's rows."""

    documents: Count
    cut_documents: Count = Field(description="documents that lie in more than one row")
    tokens: Count = Field(description="of documents, with their BOS and EOS; padding left out")
    rows: Count
    padding: Count = Field(description="tokens of padding")
    bytes_a_token: Number = Field(description="bytes of text a token; null without tokens")


class PackingFacts(Fact):
    """How the corpus was packed."""

    created_at: str = Field(description="when, ISO 8601, UTC")
    tokenizer: str = Field(description="file of the tokeniser")
    tokenizer_sha256: str
    strategy: str
    length: Count = Field(description="tokens of a row")
    splits: dict[str, PackedSplit] = Field(description="train, validation")
    left_out: Count = Field(description="documents left out by their weight")
    quarantined: Count = Field(description="documents without text or tokens")
    is_current: bool = Field(description="false: packed from an earlier corpus of this run")


def packing_facts(packed: Manifest, corpus: Manifest) -> PackingFacts:
    """Return the facts of ``packed/`` beside the corpus that the run has now.

    Args:
        packed: Of ``packed/``.
        corpus: Of ``corpus/``.
    """
    details = packed.details
    made_of = {"documents": corpus.fingerprint, "tokenizer": details["tokenizer_sha256"]}
    return PackingFacts(
        created_at=packed.created_at,
        tokenizer=details["tokenizer"],
        tokenizer_sha256=details["tokenizer_sha256"],
        strategy=details["settings"]["strategy"],
        length=details["settings"]["length"],
        splits={name: _split(facts) for name, facts in details["splits"].items() if facts},
        left_out=details["left_out"],
        quarantined=packed.accounts.rows_quarantined,
        is_current=packed.fingerprints["inputs"] == digest(made_of),
    )


def _split(facts: dict[str, Any]) -> PackedSplit:
    return PackedSplit(
        documents=facts["documents"],
        cut_documents=facts["cut_documents"],
        tokens=facts["tokens"],
        rows=facts["rows"],
        padding=facts["padding"],
        bytes_a_token=facts["text_bytes"] / facts["tokens"] if facts["tokens"] else None,
    )
