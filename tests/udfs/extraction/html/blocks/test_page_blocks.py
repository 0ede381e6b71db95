"""The block kernel against the rules of the HTML standard, and on anything at all."""

from __future__ import annotations

import html

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from udfs.extraction.html.blocks.finding import BLANK_LINES, BLOCK_NODE, LINKS
from udfs.extraction.html.blocks.names import TAGS
from udfs.extraction.html.blocks.open_elements import (
    MAXIMUM_DEPTH,
    NODE_DEPTH,
    NODE_PARENT,
    NODE_ROWS,
    NODE_SPAN,
    NODE_TAG,
)
from udfs.extraction.html.blocks.page_blocks import segment


def blocks_of(page: str) -> list[str]:
    return segment(page).texts()


def elements_of(page: str) -> list[str]:
    """``parent>child`` of every element."""
    nodes = segment(page).nodes
    return [f"{TAGS[nodes[row[NODE_PARENT], NODE_TAG]]}>{TAGS[row[NODE_TAG]]}" for row in nodes[1:]]


@pytest.mark.parametrize(
    ("page", "blocks"),
    [
        ("<p>one<p>two", ["one", "two"]),
        ("a<br>b<hr>c", ["a", "b", "c"]),
        ("<p>a  \n b\t<b> c</b></p>", ["a b c"]),
        ("<p>a<!-- <p>no --><!--> b <!-- c --!>d<!doctype x><?php no ?></p>", ["a b d"]),
        ("<p>a</b c='>'>b</ ignored>c</>d", ["abcd"]),
        ("<p title='a > b' x=\"<p>\" y=z>text", ["text"]),
        ("<p>1 < 2 <3", ["1 < 2 <3"]),
        ("<script>if (a<b) '</p>'</script><style>p{}</style><p>x", ["x"]),
        ("<script><!-- unclosed", []),
        ("<iframe>never closed<p>still read", ["never closed", "still read"]),
        ("<textarea><p>no</textarea ><title>no</title><p>yes", ["yes"]),
        ("<svg><title>no</title><text>no</text></svg>yes", ["yes"]),
        ("<svg><text>no<p>unclosed svg ends at a paragraph", ["unclosed svg ends at a paragraph"]),
        ("<select><option>no<option>no</select>yes", ["yes"]),
        ("<template><p>no</p></template><p>yes", ["yes"]),
        ("<pre>\n a\n  b\n</pre>", [" a\n  b"]),
        ("<pre>a<br><br>  b<br></pre>c", ["a\n\n  b", "c"]),
        (
            "<pre><i class=lineno>7 </i>a\n<b style='-webkit-user-select: none'> 8</b>b</pre>",
            ["a\nb"],
        ),
        ("<pre><i class=lineno>x7</i>a</pre>", ["x7a"]),
        ("<p>in <i class=lineno>7</i> lines", ["in 7 lines"]),
        ("<code><div>if x:</div><div>&nbsp;&nbsp;y</div></code><p>z", ["`if x:`", "`  y`", "z"]),
        ("<div><code>open</div><p>no code", ["`open`", "no code"]),
        (
            "<ruby>渡<rt>わた</rt></ruby>し<ruby>船<rp>(</rp><rt>ぶね</rt><rp>)</rp></ruby>は",
            ["渡し船は"],
        ),
        ("<ruby>漢<rt>かん<rb>字<rt>じ</ruby>です", ["漢字です"]),
        ("<ruby>東<rb>京<rtc><rt>とう<rt>きょう</rtc></ruby>へ", ["東京へ"]),
        ("<ruby>漢<rt>かん<p>next", ["漢", "next"]),
        ("<p>a <rt>no ruby</rt> b", ["a no ruby b"]),
        (
            "<x-y><template shadowrootmode=open><p>a</p></template></x-y><template><p>no</template>b",
            ["a", "b"],
        ),
        (
            "<template shadowroot='closed'>a<template><p>no</p></template><p>b</template>c",
            ["a", "b", "c"],
        ),
        ("<template shadowrootmode=x><p>no</template>a", ["a"]),
        (
            "<h2>History<span class='mw-editsection'>[<span><a href=#>edit</a></span>]</span></h2>a",
            ["History", "a"],
        ),
        ("<h2>History<span class=mw-editsection>[<a>edit</h2><p>a", ["History", "a"]),
        (
            "<h2>Use<a class=headerlink href=#use>¶</a></h2><h3><a href=#>#</a> It <a href=#>§</a></h3>",
            ["Use", "It"],
        ),
        ("<p>Call <a href=x>#</a> or <a href=y>§ 5</a>", ["Call # or § 5"]),
        ("<p>use <code>a b</code> now <code></code></p>", ["use `a b` now ``"]),
        ("<![CDATA[no]]>yes", ["yes"]),
        ("a<p class=x", ["a"]),
        ("", []),
        ("<", ["<"]),
        ("\x00\x01<p>\x0ca\x00b", ["ab"]),
    ],
)
def test_text_of_blocks(page: str, blocks: list[str]) -> None:
    assert blocks_of(page) == blocks


@pytest.mark.parametrize(
    "reference",
    ["&amp;", "&amp", "&notit;", "&notin;", "&nbsp;", "&#65;", "&#x41;", "&#128;", "&#0;", "&#xD800;",
     "&#x110000;", "&#99999999999999999999;", "&unknown;", "&", "&#", "&#x", "&NotEqualTilde;", "&hellip;x"],
)  # fmt: skip
def test_references_mean_what_the_standard_says(reference: str) -> None:
    expected = html.unescape(f"a{reference}b").replace("\xa0", " ")
    assert blocks_of(f"<p>a{reference}b") == [expected]


@pytest.mark.parametrize(
    ("page", "elements"),
    [
        ("<ul><li>a<ul><li>b</ul><li>c", ["#root>ul", "ul>li", "li>ul", "ul>li", "ul>li"]),
        ("<li><div>a<li>b", ["#root>li", "li>div", "#root>li"]),
        ("<dl><dt>a<dd>b<dt>c", ["#root>dl", "dl>dt", "dl>dd", "dl>dt"]),
        ("<table><tr><td>a<td>b<tr><th>c</table>d",
         ["#root>table", "table>tr", "tr>td", "tr>td", "table>tr", "tr>th"]),
        ("<table><tr><td><table><tr><td>a</table>b",
         ["#root>table", "table>tr", "tr>td", "td>table", "table>tr", "tr>td"]),
        ("<p>a<div>b</p>c</div>", ["#root>p", "#root>div"]),
        ("<p><button><p>a</button>", ["#root>p", "p>button", "button>p"]),
        ("<h1>a<h2>b</h1>c", ["#root>h1", "#root>h2"]),
        ("<td>no table", []),
        ("<div><table><tr><td></div><p>x", ["#root>div", "div>table", "table>tr", "tr>td", "td>p"]),
        ("<body><p>a<body><p>b", ["#root>body", "body>p", "body>p"]),
        ("<x-card><p>a</x-card><p>b", ["#root>#custom", "#custom>p", "#custom>p"]),
    ],
)  # fmt: skip
def test_elements_are_closed_as_the_standard_says(page: str, elements: list[str]) -> None:
    assert elements_of(page) == elements


def test_lines_of_listings_that_are_empty_elements_are_counted() -> None:
    page = segment("<pre><div>a</div><div></div><div> </div><div>b</div></pre><div></div><p>c")
    assert page.texts() == ["a", "b", "c"]
    assert page.blocks[:, BLANK_LINES].tolist() == [0, 2, 0]
    listed = segment("<pre><ol><li>a<li><li>b</ol></pre>")
    assert listed.blocks[:, BLANK_LINES].tolist() == [0, 1]


def test_cells_say_what_they_span() -> None:
    nodes = segment(
        "<table><tr><td rowspan=2 colspan='3'>a<td colspan=x>b<td rowspan=999999999>c"
    ).nodes
    assert nodes[-3:, [NODE_ROWS, NODE_SPAN]].tolist() == [[2, 3], [0, 1], [1000, 0]]


def test_links_and_statements() -> None:
    page = segment(
        "<title>A &amp; B</title><meta name=author content=Ann><p><a href=x>one</a> two <a href=y>three</a>"
        '<h1>Head</h1><script type=\'application/ld+json\'>{"@type": "NewsArticle"}</script>'
    )
    assert page.blocks[0, LINKS] == 2
    assert page.title.tobytes() == b"A &amp; B"
    stated = [page.page[start:end] for start, end in page.statements.tolist()]
    assert [part[:5] for part in stated] == [b"<titl", b"<meta", b"<h1>H", b"<scri"]
    assert stated[2] == b"<h1>Head</h1>"
    assert page.kinds[0] == 1


def test_depth_is_bounded_and_text_below_it_is_kept() -> None:
    page = segment("<div>" * 5_000 + "deep" + "</div>" * 5_000 + "<p>after")
    assert page.nodes[:, NODE_DEPTH].max() == MAXIMUM_DEPTH
    assert page.texts() == ["deep", "after"]


_TAGS = (
    "p li ul table tr td pre code svg select template script x-y h1 br sup sub a ruby rt math span"
)
_PIECES = st.sampled_from(
    [f"<{slash}{name}>" for name in _TAGS.split() for slash in ("", "/")]
    + [
        "<!--",
        "-->",
        "<span class=lineno>",
        "<span class=mw-editsection>",
        "<template shadowrootmode=open>",
        "1",
        "¶",
        "<a href='",
        "'>",
        "&",
        "&#x",
        "&amp",
        "text",
        " ",
        "\n",
        "é",
        "汉",
        "\x00",
        "<",
    ]
)


@settings(max_examples=150, deadline=None)
@given(st.one_of(st.text(max_size=200), st.lists(_PIECES, max_size=60).map("".join)))
@example("<code><p>" * 3)
@example("\ud800<p>")
def test_any_page_gives_blocks_in_order_with_parents_before_children(page: str) -> None:
    found = segment(page)
    assert all(text.strip(" \t\n`") or "`" in text for text in found.texts())
    bounds = found.blocks[:, :2].ravel().tolist()
    assert bounds == sorted(bounds)
    assert all(0 <= row[BLOCK_NODE] < len(found.nodes) for row in found.blocks)
    assert all(row[NODE_PARENT] < number for number, row in enumerate(found.nodes) if number)
