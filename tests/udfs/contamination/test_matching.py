"""Which items texts hold: every change that must not hide one, and all that must not look like one."""

from __future__ import annotations

import re
import unicodedata

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.udfs.contamination.matched import CLIPS, FILLER, ITEMS, PLANET, counted, found, index_of
from udfs.contamination.benchmark_index import build_benchmarks
from udfs.contamination.items import BenchmarkItem
from udfs.contamination.planting.changes import planted
from udfs.contamination.reviews import reviewed_index
from udfs.contamination.settings import DEFAULT_SETTINGS

INDEX = index_of()
HAN = (
    ("說", "说"),
    ("關", "关"),
    ("於", "于"),
    ("時", "时"),
    ("間", "间"),
    ("規", "规"),
    ("項", "项"),
)
VARIANTS = tuple((ord(old), ord(new)) for old, new in HAN)


def full_width(text: str) -> str:
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text)


@pytest.mark.parametrize(
    "text",
    [
        CLIPS,
        CLIPS.upper(),
        CLIPS.replace(",", "").replace(".", "").replace("?", ""),
        CLIPS.replace(" ", "\n"),
        "\n".join(f"> {line}" for line in (CLIPS[:60], CLIPS[60:])),
        CLIPS.replace("clips", "**clips**").replace("48", "$48$"),
        full_width(CLIPS),
        unicodedata.normalize("NFD", CLIPS),
        CLIPS.replace("half", "exactly half"),
        CLIPS.replace("altogether ", ""),
    ],
    ids=[
        "verbatim",
        "upper",
        "bare",
        "wrapped",
        "quoted",
        "markdown",
        "wide",
        "nfd",
        "set in",
        "dropped",
    ],
)
def test_a_changed_copy_is_found(text: str) -> None:
    (row,) = found([planted(FILLER, text)], INDEX)
    assert set(row) == {"clips"}
    assert row["clips"].field == "question"
    assert not row["clips"].variant


def test_what_is_found_says_where_and_how_much() -> None:
    text = planted(FILLER, CLIPS)
    (row,) = found([text], INDEX)
    match = row["clips"]
    assert match.share == pytest.approx(1)
    assert match.strength == pytest.approx(1 / DEFAULT_SETTINGS.middle_share)
    assert text.encode()[match.start : match.end].decode() == CLIPS.rstrip("?") == match.passage


def test_other_numbers_make_a_variant() -> None:
    other = CLIPS.replace("48", "72")
    (row,) = found([planted(FILLER, other)], INDEX)
    assert row["clips"].variant


@pytest.mark.parametrize("written", ["1,200.50", "1200.50", "１，２００．５０"])
def test_a_number_is_the_same_however_it_is_written(written: str) -> None:
    item = BenchmarkItem(
        "m", "pay", "A clerk is paid 1,200.50 dollars a month and saves a tenth of his pay"
    )
    (row,) = found(
        [planted(FILLER, item.question.replace("1,200.50", written))], index_of(item, *ITEMS)
    )
    assert not row["pay"].variant


def test_a_list_of_numbers_is_not_one_number() -> None:
    item = BenchmarkItem(
        "m", "list", "Sort the numbers 4,5,6 by size and then say which of them comes first"
    )
    same, other = found(
        [item.question, item.question.replace("4,5,6", "4,9,6")], index_of(item, *ITEMS)
    )
    assert not same["list"].variant
    assert "list" in other


def test_options_in_any_order_support_a_question_too_short_by_itself() -> None:
    item = BenchmarkItem("m", "e", "An ecclesia is defined as", choices=PLANET.choices)
    index = index_of(item)
    shuffled = "\n".join(reversed(item.choices))
    alone, together = found([item.question, f"{item.question}\n{shuffled}"], index)
    assert not alone
    assert set(together) == {"e"}
    assert together["e"].bits > index.words.fields.totals[0]


def test_options_far_away_support_nothing() -> None:
    item = BenchmarkItem("m", "e", "An ecclesia is defined as", choices=PLANET.choices)
    text = f"{item.question} {FILLER * 12} {' '.join(item.choices)}"
    (row,) = found([text], index_of(item))
    assert not row or row["e"].field == "options"


def test_half_a_question_with_its_options_is_found() -> None:
    half = "the solar system has the largest number of moons"
    (row,) = found([planted(FILLER, half + "\n" + "\n".join(PLANET.choices))], INDEX)
    assert set(row) == {"planet"}


def test_traditional_characters_count_as_simplified_where_the_table_says_so() -> None:
    text = "下列關於合同成立時間的說法，符合民法典規定的是哪一項"
    (plain,) = found([text], INDEX)
    (folded,) = found([text], build_benchmarks(ITEMS, han_variants=VARIANTS))
    assert not plain
    assert set(folded) == {"law"}


def test_chinese_with_blanks_between_characters_is_found() -> None:
    (row,) = found([" ".join(ITEMS[2].question)], INDEX)
    assert set(row) == {"law"}


def test_an_item_of_numbers_wants_them_equal() -> None:
    same, other = found([ITEMS[3].question, ITEMS[3].question.replace("345", "346")], INDEX)
    assert set(same) == {"sum"}
    assert not other


def test_a_table_of_numbers_is_no_item() -> None:
    table = "\n".join(" | ".join(str(row * 7 + column) for column in range(9)) for row in range(60))
    assert found([table], INDEX) == [{}]


def test_ordinary_prose_is_no_item() -> None:
    assert (
        found([FILLER, "", "Natalia sold clips to friends in April."], INDEX, least=0.7) == [{}] * 3
    )


def test_a_passage_alone_is_no_leak_and_with_its_question_it_is() -> None:
    passage = (
        "The treaty was signed in the small hours by ministers who had not slept for two days. " * 3
    )
    item = BenchmarkItem("r", "t", "What does the author imply about them?", passage=passage)
    alone, both = found([passage, f"{passage}\n{item.question}"], index_of(item))
    assert not alone
    assert set(both) == {"t"}


def test_no_phrase_crosses_from_one_field_or_option_to_the_next() -> None:
    item = BenchmarkItem(
        "m", "x", "alpha beta gamma delta", choices=("one two three", "four five six")
    )
    index = index_of(item)
    assert len(index.words.phrases.keys) == 0


def test_a_template_is_nobodys_and_the_rest_of_its_items_is_found() -> None:
    """Case 7: the template's words leave the denominator."""
    head = "For which of these two scenarios does the main character do something clearly wrong: "
    items = [
        BenchmarkItem(
            "moral", str(n), f"{head} I {a} the {b} of my neighbour's {c} while he {d}{n}{a}{b}{c}."
        )
        for n, (a, b, c, d) in enumerate(
            (f"verb{i}", f"noun{i}", f"thing{i}", f"slept{i}") for i in range(220)
        )
    ]
    index = build_benchmarks(items)
    only, whole = found([head, items[7].question], index)
    assert not only
    assert set(whole) == {"7"}
    assert whole["7"].share == pytest.approx(1)


def test_phrases_of_an_item_that_leaked_often_are_no_boilerplate() -> None:
    """Case 1: a plain count of documents would hide the items that leaked most."""
    texts = [planted(FILLER, CLIPS) for _ in range(20)]
    known = counted(texts, INDEX)
    assert [len(common) for common in known.common] == [0, 0, 0]
    assert set(found(texts[:1], index_of(known=known))[0]) == {"clips"}


def test_a_phrase_that_many_documents_have_without_the_item_counts_for_none() -> None:
    statute = "符合民法典规定的"
    texts = [f"第{n}条 {statute}合同自签字时起有效，另有约定的除外。" for n in range(4)]
    known = counted(texts, INDEX)
    assert len(known.common[0]) > 0
    assert index_of(known=known).words.phrases.live.sum() < INDEX.words.phrases.live.sum()
    assert len(counted(texts[:2], INDEX).common[0]) == 0
    assert set(found([ITEMS[2].question], index_of(known=known))[0]) == {"law"}


def test_a_character_is_rare_among_its_own_script_only() -> None:
    """Case 2: Han characters all look rare beside English words."""
    english = [BenchmarkItem("e", str(n), f"{CLIPS} {n}") for n in range(300)]
    alone = build_benchmarks([ITEMS[2]]).words.fields.totals[0]
    beside = build_benchmarks([ITEMS[2], *english]).words.fields.totals[0]
    assert beside == pytest.approx(alone)


def test_twins_are_both_named() -> None:
    """Case 24: benchmarks hold questions that equal another's."""
    index = index_of(BenchmarkItem("a", "1", CLIPS), BenchmarkItem("b", "2", CLIPS))
    assert set(found([CLIPS], index)[0]) == {"1", "2"}


def test_of_like_examples_in_a_row_the_right_one_is_compared() -> None:
    question = (
        "Sum a list of numbers. Example: total of 3 and 4 is 7. Example: total of 5 and 6 is 11."
    )
    (row,) = found([question], index_of(BenchmarkItem("h", "1", question)))
    assert not row["1"].variant


def test_marks_of_a_person_count_for_more_than_counts() -> None:
    (row,) = found([CLIPS], INDEX)
    denied = reviewed_index(INDEX, [("gsm8k", "clips", row["clips"].key, False)])
    again = found([CLIPS, f"{CLIPS} {FILLER}", CLIPS.replace("48", "72")], denied)
    assert [set(one) for one in again] == [set(), set(), {"clips"}]
    other = CLIPS.replace("48", "72")
    key = found([other], INDEX)[0]["clips"].key
    affirmed = reviewed_index(INDEX, [("gsm8k", "clips", key, True)])
    assert not found([other], affirmed)[0]["clips"].variant


LONG = (
    'def close(numbers, threshold):\n    """Whether two of the numbers are closer than that."""\n'
)
BODY = (
    "    for idx, elem in enumerate(numbers):\n        for idx2, elem2 in enumerate(numbers):\n"
    "            if idx != idx2:\n                distance = abs(elem - elem2)\n"
    "                if distance < threshold:\n                    return True\n\n    return False\n"
)
CODE = BenchmarkItem("humaneval", "0", LONG, code=BODY)


@pytest.mark.parametrize(
    "text",
    [
        BODY,
        BODY.replace("    ", "\t"),
        BODY.replace("elem2", "b").replace("elem", "a").replace("idx2", "j").replace("idx", "i")
        .replace("numbers", "xs").replace("distance", "gap").replace("threshold", "t"),
        "Some words before it.\n\n```python\n" + BODY.replace("\n", "\r\n") + "```\nand after.",
    ],
    ids=["verbatim", "tabs", "renamed", "in a page"],
)  # fmt: skip
def test_a_program_is_found_by_its_shape(text: str) -> None:
    (row,) = found([f"{FILLER}\n\n{text}\n\n{FILLER}"], index_of(CODE))
    assert row["0"].field == "code"


@pytest.mark.parametrize(
    "text",
    [
        "for name, value in sorted(pairs.items()):\n    print(name, value)\n" * 3,
        re.sub(r"\b(idx2?|elem2?|numbers|distance|threshold)\b", "x", BODY),
        FILLER,
    ],
    ids=["other", "names used otherwise", "prose"],
)
def test_another_program_is_not(text: str) -> None:
    assert not found([text], index_of(CODE))[0]


WORDS = st.lists(
    st.sampled_from(["river", "seven", "7", "12", "Otto", "的", "学", "mill", "x_1", "été", "Ｑ"]),
    min_size=12,
    max_size=40,
)


@settings(max_examples=60, deadline=None)
@given(WORDS, st.integers(0, 5), st.integers(0, 5))
def test_a_copy_anywhere_is_whole_and_batches_change_nothing(
    words: list[str], before: int, after: int
) -> None:
    item = BenchmarkItem("p", "1", " ".join(words))
    index = index_of(item)
    text = f"{'and so on. ' * before}{item.question}{' Thus it ended.' * after}"
    (row,) = found([text], index, least=0.7)
    for match in row.values():
        assert match.share == pytest.approx(1, abs=1e-5)
    together = found([FILLER, text, FILLER, text], index, least=0.7)
    assert [set(one) for one in together] == [set(), set(row), set(), set(row)]


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1), st.floats(0, 0.5))
def test_share_falls_as_words_are_lost_and_never_leaves_its_range(seed: int, lost: float) -> None:
    chance = np.random.default_rng(seed)
    words = CLIPS.split()
    kept = [word for word in words if chance.random() >= lost]
    (row,) = found([" ".join(kept)], INDEX, least=0.0)
    if "clips" in row:
        assert 0 < row["clips"].share <= 1
        assert row["clips"].bits <= INDEX.words.fields.totals.max() + 1e-3
    if len(kept) == len(words):
        assert row["clips"].share == pytest.approx(1)


def test_no_text_and_no_item_is_no_fault() -> None:
    empty = build_benchmarks([])
    assert found(["", CLIPS], empty) == [{}, {}]
    assert found([], INDEX) == []
