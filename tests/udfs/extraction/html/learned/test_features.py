"""Features of a block by name: own element, place, neighbours, windows; and on anything at all."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.block_pages import NEWS, features_of, hostile_pages, is_finite
from udfs.extraction.html.blocks.names import FLAGS, TAG, fnv, hash_table
from udfs.extraction.html.blocks.page_blocks import segment
from udfs.extraction.html.learned.features import BLOCK_FIELDS, ClassOdds, block_features
from udfs.extraction.html.training.class_words import no_class_odds

HOME, LOGIN, HEADLINE, FIRST, SECOND, FOOT = range(6)


def test_names_are_unique_and_one_a_column() -> None:
    names = [field.name for field in BLOCK_FIELDS]
    assert len(set(names)) == len(names)
    page = segment(NEWS)
    assert block_features(page, no_class_odds()).shape == (6, len(names))


@pytest.mark.parametrize(
    ("block", "feature", "value"),
    [
        (HOME, "element_tag", TAG["li"]),
        (HOME, "element_parent_tag", TAG["ul"]),
        (HOME, "element_grandparent_tag", TAG["#root"]),
        (FIRST, "element_depth", 2),
        (HEADLINE, "element_heading_level", 1),
        (HOME, "within_list", 1),
        (FIRST, "within_list", 0),
        (FIRST, "within_p", 1),
        (FIRST, "place_block_share", 0.5),
        (HOME, "place_text_share", 0),
        (HOME, "place_from_h1", -2 / 6),
        (SECOND, "place_from_h1", 2 / 6),
        (SECOND, "place_from_title", 2),
        (HEADLINE, "place_since_heading", np.log1p(13)),
        (FIRST, "place_since_heading", 0),
        (SECOND, "place_since_heading", np.log1p(80)),
        (FIRST, "place_last_heading", 1),
        (HOME, "place_last_heading", 0),
        (SECOND, "place_edge", 1),
        (HOME, "place_h1s", 0),
        (FOOT, "place_h1s", 1),
        (HOME, "neighbour-1_link_share", -1),
        (FOOT, "neighbour+2_closing", -1),
        (HOME, "neighbour+1_link_share", 1),
        (HEADLINE, "neighbour+1_closing", 1),
        (FIRST, "neighbour-1_heading_level", 1),
        (FIRST, "neighbour+1_kinship", 1),
        (FIRST, "neighbour+1_same_path", 1),
        (FOOT, "neighbour-1_kinship", 0),
        (HOME, "window3_link_share", 13 / (8 + 5 + 7 + 80)),
        (FOOT, "window8_columns", (8 + 5 + 7 + 80 + 161 + 11) / 6),
    ],
)  # fmt: skip
def test_feature_of_a_news_page(block: int, feature: str, value: float) -> None:
    assert features_of(NEWS)[block][feature] == pytest.approx(value, abs=1e-5)


def test_a_page_without_h1_says_so() -> None:
    assert features_of("<p>one<p>two")[1]["place_from_h1"] == -2


def test_two_pieces_of_one_element_are_nearest_kin() -> None:
    assert features_of("<div>one<br>two</div>")[0]["neighbour+1_kinship"] == 2


@pytest.mark.parametrize(
    "flag", ["nav", "footer", "form", "blockquote", "cell", "hidden", "dialog"]
)
def test_flags_of_ancestors_reach_the_block(flag: str) -> None:
    opened = {"cell": "<table><tr><td>", "hidden": "<div hidden>"}.get(flag, f"<{flag}>")
    inside = features_of(f"{opened}<div><p>text")[0]
    assert inside[f"within_{flag}"] == 1
    assert sum(inside[f"within_{name}"] for name in FLAGS) >= 2  # its own p, too


def test_class_words_of_element_parent_and_path() -> None:
    words = {fnv(b"story"): 0, fnv(b"menu"): 1}
    odds = ClassOdds(*hash_table(words), np.array([2.0, -3.0, 0.0], np.float32))
    blocks = features_of("<div class=menu><p class=story>x</p></div><p>y", odds)
    assert blocks[0]["class_own"] == 2
    assert blocks[0]["class_parent"] == -3
    assert (blocks[0]["class_path_lowest"], blocks[0]["class_path_highest"]) == (-3, 2)
    assert blocks[0]["class_path_sum"] == -1
    assert blocks[1]["class_path_sum"] == 0


def test_altered_measures_are_taken_instead_of_the_pages_own() -> None:
    page = segment(NEWS)
    zeros = np.zeros((len(page.blocks), 24), np.float32)
    changed = block_features(page, no_class_odds(), zeros)
    assert changed[:, 0].tolist() == [0] * 6
    assert block_features(page, no_class_odds())[:, 0].tolist() != [0] * 6


_TAGS = [
    "p",
    "div",
    "ul",
    "li",
    "table",
    "tr",
    "td",
    "h1",
    "h2",
    "article",
    "nav",
    "a",
    "br",
    "pre",
]
_PIECES = st.sampled_from(
    [f"<{slash}{tag}>" for tag in _TAGS for slash in ("", "/")] + ["One two. ", "汉字。"]
)


@settings(max_examples=60, deadline=None)
@given(st.lists(_PIECES, max_size=50).map("".join))
def test_features_are_finite_on_any_page(page: str) -> None:
    assert is_finite(block_features(segment(page), no_class_odds()))


def test_features_are_finite_on_hostile_pages() -> None:
    for page in hostile_pages():
        assert is_finite(block_features(page, no_class_odds()))
