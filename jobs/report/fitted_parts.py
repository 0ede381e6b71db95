"""What of a run that has grown is fitted to other documents than it has now; no reader shall miss it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from pydantic import Field

from jobs.report.fact import Count, Fact
from jobs.runtime.contract.chunks import files_by_chunk
from jobs.runtime.contract.manifest import Manifest

THRESHOLDS: Final = "thresholds"
_FITTED: Final = {
    "models": ("perplexity models", "extracted"),
    "shared-lines": ("lines that many documents share", "extracted"),
    "benchmark-phrases": ("phrases of benchmarks that are boilerplate", "extracted"),
    THRESHOLDS: ("bounds that are percentiles", "annotated"),
}
"""Dataset → what it is, and the dataset that it is fitted to."""


class FittedPart(Fact):
    """Something that stays as the documents of an earlier day made it, until --refit."""

    name: str
    documents: Count = Field(description="that it was fitted to")
    documents_now: Count = Field(description="that it would be fitted to with --refit")


def fitted_parts(manifests: Mapping[str, Manifest], *, percentiles: bool) -> list[FittedPart]:
    """Return what a run's growth, or the leaving of files, has left as it was.

    Args:
        manifests: Of a run's datasets.
        percentiles: Whether a rule has a bound that is one; else nothing hangs on ``thresholds/``.
    """
    parts = []
    for dataset, (name, source) in _FITTED.items():
        fitted = manifests.get(dataset)
        if fitted is None or (dataset == THRESHOLDS and not percentiles):
            continue
        chunks = fitted.details.get("fitted_on")  # nobody says so of models trained by themselves
        if chunks is None or set(chunks) == files_by_chunk(manifests[source]).keys():
            continue
        now = manifests[source].accounts.rows_out
        parts.append(FittedPart(name=name, documents=fitted.accounts.rows_in, documents_now=now))
    return parts
