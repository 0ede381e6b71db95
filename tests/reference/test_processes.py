"""Two processes side by side learn what one learns."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY
from tests.packed_folder import documents, packed_folder
from tests.reference.trainings import greatest_difference, losses

pytestmark = pytest.mark.reference


def test_two_processes_have_the_curve_of_one(tmp_path: Path) -> None:
    packed = packed_folder(tmp_path / "run", documents(120), documents(10, 1000))
    curves = []
    for processes in (1, 2):
        output = tmp_path / f"of-{processes}"
        words = ["train-reference", packed, output, "--steps", "4", "--batch-rows", "8"]
        command = [
            sys.executable,
            "-m",
            "jobs.command_line",
            *map(str, words),
            "--rows-at-once",
            "2",
        ]
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = str(free.getsockname()[1])
        started = []
        for rank in range(processes):
            environment = {
                **os.environ, "PYTHONPATH": str(REPOSITORY), "OMP_NUM_THREADS": "1",
                "RANK": str(rank), "LOCAL_RANK": str(rank), "WORLD_SIZE": str(processes),
                "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port,
            }  # fmt: skip
            started.append(subprocess.Popen(command, env=environment, cwd=REPOSITORY))
        assert [process.wait(300) for process in started] == [0] * processes
        curves.append(losses(output) + losses(output, "gradient_norm"))
    assert greatest_difference(*curves) < 1e-5
