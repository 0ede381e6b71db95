"""Runs of the command as separate processes, and what they published, digested row by row."""

import contextlib
import hashlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq

from jobs.runtime.manifest import Manifest
from tests.cluster.owned_process import die_with_parent
from tests.conftest import REPOSITORY

DATASETS = ("corpus", "dropped", "quarantined", "duplicates")
RUN_SECONDS = 420


@dataclass(frozen=True)
class Run:
    """A `corpusmill run` in a process group of its own, its output in a log."""

    process: subprocess.Popen[bytes]
    log: Path

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

    def kill(self) -> None:
        """End the driver at once, with everything it started."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


def start_run(
    source: str, output: str, log: Path, environment: Mapping[str, str], words: Sequence[str] = ()
) -> Run:
    command = [sys.executable, "-m", "jobs.command_line", "run", source, output, *words]
    with log.open("ab") as file:
        process = subprocess.Popen(
            command, cwd=REPOSITORY, env=dict(environment), stdout=file, stderr=file,
            start_new_session=True, preexec_fn=die_with_parent,
        )  # fmt: skip
    return Run(process, log)


def contents(folder: Path, source: str) -> dict[str, str]:
    """A digest of each dataset's published rows, sorted, with the input's place taken out."""
    digests = {}
    for dataset in DATASETS:
        text = (folder / dataset / "_manifest.json").read_text(encoding="utf-8")
        files = [file.path for file in Manifest.model_validate_json(text).files]
        rows = sorted(
            repr(row).replace(source.rstrip("/"), "INPUT")
            for file in files
            for row in pq.read_table(folder / dataset / file).to_pylist()
        )
        digests[dataset] = hashlib.sha256("\n".join(rows).encode()).hexdigest()
    return digests


def await_file(path: Path, run: Run) -> None:
    """Wait until a stage's marker is there; the run must not end before."""
    until = time.monotonic() + RUN_SECONDS
    while not path.exists():
        assert run.process.poll() is None, run.text()[-4000:]
        assert time.monotonic() < until
        time.sleep(0.05)
