"""Kill -9 the run at a random moment of each stage, start it again: the corpus of an undisturbed run."""

import hashlib
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.conftest import REPOSITORY
from tests.sample_run import FinishedRun

pytestmark = [pytest.mark.spark, pytest.mark.slow]

STAGES = ("documents", "extracted", "models", "annotated", "duplicates")
DATASETS = ("corpus", "dropped", "quarantined", "duplicates")


def start(inputs: list[str], output: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "jobs.command_line", "run", *inputs, str(output)]
    # Small chunks: a kill in the middle of a stage must find some finished and some not.
    command += ["--set", "run.chunk_gigabytes=0.0001", "--quiet"]
    return subprocess.Popen(
        command, cwd=REPOSITORY, start_new_session=True, stdout=subprocess.DEVNULL
    )


def contents(folder: Path) -> dict[str, str]:
    """A digest of each dataset's rows, sorted; file names and row order may differ."""
    digests = {}
    for dataset in DATASETS:
        files = sorted((folder / dataset).rglob("*.parquet"))
        rows = sorted(repr(row) for file in files for row in pq.read_table(file).to_pylist())
        assert rows, dataset
        digests[dataset] = hashlib.sha256("\n".join(rows).encode()).hexdigest()
    return digests


def kill_when(process: subprocess.Popen[bytes], folder: Path, stage: str) -> bool:
    """Kill the process group soon after a stage began; False if the run was over before."""
    started = time.time()
    marker = folder / stage / "_in_progress.json"
    done = folder / stage / "_manifest.json"

    def begun() -> bool:  # by this process: the one killed before it may have begun the stage, too
        try:
            return marker.stat().st_mtime > started
        except FileNotFoundError:
            return done.exists()

    while process.poll() is None and not begun():
        time.sleep(0.05)
    time.sleep(random.uniform(0, 2))
    alive = process.poll() is None
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    return alive


@pytest.mark.timeout(1800)
def test_a_run_killed_in_every_stage_ends_in_the_same_corpus(
    finished_run: FinishedRun, tmp_path: Path
) -> None:
    """Each start goes on from what the kill before it left, and dies one stage later."""
    output = tmp_path / "run"
    for stage in STAGES:
        assert kill_when(start(finished_run.inputs, output), output, stage), f"too late: {stage}"
        assert not (output / "report.json").exists()
    again = start(finished_run.inputs, output)
    assert again.wait(timeout=400) == 0
    assert contents(output) == contents(finished_run.folder)
