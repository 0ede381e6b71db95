"""Rules that bounds cannot say: lists of texts, any and all, SQL; in the ledger by their text."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import yaml
from pyspark.sql import SparkSession

from jobs.inspection.explain import explain_documents
from jobs.inspection.explain_text import explanation_text
from jobs.inspection.run_tables import RunTables
from jobs.inspection.what_if import ask_what_if
from jobs.models.run_models import RunModels
from jobs.recipes.loading import load_recipe
from jobs.recipes.rules import Rule, stored_expression
from jobs.run_pipeline import run_pipeline
from jobs.runtime.contract.progress import Reporter
from jobs.runtime.contract.stage import RunContext
from jobs.runtime.errors import SettingsError
from jobs.verdicts.sql_rules import require_expressions

pytestmark = pytest.mark.spark

TEXTS = {
    "ferry.txt": "The keeper of the ferry wrote on day {} that the wind came from the north. ",
    "inn.txt": "Nobody at the inn remembers what the {} guests of last winter paid for soup. ",
    "lettres.txt": "Le gardien du phare a noté le {} du mois que la mer était calme ce matin. ",
}
SQL = "heuristics.word_count / try_divide(heuristics.digit_ratio, 0) > 1 or document.source like '%inn.txt'"
RULES: list[dict[str, Any]] = [
    {"reason": "language", "signal": "language.language", "one_of": ["en", "de"], "source": "ours"},
    {"reason": "own_sql", "expression": SQL, "source": "ours"},
    {
        "reason": "doubtful",
        "signal": "heuristics.word_count",
        "max": 1,
        "action": "flag",
        "when": [
            {
                "any": [
                    {"signal": "document.source", "one_of": ["nowhere"]},
                    {"all": [
                        {"signal": "language.language", "one_of": ["en"]},
                        {"signal": "heuristics.word_count", "min": 2},
                    ]},
                ]
            }
        ],
        "source": "ours",
    },
]  # fmt: skip


def recipe_file(folder: Path, rules: list[dict[str, Any]]) -> str:
    path = folder / "own.yaml"
    values = {"name": "own", "description": "rules of one's own", "rules": rules}
    path.write_text(yaml.safe_dump(values, allow_unicode=True), encoding="utf-8")
    return str(path)


@pytest.fixture(scope="module")
def decided(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("own")
    (folder / "in").mkdir()
    for name, sentence in TEXTS.items():
        text = "".join(sentence.format(day) for day in range(9))
        (folder / "in" / name).write_text(text, encoding="utf-8")
    context = RunContext(spark, str(folder / "out"), Reporter(quiet=True), local=True)
    recipe = load_recipe(recipe_file(folder, RULES))
    run_pipeline(context, [str(folder / "in")], recipe, RunModels())
    return folder


def rows(folder: Path, dataset: str) -> list[dict[str, Any]]:
    files = sorted((folder / "out" / dataset).rglob("*.parquet"))
    return [row for file in files for row in pq.ParquetFile(file).read().to_pylist()]


def test_the_ledger_says_what_was_asked(decided: Path) -> None:
    left = {row["source"].rsplit("/", 1)[1]: row for row in rows(decided, "dropped")}
    facts = {name: (row["reason"], row["signal"], row["value"]) for name, row in left.items()}
    assert facts == {
        "lettres.txt": ("language", "language.language", None),
        "inn.txt": ("own_sql", SQL, None),
    }
    (kept,) = rows(decided, "corpus")
    assert kept["source"].endswith("ferry.txt")
    flags = [row["flags"] for row in rows(decided, "verdicts") if row["reason"] is None]
    assert flags == [["doubtful"]]


def test_the_report_and_explain_say_it_in_words(decided: Path) -> None:
    page = (decided / "out" / "report.html").read_text(encoding="utf-8")
    page = page.replace("<wbr>", "")
    assert "try_divide(heuristics.digit_ratio, 0)" in page
    assert "none of en, de" in page
    assert "(document.source is one of nowhere or (language.language is one of en and " in page
    tables = RunTables(str(decided / "out"))
    ids = {row["source"].rsplit("/", 1)[1]: row["id"] for row in rows(decided, "dropped")}
    inn, lettres = explain_documents(tables, [ids["inn.txt"], ids["lettres.txt"]])
    assert f"own_sql: {SQL} is true" in explanation_text(inn, every_signal=False)
    assert "language: language.language is fr, allowed one of en, de" in explanation_text(
        lettres, every_signal=False
    )


def test_what_if_moves_bounds_beside_a_rule_in_sql_and_refuses_another(
    decided: Path, tmp_path: Path
) -> None:
    tables = RunTables(str(decided / "out"))
    moved = [{**RULES[0], "one_of": ["en", "fr"]}, *RULES[1:]]
    answer = ask_what_if(tables, load_recipe(recipe_file(tmp_path, moved)))
    assert answer.then.reasons() == {"language": 0, "own_sql": 1}
    other = [{**RULES[1], "expression": "heuristics.word_count > 5"}]
    with pytest.raises(SettingsError, match="own_sql is SQL that this run was not decided by"):
        ask_what_if(tables, load_recipe(recipe_file(tmp_path, other)))


@pytest.mark.parametrize(
    ("expression", "fault"),
    [
        ("heuristics.word_count >", "Syntax error"),
        ("heuristics.word_count + 1", "DATATYPE_MISMATCH"),
        ("heuristics.word_count > text_length", "cannot be resolved"),
        ("heuristics.word_count > rand()", "answers differently each time"),
        ("count(*) > 1", "aggregate"),
        ("quality.grade_rounded < 2", "grades are given behind this stage"),
    ],
)
def test_sql_that_cannot_be_asked_is_found_before_the_run(
    spark: SparkSession, expression: str, fault: str
) -> None:
    rule = Rule(reason="own_sql", expression=expression, source="test")
    with pytest.raises(SettingsError, match=r"rules\.own_sql") as raised:
        require_expressions(lambda: spark, [rule])
    assert fault.lower() in str(raised.value).lower()


@pytest.mark.parametrize(
    ("rules", "fault"),
    [
        ({"expression": "heuristics.words > 5"}, "no signal 'heuristics.words'"),
        (
            {"expression": "true", "signal": "heuristics.word_count"},
            "has one of: signal, expression",
        ),
        ({"expression": "true", "max": 1}, "bounds stand beside a signal"),
        ({"signal": "heuristics.word_count", "one_of": ["en"]}, "is a number"),
        ({"signal": "language.language", "max": 3}, "is text"),
        (
            {"signal": "language.language", "one_of": ["en"], "when": [{"any": [], "all": []}]},
            "a condition has one of: signal, any, all",
        ),
    ],
)
def test_a_rule_that_asks_the_wrong_thing_is_named(
    tmp_path: Path, rules: dict[str, Any], fault: str
) -> None:
    given = [{"reason": "own", "source": "test", **rules}]
    with pytest.raises(SettingsError, match=fault):
        load_recipe(recipe_file(tmp_path, given))


def test_words_in_quotes_are_no_signals() -> None:
    expression = "document.url like 'a.b document.url \\' c.d' and document.format = \"x.y\""
    rule = Rule(reason="own", expression=expression, source="test")
    assert rule.signals == {"document.url", "document.format"}
    assert stored_expression(expression) == (
        "url like 'a.b document.url \\' c.d' and format = \"x.y\""
    )
