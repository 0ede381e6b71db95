"""Kill -9 the whole run at a random moment, start it again: the same corpus as an undisturbed run."""

import hashlib
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.conftest import REPOSITORY
from tests.sample_run import FinishedRun

pytestmark = [pytest.mark.spark, pytest.mark.slow]

DATASETS = ("corpus", "dropped", "quarantined", "duplicates")


BY_SPARK = ("--set", "run.driver_megabytes=0")


def start(inputs: list[str], output: Path, words: Sequence[str]) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "jobs.command_line", "run", *inputs, str(output), *words]
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


def kill_when(
    process: subprocess.Popen[bytes], folder: Path, stage: str, seconds: float = 2.0
) -> bool:
    """Kill the process group soon after a stage began; False if the run was over before."""
    marker = folder / stage / "_in_progress.json"
    done = folder / stage / "_manifest.json"
    while process.poll() is None and not marker.exists() and not done.exists():
        time.sleep(0.05)
    time.sleep(random.uniform(0, seconds))
    alive = process.poll() is None
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    return alive


@pytest.mark.parametrize("stage", ["documents", "extracted", "models", "annotated", "duplicates"])
def test_a_killed_run_ends_in_the_same_corpus(
    finished_run: FinishedRun, tmp_path: Path, stage: str
) -> None:
    output = tmp_path / "run"
    killed = start(finished_run.inputs, output, BY_SPARK)
    assert kill_when(killed, output, stage), "the kill came too late"
    assert not (output / "report.json").exists()
    again = start(finished_run.inputs, output, BY_SPARK)
    assert again.wait(timeout=400) == 0
    assert contents(output) == contents(finished_run.folder)


@pytest.mark.parametrize("stage", ["models", "annotated", "duplicates"])
def test_a_killed_run_without_spark_ends_in_the_same_corpus(
    finished_run: FinishedRun, tmp_path: Path, stage: str
) -> None:
    output = tmp_path / "run"
    # Its stages take a second at most, and the report half of one.
    killed = start(finished_run.inputs, output, ())
    assert kill_when(killed, output, stage, seconds=0.1), "the kill came too late"
    assert not (output / "report.json").exists()
    again = start(finished_run.inputs, output, ())
    assert again.wait(timeout=400) == 0
    assert contents(output) == contents(finished_run.folder)
