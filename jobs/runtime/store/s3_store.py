"""S3 from Python: one address and one chain of credentials for Arrow, boto3 and Spark alike.

Where the store is comes from the standard variables AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL, AWS_REGION
and AWS_DEFAULT_REGION. Who we are comes from AWS's provider chain alone (variables, profile, web
identity, container, instance): no setting of ours takes a key, so none can end in a log.
"""

from __future__ import annotations

import functools
import os
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import pyarrow.fs as pafs

from jobs.runtime.errors import MissingRequirementError
from jobs.runtime.store.requester_pays import (
    ENVIRONMENT_VARIABLE as REQUESTER_PAYS,
)
from jobs.runtime.store.requester_pays import RequesterPaysFiles, paid_buckets

SCHEMES = ("s3://", "s3a://")
DEFAULT_REGION = "us-east-1"
ATTEMPTS = 8  # a store that says SlowDown means seconds, not milliseconds
CONNECT_SECONDS = 10.0
ANSWER_SECONDS = 60.0  # Arrow's own three are too few for a busy machine


@dataclass(frozen=True)
class S3Address:
    """Where S3 is: a URL for stores other than AWS's own, and the region; None: AWS finds out."""

    endpoint: str | None
    region: str | None


def s3_address() -> S3Address:
    """Return the address that the environment names."""
    endpoint = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL")
    region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
    return S3Address(endpoint or None, region or (DEFAULT_REGION if endpoint else None))


def is_s3(path: str) -> bool:
    """Say whether a path is one of S3."""
    return path.startswith(SCHEMES)


def bucket_and_key(path: str) -> tuple[str, str]:
    """Split an S3 path.

    Raises:
        MissingRequirementError: It names no bucket.
    """
    bucket, _, key = path.split("://", 1)[1].partition("/")
    if not bucket:
        raise MissingRequirementError(f"{path} names no bucket: write s3://BUCKET/PREFIX")
    return bucket, key


def s3_file_system(path: str) -> tuple[pafs.FileSystem, str]:
    """Return Arrow's file system for the bucket of a path, and the path inside it.

    Raises:
        MissingRequirementError: The path names no bucket, or AWS does not know its region.
    """
    bucket, key = bucket_and_key(path)
    if bucket in paid_buckets():
        return pafs.PyFileSystem(RequesterPaysFiles(s3_client())), f"{bucket}/{key}".rstrip("/")
    try:
        return _arrow_file_system(bucket, s3_address()), f"{bucket}/{key}".rstrip("/")
    except OSError as error:
        raise MissingRequirementError(explain_s3_error(path, error)) from error


@functools.cache
def _arrow_file_system(bucket: str, address: S3Address) -> pafs.S3FileSystem:
    options: dict[str, Any] = {
        "region": address.region or pafs.resolve_s3_region(bucket),
        "retry_strategy": pafs.AwsStandardS3RetryStrategy(max_attempts=ATTEMPTS),
        "connect_timeout": CONNECT_SECONDS,
        "request_timeout": ANSWER_SECONDS,
    }
    if address.endpoint:
        url = urlsplit(address.endpoint)
        options |= {"scheme": url.scheme, "endpoint_override": url.netloc}
    return pafs.S3FileSystem(**options)


@functools.cache
def _s3_client(address: S3Address) -> Any:
    from botocore.config import Config

    settings: dict[str, Any] = {
        "connect_timeout": CONNECT_SECONDS,
        "retries": {"mode": "standard", "total_max_attempts": ATTEMPTS},
        # Stores other than AWS's refuse checksums they do not know and have no host a bucket.
        "request_checksum_calculation": "when_required",
        "response_checksum_validation": "when_required",
        "s3": {"addressing_style": "path" if address.endpoint else "auto"},
    }
    # A session of its own: the default one is not safe to share between threads.
    return (
        _boto3()
        .session.Session()
        .client(
            "s3",
            endpoint_url=address.endpoint,
            region_name=address.region,
            config=Config(**settings),
        )
    )


def forget_clients() -> None:
    """Drop the clients that are kept: the environment's credentials have changed."""
    _s3_client.cache_clear()
    _arrow_file_system.cache_clear()


def _boto3() -> Any:
    try:
        import boto3
    except ImportError as error:
        raise MissingRequirementError(
            "writing to S3 and submitting to AWS need boto3: pip install 'corpusmill[aws]'"
        ) from error
    return boto3


def s3_client() -> Any:
    """Return the process's boto3 client for S3.

    Raises:
        MissingRequirementError: boto3 is not installed.
    """
    _boto3()  # its absence is an error with a next step; botocore's would be none
    return _s3_client(s3_address())


def boto_client(service: str) -> Any:
    """Return a boto3 client of another service, by the same region and chain.

    Raises:
        MissingRequirementError: boto3 is not installed, or no region is named.
    """
    region = s3_address().region
    if region is None:
        raise MissingRequirementError("no region: set AWS_REGION to the one of the cluster")
    return _boto3().client(service, region_name=region)


ANYTHING = "*"


def put_object(path: str, text: str, *, replaces: str | None) -> str | None:
    """Write a small object in one request, on a condition that the store checks; return its ETag.

    Args:
        path: The object.
        text: What it will hold.
        replaces: ETag that it must have now; None: it must not be there (``If-None-Match: *``);
            ``ANYTHING``: no condition.

    Returns:
        The new ETag, or None when the condition did not hold and nothing was written.

    Raises:
        MissingRequirementError: The store refuses for another reason.
    """
    client = s3_client()
    from botocore.exceptions import BotoCoreError, ClientError

    bucket, key = bucket_and_key(path)
    condition = {"IfNoneMatch": "*"} if replaces is None else {"IfMatch": replaces}
    if replaces == ANYTHING:
        condition = {}
    try:
        answer = client.put_object(Bucket=bucket, Key=key, Body=text.encode(), **condition)
    except ClientError as error:
        # 409: two writers at the same moment; 404: what was to be replaced is gone.
        unmet = _status(error) in (404, 409, 412) and _code(error) != "NoSuchBucket"
        if condition and unmet:
            return None
        raise MissingRequirementError(explain_s3_error(path, error)) from error
    except BotoCoreError as error:
        raise MissingRequirementError(explain_s3_error(path, error)) from error
    return str(answer["ETag"])


def get_object(path: str) -> tuple[str, str] | None:
    """Return a small object's text and ETag, or None when there is none.

    Raises:
        MissingRequirementError: The store refuses.
    """
    client = s3_client()
    from botocore.exceptions import BotoCoreError, ClientError

    bucket, key = bucket_and_key(path)
    try:
        answer = client.get_object(Bucket=bucket, Key=key)
        return answer["Body"].read().decode("utf-8"), str(answer["ETag"])
    except ClientError as error:
        if _code(error) in ("NoSuchKey", "404"):
            return None
        raise MissingRequirementError(explain_s3_error(path, error)) from error
    except BotoCoreError as error:
        raise MissingRequirementError(explain_s3_error(path, error)) from error


def explain_s3_error(path: str, error: Exception) -> str:
    """Say what is wrong with an S3 path and what to do: asks the store about the bucket once more."""
    return bucket_fault(path) or f"{path} cannot be used: {_refusal(error)}"


def bucket_fault(path: str) -> str | None:
    """Say what is wrong with the bucket of a path, or None when it answers."""
    fault = _diagnosis(bucket_and_key(path)[0])
    return fault and f"{path} cannot be used: {fault}"


def _refusal(error: Exception) -> str:
    text = " ".join(str(error).split())[:400]
    if "ACCESS_DENIED" in text or "AccessDenied" in text or "403" in text:
        return (
            f"the store refuses this ({text}). Give this identity s3:GetObject, s3:PutObject, "
            "s3:DeleteObject and s3:ListBucket there."
        )
    return f"{text}. Check spelling, rights and the store's state, then run the same command again."


def _diagnosis(bucket: str) -> str | None:
    """What is wrong with the bucket, or None when it answers."""
    try:
        client = s3_client()
    except MissingRequirementError:
        return None
    from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError

    address = s3_address()
    try:
        client.head_bucket(Bucket=bucket)
    except NoCredentialsError:
        return (
            "no AWS credentials were found. Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, "
            "AWS_PROFILE, or run where a role is attached."
        )
    except ClientError as error:
        headers = error.response.get("ResponseMetadata", {}).get("HTTPHeaders", {})
        actual = headers.get("x-amz-bucket-region")
        if actual and actual != address.region:
            return f"bucket {bucket} is in {actual}, not {address.region}: set AWS_REGION={actual}"
        return _bucket_refusal(bucket, _status(error))
    except BotoCoreError as error:
        where = address.endpoint or "AWS"
        return f"{where} does not answer ({error}). Check AWS_ENDPOINT_URL, AWS_REGION and network."
    return None


def _bucket_refusal(bucket: str, status: int) -> str | None:
    return {
        301: f"bucket {bucket} is in another region: set AWS_REGION to it",
        400: f"the store does not accept the region or key for {bucket}: check AWS_REGION and credentials",
        403: f"this identity may not use bucket {bucket}: wrong key, or s3:ListBucket is missing; where "
        f"readers pay for a bucket, agree by {REQUESTER_PAYS}={bucket}",
        404: f"there is no bucket {bucket} (region {s3_address().region}). Create it or correct the name.",
    }.get(status)


def _status(error: Any) -> int:
    return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))


def _code(error: Any) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))
