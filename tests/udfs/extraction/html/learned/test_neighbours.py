"""What the second stage is told of the first stage's probabilities around a block."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.block_pages import NEWS, hostile_pages, is_finite
from udfs.extraction.html.blocks.page_blocks import PageBlocks, segment
from udfs.extraction.html.learned.neighbours import FAR, NEIGHBOUR_FIELDS, neighbour_features

NAMES = [field.name for field in NEIGHBOUR_FIELDS]
HOME, LOGIN, HEADLINE, FIRST, SECOND, FOOT = range(6)
CHANCES = np.array([0.0, 0.1, 0.5, 0.9, 0.8, 0.2], np.float32)
COLUMNS = np.array([10, 10, 10, 100, 200, 10], np.float32)


def around(page: PageBlocks, columns: np.ndarray, chances: np.ndarray) -> list[dict[str, float]]:
    values = neighbour_features(page.blocks, page.nodes, page.paths, columns, chances)
    assert values.shape == (len(page.blocks), len(NAMES))
    return [dict(zip(NAMES, row, strict=True)) for row in values.tolist()]


EXPECTED = float((CHANCES * COLUMNS).sum())


@pytest.mark.parametrize(
    ("block", "feature", "value"),
    [
        (FIRST, "first_probability", 0.9),
        (FIRST, "first_log_odds", np.log(0.901 / 0.101)),
        (HOME, "probability-1", -0.2),
        (HOME, "probability+3", 0.9),
        (FOOT, "probability-2", 0.9),
        (FOOT, "probability+1", -0.2),
        (HEADLINE, "window2_mean", (0 + 1 + 90 + 160) / 320),
        (FIRST, "window2_mean", (1 + 5 + 160 + 2) / 230),
        (HOME, "above0_mean", 0),
        (HOME, "above1_mean", 0.05),
        (HOME, "above5_mean", EXPECTED / 340),
        (FIRST, "above1_part", (5 + 90 + 160) / EXPECTED),
        (FIRST, "path_mean", (90 + 160) / 300),
        (HEADLINE, "path_mean", 0.5),
        (HEADLINE, "parent_path_mean", (5 + 90 + 160) / 310),
        (HOME, "page_mean", EXPECTED / 340),
        (HOME, "page_log_expected", np.log1p(EXPECTED)),
        (FIRST, "expected_before", 6 / EXPECTED),
        (FIRST, "expected_behind", (160 + 2) / EXPECTED),
        (HOME, "log_since_content", np.log1p(FAR)),
        (FOOT, "log_since_content", 0),
        (HOME, "log_to_content", np.log1p(20)),
        (FOOT, "log_to_content", np.log1p(FAR)),
        (HOME, "page_highest", 0.9),
        (SECOND, "by_highest", 0.8 / 0.9),
        (LOGIN, "running_mean", 0.03),
    ],
)
def test_feature_of_a_news_page(block: int, feature: str, value: float) -> None:
    assert around(segment(NEWS), COLUMNS, CHANCES)[block][feature] == pytest.approx(value, abs=1e-5)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.floats(0, 1, width=32), min_size=6, max_size=6))
def test_means_lie_between_the_probabilities_they_are_of(chances: list[float]) -> None:
    for block in around(segment(NEWS), COLUMNS, np.array(chances, np.float32)):
        for name, value in block.items():
            if name.endswith("_mean") and name != "running_mean":
                assert min(chances) - 1e-5 <= value <= max(chances) + 1e-5 or value == 0, name


@pytest.mark.parametrize("chance", [0.0, 1.0])
def test_certain_pages_give_finite_features(chance: float) -> None:
    for page in hostile_pages():
        count = len(page.blocks)
        chances = np.full(count, chance, np.float32)
        for columns in (np.zeros(count, np.float32), np.ones(count, np.float32)):
            values = neighbour_features(page.blocks, page.nodes, page.paths, columns, chances)
            assert is_finite(values)
