from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa
import pytest
from pyspark.errors import PythonException
from pyspark.sql import SparkSession

from jobs.runtime.spark.arrow_frames import map_with_schema

pytestmark = pytest.mark.spark
SCHEMA = pa.schema([("url", pa.string()), ("title", pa.string())])


def turned(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    for batch in batches:
        yield batch.select(["title", "url"])


def surplus(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    for batch in batches:
        yield batch.append_column("more", batch.column("url"))


def test_columns_of_a_turned_batch_arrive_under_their_own_names(spark: SparkSession) -> None:
    frame = spark.createDataFrame([("an address", "a title")], "url string, title string")
    (row,) = map_with_schema(frame, turned, SCHEMA).collect()
    assert row.asDict() == {"url": "an address", "title": "a title"}


def test_a_column_that_is_not_declared_is_a_fault(spark: SparkSession) -> None:
    frame = spark.createDataFrame([("an address", "a title")], "url string, title string")
    with pytest.raises(
        PythonException, match="gives the columns url, title, more; declared are url"
    ):
        map_with_schema(frame, surplus, SCHEMA).collect()
