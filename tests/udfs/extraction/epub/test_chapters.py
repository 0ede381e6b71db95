"""Chapters with unusual markup: scripts, formulas, listings, tables."""

from __future__ import annotations

import pytest

from tests.document_builders import simple_epub
from udfs.extraction.contract import ExtractionOptions
from udfs.extraction.epub.reading import read_epub

MATH = (
    '<m:math xmlns:m="http://www.w3.org/1998/Math/MathML"><m:semantics><m:msup><m:mi>c</m:mi><m:mn>2'
    '</m:mn></m:msup><m:annotation encoding="application/x-tex">c^2</m:annotation></m:semantics></m:math>'
)
HALF = (
    '<math xmlns="http://www.w3.org/1998/Math/MathML" display="block" alttext="\\frac12"><mfrac>'
    "<mn>1</mn><mn>2</mn></mfrac></math>"
)


def read(body: str) -> str:
    return read_epub(simple_epub(body)).text


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("10<sup>6</sup> pounds of H<sub>2</sub>O", "10^6 pounds of H2O"),
        ('10<span style="vertical-align: super">6</span> pounds', "10^6 pounds"),
        ('10<span class="superscript">6</span> a<span class="subscript">i</span>', "10^6 a_i"),
        ('in 1848<sup><a href="#n1" id="r1">1</a></sup> he came', "in 1848[1] he came"),
        ('in 1848<a href="notes.xhtml#n1"><sup>1</sup></a> he came', "in 1848[1] he came"),
        ('in 1848<sup class="footnote">1</sup> he came', "in 1848[1] he came"),
        (
            'in 1848<sup><a epub:type="noteref" href="#n1">1</a></sup> he came',
            "in 1848[1] he came",
        ),
        ("x<sup>a<sub>b</sub></sup>", "x^(a_b)"),
        ("<b>10</b><i><sup>6</sup></i>", "10^6"),
        ("the 4<sup>th</sup> of May", "the 4th of May"),
        (f"since {MATH} holds", "since $c^2$ holds"),
        (f"since {HALF} holds", "since $$\\frac12$$ holds"),
        ("<ruby><rb>東京</rb><rtc><rt>Tokyo</rt></rtc></ruby>へ", "東京へ"),
        ("press <svg><title>Arrow</title><text>label</text></svg> here", "press here"),
    ],
)
def test_elements_of_a_line(body: str, text: str) -> None:
    assert read(f"<p>{body}</p>") == text


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("<ruby>渡<rt>わた</rt></ruby>し", "渡（わた）し"),
        ("<ruby>漢<rp>(</rp><rt>かん</rt><rp>)</rp>字<rt>じ</rt></ruby>だ", "漢（かん）字（じ）だ"),
        ("<ruby><rb>東京</rb><rtc><rt>Tokyo</rt></rtc></ruby>へ", "東京(Tokyo)へ"),
        ("<ruby><rb>東</rb><rb>京</rb><rtc>とうきょう</rtc></ruby>へ", "東京（とうきょう）へ"),
        ("<ruby>渡<rt></rt></ruby>し", "渡し"),
        ("<ruby>渡<rt><b>わた</b></rt></ruby><sup>2</sup>", "渡（わた）^2"),
    ],
)
def test_readings_of_ruby_stay_where_they_are_wanted(body: str, text: str) -> None:
    options = ExtractionOptions(ruby_readings=True)
    assert read_epub(simple_epub(f"<p>{body}</p>"), options).text == text


@pytest.mark.parametrize(
    "body",
    [
        "<pre>x = 1\ny = (2)\n  z = [3]</pre>",
        "<pre><div>x = 1</div><div>y = (2)</div><div>  z = [3]</div></pre>",
        "<pre>x = 1<br/>y = (2)<br/>  z = [3]</pre>",
        "<pre>1 x = 1\n2 y = (2)\n3   z = [3]</pre>",
        '<pre><span class="lineno">1</span>x = 1\n<span class="lineno">2</span>y = (2)\n'
        '<span class="lineno">3</span>  z = [3]</pre>',
        '<table><tr><td class="gutter"><pre>1\n2\n3</pre></td><td><pre>x = 1\ny = (2)\n  z = [3]</pre></td>'
        "</tr></table>",
        "<table><tr><td><pre>1\n2\n3</pre></td><td><pre>x = 1\ny = (2)\n  z = [3]</pre></td></tr></table>",
    ],
    ids=["lines", "blocks", "breaks", "numbers", "spans", "gutter", "column"],
)
def test_listings(body: str) -> None:
    assert read(body) == "```\nx = 1\ny = (2)\n  z = [3]\n```"


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (
            "<table><caption>Tabelle 1: Preise</caption><tr><th><p>Ware</p></th><th><p>Preis</p></th></tr>"
            "<tr><td><p>Brot</p><p>dunkel</p></td><td><p>3 Taler</p></td></tr><tr><td>Salz<br/>grob</td>"
            "<td><ul><li>fein</li><li>lose</li></ul></td></tr></table>",
            "Tabelle 1: Preise\n\n| Ware | Preis |\n| --- | --- |\n| Brot dunkel | 3 Taler |\n"
            "| Salz grob | fein lose |",
        ),
        (
            "<table><tr><td><h2>Kapitel 2</h2><p>Erster Absatz.</p><p>Zweiter Absatz.</p></td></tr></table>",
            "## Kapitel 2\n\nErster Absatz.\n\nZweiter Absatz.",
        ),
        (
            "<table><tr><td>before<table><tr><th>A</th><th>B</th></tr><tr><td>c</td><td>d</td></tr>"
            "<tr><td>e</td><td>f</td></tr></table>behind</td></tr></table>",
            "before\n\n| A | B |\n| --- | --- |\n| c | d |\n| e | f |\n\nbehind",
        ),
        (
            "<table><tr><th>A</th><th>B</th></tr><tr><td>c</td><td>x<table><tr><td>y</td><td>z</td></tr>"
            "</table>w</td></tr><tr><td>e</td><td>f</td></tr></table>",
            "| A | B |\n| --- | --- |\n| c | x y z w |\n| e | f |",
        ),
        (
            '<table><thead><tr><th rowspan="2">Year</th><th colspan="2">Boats</th></tr><tr><th>in</th>'
            '<th>out</th></tr></thead><tr><td rowspan="2">1848</td><td>10</td><td>12</td></tr>'
            "<tr><td>11</td><td>13</td></tr></table>",
            "| Year | Boats |  |\n| --- | --- | --- |\n|  | in | out |\n| 1848 | 10 | 12 |\n|  | 11 | 13 |",
        ),
        (
            "<table><tr><td>m<sup>2</sup></td><td>10<sup>6</sup></td></tr><tr><td>a</td><td>b</td></tr>"
            "<tr><td>c</td><td>d</td></tr></table>",
            "| m^2 | 10^6 |\n| --- | --- |\n| a | b |\n| c | d |",
        ),
        (
            "<table><tr><td>one</td></tr><tr><td>two</td></tr></table><p>three</p>",
            "one\n\ntwo\n\nthree",
        ),
    ],
    ids=["blocks", "layout", "nested", "nested in data", "spans", "scripts", "one column"],
)
def test_tables(body: str, text: str) -> None:
    assert read(body) == text
