"""Quality gate on real documents: the bench's scores on a sample may not fall below what was reached.

Floors stand a little under the measured values (in brackets), so that a new version of a parser may
move single pages, but a lost feature fails the build.
"""

from __future__ import annotations

from pathlib import Path
from statistics import mean

import pytest

from bench.extraction import formats as bench
from bench.extraction.scores import relations, rows_intact, table_adjacency, word_bag
from bench.signals.line_examples import line_examples
from bench.signals.line_verdicts import first_reasons, table_lines
from tests.conftest import REPOSITORY
from udfs.extraction.contract import STATUSES
from udfs.extraction.html.profiles import HTML_PROFILES


@pytest.mark.real_data
def test_main_text_is_not_below_trafilaturas(shared_data: Path) -> None:
    pages = bench.wcxb_pages(90)
    golds = [truth["ground_truth"]["main_content"] for _, truth in pages]
    read = bench.read_in_turn([content for content, _ in pages])
    scores = {
        system: mean(word_bag(text, gold)[2] for text, gold in zip(texts, golds, strict=True))
        for system, (texts, _) in read.items()
    }
    assert scores["corpusmill balanced"] >= scores["trafilatura"]
    assert scores["corpusmill balanced"] >= 0.85  # (0.87)
    assert scores["corpusmill quality"] >= scores["trafilatura"]
    assert scores["corpusmill fast"] >= scores["trafilatura"] - 0.01
    assert scores["corpusmill resiliparse"] >= scores["resiliparse"] - 0.001


@pytest.mark.real_data
def test_tables_are_found(shared_data: Path) -> None:
    golds = sorted((shared_data / "pdf/tables/icdar2013_us").glob("*-str.xml"))
    texts = [bench.ours(gold.with_name(gold.name[:-8] + ".pdf").read_bytes()) for gold in golds]
    adjacency = mean(
        table_adjacency(text, gold)[2] for text, gold in zip(texts, golds, strict=True)
    )
    rows = [rows_intact(text, gold) for text, gold in zip(texts, golds, strict=True)]
    assert adjacency >= 0.80  # (0.817)
    assert sum(row[0] for row in rows) / sum(row[1] for row in rows) >= 0.86  # (0.880)


def test_adjacency_skips_empty_cells_and_spans() -> None:
    grid = [[(0, "a"), (0, "a"), (1, "b")], [(2, "c"), (3, ""), (4, "d")]]
    assert relations(grid) == {
        ("a", "b", "right"): 1,
        ("c", "d", "right"): 1,
        ("a", "c", "below"): 1,
        ("b", "d", "below"): 1,
    }


def test_the_page_shows_the_rates_that_the_line_rules_have() -> None:
    page = (REPOSITORY / "docs/extraction.md").read_text(encoding="utf-8")
    assert "\n".join(table_lines(line_examples())) in page


def test_the_page_names_every_profile_and_status() -> None:
    page = (REPOSITORY / "docs/extraction.md").read_text(encoding="utf-8")
    assert all(f"| `{name}` | {meaning} |" in page for name, meaning in STATUSES.items())
    assert all(f"| `{name}`" in page for name in HTML_PROFILES)


def test_logs_leave_and_prose_stays() -> None:
    examples = line_examples()
    reasons = first_reasons(examples)
    for example, reason in zip(examples, reasons, strict=True):
        if example.is_log or example.shape in {"article", "interview", "play"}:
            assert (reason is not None) == example.is_log, example.shape
