"""The peak of resident memory of this process alone, as Linux counts it.

``ru_maxrss`` will not do: a child inherits the peak of the process that forked it, through exec too,
and a peak once reached hides every smaller one after it.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path


def peak_mib() -> int:
    """MiB of resident memory at its highest since the process began or was reset."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line.split()[1] for line in lines if line.startswith("VmHWM:"))) // 1024


def growth_mib(work: Callable[[], object]) -> int:
    """By how many MiB the peak of ``work`` lies above what was resident before it."""
    Path("/proc/self/clear_refs").write_text("5")  # the peak falls back to what is resident now
    before = peak_mib()
    work()
    return peak_mib() - before
