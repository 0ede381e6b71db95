"""Published recipes: golden tables of signals just inside and outside each bound, and small texts."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pyarrow as pa
import pytest

from jobs.recipes.loading import load_recipe
from jobs.recipes.rules import Rule
from jobs.recipes.signal_catalogue import signal_fields
from jobs.verdicts.expressions import verdict_columns
from jobs.verdicts.thresholds import resolve
from tests.conftest import REPOSITORY
from udfs.lines.text_batch import TextBatch
from udfs.signals.annotate import annotate

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

GOLDEN = REPOSITORY / "tests" / "golden" / "recipes"
RECIPES = sorted(path.stem for path in GOLDEN.glob("*.tsv"))
PUBLISHED = [
    "c4", "ccnet", "data-juicer", "fineweb", "fineweb2", "gopher", "map-neo", "redpajama-v2",
    "refinedweb", "roots",
]  # fmt: skip

SENTENCE = "The river that runs behind the old mill is to be dredged with care this spring"
VARIED = [f"{SENTENCE}, said a clerk of number {n} and of house {7 * n}." for n in range(4)]
PARAGRAPH = "Nobody knew what the letter had said, and those who asked were sent home at once."
STORY = (
    "The harbour was quiet when the first boats came back with empty nets. Old Anna, who had sold fish "
    "there for forty years, folded her apron and went to the chapel to ask for advice.\n"
    "Inside, two strangers talked about the price of salt. One of them had a map that showed a "
    "current nobody in town had heard of, and he wanted to find a captain brave enough to follow it.\n"
    "By evening the whole street knew. Children drew ships on the wall of the school, the baker gave "
    "away his last loaf, and even the mayor said that it might be time to have another look at the sea."
)
STORY_LINES = STORY.replace("\n", " ").split(". ")
CHINESE = (
    "港口在清晨非常安静，第一批渔船空着网回来了。安娜在这里卖了四十年的鱼，她叠好围裙，走进小教堂去请教。\n"
    "教堂里有两个陌生人在谈论盐的价格，其中一人带着一张地图，上面画着镇上没有人听说过的洋流。\n"
    "到了傍晚，整条街的人都知道了这件事。孩子们在学校的墙上画船，面包师送出了最后一块面包，连镇长也说应该再去看看大海。"
)

# (recipe, language, text, reasons that must be among those found; none of them: no reason at all)
TEXTS: list[tuple[str, str, str, set[str]]] = [
    *((name, "en", STORY, set()) for name in ("gopher", "c4", "fineweb", "refinedweb", "roots")),
    *((name, "zh", CHINESE, set()) for name in ("fineweb2", "map-neo", "roots")),
    ("data-juicer", "zh", CHINESE, {"alphanumeric"}),  # the demonstration bound of 0.9 drops prose
    ("gopher", "en", SENTENCE, {"word_count"}),  # 15 words
    ("gopher", "en", "\n\n".join([*VARIED, *[PARAGRAPH] * 4]), {"duplicate_paragraphs"}),
    ("gopher", "en", "\n".join(f"- {line}" for line in STORY_LINES), {"bullet_lines"}),
    ("gopher", "en", "\n".join(f"{line} ..." for line in STORY_LINES), {"ellipsis_lines"}),
    ("gopher", "en", STORY.replace(" ", " # "), {"number_signs"}),
    ("gopher", "en", "lorem dolor amet consectetur elit sed eiusmod " * 10, {"few_stop_words"}),
    ("gopher", "en", "1 2 3 4 5 6 7 8 9 10 the of " * 10, {"alphabetic_words"}),
    ("c4", "en", STORY + "\nlorem ipsum dolor sit amet.", {"lorem_ipsum"}),
    ("c4", "en", STORY + "\nThe block if (a) { return; } is code.", {"curly_brackets"}),
    ("c4", "en", "\n".join(VARIED), {"too_few_sentences"}),  # four sentences
    ("c4", "en", STORY.replace(".\n", "\n").removesuffix("."), {"too_few_sentences"}),  # open lines
    ("fineweb", "en", "\n".join(STORY.split()), {"newlines", "short_lines"}),
    ("fineweb", "en", STORY.replace(".", ","), {"terminal_punctuation", "too_few_sentences"}),
    ("fineweb", "en", STORY + f"\n{PARAGRAPH}" * 2, {"repeated_line_characters"}),
    ("refinedweb", "en", STORY + "\n3 likes" * 5, {"removed_lines"}),
    ("fineweb2", "zh", CHINESE.replace("。", "，"), {"terminal_punctuation"}),
    ("fineweb2", "zh", "\n".join([CHINESE.split("\n")[0]] * 4), {"duplicate_lines", "top_4gram"}),
    ("map-neo", "zh", f"【{CHINESE[:40]}】{CHINESE}", {"lenticular_brackets"}),
    ("map-neo", "zh", "1234567890 " * 10 + CHINESE, {"digits"}),
    ("map-neo", "zh", "春眠不觉晓处处闻啼鸟" * 10, {"no_punctuation", "too_few_sentences"}),
    ("roots", "zh", "春眠不觉晓" * 40, {"character_repetition_zh"}),
    ("roots", "en", "!?# 12345 " * 30, {"special_characters"}),
]  # fmt: skip


class Case(NamedTuple):
    """One row of a golden table, or one text."""

    recipe: str
    language: str
    signals: dict[str, float]
    reasons: set[str]
    flags: set[str]
    text: str | None = None


def golden_cases() -> list[Case]:
    cases = []
    for recipe in RECIPES:
        for line in (GOLDEN / f"{recipe}.tsv").read_text(encoding="utf-8").splitlines():
            if not line.startswith("#"):
                language, signals, reasons, flags = line.split("\t")
                values = dict(item.split("=") for item in signals.split(" "))
                numbers = {name: float(value) for name, value in values.items()}
                cases.append(Case(recipe, language, numbers, _names(reasons), _names(flags)))
    return cases


def _names(listed: str) -> set[str]:
    return set() if listed == "-" else set(listed.split(","))


def text_cases() -> list[Case]:
    columns = [pa.array([entry[i] for entry in TEXTS]) for i in (2, 1)]
    found = annotate(TextBatch(*columns), ["heuristics", "repetition", "lines"])
    cases = []
    for row, (recipe, language, text, reasons) in enumerate(TEXTS):
        signals = {
            f"{struct}.{field}": float(value)
            for struct, values in found.items()
            for field, value in values[row].as_py().items()
            if value is not None
        }
        cases.append(Case(recipe, language, {**signals, "language.score": 1}, reasons, set(), text))
    return cases


def fixed_rules(recipe: str) -> list[Rule]:
    return [rule for rule in load_recipe(recipe).rules if not rule.relative]


def signals_frame(spark: SparkSession, cases: list[Case]) -> DataFrame:
    columns: dict[str, pa.Array] = {"row": pa.array(range(len(cases)))}
    for struct, fields in signal_fields().items():
        arrays = [
            pa.array([case.language for case in cases])
            if f"{struct}.{field.name}" == "language.language"
            else pa.array(
                [case.signals.get(f"{struct}.{field.name}") for case in cases], pa.float64()
            )
            for field in fields
        ]
        columns[struct] = pa.StructArray.from_arrays(arrays, [field.name for field in fields])
    return spark.createDataFrame(pa.table(columns))


@pytest.mark.spark
def test_golden_tables_and_texts(spark: SparkSession) -> None:
    cases = [*golden_cases(), *text_cases()]
    frame = signals_frame(spark, cases).cache()
    faults = []
    for recipe in RECIPES:
        resolved, absent = resolve(fixed_rules(recipe), frame, {})
        assert absent == []
        rows = [number for number, case in enumerate(cases) if case.recipe == recipe]
        verdicts = verdict_columns(resolved)[1:3]  # reasons, flags
        chosen = frame.where(frame.row.isin(rows)).select("row", *verdicts)
        for verdict in chosen.collect():
            case = cases[verdict["row"]]
            reasons, flags = set(verdict["reasons"]), set(verdict["flags"])
            exact = case.text is None or not case.reasons
            right = reasons == case.reasons if exact else reasons >= case.reasons
            if not right or (case.text is None and flags != case.flags):
                given = case.text or case.signals
                faults.append((recipe, case.language, given, sorted(reasons), sorted(flags)))
    frame.unpersist()
    assert faults == []


def test_every_published_recipe_has_a_golden_table() -> None:
    assert RECIPES == PUBLISHED


@pytest.mark.parametrize("recipe", RECIPES)
def test_a_golden_table_breaks_every_rule(recipe: str) -> None:
    broken = set().union(*(c.reasons | c.flags for c in golden_cases() if c.recipe == recipe))
    assert broken == {rule.reason for rule in fixed_rules(recipe)}


@pytest.mark.spark
@pytest.mark.parametrize("recipe", ["ccnet", "redpajama-v2"])
def test_perplexity_keeps_head_and_middle(spark: SparkSession, recipe: str) -> None:
    perplexities = range(101, 201)
    cases = [Case(recipe, "en", {"perplexity.perplexity": n}, set(), set()) for n in perplexities]
    frame = signals_frame(spark, cases)
    resolved, _ = resolve(load_recipe(recipe).rules, frame, {})
    dropped = frame.select("row", *verdict_columns(resolved)).where("reason IS NOT NULL").collect()
    assert {row["reason"] for row in dropped} == {"perplexity_tail"}
    assert sorted(row["row"] for row in dropped) == list(range(60, 100))


@pytest.mark.parametrize("recipe", PUBLISHED)
def test_published_recipes_judge_whole_pages(recipe: str) -> None:
    clean = load_recipe(recipe).clean
    assert clean.line_rules == frozenset()
    assert clean.collapse_repeats == clean.window_characters == 0


def test_fineweb2_knows_its_largest_languages() -> None:
    rules = {rule.reason: rule for rule in load_recipe("fineweb2").rules}
    languages = set(rules["duplicate_lines"].languages)
    assert len(languages) >= 30
    assert {"zh", "ja", "ru", "de", "es", "fr", "ar", "ko", "no"} <= languages
    # Turkish: the configuration that was found is an older one, its top n-grams on another scale.
    assert set(rules["top_2gram"].languages) == languages - {"tr"}
    of_all = {"duplicate_10grams", "newlines", "alphabetic_words"}
    assert all(set(rules[reason].languages) == languages for reason in of_all)
