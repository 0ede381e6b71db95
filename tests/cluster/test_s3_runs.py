"""The whole pipeline from s3:// to s3:// in local mode: same rows, few requests, no secrets."""

import json
import os
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.cluster.conftest import RECIPE, CrawlPart, aws_environment
from tests.cluster.fault_proxy import FaultProxy, Request
from tests.cluster.runs import contents, start_run
from tests.cluster.s3_server import ACCESS_KEY, BUCKET, SECRET_KEY, S3Server

pytestmark = pytest.mark.cluster

OUTPUT = "local-mode"
# Measured 44 to 214 by dataset; a stage that starts to ask per row or to list in a loop breaks this.
REQUESTS_PER_DATASET = 400
REQUESTS_PER_INPUT_FILE = 4  # its size twice (Arrow asks before it opens), its bytes


@dataclass(frozen=True)
class FinishedS3Run:
    folder: Path
    requests: list[Request]
    texts: dict[str, str]


@pytest.fixture(scope="module")
def s3_run(
    running_proxy: FaultProxy,
    crawl_bucket: CrawlPart,
    s3_server: S3Server,
    tmp_path_factory: pytest.TempPathFactory,
) -> FinishedS3Run:
    folder = tmp_path_factory.mktemp("s3-run")
    events = folder / "events"
    events.mkdir()
    running_proxy.requests.clear()
    environment = {**os.environ, **aws_environment(running_proxy.endpoint)}
    words = [
        "--master", "local[1]", *RECIPE, "--log-format", "json",
        "--spark-conf", "spark.eventLog.enabled=true", "--spark-conf", "spark.eventLog.compress=false",
        "--spark-conf", f"spark.eventLog.dir=file://{events}",
    ]  # fmt: skip
    run = start_run(
        crawl_bucket.prefix, f"s3://{BUCKET}/{OUTPUT}", folder / "log", environment, words
    )
    run.finish()
    requests = list(running_proxy.requests)
    output = s3_server.root / BUCKET / OUTPUT
    places = [folder / "log", *events.rglob("*"), *output.rglob("*")]
    texts = {str(path): path.read_bytes().decode("latin-1") for path in places if path.is_file()}
    return FinishedS3Run(output, requests, texts)


def test_the_corpus_is_the_one_of_a_local_run(
    s3_run: FinishedS3Run, crawl_bucket: CrawlPart, reference: dict[str, str]
) -> None:
    assert contents(s3_run.folder, crawl_bucket.prefix) == reference


def test_the_magic_committer_wrote_every_dataset(s3_run: FinishedS3Run) -> None:
    marks = sorted(s3_run.folder.rglob("_SUCCESS"))
    assert len(marks) >= 8
    for mark in marks:
        assert json.loads(mark.read_text())["committer"] == "magic", mark


def test_input_is_listed_once(s3_run: FinishedS3Run) -> None:
    listings = [r for r in s3_run.requests if (r.listed_prefix or "").startswith("part")]
    assert len(listings) == 1, listings


def test_requests_are_bounded(s3_run: FinishedS3Run, crawl_bucket: CrawlPart) -> None:
    counts = Counter[tuple[str, str]]()
    for request in s3_run.requests:
        key = request.key or request.query.get("prefix", [""])[0]
        top, _, rest = key.partition("/")
        if not rest.startswith("_lease.json"):
            counts[top, "" if top == "part" else rest.partition("/")[0]] += 1
    print()
    for (top, dataset), count in sorted(counts.items()):
        print(f"{count:>5} requests for {top}/{dataset}")
    assert counts.pop(("part", "")) <= 10 + REQUESTS_PER_INPUT_FILE * crawl_bucket.files
    assert max(counts.values()) <= REQUESTS_PER_DATASET


def test_secrets_are_nowhere(s3_run: FinishedS3Run) -> None:
    assert any("SparkListenerEnvironmentUpdate" in text for text in s3_run.texts.values())
    assert any(path.endswith("report.json") for path in s3_run.texts)
    assert any(path.endswith("_manifest.json") for path in s3_run.texts)
    for path, text in s3_run.texts.items():
        assert SECRET_KEY not in text, path
        assert ACCESS_KEY not in text, path
