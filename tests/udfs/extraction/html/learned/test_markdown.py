"""Structure of a page's own elements in the Markdown of kept blocks."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from udfs.extraction.html.blocks.page_blocks import PageBlocks, segment
from udfs.extraction.html.learned.listings import find_listings
from udfs.extraction.html.learned.markdown import write_markdown
from udfs.extraction.html.learned.structures import structures


def markdown(page: str) -> str:
    blocks = segment(page)
    return written(blocks, np.ones(len(blocks.blocks), np.bool_))


def written(page: PageBlocks, is_kept: npt.NDArray[np.bool_]) -> str:
    places = structures(page.nodes)
    return write_markdown(page, is_kept, places, find_listings(page, places))


@pytest.mark.parametrize(
    ("page", "text"),
    [
        ("<h1>One <b>line</b></h1><h3>Three</h3><p>Text.</p>", "# One line\n\n### Three\n\nText."),
        ("<h2>Two<br>lines</h2>", "## Two lines"),
        ("<p>a<br>b<br><br>c</p><p>d", "a\nb\nc\n\nd"),
        ("<ul><li>one<li>two<ul><li>deep</ul><li>three</ul>", "- one\n- two\n  - deep\n- three"),
        ("<ol><li>one<li>two</ol><p>x", "1. one\n2. two\n\nx"),
        ("<ul><li><p>one<p>more</ul>", "- one\n  more"),
        ("<ul><li><h3>Card</h3><p>Text</ul>", "### Card\n\n- Text"),
        ("<pre><code>def f():\n    return 1\n\nf()</code></pre>", "```\ndef f():\n    return 1\n\nf()\n```"),
        ("<p>call <code>f()</code>.", "call `f()`."),
        ("<blockquote><p>Said.</blockquote>", "> Said."),
        (
            "<table><caption>Ages</caption><tr><th>Name<th>Age<tr><td>Ann<td>7<tr><td>B | c<td>8</table>",
            "Ages\n\n| Name | Age |\n| --- | --- |\n| Ann | 7 |\n| B \\| c | 8 |",
        ),
        ("<table><tr><td>a<p>b<td>c</table>", "a\n\nb\n\nc"),
        ("<table><tr><th>Day<th>Hours<tr><td>Mon<td><ul><li>10 to 12<li>14 to 18</ul>"
         "<tr><td>Tue<td><p>closed<p>(winter)</table>",
         "| Day | Hours |\n| --- | --- |\n| Mon | 10 to 12 14 to 18 |\n| Tue | closed (winter) |"),
        ("<table><tr><th>A<th>B<tr><td>a<td><dl><dt>noun<dd>a thing</dl><tr><td>b<td>c</table>",
         "| A | B |\n| --- | --- |\n| a | noun a thing |\n| b | c |"),
        ("<table><tr><td>a<td>b<tr><td><td>c<tr><td>d<td></table>",
         "| a | b |\n| --- | --- |\n|  | c |\n| d |  |"),
        ("<table><tr><td rowspan=2>a<td>1<tr><td>2<tr><td>b<td>3</table>",
         "| a | 1 |\n| --- | --- |\n|  | 2 |\n| b | 3 |"),
        ("<table><tr><th rowspan=2>City<th colspan=2>2020<tr><th>Q1<th>Q2<tr><td>X<td>1<td>2"
         "<tr><td>Y<td>3<td>4</table>",
         "| City | 2020 Q1 | 2020 Q2 |\n| --- | --- | --- |\n| X | 1 | 2 |\n| Y | 3 | 4 |"),
        ("<table><caption>Box</caption><tr><td><h2>Two</h2><p>First.<p>Second.</table>",
         "Box\n\n## Two\n\nFirst.\n\nSecond."),
        ("<table><tr><td>before<table><tr><th>a<th>b<tr><td>1<td>2<tr><td>3<td>x</table>after<td>side</table>",
         "before\n\n| a | b |\n| --- | --- |\n| 1 | 2 |\n| 3 | x |\n\nafter\n\nside"),
        (f"<table><tr><td>{'long ' * 80}<td>side</table>", f"{('long ' * 80).strip()}\n\nside"),
    ],
)  # fmt: skip
def test_structures(page: str, text: str) -> None:
    assert markdown(page) == text


def test_only_kept_blocks_are_written() -> None:
    blocks = segment("<ul><li>a<li>b<li>c</ul><pre>x</pre><p>d")
    kept = np.array([True, False, True, False, True])
    assert written(blocks, kept) == "- a\n- c\n\nd"


def test_deep_lists_do_not_make_a_text_of_blanks() -> None:
    assert len(markdown("<ul><li>x" * 5_000)) < 200_000
