"""Posts of discussion pages, in the markup of the software that most forums run on."""

from __future__ import annotations

import pytest
from lxml import html as lxml_html

from udfs.extraction.contract import ExtractionOptions
from udfs.extraction.html.posts import post_elements, posts_page
from udfs.extraction.html.reading import read_html

ENGLISH = [
    "Has anybody measured how much of the crawl survives the language filter?",
    "About a third here, but it depends on the crawl.",
    "Thanks, that is what I see, too.",
]
CHINESE = ["这种机型的电池可以自己更换吗?", "可以，拆开后盖就能看到。", "多谢楼主，已经换好了。"]
JAPANESE = [
    "この機種の電池は自分で交換できますか。",
    "裏蓋を外せば見えます。",
    "できました、ありがとう。",
]

XENFORO = (
    '<article class="message message--post"><div class="message-cell message-cell--user">'
    '<h4 class="message-name">Ann</h4><div class="message-userExtras">Joined 2010</div></div>'
    '<div class="message-cell message-cell--main">'
    '<header class="message-attribution">May 4, 2024 #{n}</header><div class="message-content">'
    '<article class="message-body"><div class="bbWrapper">{text}</div></article>'
    '<aside class="message-signature"><div>My other car is a cdr</div></aside></div></div></article>'
)
DISCUZ = (
    '<div id="post_{n}"><table><tr><td class="pls"><div class="authi">楼主小王</div><p>积分 1024</p></td>'
    '<td class="plc"><div class="authi">发表于 2024-5-4 12:0{n}</div><div class="pct"><div class="pcb">'
    '<div class="t_fsz"><table><tr><td class="t_f" id="postmessage_{n}">{text}</td></tr></table></div></div>'
    '</div><div class="sign">签名：人生苦短</div></td></tr></table></div>'
)
PHPBB = (
    '<div id="p{n}" class="post bg2"><div class="postbody"><h3>Re: topic</h3>'
    '<p class="author">by Bob, Sat</p>'
    '<div class="content">{text}</div><div class="signature">cheers</div></div>'
    '<dl class="postprofile"><dt>Bob</dt><dd>Posts: 12</dd></dl></div>'
)
DISCOURSE = (
    '<div itemprop="comment" class="topic-body crawler-post"><div class="crawler-post-meta">Ann May 4</div>'
    '<div class="post" itemprop="text"><p>{text}</p></div></div>'
)
CHROME = (
    "<html><head><title>t</title></head><body><ul class='nav'><li><a href='/'>Home</a></li>"
    "<li><a>Forum</a></li></ul>{posts}<div class='sidebar'><ul><li><a>Other topic</a></li></ul></div>"
    "<p>All rights reserved</p></body></html>"
)


def page_of(template: str, texts: list[str]) -> str:
    return CHROME.format(
        posts="".join(template.format(n=number, text=text) for number, text in enumerate(texts))
    )


@pytest.mark.parametrize("texts", [ENGLISH, CHINESE, JAPANESE], ids=["en", "zh", "ja"])
@pytest.mark.parametrize(
    ("template", "mark"),
    [
        (XENFORO, '<html id="XF">'),
        (DISCUZ, '<meta name="generator" content="Discuz! X3.4">'),
        (PHPBB, '<body id="phpbb">'),
        (DISCOURSE, '<meta name="generator" content="Discourse 3.4">'),
    ],
    ids=["xenforo", "discuz", "phpbb", "discourse"],
)
@pytest.mark.parametrize("profile", ["quality", "balanced", "fast"])
def test_posts_are_read_and_nothing_else(
    template: str, mark: str, texts: list[str], profile: str
) -> None:
    page = mark + page_of(template, texts)
    document = read_html(page, options=ExtractionOptions(profile=profile))  # type: ignore[arg-type]
    assert document.extractor == "resiliparse_posts"
    assert [line for line in document.text.split("\n") if line] == texts


def test_a_tree_is_not_changed_by_reading_its_posts() -> None:
    tree = lxml_html.document_fromstring(page_of(XENFORO, ENGLISH))
    before = lxml_html.tostring(tree)
    assert "Joined" not in posts_page(tree)
    assert "my other car" not in posts_page(tree).lower()
    assert lxml_html.tostring(tree) == before


@pytest.mark.parametrize(
    "body",
    [
        "",
        "<div class='post-content'>One article, once.</div>",
        "<div class='post-author'>Ann B. Cederholm</div>" * 5,
        "<div class='message-content'><a href='/x'>a list of links to read</a></div>" * 9,
        "<div class='card'>No name that tells of posts</div>" * 9,
    ],
)
def test_pages_without_posts(body: str) -> None:
    tree = lxml_html.document_fromstring(f"<html><body><p>x</p>{body}</body></html>")
    assert post_elements(tree) == []
    assert posts_page(tree) == ""


def test_answers_count_not_the_comments_below_them() -> None:
    answer = "<div class='answer'><div class='post-text'>{}</div>{}</div>"
    comments = "<div class='comment-body'>I agree with this one, mostly.</div>" * 4
    tree = lxml_html.document_fromstring(
        "<html><body>" + answer.format("It depends on the crawl. " * 9, comments) * 3
    )
    assert {element.get("class") for element in post_elements(tree)} == {"post-text"}
