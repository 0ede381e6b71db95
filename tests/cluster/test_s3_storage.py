"""Storage on a real S3 server: listings, whole-or-nothing writes, one winner, errors that help."""

import gzip
import json
import threading
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from jobs.command_line import main
from jobs.ingest.read_batches import DocumentReader
from jobs.ingest.settings import IngestSettings
from jobs.ingest.source_files import list_sources
from jobs.runtime.errors import (
    InputError,
    MissingRequirementError,
    OutputBusyError,
    StoreReadError,
)
from jobs.runtime.spark.schemas import SOURCE_TASKS
from jobs.runtime.store import output_lease, s3_store, storage
from jobs.runtime.store.output_lease import LEASE_NAME, hold_output
from jobs.runtime.store.s3_store import forget_clients
from tests.cluster.fault_proxy import FaultProxy
from tests.cluster.s3_server import BUCKET, S3Server

pytestmark = pytest.mark.cluster


@pytest.fixture
def prefix(s3_environment: dict[str, str], tmp_path: Path) -> str:
    return f"s3://{BUCKET}/{tmp_path.name}"


def test_objects_are_written_listed_read_and_deleted(prefix: str, proxy: FaultProxy) -> None:
    for name in ("b.html", "a/z [1].pdf", "_posts/x.md", "_SUCCESS"):
        storage.write_text(f"{prefix}/{name}", name)
    proxy.requests.clear()
    found = [entry.path for entry in storage.find_files(prefix)]
    assert found == [f"{prefix}/{name}" for name in ("_posts/x.md", "a/z [1].pdf", "b.html")]
    listings = [r.listed_prefix for r in proxy.requests if r.listed_prefix is not None]
    assert len(listings) == 1, listings
    assert [e.path for e in storage.find_files(f"{prefix}/*/*.pdf")] == [f"{prefix}/a/z [1].pdf"]
    with storage.open_input(f"{prefix}/b.html") as stream:
        assert stream.readline() == b"b.html"
    assert storage.read_text(f"{prefix}/none") is None
    storage.delete_tree(prefix)
    assert not storage.exists(f"{prefix}/b.html")


@pytest.mark.parametrize("name", ["x.jsonl.zst", "environment.tar.gz", "x"])
def test_bytes_arrive_as_they_were_given(prefix: str, store_client: Any, name: str) -> None:
    with storage.open_output(f"{prefix}/{name}") as file:
        file.write(b"as given")
    key = f"{prefix.rpartition('/')[2]}/{name}"
    assert store_client.get_object(Bucket=BUCKET, Key=key)["Body"].read() == b"as given"


def test_of_many_writers_one_wins(prefix: str) -> None:
    won: list[int] = []
    barrier = threading.Barrier(8)

    def write(number: int) -> None:
        barrier.wait()
        if storage.write_new_text(f"{prefix}/_manifest.json", str(number)):
            won.append(number)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(won) == 1
    assert storage.read_text(f"{prefix}/_manifest.json") == str(won[0])


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(output_lease, "RENEW_SECONDS", 0.2)
    monkeypatch.setattr(output_lease, "SILENCE_SECONDS", 1.5)
    monkeypatch.setattr(output_lease, "POLL_SECONDS", 0.1)


@pytest.mark.usefixtures("quick")
class TestLease:
    def test_a_second_driver_ends_while_the_first_lives(self, prefix: str) -> None:
        notes: list[str] = []
        with hold_output(prefix, notes.append) as lease:
            with pytest.raises(OutputBusyError, match=r"process \d+ on .* is writing"):
                hold_output(prefix, notes.append).__enter__()
            lease.require()
        assert "may be writing" in notes[0]
        assert not storage.exists(f"{prefix}/{LEASE_NAME}")

    def test_a_dead_drivers_lease_is_taken_over(self, prefix: str) -> None:
        storage.write_text(f"{prefix}/{LEASE_NAME}", '{"owner": "dead", "pid": 1, "host": "x"}')
        with hold_output(prefix, lambda text: None) as lease:
            lease.require()

    def test_a_driver_that_was_taken_over_publishes_no_more(self, prefix: str) -> None:
        with hold_output(prefix, lambda text: None) as lease:
            storage.write_text(f"{prefix}/{LEASE_NAME}", '{"owner": "other", "pid": 1}')
            for thread in threading.enumerate():
                if thread.name == "lease":
                    thread.join(timeout=10)
            with pytest.raises(OutputBusyError, match="published nothing more"):
                lease.require()
        assert storage.exists(f"{prefix}/{LEASE_NAME}"), "the other one's lease must stay"


def test_a_local_output_has_one_driver(tmp_path: Path) -> None:
    with (
        hold_output(str(tmp_path), lambda text: None),
        pytest.raises(OutputBusyError, match="Wait until it is done"),
    ):
        hold_output(str(tmp_path), lambda text: None).__enter__()
    with hold_output(str(tmp_path), lambda text: None):
        pass


class TestErrors:
    def test_no_bucket(self, s3_environment: dict[str, str]) -> None:
        with pytest.raises(MissingRequirementError, match="there is no bucket missing-bucket"):
            storage.find_files("s3://missing-bucket/x")
        with pytest.raises(MissingRequirementError, match="there is no bucket missing-bucket"):
            storage.write_new_text("s3://missing-bucket/x/_manifest.json", "{}")

    def test_no_credentials(
        self, prefix: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            monkeypatch.delenv(name)
        monkeypatch.setenv("HOME", str(tmp_path))
        self._forget_clients()
        with pytest.raises(MissingRequirementError, match="no AWS credentials were found"):
            storage.find_files(prefix)

    def test_wrong_key(self, prefix: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong")
        self._forget_clients()
        with pytest.raises(MissingRequirementError, match="this identity may not use bucket"):
            storage.find_files(prefix)

    def test_wrong_endpoint(self, prefix: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
        with pytest.raises(MissingRequirementError, match=r"does not answer.*AWS_ENDPOINT_URL"):
            storage.find_files(prefix)

    def test_wrong_region(self, prefix: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("AWS_REGION", "eu-west-9")
        self._forget_clients()
        with pytest.raises(MissingRequirementError, match="region"):
            storage.find_files(prefix)

    def test_no_right_at_all(
        self, prefix: str, s3_server: S3Server, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        s3_server.add_user("stranger", "strangers-secret")
        self._become("stranger", monkeypatch)
        for use in (storage.find_files, storage.read_text, storage.exists):
            with pytest.raises(MissingRequirementError, match="this identity may not use bucket"):
                use(f"{prefix}/x")

    def test_no_right_to_write(
        self,
        prefix: str,
        s3_server: S3Server,
        store_client: Any,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        store_client.put_object(Bucket=BUCKET, Key=f"{prefix.rpartition('/')[2]}/x", Body=b"x")
        s3_server.add_user("reader", "readers-secret")
        resources = [f"arn:aws:s3:::{BUCKET}", f"arn:aws:s3:::{BUCKET}/*"]
        may_read = {
            "Effect": "Allow", "Principal": {"AWS": ["reader"]}, "Resource": resources,
            "Action": ["s3:ListBucket", "s3:GetObject"],
        }  # fmt: skip
        policy = {"Version": "2012-10-17", "Statement": [may_read]}
        store_client.put_bucket_policy(Bucket=BUCKET, Policy=json.dumps(policy))
        self._become("reader", monkeypatch)
        assert [entry.path for entry in storage.find_files(prefix)] == [f"{prefix}/x"]
        with pytest.raises(MissingRequirementError, match="s3:PutObject"):
            storage.write_text(f"{prefix}/y", "y")
        with pytest.raises(MissingRequirementError, match="s3:DeleteObject"):
            storage.delete_tree(f"{prefix}/x")
        # The command says it before it has started Spark.
        assert main(["run", prefix, f"{prefix}-out"]) == 1
        said = capsys.readouterr().err
        assert said.startswith(f"corpusmill: {prefix}-out")
        assert said.count("\n") == 1
        assert "s3:PutObject" in said
        store_client.delete_bucket_policy(Bucket=BUCKET)

    def _become(self, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", name)
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", f"{name}s-secret")
        self._forget_clients()

    def test_no_bucket_named(self, s3_environment: dict[str, str]) -> None:
        with pytest.raises(MissingRequirementError, match="names no bucket"):
            storage.find_files("s3:///x")

    @pytest.fixture(autouse=True)
    def _fresh(self, monkeypatch: pytest.MonkeyPatch) -> Any:
        monkeypatch.setattr(s3_store, "ATTEMPTS", 2)
        self._forget_clients()
        yield
        self._forget_clients()

    @staticmethod
    def _forget_clients() -> None:
        forget_clients()


def test_a_prefix_of_common_crawl(prefix: str) -> None:
    crawl = f"{prefix}/crawl-data/CC-MAIN-2026-10"
    head = b"WARC/1.0\r\nWARC-Type: conversion\r\nWARC-Target-URI: https://%d.example/\r\n"
    record = head + b"Content-Length: 4\r\n\r\ntext\r\n\r\n"
    names = [
        f"{crawl}/segments/1700000000{segment}.{kind}/{kind}/CC-MAIN-{number:05d}.{kind}.gz"
        for segment in (1, 2)
        for kind in ("warc", "wet", "robotstxt")
        for number in (0, 1)
    ]
    for number, name in enumerate(names):
        with storage.open_output(name) as file:
            file.write(gzip.compress(record % number))
    storage.write_text(f"{crawl}/warc.paths.gz", "")
    found = list_sources([f"{crawl}/segments/*/warc/*.warc.gz"])
    assert sorted(file.path for file in found) == [name for name in names if "/warc/" in name]
    read = DocumentReader(IngestSettings())
    tasks = [{**vars(file), "part": 0, "parts": 1} for file in found]
    files = pa.RecordBatch.from_pylist(tasks, schema=SOURCE_TASKS)
    rows = [row for batch in read(iter([files])) for row in batch.to_pylist()]
    assert [row["content"] for row in rows] == [b"text"] * 4
    assert [row["source"] for row in rows] == [file.path for file in found]


def test_of_a_bucket_that_readers_pay_for_every_request_says_so(
    store_client: Any, proxy: FaultProxy, prefix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    store_client.create_bucket(Bucket="paid")
    text = b"".join(b"%08d" % number for number in range(500_000))
    for name in ("papers/a.txt", "papers/deep/b.txt"):
        store_client.put_object(Bucket="paid", Key=name, Body=text)
    monkeypatch.setenv("CORPUSMILL_REQUESTER_PAYS", "other, paid")
    paths = ["s3://paid/papers/a.txt", "s3://paid/papers/deep/b.txt"]
    assert [entry.path for entry in storage.find_files("s3://paid/papers")] == paths
    assert [entry.path for entry in storage.find_files("s3://paid/papers/*.txt")] == paths[:1]
    assert storage.file_entry(paths[0]).size == len(text)
    assert not storage.exists("s3://paid/papers/none")
    with storage.open_input(paths[0]) as file:
        assert file.read() == text
        file.seek(-16, 2)
        assert file.read() == text[-16:]
        file.seek(80)
        assert file.read(8) == b"00000010"
    with pytest.raises(InputError, match="no such file or folder"):
        storage.find_files("s3://paid/none")
    asked = [request for request in proxy.requests if request.path.startswith("/paid")]
    of_objects = [request for request in asked if request.method != "HEAD" or request.key]
    assert len(of_objects) > 8
    assert {request.payer for request in of_objects} == {"requester"}
    # Reading in a row is one request, a seek another one, but for what was read at the beginning.
    assert sum(request.method == "GET" and bool(request.key) for request in asked) == 2
    proxy.requests.clear()
    storage.write_text(f"{prefix}/x", "x")
    assert {request.payer for request in proxy.requests} == {""}
    with pytest.raises(MissingRequirementError, match="only read"):
        storage.delete_tree("s3://paid/papers/a.txt")


def test_slow_downs_and_resets_are_outlived(prefix: str, proxy: FaultProxy) -> None:
    proxy.fault = lambda number, request: ("slow", "reset", "")[number % 3]
    storage.write_text(f"{prefix}/x", "text" * 1000)
    assert storage.read_text(f"{prefix}/x") == "text" * 1000
    assert storage.write_new_text(f"{prefix}/y", "one")
    assert proxy.faults["slow"]
    assert proxy.faults["reset"]


def test_a_store_that_stays_away_is_no_damaged_file(
    prefix: str, proxy: FaultProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(s3_store, "ATTEMPTS", 2)
    forget_clients()
    storage.write_text(f"{prefix}/x", "text" * 1000)
    with storage.open_input(f"{prefix}/x") as stream:
        proxy.fault = lambda number, request: "slow"
        with pytest.raises(StoreReadError, match="broke off"):
            stream.read()
    forget_clients()
