"""Labels of blocks by a gold text."""

from __future__ import annotations

import pytest

from udfs.extraction.html.training.labels import bag_f1, label_blocks


@pytest.mark.parametrize(
    ("texts", "gold", "shares"),
    [
        (["Home", "One two three.", "About"], "one two three", [0, 1, 0]),
        (["Share", "Share this story now", "Share"], "Share this story now", [0, 1, 0]),
        (["数据质量很差", "登录"], "数据质量很差", [1, 0]),
        (["a b c d"], "a b", [0.5]),
        (["---", ""], "x", [0, 0]),
        ([], "x", []),
        (["a"], "", [0]),
    ],
)
def test_shares(texts: list[str], gold: str, shares: list[float]) -> None:
    assert label_blocks(texts, gold).shares.tolist() == shares


def test_bag_f1() -> None:
    assert bag_f1(["a", "b", "b"], ["b", "c"]) == pytest.approx(2 * 1 / 5)
    assert bag_f1([], []) == 1
    assert bag_f1(["a"], []) == 0
