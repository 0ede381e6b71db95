"""Signals in SQL: the same values as in the pipeline, null as empty, the example runs."""

import pyarrow as pa
import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from examples.signals_in_sql import SENTENCES, signals
from udfs.language.signals import detect
from udfs.lines.text_batch import TextBatch
from udfs.pandas_functions import ANNOTATOR_FUNCTIONS, register
from udfs.signals.annotate import ANNOTATORS, annotate

pytestmark = pytest.mark.spark


def test_every_function_gives_the_values_of_the_pipeline(spark: SparkSession) -> None:
    names = register(spark)
    others = {"language", "cleaning", "clean_text", "text_signals"}
    assert {*others, *ANNOTATOR_FUNCTIONS.values()} == set(names)
    assert set(ANNOTATOR_FUNCTIONS) == set(ANNOTATORS)
    texts = pa.array(SENTENCES)
    expected = annotate(TextBatch(texts, detect(texts).field("language")), tuple(ANNOTATORS))
    frame = spark.createDataFrame([(text,) for text in SENTENCES], "text string").coalesce(1)
    row_of = frame.select(
        "text", *[F.expr(f"{name}(text)").alias(name) for name in names]
    ).collect()
    for number, row in enumerate(row_of):
        for name in ANNOTATORS:
            values = expected[name][number].as_py()
            found = row[ANNOTATOR_FUNCTIONS[name]].asDict()
            assert found == pytest.approx(values, nan_ok=True)
            assert row["text_signals"].asDict().items() >= found.items()


def test_null_and_empty_are_alike(spark: SparkSession) -> None:
    register(spark)
    frame = spark.createDataFrame([(None,), ("",)], "text string").coalesce(1)
    rows = frame.select(F.expr("text_signals(text)"), F.expr("language(text).language")).collect()
    assert rows[0] == rows[1]
    assert rows[0][1] == "und"


def test_the_example_shows_what_it_promises(spark: SparkSession) -> None:
    frame = spark.createDataFrame([(text,) for text in SENTENCES], "text string")
    rows = signals(spark, frame).collect()
    assert [row.language for row in rows][:2] == ["en", "zh"]
    assert rows[2].capitals == 1.0
