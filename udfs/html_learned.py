"""The learned reader of web pages: blocks, the classifier, Markdown; and the page's statements with it."""

from __future__ import annotations

import re
from typing import Any, Final, NamedTuple

from lxml import html as lxml_html

from udfs.block_markdown import write_markdown
from udfs.block_model import BlockModel, judge_blocks
from udfs.html_blocks import PageBlocks

MAXIMUM_BLOCKS: Final = 20_000
"""More are never judged: about a second's work, and no page of the development set has a fifth of it."""

_NAME = re.compile(rb"<([a-zA-Z0-9]+)")
_WITHOUT_END = frozenset((b"html", b"meta", b"link", b"title", b"script"))


class LearnedText(NamedTuple):
    """What the learned reader makes of a page.

    Attributes:
        text: Markdown; empty when nothing was found.
        confidence: Expected word F1 of the text against the page's content, 0 to 1.
    """

    text: str
    confidence: float


def learned_text(page: PageBlocks, model: BlockModel, minimum_chance: float = 0.0) -> LearnedText:
    """Write the blocks that the model takes for content.

    Args:
        page: The page's blocks.
        model: The trained extractor.
        minimum_chance: Probability that a kept block must have as long as any has it; the page's
            expected F1 may ask for more or for less.
    """
    if not 0 < len(page.blocks) <= MAXIMUM_BLOCKS:
        return LearnedText("", 0.0)
    judged = judge_blocks(page, model)
    likely = judged.is_kept & (judged.chances > minimum_chance)
    is_kept = likely if likely.any() else judged.is_kept
    return LearnedText(write_markdown(page, is_kept), judged.confidence)


def stated_tree(page: PageBlocks) -> Any:
    """Parse the elements of a page that ``html_metadata.read_metadata`` looks at, and nothing else.

    Args:
        page: The page's blocks; the block kernel met these elements anyway.

    Returns:
        An lxml root element with the same statements as the tree of the whole page.
    """
    parts: list[bytes] = []
    for start, end in page.statements.tolist():
        element = page.page[start:end]
        name = _NAME.match(element)
        parts.append(element)
        if name is not None and name[1].lower() not in _WITHOUT_END:
            parts.append(b"</" + name[1] + b">")
    content = b"<!doctype html>" + (b"".join(parts) or b"<html></html>")
    return lxml_html.document_fromstring(content, parser=lxml_html.HTMLParser(encoding="utf-8"))
