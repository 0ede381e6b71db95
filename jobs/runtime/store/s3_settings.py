"""Spark's settings for S3: where the store is and which jars; never who we are."""

from __future__ import annotations

import os
from pathlib import Path

import pyspark

from jobs.runtime.jar_set import S3_JARS
from jobs.runtime.store.requester_pays import ENVIRONMENT_VARIABLE as REQUESTER_PAYS
from jobs.runtime.store.requester_pays import paid_buckets
from jobs.runtime.store.s3_store import s3_address

PROVIDER_CHAIN = "software.amazon.awssdk.auth.credentials.DefaultCredentialsProvider"
# Without credentials of their own, executors must at least look for them in the same place.
PASSED_ON = (
    "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "AWS_REGION", "AWS_DEFAULT_REGION", REQUESTER_PAYS,
)  # fmt: skip


def s3_settings() -> dict[str, str]:
    """Return the settings that follow from the environment; driver and executors need them.

    Raises:
        MissingRequirementError: The jars for S3 are neither in Spark nor in their folder.
    """
    address = s3_address()
    settings = {
        f"spark.executorEnv.{name}": os.environ[name] for name in PASSED_ON if name in os.environ
    }
    if not _spark_has_them():
        jars = ":".join(S3_JARS.paths())
        settings |= {"spark.driver.extraClassPath": jars, "spark.executor.extraClassPath": jars}
    if not pyspark.__version__.startswith("3."):
        # S3A's own chain knows no profiles; this is the one that boto3 and Arrow follow. SDK 1 lacks it.
        settings["spark.hadoop.fs.s3a.aws.credentials.provider"] = PROVIDER_CHAIN
    for bucket in paid_buckets():
        settings[f"spark.hadoop.fs.s3a.bucket.{bucket}.requester.pays.enabled"] = "true"
    if address.region:
        settings["spark.hadoop.fs.s3a.endpoint.region"] = address.region
    if address.endpoint:
        settings |= {
            "spark.hadoop.fs.s3a.endpoint": address.endpoint,
            "spark.hadoop.fs.s3a.path.style.access": "true",
            "spark.hadoop.fs.s3a.connection.ssl.enabled": str(
                address.endpoint.startswith("https")
            ).lower(),
        }
    return settings


def _spark_has_them() -> bool:
    return any((Path(pyspark.__file__).parent / "jars").glob("hadoop-aws-*.jar"))
