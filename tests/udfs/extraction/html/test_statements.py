"""Metadata without parsing the page: the same as from the whole page."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from trafilatura.utils import load_html

from udfs.extraction.html.metadata import PageMetadata, read_metadata
from udfs.extraction.html.statements import MAXIMUM_ELEMENTS, statements_tree

PAGE = """<!doctype html><html lang="zh-CN"><head><meta charset="gbk"><title>数据 | 站点</title>
<!-- <meta name="author" content="nobody"> -->
<META NAME="author" CONTENT="李四"><link rel="canonical" href="https://example.org/a">
<script type="application/ld+json">{"@type": "NewsArticle", "datePublished": "2024-05-04"}</script>
<script>var s = "<h1>no</h1>";</script></head><body itemscope itemtype="https://schema.org/WebPage">
<H1>数据</H1><p>text <a rel="license" href="https://creativecommons.org/licenses/by/4.0/">CC</a></p></body></html>"""


def test_all_statements_are_read() -> None:
    assert read_metadata(statements_tree(PAGE)) == PageMetadata(
        title="数据",
        author="李四",
        date="2024-05-04",
        language="zh-CN",
        canonical_url="https://example.org/a",
        licence_url="https://creativecommons.org/licenses/by/4.0/",
        kinds=frozenset({"newsarticle", "webpage"}),
    )
    assert read_metadata(statements_tree(PAGE)) == read_metadata(load_html(PAGE))


@pytest.mark.parametrize(
    "page",
    ["", "<", "<title", "<title>open", "<script type=ld+json", "<!--", "<h1>" * 99, "rel=license"],
)
def test_broken_pages_state_nothing_or_little(page: str) -> None:
    assert read_metadata(statements_tree(page)).author is None


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet="<>/!-ahmtilens= \"'\x00\ud800é", max_size=80))
def test_any_text_has_a_tree(page: str) -> None:
    read_metadata(statements_tree(f"<meta {page}"))


def test_floods_are_cut() -> None:
    flood = "<meta name=a content=b>" * 3 * MAXIMUM_ELEMENTS
    assert len(list(statements_tree(flood).iter("meta"))) <= MAXIMUM_ELEMENTS


@pytest.mark.real_data
def test_real_pages_say_the_same_either_way(shared_data: Path) -> None:
    paths = sorted((shared_data / "wcxb_dev/html").glob("*.html.gz"))[::20]
    same = 0
    for path in paths:
        text = gzip.decompress(path.read_bytes()).decode("utf-8", "replace")
        tree = load_html(text)
        if tree is None:
            same += 1
            continue
        whole, cut = read_metadata(tree), read_metadata(statements_tree(text))
        same += (whole.title, whole.author, whole.date) == (cut.title, cut.author, cut.date)
    assert same >= 0.97 * len(paths)
