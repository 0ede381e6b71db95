"""A run that is being looked at: its tables, and what of them stays in memory while they are the same."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from typing import Any, Final, TypeVar

import numpy as np

from jobs.inspection.label_sample import sampled_ids
from jobs.inspection.run_tables import RunTables
from jobs.runtime.contract.manifest import read_manifest
from jobs.runtime.errors import InputError
from jobs.runtime.store import storage
from jobs.serving.catalogue import Catalogue, aligned_numbers, read_catalogue
from jobs.serving.document_query import DocumentQuery, choose
from jobs.tracing.layout import DATASET as INDEX

LASTING: Final = {("catalogue",), ("signals",), ("judged",), ("duplicates",), ("clusters",)}
STATE_SECONDS = 1.0
MOST_KEPT: Final = 24
"""Answers kept in memory; one of a million documents takes 8 MB, the catalogue 200."""
DECISIVE: Final = ("documents", "annotated", "verdicts", "corpus", "dropped", "quarantined")
T = TypeVar("T")


class ServedRun:
    """A finished run under a name of its own."""

    def __init__(self, name: str, output: str) -> None:
        """Serve the run below a folder or prefix."""
        self.name, self.tables = name, RunTables(output)
        self._state: tuple[str, ...] = ()
        self._looked: tuple[float, tuple[str, ...]] | None = None
        self._kept: OrderedDict[Hashable, Any] = OrderedDict()
        self._lock = threading.Lock()

    def catalogue(self) -> Catalogue:
        """Return where each document ended.

        Raises:
            InputError: The run is not finished.
        """
        return self.kept(("catalogue",), lambda: read_catalogue(self.tables))

    def signals(self) -> list[str]:
        """Return the run's signals as ``struct.field``."""
        return self.kept(("signals",), self.tables.signals)

    def values(self, signal: str) -> np.ndarray:
        """Return a signal by document, float64 (n,); NaN where a document has none."""
        ids = self.catalogue().ids

        def read() -> np.ndarray:
            return aligned_numbers(ids, self.tables.columns("annotated", ["id", signal]), signal)

        return self.kept(("values", signal), read)

    def places(self, query: DocumentQuery) -> np.ndarray:
        """Return the places of the documents of a query in the catalogue, in its order."""
        values = self.values(query.signal) if query.signal else None
        catalogue = self.catalogue()
        if query.order == "label":  # which is written anew while the run stays the same
            return choose(catalogue, query, values, sampled_ids(self.tables.output))
        return self.kept(("places", query), lambda: choose(catalogue, query, values))

    def kept(self, key: Hashable, make: Callable[[], T]) -> T:
        """Return what ``make`` returns, made once for the run as it is on disk now."""
        state = self._current_state()
        with self._lock:
            if state != self._state:
                self._kept.clear()
                self._state = state
            if key in self._kept:
                self._kept.move_to_end(key)
                found: T = self._kept[key]
                return found
        made = make()
        with self._lock:
            self._kept[key] = made
            if len(self._kept) > MOST_KEPT:
                # What takes longest to read again, and every page asks for, stays.
                del self._kept[next(other for other in self._kept if other not in LASTING)]
        return made

    def _current_state(self) -> tuple[str, ...]:
        """What the manifests on disk say; looked at once a second, as a page asks many times."""
        now = time.monotonic()
        if self._looked is None or now - self._looked[0] >= STATE_SECONDS:
            index = read_manifest(storage.join(self.tables.output, INDEX))
            state = tuple(self.tables.manifest(dataset).fingerprint for dataset in DECISIVE)
            self._looked = (now, (*state, index.created_at if index else ""))
        return self._looked[1]


def named_runs(outputs: Sequence[str]) -> dict[str, ServedRun]:
    """Return runs by the names that their pages have: the folder's, with a number where two are alike.

    Raises:
        InputError: One is no finished run.
    """
    runs: dict[str, ServedRun] = {}
    for output in outputs:
        folder = storage.absolute(output)
        base = (
            "".join(c if c.isalnum() or c in "-._" else "-" for c in folder.split("/")[-1]) or "run"
        )
        name, number = base, 2
        while name in runs or name == "static":
            name, number = f"{base}-{number}", number + 1
        run = ServedRun(name, folder)
        try:
            run.catalogue()
        except InputError as error:
            raise InputError(f"{output} cannot be served: {error}") from error
        runs[name] = run
    return runs
