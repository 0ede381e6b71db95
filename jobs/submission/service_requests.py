"""The request that each service is sent, as its own API spells it; what `--dry-run` prints."""

from __future__ import annotations

import shlex
from typing import Any

from jobs.submission.job import PYTHON, SubmittedJob


def emr_request(job: SubmittedJob, cluster: str) -> dict[str, Any]:
    """Return the arguments of EMR's ``add_job_flow_steps``; the step's name carries the token."""
    words = ["spark-submit", "--deploy-mode", "cluster"]
    settings = {
        **job.spark_settings,
        "spark.yarn.appMasterEnv.PYSPARK_PYTHON": PYTHON,
        "spark.executorEnv.PYSPARK_PYTHON": PYTHON,
    }
    for key, value in sorted(settings.items()):
        words += ["--conf", f"{key}={value}"]
    words += ["--py-files", job.package, "--archives", job.archive, job.entry, *job.words]
    step = {
        "Name": job.name,
        "ActionOnFailure": "CONTINUE",
        "HadoopJarStep": {"Jar": "command-runner.jar", "Args": words},
    }
    return {"JobFlowId": cluster, "Steps": [step]}


def emr_serverless_request(
    job: SubmittedJob, application: str, role: str, minutes: int, logs: str | None
) -> dict[str, Any]:
    """Return the arguments of EMR Serverless's ``start_job_run``."""
    settings = {
        **job.spark_settings,
        "spark.submit.pyFiles": job.package,
        "spark.archives": job.archive,
        "spark.emr-serverless.driverEnv.PYSPARK_DRIVER_PYTHON": PYTHON,
        "spark.emr-serverless.driverEnv.PYSPARK_PYTHON": PYTHON,
        "spark.executorEnv.PYSPARK_PYTHON": PYTHON,
    }
    # The service splits this line as a shell does: a value may hold blanks.
    pairs = (shlex.quote(f"{key}={value}") for key, value in sorted(settings.items()))
    parameters = " ".join(f"--conf {pair}" for pair in pairs)
    request: dict[str, Any] = {
        "applicationId": application,
        "clientToken": job.token,
        "executionRoleArn": role,
        "name": job.name,
        "executionTimeoutMinutes": minutes,
        "jobDriver": {
            "sparkSubmit": {
                "entryPoint": job.entry,
                "entryPointArguments": list(job.words),
                "sparkSubmitParameters": parameters,
            }
        },
    }
    if logs is not None:
        monitoring = {"s3MonitoringConfiguration": {"logUri": logs}}
        request["configurationOverrides"] = {"monitoringConfiguration": monitoring}
    return request


def dataproc_request(
    job: SubmittedJob, project: str, region: str, minutes: int, runtime: str
) -> dict[str, Any]:
    """Return Dataproc's ``CreateBatchRequest`` in protobuf's JSON spelling."""
    properties = {
        **job.spark_settings,
        "spark.dataproc.driverEnv.PYSPARK_PYTHON": PYTHON,
        "spark.executorEnv.PYSPARK_PYTHON": PYTHON,
    }
    return {
        "parent": f"projects/{project}/locations/{region}",
        "batch_id": job.name,
        "batch": {
            "pyspark_batch": {
                "main_python_file_uri": job.entry,
                "args": list(job.words),
                "python_file_uris": [job.package],
                "archive_uris": [job.archive],
            },
            "runtime_config": {"version": runtime, "properties": properties},
            "environment_config": {"execution_config": {"ttl": f"{60 * minutes}s"}},
        },
    }


def cost_drivers(job: SubmittedJob) -> str:
    """Say what the bill will depend on, from the settings; no prices, they change."""
    settings = job.spark_settings
    executors = settings.get("spark.dynamicAllocation.maxExecutors", "the service's own number of")
    cores = settings.get("spark.executor.cores", "?")
    memory = settings.get("spark.executor.memory", "?")
    return (
        f"cost drivers: up to {executors} executors of {cores} cores and {memory} heap each, for as long "
        "as extraction takes (see `corpusmill plan`); storage of OUTPUT, about 3 times the input; "
        "requests to the store, a few a file"
    )
