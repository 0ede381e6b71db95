"""Dataproc's serverless batches, by google-cloud-dataproc (extra ``gcp``)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from jobs.runtime.errors import CorpusmillError, MissingRequirementError
from jobs.runtime.store import storage


@dataclass(frozen=True)
class DataprocBatch:
    """One batch.

    Attributes:
        client: A ``BatchControllerClient``.
        request: ``CreateBatchRequest`` in protobuf's JSON spelling.
    """

    client: Any
    request: dict[str, Any]
    done: ClassVar[frozenset[str]] = frozenset({"SUCCEEDED"})
    failed: ClassVar[frozenset[str]] = frozenset({"FAILED", "CANCELLED", "CANCELLING"})

    def submit(self) -> str:
        """Return the batch's full name; its id is the token, so a second one meets the first."""
        from google.api_core.exceptions import AlreadyExists

        name = f"{self.request['parent']}/batches/{self.request['batch_id']}"
        try:
            self.client.create_batch(request=self.request)
        except AlreadyExists:
            return name
        return name

    def state(self, identifier: str) -> tuple[str, str]:
        """Return the batch's state and its message."""
        batch = self.client.get_batch(name=identifier)
        return str(batch.state.name), str(batch.state_message)

    def driver_log(self, identifier: str) -> str:
        """Return the driver's output as far as the service has stored it."""
        prefix = str(self.client.get_batch(name=identifier).runtime_info.output_uri)
        if not prefix:
            return "the service names no driver output: see the batch in Cloud Logging"
        try:
            parts = [entry.path for entry in storage.find_files(prefix.rsplit("/", 1)[0])]
            texts = []
            for path in parts:
                with storage.open_input(path) as stream:
                    texts.append(stream.read().decode("utf-8", errors="replace"))
            return "".join(texts)
        except (OSError, CorpusmillError) as error:
            return f"(not to be had: {prefix}: {error})"


def dataproc_client(region: str) -> Any:
    """Return the client for a region.

    Raises:
        MissingRequirementError: google-cloud-dataproc is not installed, or there are no credentials.
    """
    try:
        from google.auth.exceptions import DefaultCredentialsError
        from google.cloud.dataproc_v1 import BatchControllerClient
    except ImportError as error:
        raise MissingRequirementError(
            "submitting to Dataproc needs google-cloud-dataproc: pip install 'corpusmill[gcp]'"
        ) from error
    try:
        return BatchControllerClient(
            client_options={"api_endpoint": f"{region}-dataproc.googleapis.com:443"}
        )
    except DefaultCredentialsError as error:
        raise MissingRequirementError(
            "no Google credentials were found: gcloud auth application-default login, or set "
            "GOOGLE_APPLICATION_CREDENTIALS"
        ) from error
