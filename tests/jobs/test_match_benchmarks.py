"""Benchmark items in a run and in a table of the user's: who leaves, what is named and what is stated."""

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyspark.sql import SparkSession

from jobs.annotate_text import annotate_stage
from jobs.contamination.given_benchmarks import GivenBenchmarks
from jobs.contamination.run_facts import contamination_text
from jobs.decide_verdicts import decide_stage
from jobs.extract_text import extract_inputs
from jobs.find_duplicates import dedup_stage
from jobs.match_benchmarks import decontaminate_user_table, match_stage
from jobs.publish_corpus import publish_stage
from jobs.recipes.loading import load_recipe
from jobs.recipes.recipe import Recipe
from jobs.runtime.contract.progress import Reporter
from jobs.runtime.contract.stage import RunContext
from jobs.runtime.errors import InputError, SettingsError

pytestmark = pytest.mark.spark

RECIPE = """
name: clean
description: rules of contamination alone
clean: {collapse_repeats: 0, window_characters: 0, drop_letterless_lines: false,
  drop_uppercase_lines: false, drop_counter_lines: false, drop_furniture_lines: false,
  drop_long_word_lines: false, drop_repeated_lines: false}
contamination: {validation_items: 4}
rules:
  - {reason: benchmark_item, signal: contamination.strength, max: 0.9999, source: a test}
  - {reason: benchmark_variant, signal: contamination.variant_strength, max: 0.9999, action: flag,
     source: a test}
"""
QUESTIONS = (
    "Marisela keeps 14 hens that lay 5 eggs each week and sells every dozen for 3 dollars at the market. "
    "How many dollars does she earn in 6 weeks?",
    "A cyclist rides 18 kilometres uphill in 2 hours and returns along the same road in 45 minutes. What is "
    "his average speed over the whole trip?",
    "张老师带领四十二名学生去森林公园春游，成人门票每张三十元，学生门票半价，他们一共需要支付多少元？",
)
PROSE = (
    "The harbour was quiet that morning and only two boats had gone out before the fog came down. ",
    "Bread was baked in the village once a week, and the smell of it reached the school by noon. ",
    "Nobody remembered who had planted the old pear tree behind the church, but everyone ate from it. ",
)


def document(number: int, inserted: str = "") -> str:
    lines = [
        f"{PROSE[(number + line) % 3]} Day {number} of the diary, page {line}." for line in range(6)
    ]
    return "\n\n".join([*lines[:3], *([inserted] if inserted else []), *lines[3:]])


VARIANT = (
    QUESTIONS[0].replace("14", "23").replace("5 eggs", "9 eggs").replace("6 weeks", "11 weeks")
)
TRADITIONAL = (
    "張老師帶領四十二名學生去森林公園春遊，成人門票每張三十元，"
    "學生門票半價，他們一共需要支付多少元？"
)
TEXTS = {
    "clean": document(1),
    "leak": document(2, QUESTIONS[0].upper()),
    "variant": document(3, VARIANT),
    "cyclist": document(4, "> " + QUESTIONS[1]),
    "traditional": document(5, TRADITIONAL),
    "clean-2": document(6),
}


@pytest.fixture(scope="module")
def benchmarks(tmp_path_factory: pytest.TempPathFactory) -> GivenBenchmarks:
    path = tmp_path_factory.mktemp("benchmarks") / "test.jsonl"
    rows = [{"question": question, "answer": ""} for question in [*QUESTIONS, "Why?"]]
    path.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows), "utf-8")
    found = GivenBenchmarks.of([f"gsm8k={path}"])
    assert found is not None
    return found


@pytest.fixture(scope="module")
def recipe(tmp_path_factory: pytest.TempPathFactory) -> Recipe:
    path = tmp_path_factory.mktemp("recipe") / "clean.yaml"
    path.write_text(RECIPE, "utf-8")
    return load_recipe(str(path))


def run(
    spark: SparkSession, folder: Path, recipe: Recipe, benchmarks: GivenBenchmarks | None
) -> RunContext:
    folder.mkdir(exist_ok=True)
    source = folder / "pages.jsonl"
    pages = [{"url": f"https://a.org/{name}", "text": text} for name, text in TEXTS.items()]
    source.write_text("\n".join(map(json.dumps, pages)), "utf-8")
    context = RunContext(spark, str(folder / "run"), Reporter(quiet=True))
    extract_inputs(context, [str(source)], recipe)
    annotate_stage(context, recipe, None, None, benchmarks)
    decide_stage(context, recipe)
    match_stage(context, recipe, benchmarks)
    dedup_stage(context, recipe)
    publish_stage(context, recipe)
    return context


def rows(folder: str | Path) -> list[dict[str, Any]]:
    files = sorted(Path(folder).rglob("*.parquet"))
    return [row for file in files for row in pq.read_table(file).to_pylist()]


def names(found: list[dict[str, Any]]) -> set[str]:
    return {row["url"].rsplit("/", 1)[1] for row in found}


@pytest.fixture(scope="module")
def finished(
    spark: SparkSession,
    recipe: Recipe,
    benchmarks: GivenBenchmarks,
    tmp_path_factory: pytest.TempPathFactory,
) -> RunContext:
    return run(spark, tmp_path_factory.mktemp("finished"), recipe, benchmarks)


def test_documents_with_an_item_leave_and_a_variant_stays(finished: RunContext) -> None:
    assert names(rows(finished.folder("dropped"))) == {"leak", "cyclist", "traditional"}
    assert names(rows(finished.folder("corpus"))) == {"clean", "variant", "clean-2"}
    flags = {row["url"]: row["flags"] for row in rows(finished.folder("verdicts"))}
    assert flags["https://a.org/variant"] == ["benchmark_variant"]


def test_the_ledger_names_item_share_bits_and_words(finished: RunContext) -> None:
    (leak,) = [row for row in rows(finished.folder("dropped")) if row["url"].endswith("leak")]
    assert (leak["reason"], leak["signal"]) == ("benchmark_item", "contamination.strength")
    assert (leak["benchmark"], leak["item"], leak["field"]) == ("gsm8k", "test/0", "question")
    assert leak["share"] == 1
    assert leak["bits"] > 45
    assert leak["passage"].startswith("MARISELA KEEPS 14 HENS")


def test_matches_and_facts_are_a_dataset(finished: RunContext) -> None:
    found = rows(finished.folder("contamination"))
    assert {(row["url"].rsplit("/", 1)[1], row["variant"]) for row in found} == {
        ("leak", False),
        ("cyclist", False),
        ("variant", True),
        ("traditional", False),
    }
    _, manifest = finished.read("contamination", "run")
    facts = manifest.details
    assert facts["benchmarks"]["gsm8k"]["items"] == 4
    assert facts["undecidable"] == [{"benchmark": "gsm8k", "item": "test/3", "reason": "too_short"}]
    planted = {row["change"]: row for row in facts["validation"] if row["tokens"] == "20 and more"}
    assert facts["hosts"] == 2, "a text that holds a variant is no clean one to plant in"
    assert planted["verbatim"]["found"] == planted["verbatim"]["planted"] == 3
    assert planted["traditional characters"]["planted"] == 1
    assert "3 of 4 items can be found" in contamination_text(manifest)


EXCISING = RECIPE.replace("max: 0.9999, source", "max: 0.9999, action: excise, source") + (
    "  - {reason: benchmark_remainder, signal: contamination.remaining, min: 300, source: a test}\n"
)


@pytest.fixture(scope="module")
def excising(tmp_path_factory: pytest.TempPathFactory) -> Recipe:
    path = tmp_path_factory.mktemp("recipe") / "excising.yaml"
    path.write_text(EXCISING.replace("name: clean", "name: excising"), "utf-8")
    return load_recipe(str(path), ["contamination.excised_bytes_around=2"])


def without_its_paragraph(name: str, number: int) -> str:
    lines = TEXTS[name].split("\n")
    start = next(place for place, line in enumerate(lines) if line not in document(number))
    return "\n".join(lines[: start - 1] + lines[start + 1 :])


def test_passages_are_cut_out_of_documents_that_stay(
    spark: SparkSession, excising: Recipe, benchmarks: GivenBenchmarks, tmp_path: Path
) -> None:
    context = run(spark, tmp_path, excising, benchmarks)
    kept = {row["url"].rsplit("/", 1)[1]: row["text"] for row in rows(context.folder("corpus"))}
    assert kept == {
        **{name: TEXTS[name] for name in ("clean", "clean-2", "variant")},
        "leak": without_its_paragraph("leak", 2),
        "cyclist": without_its_paragraph("cyclist", 4),
        "traditional": without_its_paragraph("traditional", 5),
    }
    verdicts = {row["url"].rsplit("/", 1)[1]: row for row in rows(context.folder("verdicts"))}
    assert verdicts["leak"]["flags"] == ["benchmark_item"]
    found = {row["url"].rsplit("/", 1)[1]: row for row in rows(context.folder("contamination"))}
    assert {name: row["excised"] for name, row in found.items()} == {
        "leak": True, "cyclist": True, "traditional": True, "variant": False,
    }  # fmt: skip


def test_passages_are_cut_out_of_a_table_and_what_keeps_too_little_leaves(
    spark: SparkSession, excising: Recipe, benchmarks: GivenBenchmarks, tmp_path: Path
) -> None:
    table = pa.table({
        "doc": [*TEXTS, "alone", "none"],
        "body": [*TEXTS.values(), QUESTIONS[1], None],
        "n": range(len(TEXTS) + 2),
    })  # fmt: skip
    pq.write_table(table, tmp_path / "t.parquet")
    context = RunContext(spark, str(tmp_path / "out"), Reporter(quiet=True))
    given = str(tmp_path / "t.parquet")
    manifest = decontaminate_user_table(context, given, "doc", "body", excising, benchmarks)
    assert manifest.accounts.rows_dropped == 1
    kept = {row["doc"]: row for row in rows(tmp_path / "out" / "corpus")}
    assert kept["leak"] == {
        "doc": "leak", "body": without_its_paragraph("leak", 2), "n": list(TEXTS).index("leak"),
    }  # fmt: skip
    assert kept["clean"]["body"] == TEXTS["clean"]
    assert kept["none"]["body"] is None
    assert set(kept) == {*TEXTS, "none"}
    reasons = {row["id"]: row["reason"] for row in rows(tmp_path / "out" / "contamination")}
    assert reasons["alone"] == "benchmark_remainder"


def test_what_cannot_be_cut_out_is_refused(tmp_path: Path) -> None:
    for wrong in (
        "signal: contamination.items, max: 0",
        "signal: contamination.strength, min: 0.5",
        "signal: contamination.strength, max: 0.5, languages: {zh: {max: 0.9}}",
    ):
        path = tmp_path / "r.yaml"
        path.write_text(
            f"name: r\ndescription: d\nrules:\n  - {{reason: x, {wrong}, action: excise, source: s}}\n"
        )
        with pytest.raises(SettingsError, match="rule x: action excise cuts the passages of bench"):
            load_recipe(str(path))


def test_a_run_without_benchmarks_has_no_matches(
    spark: SparkSession, recipe: Recipe, finished: RunContext, tmp_path: Path
) -> None:
    context = run(spark, tmp_path, recipe, None)
    assert names(rows(context.folder("corpus"))) == set(TEXTS)
    assert not Path(context.folder("contamination")).exists()
    _, manifest = context.read("verdicts", "decide")
    assert [rule["why"] for rule in manifest.details["absent_rules"]] == [
        "no benchmarks were given (--benchmarks [MAPPING=]PATH)"
    ] * 2


def test_an_unchanged_rerun_does_nothing(
    finished: RunContext, recipe: Recipe, benchmarks: GivenBenchmarks
) -> None:
    before = Path(finished.folder("contamination"), "_manifest.json").read_text("utf-8")
    match_stage(finished, recipe, benchmarks)
    assert Path(finished.folder("contamination"), "_manifest.json").read_text("utf-8") == before


def write_table(path: Path) -> None:
    table = pa.table({"doc": list(TEXTS), "body": list(TEXTS.values()), "n": range(len(TEXTS))})
    pq.write_table(table, path)


def test_a_table_of_the_user_keeps_its_columns_and_ids(
    spark: SparkSession, recipe: Recipe, benchmarks: GivenBenchmarks, tmp_path: Path
) -> None:
    write_table(tmp_path / "t.parquet")
    context = RunContext(spark, str(tmp_path / "out"), Reporter(quiet=True))
    given = str(tmp_path / "t.parquet")
    manifest = decontaminate_user_table(context, given, "doc", "body", recipe, benchmarks)
    assert (manifest.accounts.rows_in, manifest.accounts.rows_dropped) == (6, 3)
    kept = rows(tmp_path / "out" / "corpus")
    assert {row["doc"]: row["n"] for row in kept} == {"clean": 0, "variant": 2, "clean-2": 5}
    assert set(kept[0]) == {"doc", "body", "n"}
    found = {row["id"]: row for row in rows(tmp_path / "out" / "contamination")}
    assert {name: row["reason"] for name, row in found.items()} == {
        "leak": "benchmark_item",
        "cyclist": "benchmark_item",
        "traditional": "benchmark_item",
        "variant": None,
    }
    assert found["leak"]["item"] == "test/0"


def test_a_mark_of_a_person_counts_for_more(
    spark: SparkSession, recipe: Recipe, benchmarks: GivenBenchmarks, tmp_path: Path
) -> None:
    write_table(tmp_path / "t.parquet")
    context = RunContext(spark, str(tmp_path / "out"), Reporter(quiet=True))
    given = str(tmp_path / "t.parquet")
    decontaminate_user_table(context, given, "doc", "body", recipe, benchmarks)
    found = {row["id"]: row for row in rows(tmp_path / "out" / "contamination")}
    marks = "mark,benchmark,item,key\n" + "".join(
        f"{mark},gsm8k,{found[name]['item']},{found[name]['key']}\n"
        for mark, name in (("false", "leak"), ("TRUE", "variant"), ("", "cyclist"))
    )
    (tmp_path / "marks.csv").write_text(marks, "utf-8")
    (tmp_path / "q.jsonl").write_text(
        "\n".join(json.dumps({"question": question, "answer": ""}) for question in QUESTIONS),
        "utf-8",
    )
    reviewed = GivenBenchmarks(
        benchmarks.items,
        GivenBenchmarks.of([f"gsm8k={tmp_path / 'q.jsonl'}"], str(tmp_path / "marks.csv")).marks,  # type: ignore[union-attr]
        benchmarks.fingerprint,
        "reviewed",
    )
    manifest = decontaminate_user_table(context, given, "doc", "body", recipe, reviewed)
    assert manifest.accounts.rows_dropped == 3
    kept = {row["doc"] for row in rows(tmp_path / "out" / "corpus")}
    assert kept == {"clean", "leak", "clean-2"}


def test_a_rule_that_a_table_cannot_answer_is_refused(
    spark: SparkSession, benchmarks: GivenBenchmarks, tmp_path: Path
) -> None:
    (tmp_path / "r.yaml").write_text(
        "name: r\ndescription: d\nrules:\n  - {reason: x, signal: contamination.strength, max: 0.9, "
        "source: s, when: [{signal: heuristics.word_count, min: 3}]}\n",
        "utf-8",
    )
    write_table(tmp_path / "t.parquet")
    context = RunContext(spark, str(tmp_path / "out"), Reporter(quiet=True))
    with pytest.raises(SettingsError, match=r"rule x asks for heuristics.word_count"):
        decontaminate_user_table(
            context,
            str(tmp_path / "t.parquet"),
            "doc",
            "body",
            load_recipe(str(tmp_path / "r.yaml")),
            benchmarks,
        )


def test_a_review_without_benchmarks_and_a_faulty_one_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="give --benchmarks, too"):
        GivenBenchmarks.of([], "marks.csv")
    (tmp_path / "q.jsonl").write_text('{"question": "Why is it so?"}', "utf-8")
    (tmp_path / "marks.csv").write_text("mark,benchmark,item,key\nperhaps,a,b,c\n", "utf-8")
    with pytest.raises(InputError, match="line 2: mark 'perhaps', wanted true, false or nothing"):
        GivenBenchmarks.of([str(tmp_path / "q.jsonl")], str(tmp_path / "marks.csv"))
    with pytest.raises(InputError, match="no such file"):
        GivenBenchmarks.of([str(tmp_path / "q.jsonl")], str(tmp_path / "none.csv"))
