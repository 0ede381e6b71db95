"""Clean documents of a finished run, on which a safety model's threshold is found."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from jobs.runtime.contract.driver_tables import opened
from jobs.runtime.contract.manifest import require_manifest
from jobs.runtime.errors import InputError
from jobs.runtime.store import storage
from udfs.learning.linear_model import LinearModel
from udfs.safety.alarm_rate import AlarmThreshold, alarm_thresholds, documents_needed

MOST_DOCUMENTS: Final = 100_000
"""At a rate of one in two hundred these are five hundred alarms: the threshold moves no more."""
EXAMPLES: Final = 3
EXAMPLE_CHARACTERS: Final = 80


@dataclass(frozen=True)
class CleanSample:
    """Documents of a run's corpus as a safety model sees them.

    Attributes:
        run: Folder of the run.
        table: ``id``, ``language``, ``beginning`` of the text and ``margin`` (float64, may be NaN).
    """

    run: str
    table: pa.Table

    @classmethod
    def scored(cls, run: str, model: LinearModel) -> CleanSample:
        """Score documents of a run's corpus.

        Args:
            run: Folder of a finished run.
            model: The model, uncalibrated.

        Returns:
            All documents of languages that the model knows, or those of row groups in the order of a
            hash until there are ``MOST_DOCUMENTS``.

        Raises:
            InputError: The run has no corpus, or it cannot be read.
        """
        manifest = require_manifest(storage.join(run, "corpus"), "publish")
        groups = []
        for path in (file.path for file in manifest.files):
            with opened(storage.join(run, "corpus", path)) as file:
                groups += [(path, number) for number in range(file.num_row_groups)]
        groups.sort(key=lambda group: hashlib.sha256(repr(group).encode()).digest())
        tables, rows = [], 0
        for path, number in groups:
            if rows >= MOST_DOCUMENTS:
                break
            tables.append(_scored_group(storage.join(run, "corpus", path), number, model))
            rows += len(tables[-1])
        if not rows:
            raise InputError(
                f"--calibrate-on {run}: its corpus has no document of"
                f" {', '.join(model.card.languages) or 'any language'}, which the model has learnt"
            )
        return cls(run, pa.concat_tables(tables))

    def thresholds(self, rate: float) -> dict[str, AlarmThreshold]:
        """Find the thresholds of a rate of false alarms.

        Raises:
            InputError: No language has documents enough to promise it.
        """
        languages = np.array(self.table.column("language").to_pylist(), np.object_)
        found = alarm_thresholds(self.table.column("margin").to_numpy(), languages, rate)
        if not found:
            codes, counts = np.unique(languages.astype(str), return_counts=True)
            has = ", ".join(f"{count} of {code}" for code, count in zip(codes, counts, strict=True))
            raise InputError(
                f"--calibrate-on {self.run}: {has}; a rate of {rate:g} needs at least"
                f" {documents_needed(rate)} documents of a language. Give a larger run, or a higher"
                " --false-alarms"
            )
        return found

    def highest(self, language: str) -> list[dict[str, Any]]:
        """The documents of a language that look least safe: ``id``, ``beginning``, ``margin``."""
        rows = self.table.filter(pc.equal(self.table.column("language"), language))
        ordered = rows.sort_by([("margin", "descending"), ("id", "ascending")])
        shown: list[dict[str, Any]] = ordered.slice(0, EXAMPLES).to_pylist()
        return shown


def _scored_group(path: str, number: int, model: LinearModel) -> pa.Table:
    with opened(path) as file:
        table = file.read_row_group(number, columns=["id", "language", "text"], use_threads=False)
    if model.card.languages:
        known = pa.array(model.card.languages, pa.string())
        codes = table.column("language").cast(pa.string())
        table = table.filter(pc.is_in(codes, value_set=known))
    texts = table.column("text").combine_chunks()
    return pa.table(
        {
            "id": table.column("id"),
            "language": table.column("language").cast(pa.string()),
            "beginning": pc.utf8_slice_codeunits(texts, 0, EXAMPLE_CHARACTERS),
            "margin": model.margins(texts),
        }
    )
