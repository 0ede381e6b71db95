"""`corpusmill plan`: what a run would take, from rates measured on one machine; an estimate."""

from __future__ import annotations

import argparse
import math
from dataclasses import dataclass
from typing import Final

from jobs.planning import plan_search
from jobs.planning.dedup_plan import DedupPlan
from jobs.runtime.amounts import size
from jobs.runtime.errors import SettingsError
from jobs.runtime.store import storage

# Each is the slower end of what docs/scaling.md gives for one core of a shared server.
EXTRACTED_PAGES_PER_CORE_SECOND: Final = 28.0  # pages of 260 kB: heavy ones
HEAVY_PAGE_BYTES: Final = 260e3
ANNOTATED_BYTES_PER_CORE_SECOND: Final = 3.9e6  # Chinese; English runs at 13 MB/s
SCORED_DOCUMENTS_PER_CORE_SECOND: Final = 4200.0
# Compressed WARC holds about this many bytes of HTML a byte: an assumption, not measured.
GZIP_RATIO: Final = 4.5
COMPRESSED: Final = (".gz", ".zst", ".bz2")
# extracted/, annotated/ and corpus/ hold the text three times, compressed to about a third: an assumption.
KEPT_TEXTS: Final = 3
COMPRESSION: Final = 1 / 3
SMALLEST_DOCUMENT: Final = 20  # bytes, compressed; fewer a document is a slip of the pen
# What a cluster loses to starts, retries and the last task of each stage.
UTILISATION: Final = 0.7
CORES_PER_MACHINE: Final = 16
DISK_MARGIN: Final = 2.0


@dataclass(frozen=True)
class ClusterPlan:
    """An input and what its parts cost.

    Attributes:
        raw_bytes: Of HTML, PDF and so on, decompressed.
        stored_bytes: As they lie.
        documents: How many.
        hours: Wanted wall time.
        dedup: The search for duplicates.
    """

    raw_bytes: float
    stored_bytes: float
    documents: float
    hours: float
    dedup: DedupPlan

    @property
    def core_hours(self) -> dict[str, float]:
        """Core-hours by stage."""
        text = self.documents * self.dedup.document_bytes
        extraction = self.raw_bytes / HEAVY_PAGE_BYTES / EXTRACTED_PAGES_PER_CORE_SECOND
        return {
            "extract": extraction / 3600,
            "annotate": text / ANNOTATED_BYTES_PER_CORE_SECOND / 3600,
            "perplexity": self.documents / SCORED_DOCUMENTS_PER_CORE_SECOND / 3600,
            "dedup": self.dedup.signing_hours + self.dedup.searching_hours,
        }

    @property
    def shuffled_bytes(self) -> float:
        """Bytes that deduplication moves; the other stages move next to nothing."""
        return self.documents * self.dedup.shuffled_bytes

    @property
    def output_bytes(self) -> float:
        """Bytes of OUTPUT."""
        text = self.documents * self.dedup.document_bytes
        signatures = self.documents * self.dedup.persisted_bytes
        return KEPT_TEXTS * text * COMPRESSION + signatures

    @property
    def machines(self) -> int:
        """Machines of 16 cores that finish in the wanted time at 70 % use."""
        cores = sum(self.core_hours.values()) / (self.hours * UTILISATION)
        return max(1, math.ceil(cores / CORES_PER_MACHINE))


def plan_cluster(given: str, documents: float, document_bytes: float, hours: float) -> ClusterPlan:
    """List an input and estimate.

    Raises:
        InputError: It names nothing.
        SettingsError: A number is out of range.
    """
    if not 0 < hours <= 10_000:
        raise SettingsError(f"--hours {hours:g}: give a number above 0 and at most 10000")
    dedup = plan_search(documents=documents, document_bytes=document_bytes)
    entries = storage.find_files(given)
    stored = sum(entry.size for entry in entries)
    packed = sum(entry.size for entry in entries if entry.path.endswith(COMPRESSED))
    if stored < SMALLEST_DOCUMENT * documents:
        raise SettingsError(
            f"--documents {documents:g}: {given} has {stored:,} bytes, less than "
            f"{SMALLEST_DOCUMENT} a document; give the number of documents in INPUT itself"
        )
    return ClusterPlan(stored + packed * (GZIP_RATIO - 1), stored, documents, hours, dedup)


def cluster_plan_text(plan: ClusterPlan) -> str:
    """Return a plan for the terminal."""
    hours = plan.core_hours
    local = DISK_MARGIN * plan.shuffled_bytes / plan.machines
    lines = [
        "An estimate from rates of single cores (docs/scaling.md), not a measurement of a cluster.",
        "",
        f"input            {size(round(plan.stored_bytes))}, {plan.documents:,.0f} documents",
        *(f"{name:<16} {value:,.1f} core-hours" for name, value in hours.items()),
        f"{'together':<16} {sum(hours.values()):,.1f} core-hours",
        f"{'shuffle':<16} {size(round(plan.shuffled_bytes))}",
        f"{'output':<16} {size(round(plan.output_bytes))} in the store",
        f"{'proposal':<16} {plan.machines} machines of {CORES_PER_MACHINE} cores and 64 GB for "
        f"{plan.hours:g} hours,",
        f"{'':<16} each with {size(round(local))} or more of local disk",
        "",
        f"Assumed: {GZIP_RATIO} bytes of pages a byte of .gz, texts of {plan.dedup.document_bytes:,.0f} "
        f"bytes, machines {UTILISATION:.0%} busy,",
        "rates of heavy pages and of Chinese text (English is three times as fast to annotate).",
    ]
    return "\n".join(lines)


def plan_command(arguments: argparse.Namespace) -> str | None:
    """Answer `corpusmill plan`."""
    given = (arguments.input, arguments.documents, arguments.document_bytes, arguments.hours)
    return cluster_plan_text(plan_cluster(*given))
