"""Listings: numbers of lines left out wherever a page puts them, lines in one fence."""

from __future__ import annotations

import pytest

from tests.udfs.extraction.html.learned.test_markdown import markdown
from udfs.extraction.html.learned.listings import without_line_numbers

CODE = "if x:\n    y()"


@pytest.mark.parametrize(
    "page",
    [
        "<table><tr><td class=gutter><pre>1<br>2</pre><td class=code><pre>if x:<br>    y()</pre></table>",
        "<table><tr><td><pre>1\n2\n</pre><td><pre><code>if x:\n    y()\n</code></pre></table>",
        "<table><tr><td><div><pre>1</pre><pre>2</pre></div><td><pre>if x:\n    y()</pre></table>",
        "<table><tr><td>1<td><pre>if x:</pre><tr><td>2<td><pre>    y()</pre></table>",
        "<table><tr><td><div>1</div><div>2</div><td><div><code>if</code>&nbsp;<code>x:</code></div>"
        "<div><code>&nbsp;&nbsp;&nbsp;&nbsp;</code><code>y()</code></div></table>",
        "<div><pre>1\n2</pre></div><div><pre>if x:\n    y()</pre></div>",
        "<div><div>1</div><div>2</div></div><pre>if x:\n    y()</pre>",
        "<pre><span class=lineno>1 </span>if x:\n<span class=lineno>2 </span>    y()</pre>",
        "<pre><i style='user-select:none'>1</i>if x:\n<i style='user-select:none'>2</i>    y()</pre>",
        "<pre><div>if x:</div><div>    y()</div></pre>",
        "<pre><ol class=linenums><li>if x:<li>    y()</ol></pre>",
        "<code><div>if x:</div><div>&nbsp;&nbsp;&nbsp;&nbsp;y()</div></code>",
        "<div><code>if x:<br>&nbsp;&nbsp;&nbsp;&nbsp;y()</code></div>",
        "<pre class=line>if x:</pre><pre class=line>    y()</pre>",
    ],
)
def test_a_listing_is_one_fence_without_numbers(page: str) -> None:
    assert markdown(f"<p>text</p>{page}<p>text") == f"text\n\n```\n{CODE}\n```\n\ntext"


@pytest.mark.parametrize(
    ("page", "text"),
    [
        ("<table><tr><td>1<td><code>EPERM</code><tr><td>2<td><code>ENOENT</code><tr><td>3<td>x</table>",
         "| 1 | `EPERM` |\n| --- | --- |\n| 2 | `ENOENT` |\n| 3 | x |"),
        ("<p>1</p><p>2</p><p>text</p><pre>a</pre>", "1\n\n2\n\ntext\n\n```\na\n```"),
        ("<pre>1\n2\n3</pre><p>text", "```\n1\n2\n3\n```\n\ntext"),
        ("<ul><li><code>ls</code><li><code>cd</code></ul>", "- `ls`\n- `cd`"),
        ("<p><code>one</code> of <code>two</code><p><code>x</code>", "`one` of `two`\n\n`x`"),
        ("<pre>```\na\n```</pre>", "````\n```\na\n```\n````"),
        ("<pre><div>a</div><div></div><div>b</div></pre>", "```\na\n\nb\n```"),
    ],
)  # fmt: skip
def test_other_numbers_and_code_stay(page: str, text: str) -> None:
    assert markdown(page) == text


@pytest.mark.parametrize(
    ("code", "bare"),
    [
        ("1 if x:\n2     y()\n3 z()", "if x:\n    y()\nz()"),
        (" 9 a {\n10   b;\n11 }", "a {\n  b;\n}"),
        ("1 apple\n2 pear\n3 plum", None),
        ("1 a;\n3 b;\n4 c;", None),
        ("10 PRINT x;\n20 GOTO 10;\n30 END;", None),
        ("1 a;\nb;\n2 c;", None),
        ("1 a;\n2 b;", None),
        ("1a {\n2b;\n3}", "a {\nb;\n}"),
        ("", None),
    ],
)
def test_numbers_inside_a_listing(code: str, bare: str | None) -> None:
    assert without_line_numbers(code) == (code if bare is None else bare)
