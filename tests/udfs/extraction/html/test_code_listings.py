"""Listings in tables keep their lines; real tables stay tables."""

from __future__ import annotations

import pytest
from lxml import html as lxml_html

from udfs.extraction.contract import ExtractionOptions, ProfileName
from udfs.extraction.html.code_listings import unwrap_listings
from udfs.extraction.html.reading import read_html

CODE = "def f(x):\n    if x:\n        return 1\n    return 2"
PROSE = "<p>The following program shows what a listing in a table looks like on a blog.</p>" * 3
HEXO = (
    '<figure class="highlight python"><table><tr><td class="gutter"><pre>'
    + "".join(f'<span class="line">{i}</span><br>' for i in range(1, 5))
    + '</pre></td><td class="code"><pre>'
    + "".join(f'<span class="line">{line}</span><br>' for line in CODE.split("\n"))
    + "</pre></td></tr></table></figure>"
)
PYGMENTS = (
    '<table class="highlighttable"><tr><td class="linenos"><div><pre>1\n2\n3\n4</pre></div></td>'
    f'<td class="code"><div class="highlight"><pre>{CODE}\n</pre></div></td></tr></table>'
)
A_ROW_A_LINE = (
    "<table>"
    + "".join(
        f"<tr><td>{number}</td><td><code>{line}</code></td></tr>"
        for number, line in enumerate(CODE.split("\n"), 1)
    )
    + "</table>"
)
REAL_TABLE = (
    "<table><tr><td>ls</td><td><code>ls -l</code> lists the files of a folder</td></tr>"
    "<tr><td>cd</td><td><code>cd x</code> goes to another folder</td></tr></table>"
)


@pytest.mark.parametrize(
    ("listing", "profile"),
    [
        (HEXO, "learned"),
        (PYGMENTS, "learned"),
        (HEXO, "balanced"),
        (PYGMENTS, "balanced"),
        # No element says that it is a listing; the learned reader leaves the table one.
        (A_ROW_A_LINE, "balanced"),
    ],
)
def test_a_listing_keeps_its_lines(listing: str, profile: ProfileName) -> None:
    article = f"<article class='hentry'><h1>Code</h1>{PROSE}{listing}{PROSE}</article>"
    options = ExtractionOptions(profile=profile)
    document = read_html(f"<html><body>{article}</body></html>", options=options)
    assert CODE in document.text, document.text


@pytest.mark.parametrize("table", [REAL_TABLE, "<table><tr><td>1</td><td>2</td></tr></table>"])
def test_a_table_stays_one(table: str) -> None:
    tree = lxml_html.document_fromstring(f"<html><body>{table}</body></html>")
    unwrap_listings(tree)
    assert tree.find(".//table") is not None
