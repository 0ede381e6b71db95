"""What the first visitor of a page would wait for, read while nobody waits."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable

from jobs.inspection.tracing import trace_phrase
from jobs.runtime.errors import CorpusmillError
from jobs.serving.duplicates_page import largest_clusters
from jobs.serving.served_run import ServedRun
from jobs.serving.thresholds_page import judged_documents

PHRASE = "nine words so that compiled code for phrases is loaded"


def warm_in_background(runs: Iterable[ServedRun]) -> None:
    """Begin to read; the process may end meanwhile."""
    threading.Thread(target=warm, args=(list(runs),), daemon=True).start()


def warm(runs: Iterable[ServedRun]) -> None:
    """Read for the pages of each run what stays in memory, and load the code that looks phrases up."""
    for run in runs:
        readings: list[Callable[[ServedRun], object]] = [
            lambda one: trace_phrase(one.tables.output, PHRASE, limit=0),
            judged_documents,
            largest_clusters,
        ]
        for read in readings:
            try:
                read(run)
            except CorpusmillError:  # the page itself says what is wrong
                continue
