"""Fatal documents are known again; a task that loses too many stops."""

from __future__ import annotations

import pytest

from udfs.extraction.contract import STATUSES, Extraction
from udfs.extraction.guard.quarantine import (
    FATAL_STATUSES,
    WINDOW,
    CircuitBreaker,
    DocumentQuarantine,
    content_hash,
    reader_versions,
)


@pytest.mark.parametrize("status", sorted(STATUSES))
def test_only_what_costs_a_child_is_remembered(status: str) -> None:
    quarantine = DocumentQuarantine()
    quarantine.add(b"bytes", Extraction(status, format="html", detail="why"))
    found = quarantine.find(b"bytes", "html")
    assert (found is not None) == (status in FATAL_STATUSES)
    assert quarantine.find(b"other bytes", "html") is None
    if found is not None:
        assert (found.status, found.format, found.detail) == (status, "html", "why")


def test_what_earlier_runs_met_is_known() -> None:
    quarantine = DocumentQuarantine()
    quarantine.learn({content_hash(b"bomb"): ("timeout", "15 s")})
    assert quarantine.find(b"bomb", "pdf") == Extraction("timeout", format="pdf", detail="15 s")


def test_a_key_does_not_depend_on_the_process() -> None:
    assert content_hash(b"") == "cae66941d9efbd404e4d88758ea67670"
    assert set(reader_versions()) >= {"trafilatura", "pypdfium2"}


def test_the_breaker_opens_above_its_share_of_the_latest() -> None:
    breaker = CircuitBreaker(0.05)
    for number in range(10 * WINDOW):
        breaker.count("crash" if number % 20 == 19 else "ok")  # exactly the share
    with pytest.raises(RuntimeError, match="51 of the latest 1,000"):
        breaker.count("timeout")


def test_a_share_of_one_never_stops() -> None:
    breaker = CircuitBreaker(1.0)
    for _ in range(2 * WINDOW):
        breaker.count("oom")
