"""A server of Spark Connect on this machine, and commands given to it by a process of their own."""

from __future__ import annotations

import contextlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from jobs.runtime.spark.class_archive import spark_home
from jobs.runtime.spark.java_runtime import find_java
from tests.conftest import REPOSITORY

_STARTED = re.compile(r"Spark Connect server started at: .*:(\d+)\s*$")
# A process of its own: one that has a classic session can have no other kind.
_COMMANDS = """
import json, sys
from jobs.command_line import main
statuses = [main(words) for words in json.loads(sys.stdin.read())]
print(json.dumps(statuses))
"""


@dataclass(frozen=True)
class ConnectServer:
    """Where it listens."""

    url: str

    def run(self, *commands: Sequence[str]) -> tuple[list[int], str]:
        """Give commands, one behind the other, to one client; return their statuses and what was said."""
        words = [[*command, "--quiet", "--master", self.url] for command in commands]
        done = subprocess.run(
            [sys.executable, "-c", _COMMANDS],
            input=json.dumps(words),
            env=environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-3000:]
        return json.loads(done.stdout.splitlines()[-1]), done.stderr


def environment() -> dict[str, str]:
    """What server, workers and clients find our code by."""
    places = [str(REPOSITORY), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {
        **os.environ,
        "JAVA_HOME": str(find_java().home),
        "PYTHONPATH": os.pathsep.join(places),
        "PYSPARK_PYTHON": sys.executable,
        "SPARK_HOME": str(spark_home()),
        "SPARK_LOCAL_IP": "127.0.0.1",
    }


@contextlib.contextmanager
def running_server(folder: Path, settings: Mapping[str, str]) -> Iterator[ConnectServer]:
    """Start a server as Spark's sbin/start-connect-server.sh does, and end it after the block.

    Args:
        folder: Where it works; it exists.
        settings: Of Spark.
    """
    chosen = {
        "spark.ui.enabled": "false",
        "spark.connect.grpc.binding.address": "127.0.0.1",
        "spark.connect.grpc.binding.port": "0",  # one that is free
        **settings,
    }
    command = [
        str(spark_home() / "bin" / "spark-submit"), "--master", "local[2]",
        "--class", "org.apache.spark.sql.connect.service.SparkConnectServer",
        *(word for key, value in chosen.items() for word in ("--conf", f"{key}={value}")),
        "spark-internal",
    ]  # fmt: skip
    log = folder / "server.log"
    with log.open("w") as stream:
        server = subprocess.Popen(
            command, cwd=folder, env=environment(), stdout=stream, stderr=stream
        )
        try:
            yield ConnectServer(f"sc://127.0.0.1:{_port(server, log)}")
        finally:
            server.terminate()
            server.wait()


def _port(server: subprocess.Popen[bytes], log: Path) -> int:
    while server.poll() is None:
        with contextlib.suppress(subprocess.TimeoutExpired):
            server.wait(0.2)
        for line in log.read_text(encoding="utf-8", errors="replace").splitlines():
            found = _STARTED.search(line)
            if found is not None:
                return int(found[1])
    raise AssertionError(log.read_text(encoding="utf-8", errors="replace")[-3000:])
