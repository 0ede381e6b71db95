"""Which documents a list shows and in which order: read from the address of a page, and written back."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from jobs.runtime.errors import InputError
from jobs.runtime.suggestions import did_you_mean
from jobs.serving.catalogue import STATUSES, Catalogue

ORDERS: Final = ("id", "random", "rising", "falling", "label")
LARGEST_SEED: Final = (1 << 32) - 1


@dataclass(frozen=True)
class DocumentQuery:
    """Conditions that a document must meet; empty ones are none.

    Attributes:
        status: One of STATUSES.
        reason: The ledger's reason or the quarantine's status.
        source: Part of the input file's name or of the address.
        language: ISO 639 code.
        signal: ``struct.field``; asked together with ``low``, ``high`` or an order by value.
        low, high: Bounds of the signal's value, both inclusive.
        order: One of ORDERS; ``rising`` and ``falling`` by the signal, ``label`` as the run's label sample
            has them, and no others.
        seed: Of the order ``random``; the same seed is the same sample.
    """

    status: str = ""
    reason: str = ""
    source: str = ""
    language: str = ""
    signal: str = ""
    low: float | None = None
    high: float | None = None
    order: str = "id"
    seed: int = 0

    @classmethod
    def read(cls, given: Mapping[str, str], signals: Collection[str]) -> DocumentQuery:
        """Read a query from an address.

        Args:
            given: Its parameters.
            signals: Signals of the run.

        Raises:
            InputError: A value is none that a list can be asked for.
        """
        status, reason, source, language = (
            given.get(name, "").strip() for name in ("status", "reason", "source", "language")
        )
        _one_of("status", status, STATUSES)
        signal = given.get("signal", "")
        _one_of("signal", signal, signals)
        order = given.get("order") or "id"
        _one_of("order", order, ORDERS)
        if order in ("rising", "falling") and not signal:
            raise InputError(f"order={order} is by a signal's value: choose a signal too")
        seed = given.get("seed") or "0"
        if not re.fullmatch(r"[0-9]{1,10}", seed) or int(seed) > LARGEST_SEED:
            raise InputError(f"seed={seed}: wanted a whole number from 0 to {LARGEST_SEED:,}")
        low, high = (_number(name, given.get(name, "")) for name in ("low", "high"))
        if not signal:
            low = high = None
        return cls(status, reason, source, language, signal, low, high, order, int(seed))

    def address(self) -> str:
        """Return the parameters of the address that :meth:`read` reads; empty for all documents."""
        values = {
            "status": self.status,
            "reason": self.reason,
            "source": self.source,
            "language": self.language,
            "signal": self.signal,
            "low": "" if self.low is None else f"{self.low:.12g}",
            "high": "" if self.high is None else f"{self.high:.12g}",
            "order": "" if self.order == "id" else self.order,
            "seed": str(self.seed) if self.order == "random" else "",
        }
        return urlencode({name: value for name, value in values.items() if value})


def choose(
    catalogue: Catalogue,
    query: DocumentQuery,
    values: np.ndarray | None,
    sampled: np.ndarray | None = None,
) -> np.ndarray:
    """Return the places of the documents of a query, in its order, int64 (m,).

    Args:
        catalogue: The run's documents.
        query: The conditions.
        values: Of the query's signal, float64 (n,), NaN where there is none; None without a signal.
        sampled: Ids of the label sample in its order, int64 (k,), for the order ``label``.
    """
    chosen = np.ones(len(catalogue.ids), dtype=bool)
    if query.status:
        chosen &= catalogue.statuses == STATUSES.index(query.status)
    if query.reason:
        chosen &= catalogue.reasons.equal(query.reason)
    if query.language:
        chosen &= catalogue.languages.equal(query.language)
    if query.source:
        chosen &= _contains(catalogue.sources, query.source) | _contains(
            catalogue.urls, query.source
        )
    if values is not None:
        chosen &= ~np.isnan(values)
        chosen &= values >= (-np.inf if query.low is None else query.low)
        chosen &= values <= (np.inf if query.high is None else query.high)
    if query.order == "label":
        wanted = [
            one for one in (() if sampled is None else sampled.tolist()) if catalogue.holds(one)
        ]
        ours = catalogue.places(np.array(wanted, np.int64))
        return np.asarray(ours[chosen[ours]])
    places = np.flatnonzero(chosen)
    if query.order == "random":
        return np.random.default_rng(query.seed).permutation(places)
    if values is not None and query.order != "id":
        sign = 1 if query.order == "rising" else -1
        return places[np.argsort(sign * values[places], kind="stable")]
    return places


def _contains(texts: pa.Array, part: str) -> np.ndarray:
    found = pc.match_substring(texts, part, ignore_case=True).fill_null(False)
    return np.asarray(found.to_numpy(zero_copy_only=False))


def _one_of(name: str, value: str, allowed: Collection[str]) -> None:
    if value and value not in allowed:
        raise InputError(
            f"{name}={value}: there is none of that name{did_you_mean(value, allowed)}"
        )


def _number(name: str, text: str) -> float | None:
    if not text.strip():
        return None
    try:
        value = float(text)
    except ValueError as error:
        raise InputError(f"{name}={text}: wanted a number") from error
    if not np.isfinite(value):
        raise InputError(f"{name}={text}: wanted a finite number")
    return value
