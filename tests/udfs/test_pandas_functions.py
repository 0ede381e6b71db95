"""Signals in SQL: the same values as in the pipeline, null as empty, the example runs."""

import re
from pathlib import Path

import pyarrow as pa
import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

import corpusmill
from examples.signals_in_sql import SENTENCES, signals
from jobs.runtime.errors import MissingRequirementError, SettingsError
from tests.conftest import REPOSITORY
from tests.perplexity_models import train_folder
from tests.udfs.numbered_texts import NUMBER
from udfs.grading.grader import open_grader
from udfs.grading.signals import grade
from udfs.language.signals import detect
from udfs.learning.linear_model import save_model
from udfs.learning.linear_training import TrainingSettings, train
from udfs.lines.text_batch import TextBatch
from udfs.pandas_functions import ANNOTATOR_FUNCTIONS, register
from udfs.perplexity.folder import read_model
from udfs.perplexity.signals import score
from udfs.safety.signals import SafetyScreen
from udfs.signals.annotate import ANNOTATORS, annotate

pytestmark = pytest.mark.spark


def test_every_function_gives_the_values_of_the_pipeline(spark: SparkSession) -> None:
    names = register(spark)
    others = {"language", "cleaning", "clean_text", "text_signals", "safety"}
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


LINES = {"en": [f"The ferry of day {day} left at six, as it always had." for day in range(40)]}


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("models")
    good, poor = (
        [f"{words} {row}" for row in range(60)] for words in ("the ferry left", "buy now")
    )
    settings = TrainingSettings("squared", 0.0, 5.0, bits=8)
    save_model(train(pa.array(good + poor), [5.0] * 60 + [0.0] * 60, settings), folder / "grader")
    return {
        "perplexity_model": str(train_folder(folder / "perplexity", LINES)),
        "grader": str(folder / "grader"),
    }


def test_models_and_annotators_of_ones_own_become_functions(
    spark: SparkSession, models: dict[str, str]
) -> None:
    given = {"doses": "examples.doses:doses"}
    types = corpusmill.register(spark, **models, annotators=given)
    assert {"perplexity", "quality", "doses"} <= set(types)
    text = f"{LINES['en'][0]} Take 5 mg. " * 9
    frame = spark.createDataFrame([(text,), (SENTENCES[2],)], "text string").coalesce(1)
    asked = frame.select(*[F.expr(f"{name}(text)").alias(name) for name in types])
    assert {field.name: field.dataType.simpleString() for field in asked.schema} == types
    ferry, click = asked.collect()
    texts = pa.array([text, SENTENCES[2]])
    codes = detect(texts).field("language")
    model = read_model(models["perplexity_model"])
    for name, values in (
        ("perplexity", score(texts, codes, model)),
        ("safety", SafetyScreen.open().annotate(texts, codes)),
        ("quality", grade(texts, codes, open_grader(models["grader"]))),
    ):
        found = [row[name].asDict() for row in (ferry, click)]
        assert found == [pytest.approx(row) for row in values.to_pylist()]
    assert ferry.perplexity.perplexity is not None
    assert ferry.doses.asDict() == {
        "count": 9,
        "per_1000_words": pytest.approx(9000 / ferry.text_signals.word_count),
        "error": None,
    }


def test_a_null_rounds_no_number_of_its_batch(spark: SparkSession) -> None:
    register(spark, own={"numbered": "tests.udfs.numbered_texts:numbered"})
    frame = spark.createDataFrame([("a",), ("",), (None,)], "text string").coalesce(1)
    rows = frame.select(F.expr("numbered(text).number")).collect()
    assert [row[0] for row in rows] == [NUMBER, None, None]


def test_the_page_lists_every_function(spark: SparkSession) -> None:
    page = (REPOSITORY / "docs" / "opening.md").read_text(encoding="utf-8")
    listed = set(re.findall(r"^\| `(\w+)\(text\)`", page, re.MULTILINE))
    assert listed == {*corpusmill.register(spark), "perplexity", "quality", "NAME"}


def test_a_model_that_is_not_there_is_told_at_once(spark: SparkSession, tmp_path: Path) -> None:
    with pytest.raises(MissingRequirementError, match=r"model\.json"):
        corpusmill.register(spark, perplexity_model=str(tmp_path))
    with pytest.raises(SettingsError, match="is no annotator"):
        corpusmill.register(spark, annotators={"own": "os.path:join"})


def test_the_example_shows_what_it_promises(spark: SparkSession) -> None:
    frame = spark.createDataFrame([(text,) for text in SENTENCES], "text string")
    rows = signals(spark, frame).collect()
    assert [row.language for row in rows][:2] == ["en", "zh"]
    assert rows[2].capitals == 1.0
