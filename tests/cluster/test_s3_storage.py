"""Storage on a real S3 server: listings, whole-or-nothing writes, one winner, errors that help."""

import threading
from pathlib import Path
from typing import Any

import pytest

from jobs.runtime import output_lease, s3_store, storage
from jobs.runtime.errors import MissingRequirementError, OutputBusyError, StoreReadError
from jobs.runtime.output_lease import LEASE_NAME, hold_output
from jobs.runtime.s3_store import forget_clients
from tests.cluster.fault_proxy import FaultProxy
from tests.cluster.s3_server import BUCKET

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
