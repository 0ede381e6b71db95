"""Every file of conf/schedules/ is what the service that reads it accepts."""

import ast
import json
import re
import shlex
from typing import Any

import pytest
import yaml

from jobs.command.parser import build_parser
from jobs.submission.service_requests import dataproc_request, emr_request, emr_serverless_request
from jobs.submission.submit import submitted_job
from tests.conftest import REPOSITORY

FOLDER = REPOSITORY / "conf" / "schedules"
WORDS = ["s3://example-crawl/weekly/", "s3://example-output/weekly"]
ROLE = "arn:aws:iam::123456789012:role/corpusmill"


def load(name: str) -> Any:
    return json.loads((FOLDER / name).read_text(encoding="utf-8"))


def test_there_is_a_test_for_every_file() -> None:
    assert sorted(path.name for path in FOLDER.iterdir()) == [
        "airflow_dag.py", "dataproc-batch.json", "dataproc-workflow.yaml", "emr-serverless.json",
        "emr.json", "eventbridge-emr-serverless.json",
    ]  # fmt: skip


def test_requests_are_those_of_a_dry_run() -> None:
    def job(service: str, words: list[str] = WORDS) -> Any:
        code = "gs://example-code" if service == "dataproc" else "s3://example-code"
        return submitted_job(service, words, code, {}, "weekly")

    assert load("emr.json") == emr_request(job("emr"), "j-EXAMPLE")
    serverless = emr_serverless_request(
        job("emr-serverless"), "00example", ROLE, 1440, "s3://example-output/logs"
    )
    assert load("emr-serverless.json") == serverless
    words = [word.replace("s3://", "gs://") for word in WORDS]
    batch = dataproc_request(job("dataproc", words), "example", "europe-west4", 1440, "3.0")
    assert load("dataproc-batch.json") == batch


@pytest.mark.parametrize(
    ("service", "operation", "name"),
    [
        ("emr", "AddJobFlowSteps", "emr.json"),
        ("emr-serverless", "StartJobRun", "emr-serverless.json"),
        ("scheduler", "CreateSchedule", "eventbridge-emr-serverless.json"),
    ],
)
def test_aws_knows_every_field(service: str, operation: str, name: str) -> None:
    session = pytest.importorskip("botocore.session").get_session()
    validate = pytest.importorskip("botocore.validate")
    model = session.get_service_model(service).operation_model(operation)
    report = validate.ParamValidator().validate(load(name), model.input_shape)
    assert not report.has_errors(), report.generate_report()


def test_the_schedules_input_is_a_request_too() -> None:
    target = load("eventbridge-emr-serverless.json")["Target"]
    assert target["Arn"].endswith(":aws-sdk:emrserverless:startJobRun")
    session = pytest.importorskip("botocore.session").get_session()
    validate = pytest.importorskip("botocore.validate")
    shape = session.get_service_model("emr-serverless").operation_model("StartJobRun").input_shape
    # The scheduler spells every member with a capital letter.
    given = lower_first(json.loads(target["Input"]))
    report = validate.ParamValidator().validate(given, shape)
    assert not report.has_errors(), report.generate_report()


def lower_first(value: Any) -> Any:
    if isinstance(value, dict):
        return {key[0].lower() + key[1:]: lower_first(item) for key, item in value.items()}
    return value


def test_dataproc_knows_every_field() -> None:
    types = pytest.importorskip("google.cloud.dataproc_v1")
    json_format = pytest.importorskip("google.protobuf.json_format")
    assert types.CreateBatchRequest(load("dataproc-batch.json")).batch_id
    template = yaml.safe_load((FOLDER / "dataproc-workflow.yaml").read_text(encoding="utf-8"))
    # ParseDict refuses fields that the service does not have.
    parsed = json_format.ParseDict(template, types.WorkflowTemplate.pb(types.WorkflowTemplate()))
    assert parsed.jobs[0].pyspark_job.main_python_file_uri.endswith("run_pipeline.py")


def test_the_dag_is_python_and_its_command_one_of_ours() -> None:
    source = (FOLDER / "airflow_dag.py").read_text(encoding="utf-8")
    tree = ast.parse(source)
    (command,) = [
        ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "COMMAND"
    ]
    words = shlex.split(re.sub(r"\{\{.*?\}\}", "x", command))
    assert words[0] == "corpusmill"
    assert build_parser().parse_args(words[1:]).service == "emr-serverless"
