"""Time, processor time and memory of a block or of a command with all its descendants."""

from __future__ import annotations

import contextlib
import json
import os
import resource
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

Result = TypeVar("Result")
TICKS = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")
POLL_SECONDS = 0.1


@dataclass(frozen=True)
class Cost:
    """What a piece of work took: seconds of wall and processor time, peak resident mebibytes."""

    wall_s: float
    cpu_s: float
    peak_rss_mb: float

    def fields(self) -> dict[str, float]:
        """Return the fields of a result line, rounded."""
        return {
            "wall_s": round(self.wall_s, 3),
            "cpu_s": round(self.cpu_s, 3),
            "peak_rss_mb": round(self.peak_rss_mb),
        }


def print_result(workload: str, system: str, docs: int, size: int, **facts: object) -> None:
    """Print one JSON line."""
    line = {"workload": workload, "system": system, "docs": docs, "bytes": size, **facts}
    print(json.dumps(line, ensure_ascii=False), flush=True)


def measured(work: Callable[[], Result]) -> tuple[Result, Cost]:
    """Run ``work`` in this process and return its result and cost."""
    started, before = time.perf_counter(), time.process_time()
    result = work()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return result, Cost(time.perf_counter() - started, time.process_time() - before, peak)


def measured_command(command: Sequence[str]) -> Cost:
    """Run a command and return the cost of it and all its descendants.

    Processor time is summed over every process seen, also those that Spark kills unwaited; what a
    process did in its last tenth of a second may be missing.

    Raises:
        CalledProcessError: The command failed.
    """
    started = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as child:
        watch = _TreeWatch(child.pid)
        watch.start()
        _, errors = child.communicate()
        watch.stop()
    wall = time.perf_counter() - started
    if child.returncode:
        raise subprocess.CalledProcessError(child.returncode, command, stderr=errors[-4000:])
    return Cost(wall, sum(watch.cpu.values()), watch.peak / (1 << 20))


def tree_cpu_s() -> float:
    """Return the processor seconds so far of this process and all its descendants.

    Those that ended count where their parent waited for them.
    """
    seconds = 0.0
    for pid in _TreeWatch(os.getpid()).tree():
        with contextlib.suppress(OSError):
            fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
            seconds += sum(map(int, fields[11:15])) / TICKS
    return seconds


class _TreeWatch(threading.Thread):
    """Polls /proc for a process and its descendants."""

    def __init__(self, root: int) -> None:
        super().__init__(daemon=True)
        self.root = root
        self.cpu: dict[int, float] = {}
        self.peak = 0
        self._done = threading.Event()

    def run(self) -> None:
        while not self._done.wait(POLL_SECONDS):
            resident = 0
            for pid, (_, seconds, memory) in self.tree().items():
                self.cpu[pid] = max(seconds, self.cpu.get(pid, 0.0))
                resident += memory
            self.peak = max(self.peak, resident)

    def stop(self) -> None:
        self._done.set()
        self.join()

    def tree(self) -> dict[int, tuple[int, float, int]]:
        processes = {}
        for path in Path("/proc").iterdir():
            if path.name.isdigit():
                stat = _stat(path)
                if stat is not None:
                    processes[int(path.name)] = stat
        tree = {self.root} & processes.keys()
        grown = True
        while grown:
            more = {pid for pid, (parent, _, _) in processes.items() if parent in tree} - tree
            tree |= more
            grown = bool(more)
        return {pid: processes[pid] for pid in tree}


def _stat(path: Path) -> tuple[int, float, int] | None:
    """(parent, processor seconds, resident bytes) of a process; None when it is gone."""
    try:
        fields = (path / "stat").read_text().rsplit(")", 1)[1].split()
    except OSError:
        return None
    return int(fields[1]), (int(fields[11]) + int(fields[12])) / TICKS, int(fields[21]) * PAGE
