"""The page of packed rows: counts, lengths, and rows whose boundaries can be seen."""

from typing import Any

import pytest

from jobs.report.packing_page import (
    LabelRow,
    label_rows,
    length_bars,
    render_packing_page,
    shown_row,
)
from tests.packed_files import ROWS


def facts(**changed: Any) -> dict[str, Any]:
    lengths = [0] * 32
    return {
        "documents": 4,
        "copies": 2,
        "rows": 3,
        "tokens": 21,
        "padding": 3,
        "cut_documents": 1,
        "segments": 5,
        "text_bytes": 63,
        "document_lengths": [*lengths[:1], 2, 1, 3, *lengths[4:]],
        "segment_lengths": [*lengths[:1], 4, 1, 1, *lengths[4:]],
        "by": {"language": {"zh": [3, 2, 60, 15], "en": [1, 0, 3, 6]}},
        **changed,
    }


def details(train: dict[str, Any]) -> dict[str, Any]:
    return {
        "splits": {"train": train, "validation": {}},
        "settings": {"strategy": "best-fit", "length": 8, "seed": 0, "mix_by": "language"},
        "epochs": {"zh": {"weight": 1.7, "documents": 3, "epochs": 1.6667}},
        "left_out": 7,
        "tokenizer": "tokenizer.json",
        "tokenizer_sha256": "ab" * 32,
        "vocabulary_size": 300,
    }


def spelt(ids: Any) -> str:
    return "<b>" + " ".join(map(str, ids)) + "</b>"


def test_the_page_shows_counts_mixture_and_rows() -> None:
    page = render_packing_page(details(facts()), "2026-11-28T07:00:00+00:00", ROWS, spelt)
    assert "7 documents were left out" in page
    assert '<td class="n">1.667</td>' in page
    assert "document ç, 2 tokens, continued" in page
    assert "3 tokens of padding" in page
    assert "&lt;b&gt;1 11 12 13 2&lt;/b&gt;" in page
    assert "<b>" not in page
    assert "validation" not in page.split("</table>")[0]
    assert "http" not in page.split("</style>")[1]


def test_nothing_packed_is_a_page_too() -> None:
    page = render_packing_page(details({}), "2026-11-28T07:00:00+00:00", [], spelt)
    assert "No document was packed to train on." in page


def test_values_are_by_tokens_with_epochs_and_bytes() -> None:
    assert label_rows({"en": [1, 0, 3, 6], "zh": [3, 2, 60, 15], "x": [0, 0, 0, 0]}) == [
        LabelRow("zh", 3, 5 / 3, 15, 4.0),
        LabelRow("en", 1, 1.0, 6, 0.5),
        LabelRow("x", 0, 0.0, 0, 0.0),
    ]


def test_bars_are_the_lengths_that_occur() -> None:
    bars = length_bars(facts())
    assert [(bar.label, bar.documents, bar.segments) for bar in bars] == [
        ("2", 2, 4), ("4", 1, 1), ("8", 3, 1),
    ]  # fmt: skip
    assert bars[0].after == pytest.approx(150)
    assert bars[2].before == pytest.approx(112.5)


def test_a_long_text_is_shown_by_its_ends() -> None:
    row = {**ROWS[1]}
    shown = shown_row(row, lambda _: "a" * 500 + "z" * 500)
    assert shown.segments[0].text == "a" * 120 + " … " + "z" * 120
