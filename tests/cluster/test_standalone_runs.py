"""The pipeline on master and two workers, from s3:// to s3://, undisturbed and through faults."""

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cluster.conftest import RECIPE, CrawlPart
from tests.cluster.fault_proxy import FaultProxy
from tests.cluster.runs import Run, await_file, contents, start_run
from tests.cluster.s3_server import ACCESS_KEY, BUCKET, SECRET_KEY, S3Server
from tests.cluster.standalone import StandaloneCluster

pytestmark = pytest.mark.cluster

Start = Callable[..., Run]


@pytest.fixture
def output(request: pytest.FixtureRequest) -> str:
    return str(request.node.name).replace("_", "-")[:50]


@pytest.fixture
def folder(s3_server: S3Server, output: str) -> Path:
    return s3_server.root / BUCKET / output


@pytest.fixture
def start(
    cluster: StandaloneCluster,
    crawl_bucket: CrawlPart,
    s3_environment: dict[str, str],
    output: str,
    tmp_path: Path,
) -> Start:
    def started(*words: str, log: str = "log") -> Run:
        given = ["--master", cluster.master, *RECIPE, "--spark-conf", "spark.executor.memory=640m"]
        for word in ("spark.cores.max=2", "spark.driver.host=127.0.0.1"):
            given += ["--spark-conf", word]
        target = f"s3://{BUCKET}/{output}"
        return start_run(
            crawl_bucket.prefix, target, tmp_path / log, s3_environment, [*given, *words]
        )

    return started


def test_two_workers_write_what_local_mode_writes(
    start: Start, folder: Path, crawl_bucket: CrawlPart, reference: dict[str, str],
    cluster: StandaloneCluster,
) -> None:  # fmt: skip
    run = start("--spark-conf", "spark.speculation=true")
    await_file(folder / "documents" / "_manifest.json", run)
    assert len(cluster.executors()) == 2
    run.finish()
    assert contents(folder, crawl_bucket.prefix) == reference
    for log in [run.log, *cluster.folder.rglob("std*"), *cluster.folder.glob("*.log")]:
        text = log.read_text(errors="replace")
        assert SECRET_KEY not in text, log
        assert ACCESS_KEY not in text, log


def test_a_killed_executor_and_a_faulty_store_change_nothing(
    start: Start, folder: Path, crawl_bucket: CrawlPart, reference: dict[str, str],
    cluster: StandaloneCluster, proxy: FaultProxy,
) -> None:  # fmt: skip
    # Every fifteenth request is answered SlowDown, every fortieth is reset.
    proxy.fault = lambda number, request: (
        "slow" if number % 15 == 0 else "reset" if number % 40 == 1 else ""
    )
    run = start()
    await_file(folder / "extracted" / "_in_progress.json", run)
    time.sleep(1)
    victim = cluster.executors()[0]
    os.kill(victim, signal.SIGKILL)
    assert not (folder / "extracted" / "_manifest.json").exists(), "the kill came too late"
    run.finish()
    assert victim not in cluster.executors()
    assert proxy.faults["slow"] > 10
    assert proxy.faults["reset"] > 3
    assert contents(folder, crawl_bucket.prefix) == reference


def test_a_killed_driver_is_taken_over(
    start: Start, folder: Path, crawl_bucket: CrawlPart, reference: dict[str, str]
) -> None:
    first = start()
    await_file(folder / "annotated" / "_in_progress.json", first)
    first.kill()
    assert not (folder / "annotated" / "_manifest.json").exists(), "the kill came too late"
    before = (folder / "documents" / "_manifest.json").read_bytes()
    second = start(log="second")
    second.finish()
    assert "watching it for" in second.text()
    assert (folder / "documents" / "_manifest.json").read_bytes() == before
    assert contents(folder, crawl_bucket.prefix) == reference


def test_of_two_drivers_one_wins(
    start: Start, folder: Path, crawl_bucket: CrawlPart, reference: dict[str, str]
) -> None:
    runs = [start(log="one"), start(log="two")]
    try:
        while all(run.process.poll() is None for run in runs):
            time.sleep(0.2)
        loser, winner = sorted(runs, key=lambda run: run.process.poll() is None)
        assert loser.wait() == 1, loser.text()[-2000:]
        assert "is writing to" in loser.text()
        winner.finish()
    finally:
        for run in runs:
            run.kill()
    assert contents(folder, crawl_bucket.prefix) == reference


def test_nothing_is_left_running(cluster: StandaloneCluster) -> None:
    until = time.monotonic() + 60
    while cluster.executors() and time.monotonic() < until:
        time.sleep(0.5)
    assert cluster.executors() == []
    assert all(process.poll() is None for process in cluster.processes)
