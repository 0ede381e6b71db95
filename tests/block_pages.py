"""Pages as blocks for tests of the learned reader: features by name, and labels by class."""

from __future__ import annotations

import numpy as np

from udfs.extraction.html.blocks.page_blocks import PageBlocks, segment
from udfs.extraction.html.learned.features import BLOCK_FIELDS, ClassOdds, block_features
from udfs.extraction.html.training.class_words import no_class_odds
from udfs.extraction.html.training.labels import BlockLabels, label_blocks

SENTENCE = "Whoever cannot say what was in the data, cannot say why the model lies about it."
"""80 columns with a comma and a full stop."""
NEWS = (
    "<title>On data | Site</title><ul class=menu><li><a href=/>Homepage</a><li><a href=/in>Login</a></ul>"
    f"<div class=story><h1>On data</h1><p>{SENTENCE}</p><p>{SENTENCE} {SENTENCE}</p></div>"
    "<div class=foot>© 2026 Site</div>"
)
"""Blocks: Homepage, Login, On data, two paragraphs, the footer."""


def features_of(page: str | PageBlocks, odds: ClassOdds | None = None) -> list[dict[str, float]]:
    """The features of every block by name."""
    blocks = segment(page) if isinstance(page, str) else page
    values = block_features(blocks, no_class_odds() if odds is None else odds)
    names = [field.name for field in BLOCK_FIELDS]
    return [dict(zip(names, row, strict=True)) for row in values.tolist()]


def labelled(page: str, gold: str) -> tuple[PageBlocks, BlockLabels]:
    """A page and which of its blocks ``gold`` holds."""
    blocks = segment(page)
    return blocks, label_blocks(blocks.texts(), gold)


def hostile_pages() -> list[PageBlocks]:
    """Pages that hold nothing, nothing but links, one block, deep lists, and no letters."""
    sources = (
        "",
        "<p>x",
        "<a href=x>" * 30,
        "<ul><li>" * 40 + "deep",
        "<p>.,;:!?<p>\x01<p>漢",
        NEWS,
    )
    return [segment(source) for source in sources]


def is_finite(values: np.ndarray) -> bool:
    """Whether every number is one."""
    return bool(np.isfinite(values).all())
