"""Runs of the command as separate processes, and what they published, digested row by row."""

import contextlib
import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from jobs.runtime.contract.manifest import Manifest
from tests.cluster.owned_process import die_with_parent
from tests.conftest import REPOSITORY

DATASETS = ("corpus", "dropped", "quarantined", "duplicates")
RUN_SECONDS = 420


@dataclass(frozen=True)
class Run:
    """A process in a process group of its own, its output in a log."""

    process: subprocess.Popen[bytes]
    log: Path

    @property
    def is_over(self) -> bool:
        return self.process.poll() is not None

    def text(self) -> str:
        return self.log.read_text(errors="replace")

    def wait(self) -> int:
        try:
            return self.process.wait(timeout=RUN_SECONDS)
        finally:
            self.kill()

    def finish(self) -> None:
        status = self.wait()
        assert status == 0, self.text()[-4000:]

    def publish(self, folder: Path) -> None:
        """Wait for the corpus; the report after it takes as long again here and is made elsewhere."""
        self.reach((folder / "corpus" / "_manifest.json").exists)
        self.kill()

    def kill(self) -> None:
        """End the driver at once, with everything it started."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def reach(self, what: Callable[[], Any]) -> None:
        """Wait until something has become true; the run must not end before."""
        until = time.monotonic() + RUN_SECONDS
        while not what():
            assert not self.is_over, self.text()[-4000:]
            assert time.monotonic() < until
            time.sleep(0.05)


def start_process(
    command: Sequence[str], log: Path, environment: Mapping[str, str], folder: Path = REPOSITORY
) -> Run:
    with log.open("ab") as file:
        process = subprocess.Popen(
            command, cwd=folder, env=dict(environment), stdout=file, stderr=file,
            start_new_session=True, preexec_fn=die_with_parent,
        )  # fmt: skip
    return Run(process, log)


def start_command(words: Sequence[str], log: Path, environment: Mapping[str, str]) -> Run:
    """Start `corpusmill` with some words."""
    return start_process([sys.executable, "-m", "jobs.command_line", *words], log, environment)


def rows_of(folder: Path, dataset: str) -> list[dict[str, Any]]:
    """The published rows of a dataset."""
    text = (folder / dataset / "_manifest.json").read_text(encoding="utf-8")
    files = [file.path for file in Manifest.model_validate_json(text).files]
    return [row for file in files for row in pq.read_table(folder / dataset / file).to_pylist()]


def contents(folder: Path, source: str) -> dict[str, str]:
    """A digest of each dataset's published rows, sorted, with the input's place taken out."""
    digests = {}
    for dataset in DATASETS:
        rows = sorted(
            repr(row).replace(source.rstrip("/"), "INPUT") for row in rows_of(folder, dataset)
        )
        digests[dataset] = f"{len(rows)} {hashlib.sha256(chr(10).join(rows).encode()).hexdigest()}"
    return digests


def spark_events(folder: Path) -> Iterator[dict[str, Any]]:
    """What Spark's event logs below a folder record."""
    for path in sorted(folder.rglob("events_*")):
        for line in path.read_text(encoding="utf-8").splitlines():
            yield json.loads(line)


def task_ends(folder: Path) -> Counter[str]:
    """How tasks ended, by the event logs: Success, FetchFailed, ExecutorLostFailure, ..."""
    return Counter(
        event["Task End Reason"]["Reason"]
        for event in spark_events(folder)
        if event["Event"] == "SparkListenerTaskEnd"
    )
