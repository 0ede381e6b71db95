"""What kind of page it is: article, product, discussion, news; by what it states and its software's marks."""

from __future__ import annotations

import re

from ahocorasick_rs import BytesAhoCorasick, MatchKind

MINIMUM_IDEOGRAPHS = 100
"""Ideographs and kana on a page that declares Chinese or Japanese; five times as many on others."""
SEARCHED_CHARACTERS = 300_000
"""Characters of a page, or bytes of its UTF-8, that are searched for marks of its software."""

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
# Classes, ids, generators and statements by which forum software is known. Forty searches one by one take
# as long as all the rest of the learned reader.
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
# Leftmost matches let the search skip through the page with vector instructions: a tenth of the time.
_FORUM_AUTOMATON = BytesAhoCorasick(
    [mark.encode() for mark in _FORUM_MARKS], matchkind=MatchKind.LeftmostFirst
)
_ARTICLE_CLASS = re.compile(
    r"class\s*=\s*[\"'][^\"'<>]{0,300}?\b(?:hentry|h-entry|single-post|entry-content|post-content|"
    r"article-?body|post-entry)\b",
    re.IGNORECASE,
)
IDEOGRAPH_OR_KANA = re.compile("[\u3040-\u30ff\u3400-\u9fff]")


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
    ideographs = len(IDEOGRAPH_OR_KANA.findall(page, 0, SEARCHED_CHARACTERS))
    declared = (language or "").lower().startswith(("zh", "ja"))
    if ideographs < (MINIMUM_IDEOGRAPHS if declared else 5 * MINIMUM_IDEOGRAPHS):
        return False
    return not is_discussion(page)


def is_discussion(page: str | bytes) -> bool:
    """Tell a page of forum or question-and-answer software by the marks it leaves in the page.

    Args:
        page: The decoded page, or its UTF-8 where that is at hand.
    """
    searched = page[:SEARCHED_CHARACTERS]
    content = searched.encode("utf-8", "replace") if isinstance(searched, str) else searched
    return bool(_FORUM_AUTOMATON.find_matches_as_indexes(content))


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
