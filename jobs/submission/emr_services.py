"""EMR on EC2 and EMR Serverless, by boto3 clients that tests replace."""

from __future__ import annotations

import gzip
from dataclasses import dataclass
from typing import Any, ClassVar

from jobs.runtime.errors import CorpusmillError, SettingsError
from jobs.runtime.store import storage


@dataclass(frozen=True)
class EmrCluster:
    """Steps on a running EMR cluster.

    Attributes:
        client: boto3's ``emr``.
        request: Of ``add_job_flow_steps``, one step.
    """

    client: Any
    request: dict[str, Any]
    done: ClassVar[frozenset[str]] = frozenset({"COMPLETED"})
    failed: ClassVar[frozenset[str]] = frozenset({"FAILED", "CANCELLED", "INTERRUPTED"})

    def submit(self) -> str:
        """Return the step's id; EMR knows no client token, so its steps are searched by name first."""
        cluster, name = self.request["JobFlowId"], self.request["Steps"][0]["Name"]
        for page in self.client.get_paginator("list_steps").paginate(ClusterId=cluster):
            for step in page["Steps"]:
                if step["Name"] == name and step["Status"]["State"] not in self.failed:
                    return str(step["Id"])
        return str(self.client.add_job_flow_steps(**self.request)["StepIds"][0])

    def state(self, identifier: str) -> tuple[str, str]:
        """Return the step's state and EMR's reason."""
        cluster = self.request["JobFlowId"]
        answer = self.client.describe_step(ClusterId=cluster, StepId=identifier)
        status = answer["Step"]["Status"]
        detail = status.get("FailureDetails", {}).get("Message", "")
        return str(status["State"]), str(detail)

    def driver_log(self, identifier: str) -> str:
        """Return the step's stderr from the cluster's log prefix."""
        cluster = self.request["JobFlowId"]
        prefix = self.client.describe_cluster(ClusterId=cluster)["Cluster"].get("LogUri")
        if not prefix:
            return "the cluster writes no logs (it was started without --log-uri)"
        prefix = prefix.replace("s3n://", "s3://", 1)
        return stored_log(storage.join(prefix, cluster, "steps", identifier, "stderr.gz"))


@dataclass(frozen=True)
class EmrServerless:
    """Runs of an EMR Serverless application.

    Attributes:
        client: boto3's ``emr-serverless``.
        request: Of ``start_job_run``.
    """

    client: Any
    request: dict[str, Any]
    done: ClassVar[frozenset[str]] = frozenset({"SUCCESS"})
    failed: ClassVar[frozenset[str]] = frozenset({"FAILED", "CANCELLED", "CANCELLING"})

    def submit(self) -> str:
        """Return the run's id; the service gives the first one's for a token it knows."""
        return str(self.client.start_job_run(**self.request)["jobRunId"])

    def state(self, identifier: str) -> tuple[str, str]:
        """Return the run's state and the service's details."""
        application = self.request["applicationId"]
        run = self.client.get_job_run(applicationId=application, jobRunId=identifier)["jobRun"]
        return str(run["state"]), str(run.get("stateDetails", ""))

    def driver_log(self, identifier: str) -> str:
        """Return the driver's stderr from the log prefix of the request."""
        overrides = self.request.get("configurationOverrides")
        if overrides is None:
            return "no log was kept: give --logs s3://BUCKET/PREFIX"
        prefix = overrides["monitoringConfiguration"]["s3MonitoringConfiguration"]["logUri"]
        application = self.request["applicationId"]
        parts = ("applications", application, "jobs", identifier, "SPARK_DRIVER", "stderr.gz")
        return stored_log(storage.join(prefix, *parts))


def stored_log(path: str) -> str:
    """Return a gzipped log, or where it should be: a log that is late must not hide the failure."""
    try:
        with storage.open_input(path) as stream:
            return gzip.decompress(stream.read()).decode("utf-8", errors="replace")
    except (OSError, EOFError, CorpusmillError) as error:
        return f"(not to be had yet: {path}: {error})"


def required(value: str | None, option: str, what: str) -> str:
    """Return an option's value.

    Raises:
        SettingsError: It was not given.
    """
    if not value:
        raise SettingsError(f"{option} is missing: {what}")
    return value
