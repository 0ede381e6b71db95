"""The learned extractor: its file, its refusals, the rule that keeps blocks, judging in two stages."""

from __future__ import annotations

import io
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.block_pages import NEWS, hostile_pages
from udfs.extraction.html.blocks.page_blocks import segment
from udfs.extraction.html.learned.model import (
    BlockModel,
    judge_blocks,
    keep_blocks,
    read_block_model,
    save_block_model,
    shipped_model,
)


def saved(model: BlockModel, folder: Path) -> bytes:
    save_block_model(model, folder / "model.npz")
    return (folder / "model.npz").read_bytes()


def altered(content: bytes, **changes: np.ndarray | None) -> bytes:
    with np.load(io.BytesIO(content)) as file:
        arrays = {name: file[name] for name in file.files}
    arrays.update({name: value for name, value in changes.items() if value is not None})
    for name, value in changes.items():
        if value is None:
            del arrays[name]
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)
    return buffer.getvalue()


def test_the_shipped_model_is_small_and_survives_its_own_file(tmp_path: Path) -> None:
    model = shipped_model()
    content = saved(model, tmp_path)
    assert len(content) < 1_000_000
    again = read_block_model(content)
    assert again.version == model.version
    page = segment(NEWS)
    one, other = judge_blocks(page, model), judge_blocks(page, again)
    assert one.chances.tolist() == other.chances.tolist()


def test_the_same_model_gives_the_same_bytes(tmp_path: Path) -> None:
    assert saved(shipped_model(), tmp_path) == saved(shipped_model(), tmp_path)


def test_another_model_has_another_version(tmp_path: Path) -> None:
    model = shipped_model()
    second = model.second._replace(base=model.second.base + np.float32(1))
    changed = read_block_model(saved(replace(model, second=second), tmp_path))
    assert changed.version != model.version


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"format": None}, "cannot be read"),
        ({"format": np.array([99, 1, 1], np.int32)}, "has format and numbers of features"),
    ],
)
def test_files_of_other_versions_are_refused_with_the_next_step(
    changes: dict[str, np.ndarray | None], named: str, tmp_path: Path
) -> None:
    content = altered(saved(shipped_model(), tmp_path), **changes)
    with pytest.raises(ValueError, match=named) as refused:
        read_block_model(content)
    assert "train-extractor" in str(refused.value)


@pytest.mark.parametrize(
    ("chances", "words", "kept"),
    [
        ([0.9, 0.9, 0.1], [10, 10, 10], [True, True, False]),
        ([0.4, 0.3, 0.01], [10, 10, 10], [True, True, False]),  # nothing is certain: more is kept
        ([0.95, 0.4, 0.01], [100, 10, 10], [True, False, False]),
        ([0.0, 0.0], [10, 10], [False, False]),
        ([1.0], [0], [False]),
        ([], [], []),
    ],
)
def test_blocks_that_are_kept(chances: list[float], words: list[float], kept: list[bool]) -> None:
    is_kept, _ = keep_blocks(np.array(chances, np.float32), np.array(words, np.float32))
    assert is_kept.tolist() == kept


def expected_f1(chances: np.ndarray, words: np.ndarray, chosen: list[int]) -> float:
    total = words[chosen].sum() + (chances * words).sum()
    return 2 * float((chances * words)[chosen].sum()) / max(float(total), 1e-9)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.floats(0.0625, 1, width=16), st.integers(1, 50)), min_size=1, max_size=7)
)
def test_no_other_set_of_blocks_has_a_higher_expected_f1(blocks: list[tuple[float, int]]) -> None:
    chances, words = (np.array(values, np.float32) for values in zip(*blocks, strict=True))
    is_kept, expected = keep_blocks(chances, words)
    assert expected == pytest.approx(
        expected_f1(chances, words, np.flatnonzero(is_kept).tolist()), abs=1e-5
    )
    best = max(
        expected_f1(chances, words, list(chosen))
        for size in range(1, len(blocks) + 1)
        for chosen in combinations(range(len(blocks)), size)
    )
    assert expected >= best - 1e-5


def test_judging_any_page_gives_probabilities_and_a_confidence() -> None:
    for page in hostile_pages():
        judged = judge_blocks(page, shipped_model())
        assert judged.chances.shape == judged.is_kept.shape == (len(page.blocks),)
        assert ((judged.chances >= 0) & (judged.chances <= 1)).all()
        assert 0 <= judged.confidence <= 1


@pytest.mark.parametrize(("source", "share"), [("", 0.0), ("<p>数据<p>ab", 1.0), ("<p>abc", 0.0)])
def test_share_of_wide_characters(source: str, share: float) -> None:
    assert judge_blocks(segment(source), shipped_model()).wide_share == pytest.approx(share)
