"""What dies or fails while the pipeline runs on the cluster, and the same corpus at the end."""

import contextlib
import os
import re
import shutil
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cluster.conftest import CrawlPart, Start, spark_words
from tests.cluster.fault_proxy import FaultProxy, Request, no_fault
from tests.cluster.runs import contents, rows_of, start_command, task_ends
from tests.cluster.s3_server import BUCKET, S3Server
from tests.cluster.standalone import HOSTS, StandaloneCluster
from tests.document_builders import deflate_bomb, pdf_of_contents, pdf_of_lines, stream

pytestmark = pytest.mark.cluster

Held = Callable[[str], contextlib.AbstractContextManager[None]]

# Every step of deduplication by Spark, which else would do so small a corpus on the driver; and each
# partition in a task of its own, so that a fault on one worker meets a task that the other one needs. Tasks
# wait for both workers: on a busy machine one would do them all, and the other have nothing to lose.
DEDUP_BY_SPARK = (
    "--set", "dedup.max_driver_documents=0",
    "--spark-conf", "spark.sql.adaptive.coalescePartitions.enabled=false",
    "--spark-conf", "spark.sql.shuffle.partitions=2",
    "--spark-conf", "spark.scheduler.minRegisteredResourcesRatio=1.0",
    "--spark-conf", "spark.scheduler.maxRegisteredResourcesWaitingTime=300s",
)  # fmt: skip


def parts_of(sub_stage: str) -> Callable[[int, Request], str]:
    """A fault that holds up every file that a stage, or a sub-stage of deduplication, writes."""
    part = re.compile(rf"/{sub_stage}/(?:chunk-\w+/)?part-")
    return lambda number, request: "wait" if part.search(request.path) else ""


def fill(disk: Path) -> None:
    """Write until nothing more can be written."""
    with contextlib.suppress(OSError), (disk / "filler").open("wb", buffering=0) as file:
        while True:
            file.write(bytes(1 << 12))
    assert shutil.disk_usage(disk).free == 0


def kill(executors: list[int]) -> None:
    for executor in executors:
        os.kill(executor, signal.SIGKILL)


@pytest.fixture
def deduplication_held_at(
    start: Start, folder: Path, proxy: FaultProxy, finished_before: Callable[[str], None]
) -> Held:
    """Deduplicates by Spark, to be disturbed while it writes a sub-stage; then it goes on and publishes."""

    @contextlib.contextmanager
    def held(sub_stage: str) -> Iterator[None]:
        finished_before("duplicates")
        proxy.fault = parts_of(sub_stage)
        run = start(*DEDUP_BY_SPARK)
        run.reach(lambda: proxy.faults["wait"])
        yield
        proxy.fault = no_fault
        run.publish(folder)

    return held


def test_killed_executors_and_a_faulty_store_change_nothing(
    start: Start, folder: Path, crawl_bucket: CrawlPart, reference: dict[str, str],
    cluster: StandaloneCluster, proxy: FaultProxy, events: Path,
) -> None:  # fmt: skip
    held_up = parts_of("extracted")
    # Every fifteenth request is answered SlowDown, every fortieth is reset.
    proxy.fault = lambda number, request: (
        held_up(number, request)
        or ("slow" if number % 15 == 0 else "reset" if number % 40 == 1 else "")
    )
    run = start()
    run.reach(lambda: proxy.faults["wait"])
    victims = cluster.executors()
    kill(victims)
    run.finish()
    assert victims
    # The kill was not too late: tasks were lost by it.
    assert task_ends(events)["ExecutorLostFailure"]
    assert proxy.faults["slow"] > 10
    assert proxy.faults["reset"] > 3
    assert contents(folder, crawl_bucket.prefix) == reference


def test_executors_killed_in_deduplication_change_nothing(
    folder: Path, crawl_bucket: CrawlPart, reference: dict[str, str],
    cluster: StandaloneCluster, deduplication_held_at: Held, events: Path,
) -> None:  # fmt: skip
    with deduplication_held_at("band_edges"):
        kill(cluster.executors())
    assert task_ends(events)["ExecutorLostFailure"]
    assert contents(folder, crawl_bucket.prefix) == reference


def test_a_worker_lost_with_its_shuffle_files_changes_nothing(
    folder: Path, crawl_bucket: CrawlPart, reference: dict[str, str],
    cluster: StandaloneCluster, deduplication_held_at: Held, events: Path,
) -> None:  # fmt: skip
    with deduplication_held_at("exact"):
        shuffled = list(cluster.workers[HOSTS[0]].scratch.rglob("shuffle_*.data"))
        cluster.lose_worker(HOSTS[0])
        assert shuffled, "nothing was lost"
    # A task asked for what is gone, so the step before it was done once more.
    assert task_ends(events)["FetchFailed"]
    assert contents(folder, crawl_bucket.prefix) == reference


def test_a_full_disk_on_one_worker_changes_nothing(
    folder: Path, crawl_bucket: CrawlPart, reference: dict[str, str],
    cluster: StandaloneCluster, deduplication_held_at: Held, events: Path,
) -> None:  # fmt: skip
    cluster.lose_worker(HOSTS[0])
    worker = cluster.start_worker(HOSTS[0], disk="64m")
    cluster.complete()
    with deduplication_held_at("exact"):
        fill(worker.own_scratch())
    cluster.lose_worker(HOSTS[0])
    assert task_ends(events)["ExceptionFailure"]
    assert contents(folder, crawl_bucket.prefix) == reference


def test_a_driver_killed_in_one_stage_after_another_is_taken_over(
    start: Start, folder: Path, crawl_bucket: CrawlPart, reference: dict[str, str]
) -> None:
    kept: dict[Path, bytes] = {}
    for stage in ("extracted", "annotated", "duplicates", "corpus"):
        run = start(log=stage)
        run.reach((folder / stage / "_in_progress.json").exists)
        run.kill()
        assert not (folder / stage / "_manifest.json").exists(), "the kill came too late"
        kept |= {path: path.read_bytes() for path in folder.glob("*/_manifest.json")}
    last = start(log="last")
    last.publish(folder)
    assert "watching it for" in last.text()
    assert len(kept) >= 6
    for path, manifest in kept.items():
        assert path.read_bytes() == manifest, "a finished stage was done again"
    assert contents(folder, crawl_bucket.prefix) == reference


def test_of_two_drivers_one_wins(
    start: Start, folder: Path, crawl_bucket: CrawlPart, reference: dict[str, str],
    finished_before: Callable[[str], None],
) -> None:  # fmt: skip
    finished_before("annotated")
    runs = [start(log="one"), start(log="two")]
    runs[0].reach(lambda: any(run.is_over for run in runs))
    loser, winner = sorted(runs, key=lambda run: not run.is_over)
    assert loser.wait() == 1, loser.text()[-2000:]
    assert "is writing to" in loser.text()
    winner.publish(folder)
    assert contents(folder, crawl_bucket.prefix) == reference


def test_a_poison_document_costs_one_row(
    cluster: StandaloneCluster, s3_server: S3Server, s3_environment: dict[str, str], output: str,
    folder: Path, store_client: Any, events: Path, tmp_path: Path,
) -> None:  # fmt: skip
    """A PDF that unpacks a gigabyte: pdfium aborts its process when memory ends."""
    lines = [
        (72, 700 - 14 * i, f"{i}. The ferry left at six, as every morning.") for i in range(20)
    ]
    poison = stream(deflate_bomb(1_000_000_000), b"/Filter [/FlateDecode /FlateDecode]")
    store_client.put_object(Bucket=BUCKET, Key="poison/p.pdf", Body=pdf_of_contents([poison]))
    for number in range(6):
        name = f"poison/{number}.pdf"
        store_client.put_object(Bucket=BUCKET, Key=name, Body=pdf_of_lines([lines]))
    words = ["extract", f"s3://{BUCKET}/poison", f"s3://{BUCKET}/{output}"]
    run = start_command(
        [*words, *spark_words(cluster, events), "--set", "run.partitions=1"],
        tmp_path / "log", s3_environment,
    )  # fmt: skip
    run.finish()
    rows = rows_of(folder, "extracted")
    assert sorted(row["status"] for row in rows) == ["ok"] * 6 + ["oom"]
    # One partition, one task, and none that failed: no retry was needed.
    assert set(task_ends(events)) == {"Success"}
