"""Spark reads a bucket whose readers pay, and says so with every request."""

from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from tests.cluster.fault_proxy import FaultProxy
from tests.cluster.runs import start_command
from tests.submit_checkout import write_checkout

pytestmark = pytest.mark.cluster


def test_every_request_of_spark_and_of_python_offers_to_pay(
    store_client: Any, proxy: FaultProxy, s3_environment: dict[str, str], tmp_path: Path
) -> None:
    write_checkout(tmp_path)
    store_client.create_bucket(Bucket="paid-tables")
    store_client.upload_file(str(tmp_path / "table.parquet"), "paid-tables", "a/table.parquet")
    environment = {**s3_environment, "CORPUSMILL_REQUESTER_PAYS": "paid-tables"}
    words = ["dedup", "s3://paid-tables/a/table.parquet", str(tmp_path / "out")]
    words += ["--id-column", "doc", "--master", "local[1]"]
    start_command(words, tmp_path / "log", environment).finish()
    found = pq.read_table(tmp_path / "out" / "duplicates").to_pylist()
    assert [{row["id"], row["keeper_id"]} for row in found] == [{"a", "c"}]
    asked = [request for request in proxy.requests if request.path.startswith("/paid-tables/a")]
    assert sum(request.method == "GET" for request in asked) >= 2
    assert {request.payer for request in asked} == {"requester"}
