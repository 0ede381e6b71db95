"""Real services for the cluster tests, all on loopback, all ended with the session."""

import os
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.cluster.fault_proxy import FaultProxy, Request, no_fault
from tests.cluster.runs import Run, contents, start_command
from tests.cluster.s3_server import ACCESS_KEY, BUCKET, REGION, SECRET_KEY, S3Server
from tests.cluster.standalone import StandaloneCluster

# Every container and format there is, copies, and every file that cannot be read: a run's time is
# mostly that of starting things, but it counts files too.
PART = (
    "html/alte-kopien.example", "html/dorfblatt.example", "html/shenghuo-zhishi.example", "epub",
    "jsonl", "parquet", "pdf", "text", "warc", "broken",
)  # fmt: skip
# Rules that need no trained model: training is the longest stage and has its own tests.
RECIPE = ("--recipe", "fineweb")
# A run here is over before code that was compiled well would have paid for it.
JAVA_OPTIONS = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
SPARK_CONF = (
    "spark.executor.memory=640m", "spark.cores.max=2", "spark.driver.host=127.0.0.1",
    "spark.sql.shuffle.partitions=4", "spark.sql.codegen.wholeStage=false",
    "spark.sql.codegen.factoryMode=NO_CODEGEN", "spark.eventLog.enabled=true",
    "spark.eventLog.compress=false",
)  # fmt: skip


@dataclass(frozen=True)
class CrawlPart:
    """The same files in a folder and below a prefix."""

    folder: Path
    prefix: str
    files: int


@dataclass(frozen=True)
class ClusterRun:
    """A finished run on the cluster: its OUTPUT as a folder of the server, and all it left elsewhere."""

    folder: Path
    log: Path
    events: Path
    requests: list[Request]
    command_lines: list[str]
    hosts: int


Start = Callable[..., Run]


def aws_environment(endpoint: str) -> dict[str, str]:
    return {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_REGION": REGION,
        "AWS_ACCESS_KEY_ID": ACCESS_KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
        "AWS_EC2_METADATA_DISABLED": "true",
        "JAVA_TOOL_OPTIONS": JAVA_OPTIONS,
    }


def spark_words(cluster: StandaloneCluster, events: Path) -> list[str]:
    """The session's arguments of every run on the cluster."""
    events.mkdir(exist_ok=True)
    settings = (*SPARK_CONF, f"spark.eventLog.dir=file://{events}")
    return ["--master", cluster.master, *(w for s in settings for w in ("--spark-conf", s))]


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
    running_proxy.forget()
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


@pytest.fixture(scope="session")
def store_client(s3_server: S3Server) -> Any:
    """A client that goes to the server itself: what tests do is neither counted nor disturbed."""
    import boto3

    return boto3.client(
        "s3", endpoint_url=s3_server.endpoint, region_name=REGION,
        aws_access_key_id=ACCESS_KEY, aws_secret_access_key=SECRET_KEY,
    )  # fmt: skip


@pytest.fixture(scope="session")
def crawl_bucket(
    store_client: Any, sample_crawl: Path, tmp_path_factory: pytest.TempPathFactory
) -> CrawlPart:
    """A part of the sample, both in a local folder and below a prefix of the bucket."""
    folder = tmp_path_factory.mktemp("part") / "part"
    for name in PART:
        shutil.copytree(sample_crawl / name, folder / name)
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    for path in files:
        store_client.upload_file(str(path), BUCKET, f"part/{path.relative_to(folder)}")
    return CrawlPart(folder, f"s3://{BUCKET}/part", len(files))


@pytest.fixture(scope="session")
def reference(crawl_bucket: CrawlPart, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What a local run from disk to disk publishes, with the settings that users have."""
    folder = tmp_path_factory.mktemp("reference")
    words = ["run", str(crawl_bucket.folder), str(folder / "run"), "--master", "local[2]", *RECIPE]
    start_command(words, folder / "log", os.environ).publish(folder / "run")
    return contents(folder / "run", str(crawl_bucket.folder))


@pytest.fixture(scope="session")
def running_cluster(
    running_proxy: FaultProxy, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[StandaloneCluster]:
    environment = {**os.environ, **aws_environment(running_proxy.endpoint)}
    started = StandaloneCluster(tmp_path_factory.mktemp("cluster"), environment)
    try:
        started.start()
        yield started
    finally:
        started.stop()


@pytest.fixture
def cluster(running_cluster: StandaloneCluster) -> StandaloneCluster:
    """The cluster with all its workers and nothing on them, whatever the test before did to it."""
    running_cluster.complete()
    until = time.monotonic() + 60
    while running_cluster.executors():
        assert time.monotonic() < until, "executors outlived their driver"
        time.sleep(0.1)
    return running_cluster


@pytest.fixture(scope="session")
def cluster_run(
    running_cluster: StandaloneCluster,
    running_proxy: FaultProxy,
    crawl_bucket: CrawlPart,
    s3_server: S3Server,
    tmp_path_factory: pytest.TempPathFactory,
) -> ClusterRun:
    """The undisturbed run from s3:// to s3://, with speculative execution on."""
    from tests.cluster.standalone import running_processes

    folder = tmp_path_factory.mktemp("cluster-run")
    running_proxy.forget()
    environment = {**os.environ, **aws_environment(running_proxy.endpoint)}
    words = [
        "run", crawl_bucket.prefix, f"s3://{BUCKET}/undisturbed", *RECIPE, "--log-format", "json",
        *spark_words(running_cluster, folder / "events"), "--spark-conf", "spark.speculation=true",
    ]  # fmt: skip
    run = start_command(words, folder / "log", environment)
    output = s3_server.root / BUCKET / "undisturbed"
    run.reach((output / "documents" / "_manifest.json").exists)
    hosts = sum(bool(running_cluster.executors(host)) for host in running_cluster.workers)
    command_lines = [process.command for process in running_processes()]
    run.finish()
    requests = list(running_proxy.requests)
    return ClusterRun(output, run.log, folder / "events", requests, command_lines, hosts)


@pytest.fixture
def output(request: pytest.FixtureRequest) -> str:
    """The name of the test's OUTPUT in the bucket."""
    return str(request.node.name).replace("_", "-")[:60]


@pytest.fixture
def folder(s3_server: S3Server, output: str) -> Path:
    """The test's OUTPUT as the server keeps it."""
    return s3_server.root / BUCKET / output


@pytest.fixture
def events(tmp_path: Path) -> Path:
    """Spark's event logs of the test's runs."""
    return tmp_path / "events"


@pytest.fixture
def start(
    cluster: StandaloneCluster,
    crawl_bucket: CrawlPart,
    s3_environment: dict[str, str],
    output: str,
    events: Path,
    tmp_path: Path,
) -> Iterator[Start]:
    """Starts `corpusmill run` on the cluster with further words; all are ended with the test."""
    runs: list[Run] = []

    def started(*words: str, log: str = "log") -> Run:
        target = f"s3://{BUCKET}/{output}"
        given = ["run", crawl_bucket.prefix, target, *RECIPE, *spark_words(cluster, events), *words]
        runs.append(start_command(given, tmp_path / log, s3_environment))
        return runs[-1]

    yield started
    for run in runs:
        run.kill()


@pytest.fixture
def finished_before(
    cluster_run: ClusterRun, store_client: Any, output: str
) -> Callable[[str], None]:
    """Gives the test's OUTPUT what the undisturbed run's had before a dataset was begun."""
    order = ["extracted", "documents", "annotated", "verdicts", "signatures"]

    def copied(dataset: str) -> None:
        for name in order[: order.index(dataset)] if dataset in order else order:
            listing = store_client.get_paginator("list_objects_v2").paginate(
                Bucket=BUCKET, Prefix=f"undisturbed/{name}/"
            )
            keys = [found["Key"] for page in listing for found in page["Contents"]]
            for key in keys:
                if not key.endswith("/"):  # markers of folders
                    place = f"{output}/{key.partition('/')[2]}"
                    source = {"Bucket": BUCKET, "Key": key}
                    store_client.copy_object(Bucket=BUCKET, Key=place, CopySource=source)

    return copied
