"""Planted items: every change does what its name says, and what is found of them is counted right."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.udfs.contamination.matched import CLIPS, FILLER, ITEMS, index_of
from udfs.contamination.decidable import (
    DECIDABLE,
    TOO_COMMON,
    TOO_SHORT,
    decidability,
    undecidable_items,
)
from udfs.contamination.items import BenchmarkItem
from udfs.contamination.planting.changes import (
    CHANGES,
    PlantedChange,
    plain,
    planted,
    traditional_change,
)
from udfs.contamination.planting.code_names import renamed
from udfs.contamination.planting.validation import draw_items, validate

CODE = BenchmarkItem(
    "humaneval",
    "0",
    'import math\n\ndef area(radius, scale=2):\n    """Area of a circle, scaled."""\n',
    code="    total = math.pi * radius ** 2\n    for _ in range(scale):\n        total += len(str(total))\n"
    "    return {'total': total}\n",
)
CHANCE = np.random.default_rng(1)


MAY_CHANGE_NOTHING = {
    "verbatim",
    "question only",
    "code: solution alone",
    "code: tabs",
    "words set in",
    "dialogue",
}


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.name)
def test_a_change_applies_to_some_item_and_changes_it(change: PlantedChange) -> None:
    fit = [item for item in (*ITEMS, CODE) if change.applies(item)]
    assert fit
    for item in fit:
        text = change.write(item, np.random.default_rng(2))
        assert text.strip()
        assert text != plain(item) or change.name in MAY_CHANGE_NOTHING


def test_renamed_python_computes_the_same_under_other_names() -> None:
    text = renamed(CODE.question + CODE.code)
    assert not {"radius", "scale", "total"} & set(
        text.replace("(", " ").replace("'total'", "").split()
    )
    spaces: list[dict[str, Any]] = [{}, {}]
    exec(CODE.question + CODE.code, spaces[0])
    exec(text, spaces[1])
    values = []
    for space in spaces:
        functions = [v for name, v in space.items() if callable(v) and name != "__builtins__"]
        values.append(functions[0](3))
    assert values[0] == values[1]


def test_what_is_no_python_is_left_as_it_is() -> None:
    assert renamed("") == ""
    assert renamed("(((") == "((("


def test_a_host_keeps_all_its_words_around_what_is_planted() -> None:
    host = "One.\n\nTwo.\n\nThree.\n\nFour."
    assert planted(host, "X").split() == ["One.", "Two.", "X", "Three.", "Four."]
    assert planted("", "X").strip() == "X"


def test_traditional_characters_are_written_by_the_table_given() -> None:
    change = traditional_change({"说": "說", "关": "關"})
    assert "關於合同".replace("於", "于") in change.write(ITEMS[2], CHANCE)
    assert not change.applies(ITEMS[0])


def test_items_are_drawn_of_every_benchmark() -> None:
    drawn = draw_items(ITEMS, 1, np.random.default_rng(3))
    assert sorted(ITEMS[number].benchmark for number in drawn) == ["cmmlu", "gsm8k", "mmlu"]


def test_recall_counts_plants_found_and_variants_apart() -> None:
    hens = BenchmarkItem("hens", "1", f"Marisela has 14 hens and 3 dogs. {CLIPS}")
    items = (*ITEMS, hens)
    index = index_of(*items)
    decidable = [reason == DECIDABLE for reason in decidability(index)]
    chance = np.random.default_rng(4)
    counts = validate(items, index, [FILLER], range(len(items)), CHANGES, decidable, chance)
    whole = {count.change: count for count in counts if count.benchmark == "hens"}
    verbatim = whole["verbatim"]
    assert (verbatim.planted, verbatim.found, verbatim.decidable) == (1, 1, 1)
    assert verbatim.tokens == "20 and more"
    changed = whole["numbers changed"]
    assert changed.found == changed.planted == 1
    assert not changed.whole
    assert all(count.found + count.as_variant <= count.planted for count in counts)


def test_items_that_cannot_be_found_are_listed_with_the_reason() -> None:
    template = "Which of the statements below is the one that experts would call correct"
    items = [
        BenchmarkItem("a", "short", "Why so?"),
        BenchmarkItem("a", "clips", CLIPS),
        *(BenchmarkItem("t", str(number), template) for number in range(201)),
        BenchmarkItem("a", "empty", ""),
    ]
    index = index_of(*items)
    reasons = decidability(index)
    assert reasons[:2] == [TOO_SHORT, DECIDABLE]
    assert set(reasons[2:-1]) == {TOO_COMMON}
    assert reasons[-1] == TOO_SHORT
    listed = undecidable_items(index, reasons)
    assert listed[0] == {"benchmark": "a", "item": "short", "reason": TOO_SHORT}
    assert len(listed) == 203
