"""What kind of page it is, and when the second reader's text is taken: by its own words, and by length.

trafilatura is made for articles and loses posts, services and lists; Resiliparse keeps them, and keeps
more furniture, too. Taken blindly, the longer text costs pure article sets 1 to 5 points of F1, so
pages that call themselves articles keep trafilatura's unless it is next to nothing.
"""

from __future__ import annotations

import re

from udfs.extraction.html.learned.reading import ANY_CHANCE, MinimumChances

RESCUE_SHARE_UNSPACED = 0.3
"""Instead of a profile's share for Chinese and Japanese pages, whose articles rarely say what they are."""
RESCUE_SHARE_ANY = 0.15
"""The same on any page, articles included, as long as the first is shorter than ``SHORT_TEXT``."""
MINIMUM_IDEOGRAPHS = 100
"""Ideographs and kana on a page that declares Chinese or Japanese; five times as many on others."""
UNSPACED_SHARE = 0.3
"""Share of ideographs, kana and Hangul in a page's text from which the learned reader must be surer."""
UNSPACED_ARTICLE = MinimumChances(text=0.5, link=0.7)
UNSPACED_POSTS = MinimumChances(text=0.4)
NEWS_ARTICLE = MinimumChances(text=0.6)
"""What the learned reader asks of blocks by the kind of page; see ``minimum_chances``."""
PRECISE_SHARE = 0.5
"""Precise text shorter than this share of the second reader's has lost too much."""
FEW_CHARACTERS = 500
"""Below, a row of buttons is a tenth of the text, and only ``RESCUE_SHARE`` tells that some is missing."""
RESCUE_SHARE = 0.7
"""Share of the second text that the first must reach on a page that calls itself no article."""
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
# Classes, ids, generators and statements by which forum software is known. Plain searches: a pattern
# of so many alternatives takes ten times as long.
_FORUM_MARKS = (
    "DiscussionForumPosting",
    "schema.org/QAPage",
    *(f'="{name}' for name in ("Discuz!", "phpBB", "vBulletin", "XenForo", "Discourse", "phpwind", "SMF",
                               "MyBB", "NodeBB", "Flarum", "flarum")),
    *(f'id="{name}"' for name in ("XF", "phpbb", "punbb", "postlist")),
    "viewthread", "showthread", "viewtopic.php?f=", "thread-view",
    "postmessage_", "post_message_", 'class="t_f"', "read_tpc", "d_post_content", "topic_content",
    "bbWrapper", "messageContent", "ipsRichText", "ipsType_richText", "usertext-body", "js-post-body",
    "postmsg", "forum-post", "forumpost", "Post-body", "post/content",
)  # fmt: skip
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
    return not is_discussion(page)


def minimum_chances(page: str, wide_share: float, kinds: frozenset[str]) -> MinimumChances:
    """What probability the learned reader asks of a block on some kinds of pages.

    The gold pages hold no Chinese or Japanese, and lists of stories count as content in the
    collections among them: below short articles of Chinese news pages the reader took such lists
    for content, most of them links. Forums have no such lists, and less certain posts.

    Args:
        page: The decoded page.
        wide_share: Share of its text that is ideographs, kana or Hangul, 0 to 1.
        kinds: ``PageMetadata.kinds``.
    """
    if wide_share >= UNSPACED_SHARE:
        return UNSPACED_POSTS if is_discussion(page) else UNSPACED_ARTICLE
    return NEWS_ARTICLE if states_news(kinds) else ANY_CHANCE


def is_discussion(page: str) -> bool:
    """Tell a page of forum or question-and-answer software by the marks it leaves in the page."""
    searched = page[:SEARCHED_CHARACTERS]
    return any(mark in searched for mark in _FORUM_MARKS)


def calls_itself_article(kinds: frozenset[str], page: str) -> bool:
    """Tell articles and products by what the page states and by the classes of blog software.

    Args:
        kinds: ``PageMetadata.kinds``.
        page: The decoded page.
    """
    if kinds & _ARTICLES or kinds & _PRODUCTS or any(kind.startswith("product") for kind in kinds):
        return True
    return _ARTICLE_CLASS.search(page, 0, SEARCHED_CHARACTERS) is not None


def states_news(kinds: frozenset[str]) -> bool:
    """Tell pages that state to be a certain kind of article; ``og:type`` alone says it of anything."""
    return bool(kinds & _ARTICLES - {"article"})


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
    is_unspaced = len(_IDEOGRAPH_OR_KANA.findall(sample)) > 0.3 * len(sample)
    if is_unspaced and not is_forum:
        return len(first) < RESCUE_SHARE_UNSPACED * len(second)
    return True
