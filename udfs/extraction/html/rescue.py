"""When the second reader's text is taken, and how sure the learned reader must be, by kind of page.

trafilatura is made for articles and loses posts, services and lists; Resiliparse keeps them, and keeps
more furniture, too. Taken blindly, the longer text costs pure article sets 1 to 5 points of F1, so
pages that call themselves articles keep trafilatura's unless it is next to nothing.
"""

from __future__ import annotations

from udfs.extraction.html.learned.reading import ANY_CHANCE, MinimumChances
from udfs.extraction.html.page_kind import IDEOGRAPH_OR_KANA, is_discussion, states_news

RESCUE_SHARE_UNSPACED = 0.3
"""Instead of a profile's share for Chinese and Japanese pages, whose articles rarely say what they are."""
RESCUE_SHARE_ANY = 0.15
"""The same on any page, articles included, as long as the first is shorter than ``SHORT_TEXT``."""
UNSPACED_SHARE = 0.3
"""Share of ideographs, kana and Hangul in a page's text from which the learned reader must be surer."""
UNSPACED_ARTICLE = MinimumChances(text=0.5, link=0.75)
UNSPACED_POSTS = MinimumChances(text=0.4)
NEWS_ARTICLE = MinimumChances(text=0.5)
"""What the learned reader asks of blocks by the kind of page; see ``minimum_chances``. Chosen on 143 East
Asian pages of manuals and blogs and 56 of Chinese news (docs/extraction.md)."""
PRECISE_SHARE = 0.5
"""Precise text shorter than this share of the second reader's has lost too much."""
FEW_CHARACTERS = 500
"""Below, a row of buttons is a tenth of the text, and only ``RESCUE_SHARE`` tells that some is missing."""
RESCUE_SHARE = 0.7
"""Share of the second text that the first must reach on a page that calls itself no article."""
SHORT_TEXT = 2_000
"""Characters; an article of that length with a much longer second text has many comments."""


def minimum_chances(page: bytes, wide_share: float, kinds: frozenset[str]) -> MinimumChances:
    """What probability the learned reader asks of a block on some kinds of pages.

    The gold pages hold no Chinese or Japanese, and lists of stories count as content in the
    collections among them: below short articles of Chinese news pages the reader took such lists
    for content, most of them links. Forums have no such lists, and less certain posts.

    Args:
        page: The page, UTF-8.
        wide_share: Share of its text that is ideographs, kana or Hangul, 0 to 1.
        kinds: ``PageMetadata.kinds``.
    """
    if wide_share >= UNSPACED_SHARE:
        return UNSPACED_POSTS if is_discussion(page) else UNSPACED_ARTICLE
    return NEWS_ARTICLE if states_news(kinds) else ANY_CHANCE


def is_rescued(
    first: str, second: str, *, is_article: bool, is_forum: bool, share: float = RESCUE_SHARE
) -> bool:
    """Decide whether the second reader's text replaces the first's.

    Args:
        first: trafilatura's text.
        second: Resiliparse's main text; empty when it was not asked.
        is_article: Result of ``calls_itself_article``.
        is_forum: Result of ``is_discussion``.
        share: ``HtmlProfile.rescue_share``.

    Returns:
        True when ``first`` is too short for what the page is.
    """
    if len(second) < FEW_CHARACTERS:
        share = min(share, RESCUE_SHARE)
    if len(first) >= share * len(second):
        return False
    if len(first) < min(SHORT_TEXT, RESCUE_SHARE_ANY * len(second)):
        return True
    if is_article:
        return False
    sample = second[:4_000]
    is_unspaced = len(IDEOGRAPH_OR_KANA.findall(sample)) > 0.3 * len(sample)
    if is_unspaced and not is_forum:
        return len(first) < RESCUE_SHARE_UNSPACED * len(second)
    return True
