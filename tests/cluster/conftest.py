"""Real services for the cluster tests, all on loopback, all ended with the session."""

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.cluster.fault_proxy import FaultProxy, no_fault
from tests.cluster.runs import contents, start_run
from tests.cluster.s3_server import ACCESS_KEY, BUCKET, REGION, SECRET_KEY, S3Server
from tests.cluster.standalone import StandaloneCluster

# Pages of one language and family, and every file that cannot be read.
PART = ("html/fettle.example", "html/shenghuo-zhishi.example", "html/dorfblatt.example", "broken")
# Rules that need no trained model: training is the longest stage and has its own tests.
RECIPE = ("--recipe", "fineweb")


@dataclass(frozen=True)
class CrawlPart:
    """The same files in a folder and below a prefix."""

    folder: Path
    prefix: str
    files: int


def aws_environment(endpoint: str) -> dict[str, str]:
    return {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_REGION": REGION,
        "AWS_ACCESS_KEY_ID": ACCESS_KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
        "AWS_EC2_METADATA_DISABLED": "true",
    }


@pytest.fixture(scope="session")
def s3_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    folder = tmp_path_factory.mktemp("s3")
    server = S3Server(folder / "buckets", folder / "server.log")
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def running_proxy(s3_server: S3Server) -> Iterator[FaultProxy]:
    proxy = FaultProxy(s3_server.port)
    yield proxy
    proxy.shutdown()
    proxy.server_close()


@pytest.fixture
def proxy(running_proxy: FaultProxy) -> Iterator[FaultProxy]:
    running_proxy.fault = no_fault
    running_proxy.requests.clear()
    running_proxy.faults.clear()
    yield running_proxy
    running_proxy.fault = no_fault


@pytest.fixture
def s3_environment(proxy: FaultProxy, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The variables by which everybody here finds the store, set for this process too."""
    ours = aws_environment(proxy.endpoint)
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name, value in ours.items():
        monkeypatch.setenv(name, value)
    return {**os.environ, **ours}


@pytest.fixture
def bucket_client(s3_environment: dict[str, str]) -> Any:
    from jobs.runtime.s3_store import s3_client

    return s3_client()


@pytest.fixture(scope="session")
def crawl_bucket(
    s3_server: S3Server, sample_crawl: Path, tmp_path_factory: pytest.TempPathFactory
) -> CrawlPart:
    """A part of the sample, both in a local folder and below a prefix of the bucket."""
    folder = tmp_path_factory.mktemp("part") / "part"
    for name in PART:
        shutil.copytree(sample_crawl / name, folder / name)
    import boto3

    client = boto3.client(
        "s3", endpoint_url=s3_server.endpoint, region_name=REGION,
        aws_access_key_id=ACCESS_KEY, aws_secret_access_key=SECRET_KEY,
    )  # fmt: skip
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    for path in files:
        client.upload_file(str(path), BUCKET, f"part/{path.relative_to(folder)}")
    return CrawlPart(folder, f"s3://{BUCKET}/part", len(files))


@pytest.fixture(scope="session")
def reference(crawl_bucket: CrawlPart, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What a local run from disk to disk publishes."""
    folder = tmp_path_factory.mktemp("reference")
    words = ["--master", "local[1]", *RECIPE]
    start_run(
        str(crawl_bucket.folder), str(folder / "run"), folder / "log", os.environ, words
    ).finish()
    return contents(folder / "run", str(crawl_bucket.folder))


@pytest.fixture(scope="session")
def cluster(
    running_proxy: FaultProxy, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[StandaloneCluster]:
    environment = {**os.environ, **aws_environment(running_proxy.endpoint)}
    started = StandaloneCluster(tmp_path_factory.mktemp("cluster"), environment)
    try:
        started.start()
        yield started
    finally:
        started.stop()
