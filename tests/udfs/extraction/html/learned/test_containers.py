"""Totals of subtrees, class words on the way down, the best container, groups of equal keys."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.block_pages import NEWS, SENTENCE
from udfs.extraction.html.blocks.names import TAG, fnv, hash_table
from udfs.extraction.html.blocks.open_elements import NODE_PARENT, NODE_TAG
from udfs.extraction.html.blocks.page_blocks import PageBlocks, segment
from udfs.extraction.html.learned.containers import (
    BLOCKS,
    CHILDREN,
    COLUMNS,
    DECAYED,
    HEADINGS,
    LINK_COUNT,
    LINKED,
    MARKS,
    NEAREST,
    OWN,
    SENTENCES,
    best_container,
    class_odds,
    equal_groups,
    subtree_totals,
)
from udfs.extraction.html.learned.text_features import TEXT_COLUMN, measure_texts


def totals_of(page: PageBlocks) -> tuple[np.ndarray, np.ndarray]:
    texts = measure_texts(page.text, page.blocks, page.title)
    return subtree_totals(page.blocks, page.nodes, texts)


def node_of(page: PageBlocks, tag: str) -> int:
    return int(np.flatnonzero(page.nodes[:, NODE_TAG] == TAG[tag])[0])


@pytest.mark.parametrize(
    ("column", "of_list", "of_page"),
    [
        (COLUMNS, 13, 8 + 5 + 7 + 80 + 161 + 11),
        (LINKED, 13, 13),
        (BLOCKS, 2, 6),
        (SENTENCES, 0, 80 + 161),
        (MARKS, 0, 6),
        (LINK_COUNT, 2, 2),
        (HEADINGS, 0, 1),
        (CHILDREN, 2, 3),
    ],
)
def test_totals_of_a_list_and_of_the_page(column: int, of_list: float, of_page: float) -> None:
    page = segment(NEWS)
    totals, _ = totals_of(page)
    assert totals[node_of(page, "ul"), column] == pytest.approx(of_list)
    assert totals[0, column] == pytest.approx(of_page)


def test_links_and_short_pieces_are_no_running_text() -> None:
    page = segment(f"<p><a href=x>{SENTENCE}</a><p>Short.<p>{'no mark ' * 20}<p>{SENTENCE}")
    _, own = totals_of(page)
    assert own.tolist() == [0, 0, 0, 0, 80]


def test_the_container_of_the_story_is_best_and_the_menu_is_outside() -> None:
    page = segment(NEWS)
    best = best_container(page.nodes, *totals_of(page))
    story = node_of(page, "div")
    assert best.node == story
    inside = [
        bool(best.is_inside[node]) for node in (story, node_of(page, "p"), node_of(page, "ul"))
    ]
    assert inside == [True, True, False]
    assert best.shared_depth[node_of(page, "li")] == 0
    assert best.path_best[node_of(page, "p")] >= 1


def test_a_list_of_links_is_never_best() -> None:
    page = segment(f"<ul><li><a href=x>{SENTENCE} {SENTENCE}</a></ul>")
    best = best_container(page.nodes, *totals_of(page))
    assert (best.node, best.best_score) == (0, 0)


def test_class_words_fade_with_every_level() -> None:
    page = segment("<div class='story unknown'><div><div><p>x")
    table = hash_table({fnv(b"story"): 0})
    found = class_odds(page.nodes, page.words, *table, np.array([1.0], np.float32))
    assert found[:, OWN].tolist() == [0, 1, 0, 0, 0]
    assert found[:, DECAYED] == pytest.approx([0, 1, 0.6, 0.36, 0.216])
    assert found[:, NEAREST] == pytest.approx([0, 1, 0.8, 0.64, 0.512])


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 2**64 - 1) | st.sampled_from([0, 1, 64, 2**29]), max_size=200))
def test_groups_number_equal_keys_by_first_occurrence(keys: list[int]) -> None:
    order: dict[int, int] = {}
    expected = [order.setdefault(key, len(order)) for key in keys]
    assert equal_groups(np.array(keys, np.uint64)).tolist() == expected


@settings(max_examples=30, deadline=None)
@given(st.lists(st.sampled_from(["<div>", "</div>", "<p>", "One two. ", "<ul><li>"]), max_size=40))
def test_a_parent_holds_what_its_children_hold(pieces: list[str]) -> None:
    page = segment("".join(pieces))
    totals, _ = totals_of(page)
    texts = measure_texts(page.text, page.blocks, page.title)
    assert totals[0, COLUMNS] == pytest.approx(texts[:, TEXT_COLUMN["columns"]].sum())
    for node in range(1, len(page.nodes)):
        parent = page.nodes[node, NODE_PARENT]
        assert (totals[parent, :CHILDREN] >= totals[node, :CHILDREN]).all()
