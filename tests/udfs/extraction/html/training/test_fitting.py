"""Training by folds: what is refused, that it learns and is reproducible, what ablation leaves out."""

from __future__ import annotations

import zlib

import numpy as np
import pytest

from tests.block_pages import NEWS, SENTENCE, labelled
from udfs.extraction.html.blocks.page_blocks import segment
from udfs.extraction.html.learned.features import BLOCK_FIELDS
from udfs.extraction.html.learned.model import judge_blocks
from udfs.extraction.html.training.fitting import FOLDS, feature_groups, fold_of, train_blocks
from udfs.extraction.html.training.rows import TrainingPage
from udfs.learning.tree_growing import GrowingSettings

SMALL = GrowingSettings(trees=20, depth=3, rate=0.5, penalty=1.0)


def page_of(site: str, said: str) -> TrainingPage:
    source = NEWS.replace(SENTENCE, f"{said} said, {SENTENCE}")
    gold = "\n".join(text for text in segment(source).texts() if text.endswith("it."))
    return TrainingPage(*labelled(source, gold), site)


PAGES = [page_of(f"site{number}", said) for number in range(12) for said in ("Ann", "Bob")]


def test_folds_are_those_of_crc32_and_all_used() -> None:
    assert fold_of("example.org") == zlib.crc32(b"example.org") % FOLDS
    assert {fold_of(page.site) for page in PAGES} == set(range(FOLDS))


def test_pages_of_too_few_sites_are_refused_with_the_number_wanted() -> None:
    with pytest.raises(ValueError, match=f"fall into 1 folds, {FOLDS} are wanted"):
        train_blocks(PAGES[:2], first=SMALL, second=SMALL)


def test_training_is_reproducible_and_folds_differ() -> None:
    one = train_blocks(PAGES, first=SMALL, second=SMALL)
    other = train_blocks(PAGES, first=SMALL, second=SMALL)
    for model, again in zip((one.model, *one.folds), (other.model, *other.folds), strict=True):
        assert all(np.array_equal(a, b) for a, b in zip(model.second, again.second, strict=True))
    assert len(one.folds) == FOLDS
    judged = judge_blocks(segment(NEWS), one.model)
    assert judged.is_kept.tolist() == [False, False, False, True, True, False]


def test_steps_are_told() -> None:
    said: list[str] = []
    train_blocks(PAGES, said.append, SMALL, SMALL)
    assert said[0].startswith("24 pages and as many copies, ")
    assert len(said) == 1 + 2 * (FOLDS + 1)


def test_groups_hold_every_feature_once() -> None:
    columns = [column for group in feature_groups().values() for column in group]
    assert sorted(columns) == list(range(len(BLOCK_FIELDS)))
    assert {"text", "class", "neighbours", "containers"} <= set(feature_groups())


def test_ablation_judges_every_page_without_each_group() -> None:
    trained = train_blocks(PAGES, first=SMALL, second=SMALL, ablation=SMALL)
    assert set(trained.without) == {"", *feature_groups()}
    for chances in trained.without.values():
        assert [len(page) for page in chances] == [len(page.page.blocks) for page in PAGES]
    whole = np.concatenate(trained.without.pop(""))
    changed = [not np.array_equal(whole, np.concatenate(its)) for its in trained.without.values()]
    assert any(changed)
    assert train_blocks(PAGES, first=SMALL, second=SMALL).without == {}
