"""When the second reader's text of a page is taken: by what the page says it is, and by length.

trafilatura is made for articles and loses posts, services and lists; Resiliparse keeps them, and keeps
more furniture, too. Taken blindly, the longer text costs pure article sets 1 to 5 points of F1, so
pages that call themselves articles keep trafilatura's unless it is next to nothing. Measured on 1,012
WCXB development pages (from which the shares were chosen): word F1 0.849 to 0.866, no page kind below
trafilatura.
"""

from __future__ import annotations

import re

RESCUE_SHARE = 0.7
"""The second text is taken when the first is shorter than this share of it, on other pages."""
RESCUE_SHARE_UNSPACED = 0.3
"""The same for Chinese and Japanese pages, whose articles rarely say that they are articles."""
RESCUE_SHARE_ANY = 0.15
"""The same on any page, articles included, as long as the first is shorter than ``SHORT_TEXT``."""
MINIMUM_IDEOGRAPHS = 100
"""Ideographs and kana on a page that declares Chinese or Japanese; five times as many on others."""
PRECISE_SHARE = 0.5
"""Precise text shorter than this share of the second reader's has lost too much."""
SHORT_TEXT = 2_000
"""Characters; an article of that length with a much longer second text has many comments."""
SEARCHED_CHARACTERS = 300_000
"""Characters of a page that are searched for marks of its software."""

_ARTICLES = frozenset(
    [
        "article",
        "newsarticle",
        "blogposting",
        "techarticle",
        "scholarlyarticle",
        "report",
        "opinionnewsarticle",
        "reportagenewsarticle",
        "analysisnewsarticle",
        "recipe",
    ]
)
_PRODUCTS = frozenset(
    [
        "product",
        "productgroup",
        "individualproduct",
        "productmodel",
        "offer",
        "aggregateoffer",
        "og:product",
    ]
)
_FORUM = re.compile(
    r"DiscussionForumPosting|schema\.org/QAPage|viewthread|showthread|thread-\d+-\d|id=[\"']postlist|"
    r"content=[\"'](?:Discuz!|phpBB|vBulletin|XenForo|Discourse|phpwind|SMF|MyBB|NodeBB|Flarum)",
    re.IGNORECASE,
)
_ARTICLE_CLASS = re.compile(
    r"class\s*=\s*[\"'][^\"'<>]{0,300}?\b(?:hentry|h-entry|single-post|entry-content|post-content|"
    r"article-?body|post-entry)\b",
    re.IGNORECASE,
)
_IDEOGRAPH_OR_KANA = re.compile("[\u3040-\u30ff\u3400-\u9fff]")


def is_unspaced_article(page: str, language: str | None) -> bool:
    """Tell Chinese and Japanese pages without marks of forum software.

    trafilatura's precision mode suits their articles (word F1 0.91 against 0.87 on the 62 of the
    magic-html set); on forums it drops posts.

    Args:
        page: The decoded page.
        language: What the page declares.

    Returns:
        True when the page holds enough ideographs or kana for its declared language.
    """
    if page.isascii():
        return False
    ideographs = len(_IDEOGRAPH_OR_KANA.findall(page, 0, SEARCHED_CHARACTERS))
    declared = (language or "").lower().startswith(("zh", "ja"))
    if ideographs < (MINIMUM_IDEOGRAPHS if declared else 5 * MINIMUM_IDEOGRAPHS):
        return False
    return _FORUM.search(page, 0, SEARCHED_CHARACTERS) is None


def needs_no_second(first: str, kinds: frozenset[str], page: str) -> bool:
    """Tell, before the second reader is asked, that its text could not be taken.

    Args:
        first: trafilatura's text.
        kinds: ``PageMetadata.kinds``.
        page: The decoded page.

    Returns:
        True for articles and products of which trafilatura found a good deal.
    """
    return len(first) >= SHORT_TEXT and _keeps_first(kinds, page)


def is_rescued(first: str, second: str, kinds: frozenset[str], page: str) -> bool:
    """Decide whether the second reader's text replaces the first's.

    Args:
        first: trafilatura's text.
        second: Resiliparse's main text; empty when it was not asked.
        kinds: ``PageMetadata.kinds``.
        page: The decoded page, searched for marks of forum and blog software when that matters.

    Returns:
        True when ``first`` is too short for what the page is.
    """
    if len(first) >= RESCUE_SHARE * len(second):
        return False
    if len(first) < min(SHORT_TEXT, RESCUE_SHARE_ANY * len(second)):
        return True
    if _keeps_first(kinds, page):
        return False
    sample = second[:4_000]
    unspaced = len(_IDEOGRAPH_OR_KANA.findall(sample)) > 0.3 * len(sample)
    if unspaced and not _FORUM.search(page, 0, SEARCHED_CHARACTERS):
        return len(first) < RESCUE_SHARE_UNSPACED * len(second)
    return True


def _keeps_first(kinds: frozenset[str], page: str) -> bool:
    if kinds & _ARTICLES or kinds & _PRODUCTS or any(kind.startswith("product") for kind in kinds):
        return True
    return _ARTICLE_CLASS.search(page, 0, SEARCHED_CHARACTERS) is not None
