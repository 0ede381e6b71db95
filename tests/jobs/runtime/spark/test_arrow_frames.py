from __future__ import annotations

import functools
from collections.abc import Iterator

import pyarrow as pa
import pytest
from pyspark.errors import PythonException
from pyspark.sql import SparkSession

from jobs.runtime.spark.arrow_frames import map_with_schema

pytestmark = pytest.mark.spark
NAMES = pa.struct([("given", pa.string()), ("family", pa.string())])
SCHEMA = pa.schema([("url", pa.string()), ("title", pa.string()), ("hits", pa.int64())])
PERSONS = pa.schema([("person", NAMES)])


def give(batches: Iterator[pa.RecordBatch], table: pa.Table) -> Iterator[pa.RecordBatch]:
    for _ in batches:
        yield from table.to_batches()


def given(spark: SparkSession, table: pa.Table, schema: pa.Schema) -> list[dict[str, object]]:
    frame = spark.range(1)
    rows = map_with_schema(frame, functools.partial(give, table=table), schema).collect()
    return [row.asDict(recursive=True) for row in rows]


def test_columns_of_a_turned_batch_arrive_under_their_own_names(spark: SparkSession) -> None:
    turned = pa.table({"hits": [3], "title": ["a title"], "url": ["an address"]})
    assert given(spark, turned, SCHEMA) == [{"url": "an address", "title": "a title", "hits": 3}]


def test_fields_of_a_turned_struct_arrive_under_their_own_names(spark: SparkSession) -> None:
    turned = pa.table({"person": [{"family": "Lovelace", "given": "Ada"}]})
    assert turned.schema.types == [pa.struct([("family", pa.string()), ("given", pa.string())])]
    assert given(spark, turned, PERSONS) == [{"person": {"given": "Ada", "family": "Lovelace"}}]


@pytest.mark.parametrize(
    ("title", "hits"),
    [
        (pa.array(["a title"]).dictionary_encode(), pa.array([3], pa.uint32())),
        (pa.array(["a title"], pa.large_string()), pa.array([3], pa.uint64())),
        (pa.array(["a title"], pa.string_view()), pa.array([3], pa.int8())),
    ],
    ids=["dictionary", "large", "view"],
)
def test_other_types_of_the_same_values_arrive_as_declared(
    spark: SparkSession, title: pa.Array, hits: pa.Array
) -> None:
    table = pa.table({"url": ["an address"], "title": title, "hits": hits})
    assert given(spark, table, SCHEMA) == [{"url": "an address", "title": "a title", "hits": 3}]


@pytest.mark.parametrize(
    ("table", "schema", "words"),
    [
        (
            pa.table({"url": ["a"], "title": ["b"], "hits": [3], "more": ["c"]}),
            SCHEMA,
            "give gives the columns url, title, hits, more; declared are url, title, hits",
        ),
        (
            pa.table({"url": ["a"], "title": ["b"], "hits": ["three"]}),
            SCHEMA,
            "give gives the column hits as string; declared is int64",
        ),
        (
            pa.table({"url": ["a"], "title": ["b"], "hits": pa.array([2**63], pa.uint64())}),
            SCHEMA,
            "give gives the column hits as uint64; declared is int64",
        ),
        (
            pa.table({"person": [{"given": "Ada"}]}),
            PERSONS,
            "give gives the column person as struct<given: string>; declared is "
            "struct<given: string, family: string>",
        ),
    ],
    ids=["surplus", "other type", "too large", "field missing"],
)  # fmt: skip
def test_what_is_not_declared_is_a_fault_that_names_the_column(
    spark: SparkSession, table: pa.Table, schema: pa.Schema, words: str
) -> None:
    with pytest.raises(PythonException) as raised:
        given(spark, table, schema)
    assert words in str(raised.value)
