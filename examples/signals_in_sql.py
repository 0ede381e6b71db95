"""Signals in SQL, as in a notebook: `python -m examples.signals_in_sql [PARQUET [TEXT_COLUMN]]`.

Without a file a few sentences are used. The same functions work in any Spark session after
`corpusmill.register(spark)`.
"""

from __future__ import annotations

import sys

from pyspark.sql import DataFrame, SparkSession

import corpusmill
from jobs.runtime.spark.session import start_session

SENTENCES = (
    "The ferry left at six, as it had every morning since the bridge was washed away.",
    "渡船六点开，自从桥被冲走以后，每天早晨都是这样。",
    "CLICK HERE!!! CLICK HERE!!! CLICK HERE!!! CLICK HERE!!!",
)
QUERY = """
    select language(text).language as language,
           heuristic_signals(text).word_count as words,
           round(heuristic_signals(text).uppercase_letter_ratio, 2) as capitals,
           round(repetition_signals(text).top_2gram_character_ratio, 2) as top_2gram,
           left(text, 40) as text
    from documents
"""


def signals(spark: SparkSession, documents: DataFrame) -> DataFrame:
    """Return a few signals of a DataFrame with a column ``text``, by SQL."""
    corpusmill.register(spark)
    documents.createOrReplaceTempView("documents")
    return spark.sql(QUERY)


def main() -> None:
    """Print the signals of a Parquet file's texts, or of the sentences above."""
    spark = start_session("signals in SQL")
    if len(sys.argv) > 1:
        column = sys.argv[2] if len(sys.argv) > 2 else "text"
        documents = spark.read.parquet(sys.argv[1]).withColumnRenamed(column, "text")
    else:
        documents = spark.createDataFrame([(text,) for text in SENTENCES], "text string")
    signals(spark, documents).show(truncate=40)


if __name__ == "__main__":
    main()
