"""A Spark standalone cluster of real processes: one master, two workers of one core each.

The workers have loopback addresses of their own: Spark shall take them for two hosts.
"""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path

import pyspark
import pytest

from jobs.runtime.spark.java_runtime import find_java
from tests.cluster.owned_process import die_with_parent
from tests.cluster.ports import free_port
from tests.conftest import REPOSITORY

SPARK_CLASS = Path(pyspark.__file__).parent / "bin" / "spark-class"
HOSTS = ("127.0.0.2", "127.0.0.3")
START_SECONDS = 120
# A disk of its own for a worker's scratch files, in a mount namespace: no root is needed, and what
# is mounted is gone with the worker. A changed user drops the tie to the parent: it is made again.
ON_SMALL_DISK = (
    "unshare", "--user", "--map-root-user", "--mount", "setpriv", "--pdeathsig", "KILL",
    "sh", "-c", 'mount -t tmpfs -o size="$1" tmpfs "$SPARK_LOCAL_DIRS" && shift && exec "$@"', "sh",
)  # fmt: skip


@dataclass(frozen=True)
class Worker:
    """A worker process, the folder of its executors' logs, and its disk for scratch files."""

    process: subprocess.Popen[bytes]
    folder: Path
    scratch: Path

    def own_scratch(self) -> Path:
        """The scratch folder as the worker sees it, also where a disk of its own is mounted there."""
        return Path(f"/proc/{self.process.pid}/root{self.scratch}")


@dataclass
class StandaloneCluster:
    """Master and workers; what the workers' environment holds, their executors inherit."""

    folder: Path
    environment: dict[str, str]
    port: int = field(default_factory=free_port)
    web_port: int = field(default_factory=free_port)
    master_process: subprocess.Popen[bytes] | None = None
    workers: dict[str, Worker] = field(default_factory=dict)

    @property
    def master(self) -> str:
        return f"spark://127.0.0.1:{self.port}"

    def start(self) -> None:
        self.master_process = self._spawn(
            "master", {"SPARK_LOCAL_IP": "127.0.0.1"},
            [str(SPARK_CLASS), "org.apache.spark.deploy.master.Master", "--host", "127.0.0.1",
             "--port", str(self.port), "--webui-port", str(self.web_port)],
        )  # fmt: skip
        self._wait(0)
        self.complete()

    def complete(self) -> None:
        """Start the workers that are not there, and wait until the master counts them all."""
        for host in HOSTS:
            if host not in self.workers:
                self.start_worker(host)
        self._wait(len(HOSTS))

    def start_worker(self, host: str, disk: str = "") -> Worker:
        """Start a worker; ``disk``: the size of a disk that its scratch files have to share."""
        folder, scratch = self.folder / host, self.folder / f"{host}-scratch"
        scratch.mkdir(exist_ok=True)
        command = [
            str(SPARK_CLASS), "org.apache.spark.deploy.worker.Worker", self.master, "--host", host,
            "--webui-port", "0", "-c", "1", "-m", "1g", "-d", str(folder),
        ]  # fmt: skip
        if disk:
            command = [*ON_SMALL_DISK, disk, *command]
        environment = {"SPARK_LOCAL_IP": host, "SPARK_LOCAL_DIRS": str(scratch)}
        self.workers[host] = Worker(self._spawn(host, environment, command), folder, scratch)
        return self.workers[host]

    def lose_worker(self, host: str) -> None:
        """Kill a worker with its executors, and delete what they wrote to their disk."""
        worker = self.workers.pop(host)
        executors = self._executors_of(worker)
        _kill_group(worker.process)
        for pid in executors:
            _kill(pid)
        shutil.rmtree(worker.scratch)

    def _spawn(
        self, name: str, environment: dict[str, str], command: list[str]
    ) -> subprocess.Popen[bytes]:
        inherited = {
            **self.environment,
            "JAVA_HOME": str(find_java().home),
            "PYSPARK_PYTHON": sys.executable,
            "PYTHONPATH": str(REPOSITORY),
            "SPARK_DAEMON_MEMORY": "256m",
        }
        with (self.folder / f"{name}.log").open("ab") as log:
            return subprocess.Popen(
                command, cwd=self.folder, env={**inherited, **environment}, stdout=log, stderr=log,
                start_new_session=True, preexec_fn=die_with_parent,
            )  # fmt: skip

    def _wait(self, workers: int) -> None:
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until:
            try:
                address = f"http://127.0.0.1:{self.web_port}/json/"
                with urllib.request.urlopen(address, timeout=5) as answer:
                    if json.load(answer)["aliveworkers"] == workers:
                        return
            except OSError:
                pass
            time.sleep(0.3)
        logs = "\n".join(p.read_text(errors="replace")[-1500:] for p in self.folder.glob("*.log"))
        pytest.fail(f"the standalone cluster did not start:\n{logs}")

    def executors(self, host: str | None = None) -> list[int]:
        """Process ids of the executors of all workers, or of one."""
        chosen = [self.workers[host]] if host else self.workers.values()
        return sorted(pid for worker in chosen for pid in self._executors_of(worker))

    def _executors_of(self, worker: Worker) -> list[int]:
        return [
            process.pid
            for process in running_processes()
            if process.parent == worker.process.pid
            and "CoarseGrainedExecutorBackend" in process.command
        ]

    def logs(self) -> list[Path]:
        """What master, workers and executors wrote."""
        return sorted([*self.folder.glob("*.log"), *self.folder.glob("*/*/*/std*")])

    def stop(self) -> None:
        for host in list(self.workers):
            self.lose_worker(host)
        if self.master_process is not None:
            _kill_group(self.master_process)


@dataclass(frozen=True)
class RunningProcess:
    pid: int
    parent: int
    command: str


def running_processes() -> list[RunningProcess]:
    """Everything that runs here and may be looked at."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            command = (folder / "cmdline").read_text(errors="replace")
        except OSError:
            continue
        found.append(RunningProcess(int(folder.name), parent, command))
    return found


def _kill(pid: int) -> None:
    """Kill a process that is no child of ours, and wait until it writes no more."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    while any(process.pid == pid and process.command for process in running_processes()):
        time.sleep(0.02)


def _kill_group(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
