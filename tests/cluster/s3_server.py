"""An S3 server as a real process: versitygw over a folder, built once by the Go toolchain."""

import os
import shutil
import subprocess
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.cluster.owned_process import die_with_parent
from tests.cluster.ports import free_port

VERSION = "v1.7.0"
MODULE = "github.com/versity/versitygw/cmd/versitygw"
BUILD_SECONDS = 900
REGION = "us-east-1"
BUCKET = "crawl"
ACCESS_KEY = "PLANTEDACCESSKEY7QX2"
SECRET_KEY = "planted-secret-key-9fk3Lw0qZr"


def server_program() -> Path:
    """The server's binary from the user's cache, built first if needed; fails when Go is not there."""
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "corpusmill" / "tools"
    program = cache / f"versitygw-{VERSION.removeprefix('v')}"
    if program.exists():
        return program
    go = shutil.which("go")
    if go is None:
        pytest.fail(
            f"the cluster tests need an S3 server: install Go 1.25 or newer, or put versitygw {VERSION} "
            f"at {program}"
        )
    cache.mkdir(parents=True, exist_ok=True)
    environment = {**os.environ, "GOBIN": str(cache / "build")}
    subprocess.run(
        [go, "install", f"{MODULE}@{VERSION}"], env=environment, timeout=BUILD_SECONDS, check=True
    )
    (cache / "build" / "versitygw").replace(program)
    return program


@dataclass
class S3Server:
    """A running server with one bucket; buckets are folders below ``root``."""

    root: Path
    log: Path
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        (self.root / BUCKET).mkdir(parents=True, exist_ok=True)
        accounts = self.root.parent / "accounts"
        accounts.mkdir(exist_ok=True)
        environment = {"ROOT_ACCESS_KEY": ACCESS_KEY, "ROOT_SECRET_KEY": SECRET_KEY}
        sidecar = self.root.parent / "sidecar"
        sidecar.mkdir(exist_ok=True)
        command = [
            str(server_program()), "--port", f"127.0.0.1:{self.port}", "--region", REGION,
            "--iam-dir", str(accounts), "--health", "/health", "--quiet",
            "posix", "--sidecar", str(sidecar), str(self.root),
        ]  # fmt: skip
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                command, env=environment, stdout=log, stderr=log, preexec_fn=die_with_parent
            )
        self._wait()

    def _wait(self) -> None:
        until = time.monotonic() + 30
        while time.monotonic() < until:
            try:
                urllib.request.urlopen(f"{self.endpoint}/health", timeout=2).close()
                return
            except (OSError, urllib.error.URLError):
                time.sleep(0.1)
        self.stop()
        pytest.fail(f"versitygw did not start: {self.log.read_text(errors='replace')[-2000:]}")

    def add_user(self, access_key: str, secret_key: str) -> None:
        """Make an account without any right; bucket policies may give it some."""
        command = [
            str(server_program()), "admin", "--access", ACCESS_KEY, "--secret", SECRET_KEY,
            "--endpoint-url", self.endpoint, "create-user", "--access", access_key,
            "--secret", secret_key, "--role", "user",
        ]  # fmt: skip
        subprocess.run(command, check=True, capture_output=True, timeout=60)

    def stop(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None
