"""A Spark standalone cluster of real processes: one master, two workers of one core each."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path

import pyspark
import pytest

from jobs.runtime.java_runtime import find_java
from tests.cluster.owned_process import die_with_parent
from tests.cluster.ports import free_port
from tests.conftest import REPOSITORY

SPARK_CLASS = Path(pyspark.__file__).parent / "bin" / "spark-class"
WORKERS = 2
START_SECONDS = 120


@dataclass
class StandaloneCluster:
    """Master and workers; what the workers' environment holds, their executors inherit."""

    folder: Path
    environment: dict[str, str]
    port: int = field(default_factory=free_port)
    web_port: int = field(default_factory=free_port)
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def master(self) -> str:
        return f"spark://127.0.0.1:{self.port}"

    def start(self) -> None:
        self._spawn(
            "master", "org.apache.spark.deploy.master.Master", "--host", "127.0.0.1",
            "--port", str(self.port), "--webui-port", str(self.web_port),
        )  # fmt: skip
        self._wait(0)
        for number in range(WORKERS):
            self.start_worker(f"worker-{number}")
        self._wait(WORKERS)

    def start_worker(self, name: str) -> None:
        self._spawn(
            name, "org.apache.spark.deploy.worker.Worker", self.master, "--host", "127.0.0.1",
            "--webui-port", "0", "-c", "1", "-m", "1g", "-d", str(self.folder / name),
        )  # fmt: skip

    def _spawn(self, name: str, *words: str) -> None:
        environment = {
            **self.environment,
            "JAVA_HOME": str(find_java().home),
            "PYSPARK_PYTHON": sys.executable,
            "PYTHONPATH": str(REPOSITORY),
            "SPARK_LOCAL_IP": "127.0.0.1",
            "SPARK_DAEMON_MEMORY": "256m",
            "SPARK_LOCAL_DIRS": str(self.folder / "scratch"),
        }
        with (self.folder / f"{name}.log").open("ab") as log:
            self.processes.append(
                subprocess.Popen(
                    [str(SPARK_CLASS), *words],
                    cwd=self.folder,
                    env=environment,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                    preexec_fn=die_with_parent,
                )
            )

    def _wait(self, workers: int) -> None:
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until:
            try:
                address = f"http://127.0.0.1:{self.web_port}/json/"
                with urllib.request.urlopen(address, timeout=5) as answer:
                    if json.load(answer)["aliveworkers"] >= workers:
                        return
            except OSError:
                pass
            time.sleep(0.3)
        logs = "\n".join(p.read_text(errors="replace")[-1500:] for p in self.folder.glob("*.log"))
        pytest.fail(f"the standalone cluster did not start:\n{logs}")

    def executors(self) -> list[int]:
        """Process ids of the executors that our workers started."""
        ours = {process.pid for process in self.processes}
        return sorted(
            pid
            for pid, parent, command in _processes()
            if parent in ours and "CoarseGrainedExecutorBackend" in command
        )

    def stop(self) -> None:
        for pid in self.executors():
            _kill(pid)
        for process in reversed(self.processes):
            _kill_group(process)
        self.processes.clear()


def _processes() -> list[tuple[int, int, str]]:
    """Process id, parent and command line of everything that runs here."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            command = (folder / "cmdline").read_text(errors="replace")
        except OSError:
            continue
        found.append((int(folder.name), parent, command))
    return found


def _kill(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def _kill_group(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
