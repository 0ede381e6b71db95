"""Documents that cost a parser child its life, known again by the hash of their bytes.

A copy of such a document, or the same one in a retried task, gets its status without another child
being spent on it: a bomb that a crawler fetched 500 times would else take 500 times its time limit.
"""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Mapping
from importlib.metadata import version

from udfs.extraction.contract import Extraction

FATAL_STATUSES = ("timeout", "oom", "crash")
"""Statuses that end a child; every other one is cheap to find again."""
MAXIMUM_KNOWN = 100_000
"""Documents that are remembered; their hashes take 10 MB."""
WINDOW = 1_000
"""Latest documents of a task in which losses are counted."""
READERS = ("trafilatura", "Resiliparse", "lxml", "pypdfium2")
"""Distributions whose versions decide whether a document kills a child."""

Failure = tuple[str, str]
"""Status and detail."""


def content_hash(content: bytes) -> str:
    """Return the key of a document: BLAKE2b of its bytes, 16 bytes as 32 hexadecimal digits."""
    return hashlib.blake2b(content, digest_size=16).hexdigest()


def reader_versions() -> dict[str, str]:
    """Return the versions under which a quarantined document stays one."""
    return {name: version(name) for name in READERS}


class DocumentQuarantine:
    """Remembers fatal extractions, and forgets nothing before ``MAXIMUM_KNOWN``."""

    def __init__(self) -> None:
        """Begin with nothing known."""
        self._known: dict[str, Failure] = {}

    def learn(self, known: Mapping[str, Failure]) -> None:
        """Take over what earlier tasks and runs met: status and detail by ``content_hash``."""
        self._known.update(known)

    def find(self, content: bytes, format_name: str) -> Extraction | None:
        """Return the extraction of a document that is known to be fatal, else None."""
        if not self._known:
            return None  # hashing costs a tenth of what the fastest reader does
        failure = self._known.get(content_hash(content))
        if failure is None:
            return None
        return Extraction(failure[0], format=format_name, detail=failure[1])

    def add(self, content: bytes, extraction: Extraction) -> None:
        """Remember a document if its extraction was fatal."""
        if extraction.status in FATAL_STATUSES and len(self._known) < MAXIMUM_KNOWN:
            self._known[content_hash(content)] = (extraction.status, extraction.detail)


class CircuitBreaker:
    """Stops a task of which too many documents are lost: a broken installation, not bad data."""

    def __init__(self, maximum_share: float) -> None:
        """Begin with no document seen.

        Args:
            maximum_share: Share of ``WINDOW`` documents, 0 to 1, that may be lost; 1 never stops.
        """
        self._maximum = maximum_share * WINDOW
        self._recent: deque[bool] = deque(maxlen=WINDOW)
        self._share = maximum_share

    def count(self, status: str) -> None:
        """Count a document that was given to a child.

        Raises:
            RuntimeError: More than the share of the latest documents ended in a fatal status.
        """
        self._recent.append(status in FATAL_STATUSES)
        lost = sum(self._recent)
        if self._share < 1 and lost > self._maximum:
            raise RuntimeError(
                f"{lost} of the latest {len(self._recent):,} documents of this task ended as "
                f"{', '.join(FATAL_STATUSES)}; at most {self._share:.0%} of {WINDOW:,} may. Such a share "
                "comes from a broken parser or from too little memory for the parser child rather "
                "than from the documents: check the installation and the executor's memory, look at "
                "the input, or raise extract.max_lost_share (1 never stops)."
            )
