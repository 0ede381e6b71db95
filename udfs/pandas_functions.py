"""All signals as pandas UDFs, for SQL and notebooks; the pipeline itself uses Arrow directly.

The only file of udfs that knows Spark: everything it wraps runs without it.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, cast

import pandas as pd
import pyarrow as pa
from pyspark.sql.pandas.functions import pandas_udf
from pyspark.sql.pandas.types import from_arrow_type

from udfs.cleaning import clean_texts
from udfs.grading.grader import open_grader
from udfs.grading.signals import QUALITY_TYPE, grade
from udfs.language import signals as language_signals
from udfs.lines.text_batch import TextBatch
from udfs.perplexity.folder import read_model
from udfs.perplexity.signals import PERPLEXITY_TYPE, score
from udfs.safety.signals import SAFETY_TYPE, SafetyScreen
from udfs.signals.annotate import ANNOTATORS, annotate, struct_type
from udfs.signals.own_annotators import open_annotator

if TYPE_CHECKING:
    from pyspark.sql import SparkSession
    from pyspark.sql.types import DataType

ANNOTATOR_FUNCTIONS = {
    "heuristics": "heuristic_signals",
    "repetition": "repetition_signals",
    "lines": "line_signals",
}


def register(
    spark: SparkSession,
    *,
    perplexity_model: Callable[[], str] | None = None,
    safety_model: Callable[[], str] | None = None,
    grader: Callable[[], str] | None = None,
    own: Mapping[str, str] | None = None,
) -> dict[str, DataType]:
    """Register the functions for SQL; each takes one text column, of which null counts as empty.

    ``language(text)``, ``cleaning(text)`` and ``safety(text)`` return the struct of that name in
    ``annotated/``; ``heuristic_signals(text)``, ``repetition_signals(text)`` and ``line_signals(text)``
    those of the annotators; ``text_signals(text)`` has the fields of all annotators in one struct, from
    one pass over the text; ``clean_text(text)`` returns the cleaned text. Signals are those of the text
    as it is given, at default settings.

    Args:
        spark: The session.
        perplexity_model: Tells a worker where on its machine models lie; adds ``perplexity(text)``.
        safety_model: Likewise for the model of ``safety(text)``; None leaves its score null.
        grader: Likewise for a grader; adds ``quality(text)``.
        own: Annotators of the user's by name, ``MODULE:FUNCTION``, importable by workers; each adds a
            function. They are handed ``text``, ``language`` and the structs of the annotators.

    Returns:
        The names of the functions, with the types that they return.
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
        "safety": (functools.partial(_safety, safety_model), SAFETY_TYPE),
        **{
            name: (functools.partial(_own, place), open_annotator(place).struct_type)
            for name, place in (own or {}).items()
        },
    }
    if perplexity_model is not None:
        scoring = functools.partial(_perplexity, perplexity_model)
        functions["perplexity"] = (scoring, PERPLEXITY_TYPE)
    if grader is not None:
        functions["quality"] = (functools.partial(_quality, grader), QUALITY_TYPE)
    types = {name: from_arrow_type(type_) for name, (_, type_) in functions.items()}
    for name, (function, _) in functions.items():
        spark.udf.register(name, _pandas_udf(function, types[name]))
    return types


def _pandas_udf(
    function: Callable[[pa.Array], pa.Array], returns: DataType
) -> Callable[..., object]:
    def series(texts: pd.Series) -> object:
        result = function(pa.array(texts, pa.string(), from_pandas=True).fill_null(""))
        if pa.types.is_struct(result.type):
            # One null would make doubles of a batch's whole numbers, and round those above 2^53.
            return pa.Table.from_struct_array(result).to_pandas(integer_object_nulls=True)
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


# A worker keeps what it opened: the next batch, and the next query, find it there.
_screen = functools.cache(SafetyScreen.open)
_grader = functools.cache(open_grader)
_models = functools.cache(functools.partial(read_model, verify=False))


def _safety(model: Callable[[], str] | None, texts: pa.Array) -> pa.StructArray:
    screen = _screen(None if model is None else model())
    return screen.annotate(texts, language_signals.detect(texts).field("language"))


def _perplexity(model: Callable[[], str], texts: pa.Array) -> pa.StructArray:
    codes = language_signals.detect(texts).field("language")
    return score(texts, codes, _models(model()))


def _quality(grader: Callable[[], str], texts: pa.Array) -> pa.StructArray:
    return grade(texts, language_signals.detect(texts).field("language"), _grader(grader()))


def _own(place: str, texts: pa.Array) -> pa.StructArray:
    language = language_signals.detect(texts)
    groups = annotate(TextBatch(texts, language.field("language")), tuple(ANNOTATORS))
    batch = pa.record_batch({"text": texts, "language": language, **groups})
    return open_annotator(place).annotate(batch)
