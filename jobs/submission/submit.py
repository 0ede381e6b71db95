"""`corpusmill submit`: upload, request, wait; or, with ``--dry-run``, the request alone."""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from pathlib import Path
from typing import Any

from jobs.command.arguments import spark_settings
from jobs.recipes.loading import load_recipe, recipe_names, recipe_text
from jobs.runtime.store import storage
from jobs.runtime.store.s3_store import boto_client
from jobs.submission.dataproc_service import DataprocBatch, dataproc_client
from jobs.submission.emr_services import EmrCluster, EmrServerless, required
from jobs.submission.job import SubmittedJob, submitted_job
from jobs.submission.service_requests import (
    cost_drivers,
    dataproc_request,
    emr_request,
    emr_serverless_request,
)
from jobs.submission.uploading import upload
from jobs.submission.waiting import Service, wait_for


def submit(arguments: argparse.Namespace) -> str:
    """Submit what the command line says and return the text to print.

    Raises:
        CorpusmillError: Something is missing, or the job failed or missed its deadline.
    """
    job = _job(arguments)
    request = _request(job, arguments)
    if arguments.dry_run:
        return json.dumps(request, indent=1)
    service = _service(job, request, arguments)
    _note(cost_drivers(job))
    upload(job, Path(arguments.dist), _note)
    identifier = service.submit()
    _note(f"submitted as {identifier}")
    if not arguments.no_wait:
        wait_for(service, identifier, deadline_seconds=3600 * arguments.deadline_hours, note=_note)
    return identifier


def _note(text: str) -> None:
    print(text, file=sys.stderr)  # noqa: T201  # stdout holds the id alone


def _job(arguments: argparse.Namespace) -> SubmittedJob:
    said = [f"--{name}" for name in ("redo", "refit") if getattr(arguments, name)]
    words = [*arguments.inputs, arguments.output, *said]
    recipe = load_recipe(arguments.recipe or "default", arguments.overrides)
    texts = {}
    if arguments.recipe in [None, *recipe_names()] or storage.is_remote(arguments.recipe):
        words += ["--recipe", arguments.recipe] if arguments.recipe else []
        words += [word for override in arguments.overrides for word in ("--set", override)]
    else:  # a file of this machine, and what it extends, which no machine of the service sees
        text = recipe_text(recipe)
        name = f"recipe-{hashlib.sha256(text.encode()).hexdigest()[:12]}.yaml"
        texts = {storage.join(arguments.code, name): text}
        words += ["--recipe", *texts]
    settings = spark_settings(arguments.spark_conf)
    return submitted_job(
        arguments.service, words, arguments.code, settings, arguments.run_id, texts
    )


def _request(job: SubmittedJob, arguments: argparse.Namespace) -> dict[str, Any]:
    minutes = max(5, round(60 * arguments.deadline_hours))
    if job.service == "emr":
        cluster = required(arguments.cluster, "--cluster", "id of a running EMR cluster, j-...")
        return emr_request(job, cluster)
    if job.service == "emr-serverless":
        application = required(arguments.application, "--application", "id of the application")
        role = required(arguments.role, "--role", "ARN of the role that reads and writes the data")
        return emr_serverless_request(job, application, role, minutes, arguments.logs)
    project = required(arguments.project, "--project", "Google Cloud project")
    region = required(arguments.region, "--region", "e.g. europe-west4")
    return dataproc_request(job, project, region, minutes, arguments.runtime)


def _service(job: SubmittedJob, request: dict[str, Any], arguments: argparse.Namespace) -> Service:
    if job.service == "emr":
        return EmrCluster(boto_client("emr"), request)
    if job.service == "emr-serverless":
        return EmrServerless(boto_client("emr-serverless"), request)
    return DataprocBatch(dataproc_client(arguments.region), request)
