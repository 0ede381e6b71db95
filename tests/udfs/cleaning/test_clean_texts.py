import random
import time

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from udfs.cleaning.clean_texts import CLEANING_FIELDS, CLEANING_TYPE, CleaningSettings, clean
from udfs.lines import text_batch

DEFAULT = CleaningSettings()
CHAPTER = "".join(
    f"第{i}天，他走过{i * 7 % 13}座桥，看见{i * 31 % 97}只鸟，又遇到{i * 5 % 11}个人。"
    for i in range(80)
)
REFRAIN = "欲知后事如何，且听下回分解。"


def article(seed: int) -> str:
    source = random.Random(seed)
    words = [f"word{i}" for i in range(400)]
    return " ".join(" ".join(source.choices(words, k=11)) + "." for _ in range(40))


def clean_one(text: str, options: CleaningSettings = DEFAULT) -> tuple[str, dict[str, object]]:
    texts, facts = clean(pa.array([text]), options)
    return texts[0].as_py(), facts[0].as_py()


def test_a_chapter_keeps_its_story_and_loses_its_refrain() -> None:
    text, facts = clean_one(CHAPTER + REFRAIN * 20)
    assert text == CHAPTER + REFRAIN
    assert facts["collapsed_sentences"] == 19
    assert facts["collapsed_characters"] == 19 * len(REFRAIN)
    assert facts["excised_windows"] == 0
    assert facts["removed_sample"] == (REFRAIN * 20)[:200]


def test_an_article_survives_a_page_of_keywords() -> None:
    spam = "cheap running shoes online store best price " * 60
    text, facts = clean_one(f"{article(1)}\n\n{spam}\n\n{article(2)}")
    assert text == f"{article(1)}\n\n{article(2)}"
    assert facts["excised_windows"] == 1
    assert facts["excised_characters"] == len(spam) + 2


def test_lines_are_counted_by_rule() -> None:
    text, facts = clean_one(
        f"Home\n\nSign in\n\n{article(1)}\n3 likes\n12:30\nx\nx\nx",
        CleaningSettings(drop_repeated_lines=True),
    )
    assert text == f"{article(1)}\nx\nx"
    assert {name: value for name, value in facts.items() if "dropped" in name} == {
        "dropped_letterless_lines": 1,
        "dropped_uppercase_lines": 0,
        "dropped_counter_lines": 1,
        "dropped_furniture_lines": 2,
        "dropped_long_word_lines": 0,
        "dropped_repeated_lines": 1,
        "dropped_line_characters": len("Home\n\nSign in\n\n3 likes\n12:30\nx"),
    }


@pytest.mark.parametrize(
    "text", ["buy cheap shoes now " * 100, REFRAIN * 50, "12\n34\n56", "Sign in\nShare\nHome"]
)
def test_where_there_is_nothing_to_save_the_rules_shall_judge(text: str) -> None:
    assert clean_one(text)[0] == text


def test_good_text_is_handed_back_as_it_came() -> None:
    texts = pa.array([article(1), "", None, CHAPTER, "e\u0301 stays decomposed"])
    cleaned, facts = clean(texts, DEFAULT)
    assert cleaned is texts
    assert facts.type == CLEANING_TYPE
    assert facts.null_count == 0
    for row in facts.to_pylist():
        assert row["removed_sample"] is None
        assert not any(value for name, value in row.items())


@pytest.mark.parametrize("arrow_type", [pa.string(), pa.large_string()], ids=str)
def test_type_nulls_and_neighbours_are_kept(arrow_type: pa.DataType) -> None:
    given_texts = ["before", None, CHAPTER + REFRAIN * 5, "", "after"]
    texts, facts = clean(pa.array(given_texts, arrow_type), DEFAULT)
    assert texts.type == arrow_type
    assert texts.to_pylist() == ["before", None, CHAPTER + REFRAIN, "", "after"]
    assert [row["collapsed_sentences"] for row in facts.to_pylist()] == [0, 0, 4, 0, 0]


def test_no_rows() -> None:
    texts, facts = clean(pa.array([], pa.string()), DEFAULT)
    assert len(texts) == len(facts) == 0
    assert facts.type == CLEANING_TYPE


def test_fields_are_declared_in_full_and_unique() -> None:
    assert len({field.name for field in CLEANING_FIELDS}) == len(CLEANING_FIELDS)
    assert [field.name for field in CLEANING_TYPE] == [field.name for field in CLEANING_FIELDS]
    assert all(f.unit and f.range and f.meaning.endswith(".") and f.source for f in CLEANING_FIELDS)


SMALL = CleaningSettings(
    collapse_columns=4, window_characters=30, drop_uppercase_lines=True, drop_repeated_lines=True
)
SNIPPETS = st.lists(
    st.sampled_from(
        ["A b. ", "A b.", "\n", "\n\n", "Reply\n", "3 likes\n", "12\n", "one two three four five ",
         "中文。", "好", "x", "LOUD WORDS\n", "```\n", "| a |\n", "- item\n", "e\u0301 ", "“no.” "]
    ),
    max_size=50,
).map("".join)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.lists(SNIPPETS, min_size=1, max_size=3))
def test_cleaning_a_cleaned_text_changes_nothing(texts: list[str]) -> None:
    once, _ = clean(pa.array(texts), SMALL)
    twice, facts = clean(once, SMALL)
    assert twice.to_pylist() == once.to_pylist()
    assert all(row["removed_sample"] is None for row in facts.to_pylist())


@settings(max_examples=100, deadline=None)
@given(st.lists(SNIPPETS, min_size=1, max_size=5), st.integers(1, 200))
def test_the_batch_does_not_matter(texts: list[str], slice_bytes: int) -> None:
    together = clean(pa.array(texts), SMALL)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(text_batch, "SLICE_BYTES", slice_bytes)
        apart = clean(pa.array(texts), SMALL)
    alone = [clean(pa.array([text]), SMALL) for text in texts]
    for index, (text, facts) in enumerate(alone):
        assert together[0][index] == apart[0][index] == text[0]
        assert together[1][index] == apart[1][index] == facts[0]


@settings(max_examples=100, deadline=None)
@given(SNIPPETS)
def test_text_only_gets_shorter_and_all_is_booked(text: str) -> None:
    result, facts = clean_one(text, SMALL)
    cut = sum(int(facts[f"{what}_characters"]) for what in ("collapsed", "excised", "dropped_line"))
    assert (facts["removed_sample"] is None) == (cut == 0)
    if "\u0301" not in text:
        trimmed_or_joined = 40
        assert len(text) - len(result) - cut + trimmed_or_joined >= 0


def test_pieces_of_an_oversized_document_are_put_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text_batch, "PIECE_BYTES", 2000)
    monkeypatch.setattr("udfs.cleaning.clean_texts.PIECE_BYTES", 2000)
    long_text = f"{article(1)}\n3 likes\n{article(2)}\n{article(3)}"
    texts, facts = clean(pa.array(["small", long_text, article(4) + "\n12"]), DEFAULT)
    expected = f"{article(1)}\n{article(2)}\n{article(3)}"
    assert texts.to_pylist() == ["small", expected, article(4)]
    assert facts[1]["dropped_counter_lines"].as_py() == 1


@pytest.mark.parametrize(
    "unit", ["a", "中", "a ", "!\n", "word. ", "\n", "\0", "\u0301", "12\n", "ab\ncd\n"]
)
def test_hostile_texts_take_linear_time(unit: str) -> None:
    text = unit * (5_000_000 // len(unit.encode()))
    started = time.process_time()
    clean(pa.array([text]), DEFAULT)
    assert time.process_time() - started < 20


@pytest.mark.slow
def test_fifty_megabytes_of_one_character() -> None:
    (text,), _ = clean(pa.array(["a" * 50_000_000]), DEFAULT)
    assert set(text.as_py()) == {"a"}


def test_personal_data_is_masked_counted_and_can_be_left_in() -> None:
    text = pa.array(["Write to anna@uni-ulm.de or call 13912345678, please."])
    result, facts = clean(text, CleaningSettings())
    assert result.to_pylist() == ["Write to <EMAIL> or call <PHONE>, please."]
    row = facts.to_pylist()[0]
    assert (row["masked_emails"], row["masked_phone_numbers"], row["masked_bank_cards"]) == (
        1,
        1,
        0,
    )
    assert row["removed_character_ratio"] == 0.0
    kept, facts = clean(text, CleaningSettings(mask_personal_data=False))
    assert kept.to_pylist() == text.to_pylist()
    assert facts.to_pylist()[0]["masked_emails"] == 0
