"""The named ways to read a page: who reads it first, and when somebody else's text is taken."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from udfs.extraction.contract import ProfileName


@dataclass(frozen=True)
class HtmlProfile:
    """One way to read a page.

    Attributes:
        summary: What it is for, in one line.
        reader: ``trafilatura`` reads every page that is not a discussion; ``by_kind`` gives it articles
            and products only and the rest to Resiliparse; ``learned`` is our own classifier of blocks;
            ``resiliparse`` gives trafilatura nothing.
        compares: Whether trafilatura compares its text with readability's and jusText's (its default;
            without, it takes 0.7 of the time and loses 4 points of word F1 on mixed pages).
        rescue_share: Resiliparse's text is taken on a page that does not call itself an article when
            the first reader's is shorter than this share of it.
        asks_second_always: Whether Resiliparse reads pages, too, where its text could hardly be taken.
        reads_posts: Whether pages of forum software are read post by post.
        is_precise_on_unspaced: Whether Chinese and Japanese articles are read in trafilatura's precision
            mode.
    """

    summary: str
    reader: Literal["trafilatura", "by_kind", "learned", "resiliparse"]
    compares: bool = True
    rescue_share: float = 0.7
    asks_second_always: bool = False
    reads_posts: bool = True
    is_precise_on_unspaced: bool = True


HTML_PROFILES: dict[ProfileName, HtmlProfile] = {
    "quality": HtmlProfile(
        "both readers on every page, the longer text sooner",
        "trafilatura",
        rescue_share=0.9,
        asks_second_always=True,
    ),
    "balanced": HtmlProfile(
        "trafilatura; Resiliparse where trafilatura finds far less on a page that is no article",
        "trafilatura",
    ),
    "fast": HtmlProfile(
        "trafilatura without its comparisons for articles and products, Resiliparse for the rest",
        "by_kind",
        compares=False,
    ),
    "learned": HtmlProfile(
        "a classifier of text blocks, learnt from pages with gold text; lxml parses pages of forums only",
        "learned",
        is_precise_on_unspaced=False,
    ),
    "resiliparse": HtmlProfile(
        "Resiliparse alone; the page is never parsed by lxml",
        "resiliparse",
        reads_posts=False,
        is_precise_on_unspaced=False,
    ),
}
"""Every profile; another one needs an entry here, its name in ``ProfileName``, and, if none of the
readers will do, a function in ``reading.READERS``."""
