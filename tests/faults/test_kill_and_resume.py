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
from tests.small_tokenisers import byte_level_json

pytestmark = [pytest.mark.spark, pytest.mark.slow]

BY_SPARK = ("--set", "run.driver_megabytes=0")
STAGES = ("extracted", "documents", "models", "annotated", "duplicates")
DATASETS = ("corpus", "dropped", "quarantined", "duplicates")


def start(*words: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "jobs.command_line", *words]
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


def kill_when(process: subprocess.Popen[bytes], folder: Path, stage: str, seconds: float) -> bool:
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
    time.sleep(random.uniform(0, seconds))
    alive = process.poll() is None
    if alive:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    return alive


@pytest.mark.timeout(1800)
@pytest.mark.parametrize(
    ("settings", "stages", "seconds"),
    [(BY_SPARK, STAGES, 2.0), ((), ("extracted", "models"), 0.2)],  # others are too quick here
    ids=["spark", "here"],
)
def test_a_run_killed_in_every_stage_ends_in_the_same_corpus(
    finished_run: FinishedRun,
    tmp_path: Path,
    settings: tuple[str, ...],
    stages: tuple[str, ...],
    seconds: float,
) -> None:
    """Each start goes on from what the kill before it left, and dies one stage later."""
    output = tmp_path / "run"
    words = ("run", *finished_run.inputs, str(output), *settings)
    for stage in stages:
        assert kill_when(start(*words), output, stage, seconds), f"too late: {stage}"
        assert not (output / "report.json").exists()
    again = start(*words)
    assert again.wait(timeout=400) == 0
    assert contents(output) == contents(finished_run.folder)


def packed_rows(folder: Path) -> list[str]:
    files = sorted((folder / "packed").rglob("*.parquet"))
    return sorted(repr(row) for file in files for row in pq.ParquetFile(file).read().to_pylist())


def test_a_killed_packing_ends_in_the_same_rows(finished_run: FinishedRun, tmp_path: Path) -> None:
    tokeniser = tmp_path / "tokenizer.json"
    tokeniser.write_bytes(byte_level_json(vocabulary=400))

    def pack(output: Path) -> subprocess.Popen[bytes]:
        words = ("pack", str(finished_run.folder), str(output), "--tokenizer", str(tokeniser))
        return start(*words, "--length", "128")

    assert pack(tmp_path / "undisturbed").wait(timeout=200) == 0
    expected = packed_rows(tmp_path / "undisturbed")
    assert expected
    output = tmp_path / "killed"
    assert kill_when(pack(output), output, "packed", 0.1), "the kill came too late"
    assert pack(output).wait(timeout=200) == 0
    assert packed_rows(output) == expected
