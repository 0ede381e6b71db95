"""Runs handed to a service: requests it accepts, one job a token, waiting, logs, clear errors."""

import gzip
import hashlib
import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest

import jobs.submission
from jobs.command_line import main
from jobs.recipes.loading import load_recipe, recipe_text
from jobs.runtime.errors import MissingRequirementError, SettingsError, StageError
from jobs.runtime.store import storage
from jobs.submission.emr_services import EmrCluster, EmrServerless
from jobs.submission.job import SubmittedJob, submitted_job
from jobs.submission.service_requests import dataproc_request, emr_request, emr_serverless_request
from jobs.submission.uploading import upload
from jobs.submission.waiting import wait_for

WORDS = ["s3://crawl/2026/", "s3://out/run", "--recipe", "fineweb"]
ROLE = "arn:aws:iam::123456789012:role/run"


def job(service: str = "emr", run_id: str = "", **settings: str) -> SubmittedJob:
    scheme = "gs" if service == "dataproc" else "s3"
    words = [word.replace("s3://", f"{scheme}://") for word in WORDS]
    return submitted_job(service, words, f"{scheme}://out/code", settings, run_id)


def test_the_token_is_one_of_words_and_run_id() -> None:
    assert job().token == job().token
    others = [job(run_id="2"), job("emr-serverless"), job(**{"spark.a": "1"})]
    assert len({other.token for other in [job(), *others]}) == 4


@pytest.mark.parametrize(
    ("service", "words"),
    [("emr", ["/disk/in", "s3://out"]), ("dataproc", ["s3://in", "gs://out"])],
)
def test_a_path_that_the_service_cannot_see_is_refused(service: str, words: list[str]) -> None:
    code = "gs://c" if service == "dataproc" else "s3://c"
    with pytest.raises(SettingsError, match="no machine of it sees your disk"):
        submitted_job(service, words, code, {}, "")


def test_settings_given_win_over_the_file() -> None:
    settings = job(**{"spark.executor.cores": "8"}).spark_settings
    assert settings["spark.executor.cores"] == "8"
    assert settings["spark.sql.ansi.enabled"] == "true"


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Any:
    moto = pytest.importorskip("moto")
    for name in ("AWS_ENDPOINT_URL", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    with moto.mock_aws():
        import boto3

        yield boto3


def test_emr_takes_the_step_once(aws: Any) -> None:
    client = aws.client("emr", region_name="eu-west-1")
    cluster = client.run_job_flow(
        Name="c", Instances={"KeepJobFlowAliveWhenNoSteps": True}, JobFlowRole="r", ServiceRole="r"
    )["JobFlowId"]
    service = EmrCluster(client, emr_request(job(), cluster))
    step = service.submit()
    assert service.submit() == step
    (found,) = client.list_steps(ClusterId=cluster)["Steps"]
    arguments = found["Config"]["Args"]
    assert arguments[0] == "spark-submit"
    assert arguments[-5:] == ["s3://out/code/run_pipeline.py", *WORDS]
    assert service.state(step)[0] in ("PENDING", "RUNNING")
    assert "writes no logs" in service.driver_log(step)
    assert EmrCluster(client, emr_request(job(run_id="2"), cluster)).submit() != step


def test_emr_serverless_takes_the_run(aws: Any) -> None:
    client = aws.client("emr-serverless", region_name="eu-west-1")
    application = client.create_application(
        name="a", releaseLabel="emr-7.10.0", type="SPARK", clientToken="x"
    )["applicationId"]
    request = emr_serverless_request(job("emr-serverless"), application, ROLE, 60, "s3://out/logs")
    service = EmrServerless(client, request)
    run = client.get_job_run(applicationId=application, jobRunId=service.submit())["jobRun"]
    assert run["jobDriver"]["sparkSubmit"]["entryPointArguments"] == WORDS
    assert (
        "environment.tar.gz#environment" in run["jobDriver"]["sparkSubmit"]["sparkSubmitParameters"]
    )


def test_dataproc_knows_every_field() -> None:
    types = pytest.importorskip("google.cloud.dataproc_v1")
    request = dataproc_request(job("dataproc"), "project", "europe-west4", 60, "3.0")
    parsed = types.CreateBatchRequest(request)
    assert next(iter(parsed.batch.pyspark_batch.args)) == "gs://crawl/2026/"
    assert parsed.batch.environment_config.execution_config.ttl.seconds == 3600
    assert len(parsed.batch_id) <= 63


class Scripted:
    """A service whose states are written down beforehand."""

    done = frozenset({"SUCCESS"})
    failed = frozenset({"FAILED"})

    def __init__(self, *states: str) -> None:
        self.states = list(states)

    def submit(self) -> str:
        return "run-1"

    def state(self, identifier: str) -> tuple[str, str]:
        assert identifier == "run-1"
        return (self.states.pop(0) if len(self.states) > 1 else self.states[0]), "out of memory"

    def driver_log(self, identifier: str) -> str:
        assert identifier == "run-1"
        return "line\n" * 500 + "the cause"


class Clock:
    def __init__(self) -> None:
        self.now = 0.0
        self.pauses: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.pauses.append(seconds)


def waited(service: Scripted, deadline: float = 1e5) -> tuple[list[str], list[float]]:
    notes: list[str] = []
    clock = Clock()
    wait_for(
        service, "run-1", deadline_seconds=deadline, note=notes.append, sleep=clock.sleep,
        clock=lambda: clock.now,
    )  # fmt: skip
    return notes, clock.pauses


def test_waiting_tells_each_state_once_and_asks_less_and_less_often() -> None:
    notes, pauses = waited(Scripted("PENDING", *["RUNNING"] * 20, "SUCCESS"))
    assert [note.split()[2] for note in notes] == ["PENDING", "RUNNING", "SUCCESS"]
    assert pauses[0] == 5
    assert pauses == sorted(pauses)
    assert pauses[-1] == 60


def test_a_failure_shows_the_end_of_the_drivers_log() -> None:
    with pytest.raises(StageError, match="out of memory") as failure:
        waited(Scripted("RUNNING", "FAILED"))
    assert "the cause" in str(failure.value)
    assert str(failure.value).count("line") < 100


def test_a_deadline_ends_the_waiting() -> None:
    with pytest.raises(StageError, match=r"still RUNNING after .* the deadline"):
        waited(Scripted("RUNNING"), deadline=600)


def test_a_drivers_log_is_read_from_the_store(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = tmp_path / "applications/a/jobs/r/SPARK_DRIVER/stderr.gz"
    log.parent.mkdir(parents=True)
    log.write_bytes(gzip.compress(b"Traceback"))
    request = emr_serverless_request(job("emr-serverless"), "a", ROLE, 60, str(tmp_path))
    assert EmrServerless(None, request).driver_log("r") == "Traceback"
    assert "not to be had yet" in EmrServerless(None, request).driver_log("other")


def test_files_are_uploaded_once(tmp_path: Path) -> None:
    dist, code = tmp_path / "dist", tmp_path / "code"
    dist.mkdir()
    target = SubmittedJob("emr", (), str(code), {})
    with pytest.raises(MissingRequirementError, match="make dist env-archive"):
        upload(target, dist, print)
    (dist / "corpusmill.zip").write_bytes(b"zip")
    (dist / "environment.tar.gz").write_bytes(b"archive")
    notes: list[str] = []
    upload(target, dist, notes.append)
    assert len(notes) == 3
    upload(target, dist, notes.append)
    assert len(notes) == 3
    (dist / "corpusmill.zip").write_bytes(b"newer")
    upload(target, dist, notes.append)
    assert (code / "corpusmill.zip").read_bytes() == b"newer"
    assert len(notes) == 4


def test_a_dry_run_prints_the_request_and_needs_no_library(
    capsys: pytest.CaptureFixture[str],
) -> None:
    words = ["submit", "emr", *WORDS, "--code", "s3://out/code", "--cluster", "j-1", "--dry-run"]
    assert main(words) == 0
    request = json.loads(capsys.readouterr().out)
    assert request["JobFlowId"] == "j-1"


def test_what_a_service_needs_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["submit", "emr", *WORDS, "--code", "s3://out/code", "--dry-run"]
    assert main(words) == 1
    assert "--cluster is missing" in capsys.readouterr().err


def test_emr_serverless_gets_settings_as_single_words() -> None:
    options = "-Da=1 -Db='2'"
    settings = {"spark.executor.extraJavaOptions": options}
    request = emr_serverless_request(job("emr-serverless", **settings), "a", ROLE, 60, None)
    words = shlex.split(request["jobDriver"]["sparkSubmit"]["sparkSubmitParameters"])
    assert f"spark.executor.extraJavaOptions={options}" in words
    assert words[::2] == ["--conf"] * (len(words) // 2)


def test_a_recipe_of_this_machine_travels_with_the_job(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = tmp_path / "mine.yaml"
    recipe.write_text("extends: fineweb\nname: mine\n")
    words = ["submit", "emr", "s3://in", "s3://out", "--code", "s3://c", "--cluster", "j-1"]
    words += ["--recipe", str(recipe), "--set", "dedup.threshold=0.8", "--dry-run"]
    assert main(words) == 0
    sent = json.loads(capsys.readouterr().out)["Steps"][0]["HadoopJarStep"]["Args"]
    place = sent[sent.index("--recipe") + 1]
    assert re.fullmatch(r"s3://c/recipe-[0-9a-f]{12}\.yaml", place)
    assert "--set" not in sent
    written: dict[str, str] = {}
    monkeypatch.setattr(storage, "write_text", written.__setitem__)
    monkeypatch.setattr(storage, "read_text", written.get)
    for name in ("corpusmill.zip", "environment.tar.gz"):
        (tmp_path / name).write_bytes(b"")
        found = hashlib.sha256(b"").hexdigest()
        written[f"s3://c/{name}.sha256"] = found
    entry = Path(jobs.submission.__file__).parents[1] / "run_pipeline.py"
    written["s3://c/run_pipeline.py.sha256"] = hashlib.sha256(entry.read_bytes()).hexdigest()
    monkeypatch.setattr(storage, "exists", lambda _: True)
    text = recipe_text(load_recipe(str(recipe), ["dedup.threshold=0.8"]))
    sent_job = submitted_job("emr", ["s3://in", "s3://out"], "s3://c", {}, "", {place: text})
    upload(sent_job, tmp_path, lambda _: None)
    assert load_recipe(place) == load_recipe(str(recipe), ["dedup.threshold=0.8"])


def test_a_faulty_recipe_is_found_before_anything_is_sent(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["submit", "emr", "s3://in", "s3://out", "--code", "s3://c", "--cluster", "j-1"]
    assert main([*words, "--set", "dedup.threshhold=0.8", "--dry-run"]) == 1
    assert "threshhold" in capsys.readouterr().err
