"""Structure of a page's own elements in the Markdown of kept blocks."""

from __future__ import annotations

import numpy as np
import pytest

from udfs.extraction.html.blocks.page_blocks import segment
from udfs.extraction.html.learned.markdown import write_markdown


def markdown(page: str) -> str:
    blocks = segment(page)
    return write_markdown(blocks, np.ones(len(blocks.blocks), np.bool_))


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
        ("<table><tr><td>a<p>b<td>c</table>", "a b  c"),
        (f"<table><tr><td>{'long ' * 80}<td>side</table>", f"{('long ' * 80).strip()}\n\nside"),
    ],
)  # fmt: skip
def test_structures(page: str, text: str) -> None:
    assert markdown(page) == text


def test_only_kept_blocks_are_written() -> None:
    blocks = segment("<ul><li>a<li>b<li>c</ul><pre>x</pre><p>d")
    kept = np.array([True, False, True, False, True])
    assert write_markdown(blocks, kept) == "- a\n- c\n\nd"


def test_deep_lists_do_not_make_a_text_of_blanks() -> None:
    assert len(markdown("<ul><li>x" * 5_000)) < 200_000
