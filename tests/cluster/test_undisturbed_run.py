"""The pipeline from s3:// to s3:// on master and two workers: same rows, few requests, no secrets."""

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.cluster.conftest import ClusterRun, CrawlPart
from tests.cluster.runs import contents, rows_of, spark_events
from tests.cluster.s3_server import ACCESS_KEY, SECRET_KEY
from tests.cluster.standalone import StandaloneCluster

pytestmark = pytest.mark.cluster

# Measured up to 496 by dataset; a stage that starts to ask per row or to list in a loop breaks this.
REQUESTS_PER_DATASET = 700
REQUESTS_PER_INPUT_FILE = 3  # its size twice (Arrow asks before it opens), its bytes


def test_two_workers_write_what_local_mode_writes(
    cluster_run: ClusterRun, crawl_bucket: CrawlPart, reference: dict[str, str]
) -> None:
    assert cluster_run.hosts == 2
    assert contents(cluster_run.folder, crawl_bucket.prefix) == reference


def test_the_run_had_all_that_can_happen_to_documents(cluster_run: ClusterRun) -> None:
    formats = {row["format"] for row in rows_of(cluster_run.folder, "extracted")}
    assert formats >= {"html", "pdf", "epub", "text"}
    assert {row["kind"] for row in rows_of(cluster_run.folder, "duplicates")} == {"exact", "near"}
    for dataset in ("corpus", "dropped", "quarantined"):
        assert rows_of(cluster_run.folder, dataset)


def test_the_magic_committer_wrote_every_dataset(cluster_run: ClusterRun) -> None:
    marks = sorted(cluster_run.folder.rglob("_SUCCESS"))
    assert len(marks) >= 8
    for mark in marks:
        assert json.loads(mark.read_text())["committer"] == "magic", mark


def test_input_is_listed_once(cluster_run: ClusterRun) -> None:
    listings = [r for r in cluster_run.requests if (r.listed_prefix or "").startswith("part")]
    assert len(listings) == 1, listings


def test_requests_are_bounded(cluster_run: ClusterRun, crawl_bucket: CrawlPart) -> None:
    counts = Counter[tuple[str, str]]()
    for request in cluster_run.requests:
        key = request.key or request.query.get("prefix", [""])[0]
        top, _, rest = key.partition("/")
        if not rest.startswith("_lease.json"):
            counts[top, "" if top == "part" else rest.partition("/")[0]] += 1
    print()
    for (top, dataset), count in sorted(counts.items()):
        print(f"{count:>5} requests for {top}/{dataset}")
    assert counts.pop(("part", "")) <= 10 + REQUESTS_PER_INPUT_FILE * crawl_bucket.files
    assert max(counts.values()) <= REQUESTS_PER_DATASET


def test_secrets_are_nowhere(cluster_run: ClusterRun, running_cluster: StandaloneCluster) -> None:
    # What would not be looked into cannot show that nothing is there.
    kinds = {event["Event"] for event in spark_events(cluster_run.events)}
    assert {"SparkListenerEnvironmentUpdate", "SparkListenerTaskEnd"} <= kinds
    seen = Counter[str]()
    for place, text in _texts(cluster_run, running_cluster):
        seen[place.rpartition("/")[2].rpartition(".")[2]] += 1
        assert SECRET_KEY not in text, place
        assert ACCESS_KEY not in text, place
    assert {"parquet", "json", "html", "yaml", "md", "log", "stderr", "command line"} <= set(seen)


def _texts(run: ClusterRun, cluster: StandaloneCluster) -> Iterator[tuple[str, str]]:
    """Everything a run leaves behind or shows, with compressed columns unpacked."""
    for line in run.command_lines:
        yield "command line", line
    written = [*run.events.rglob("*"), *run.folder.rglob("*"), *cluster.logs(), run.log]
    for path in filter(Path.is_file, written):
        if path.suffix == ".parquet":
            table = pq.read_table(path)
            yield str(path), repr(table.to_pylist()) + repr(table.schema.metadata)
        else:
            yield str(path), path.read_bytes().decode("latin-1")
