"""All signals as pandas UDFs, for SQL and notebooks; the pipeline itself uses Arrow directly.

The only file of udfs that knows Spark: everything it wraps runs without it.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

import pandas as pd
import pyarrow as pa
from pyspark.sql.pandas.functions import pandas_udf
from pyspark.sql.pandas.types import from_arrow_type

from udfs.cleaning import clean_texts
from udfs.language import signals as language_signals
from udfs.lines.text_batch import TextBatch
from udfs.signals.annotate import ANNOTATORS, annotate, struct_type

if TYPE_CHECKING:
    from pyspark.sql import SparkSession
    from pyspark.sql.types import DataType

ANNOTATOR_FUNCTIONS = {
    "heuristics": "heuristic_signals",
    "repetition": "repetition_signals",
    "lines": "line_signals",
}


def register(spark: SparkSession) -> list[str]:
    """Register the functions for SQL and return their names.

    Each takes one text column. ``language(text)`` and ``cleaning(text)`` return the struct of that
    name in ``annotated/``; ``heuristic_signals(text)``, ``repetition_signals(text)`` and
    ``line_signals(text)`` those of the annotators; ``text_signals(text)`` has the fields of all
    annotators in one struct, from one pass over the text; ``clean_text(text)`` returns the cleaned
    text. Null counts as empty.
    """
    functions: dict[str, tuple[Callable[[pa.Array], pa.Array], pa.DataType]] = {
        "language": (language_signals.detect, language_signals.LANGUAGE_TYPE),
        "clean_text": (_cleaned_text, pa.string()),
        "cleaning": (_cleaning, clean_texts.CLEANING_TYPE),
        "text_signals": (functools.partial(_signals, tuple(ANNOTATORS)), _fields(*ANNOTATORS)),
        **{
            function: (functools.partial(_signals, (name,)), struct_type(name))
            for name, function in ANNOTATOR_FUNCTIONS.items()
        },
    }
    for name, (function, type_) in functions.items():
        spark.udf.register(name, _pandas_udf(function, from_arrow_type(type_)))
    return list(functions)


def _pandas_udf(
    function: Callable[[pa.Array], pa.Array], returns: DataType
) -> Callable[..., object]:
    def series(texts: pd.Series) -> object:
        result = function(pa.array(texts, pa.string(), from_pandas=True).fill_null(""))
        if pa.types.is_struct(result.type):
            return pa.Table.from_struct_array(result).to_pandas()
        return result.to_pandas()

    # Spark tells the kind of function from its annotations, and wants a frame for a struct.
    output = pd.DataFrame if returns.typeName() == "struct" else pd.Series
    series.__annotations__ = {"texts": pd.Series, "return": output}
    # Its stubs list every number of arguments for every kind of result, and none of ours.
    return cast("Callable[..., object]", cast("Any", pandas_udf)(series, returns))


def _signals(names: tuple[str, ...], texts: pa.Array) -> pa.StructArray:
    codes = language_signals.detect(texts).field("language")
    groups = annotate(TextBatch(texts, codes), names)
    columns = [column for name in names for column in groups[name].flatten()]
    return pa.StructArray.from_arrays(columns, fields=list(_fields(*names)))


def _fields(*names: str) -> pa.DataType:
    return pa.struct([field for name in names for field in struct_type(name)])


def _cleaned_text(texts: pa.Array) -> pa.Array:
    return clean_texts.clean(texts, clean_texts.CleaningSettings())[0].cast(pa.string())


def _cleaning(texts: pa.Array) -> pa.StructArray:
    return clean_texts.clean(texts, clean_texts.CleaningSettings())[1]
