"""Unusual markup in a page's source: what becomes of each kind, in linear time, and of nothing else."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from udfs.extraction.html.source.formulas import with_dollars
from udfs.extraction.html.source.plain_markup import plain_markup


def plain(source: str) -> str:
    return with_dollars(plain_markup(source))


@pytest.mark.parametrize(
    ("source", "written"),
    [
        ("<ruby>渡<rt>わた</rt></ruby>し", "渡し"),
        ("<ruby>漢<rp>(</rp><rt>かん</rt><rp>)</rp>字<rt>じ</rt></ruby>", "漢字"),
        ("<ruby><rb>東<rb>京<rt>とう<rt>きょう</ruby>へ", "東京へ"),
        ("<ruby>東京<rtc><rt>Tokyo</rt></rtc></ruby>へ", "東京へ"),
        ("<ruby><ruby>攻<rt>こう</rt></ruby><rt>Ghost</rt></ruby>機", "攻機"),
        ("<RUBY>渡<RT>わた</RT></RUBY>し", "渡し"),
    ],
)
def test_ruby_is_its_base_text(source: str, written: str) -> None:
    assert plain(f"<p>{source}</p>") == f"<p>{written}</p>"


@pytest.mark.parametrize(
    ("source", "written"),
    [
        ("10<sup>6</sup> litres", "10^6 litres"),
        ("<b>10</b><sup>6</sup> litres", "<b>10</b>^6 litres"),
        ("10<span style='vertical-align: super; font-size: 8px'>6</span> litres", "10^6 litres"),
        ('10<span class="superscript">6</span> litres', "10^6 litres"),
        ("H<sub>2</sub>O", "H2O"),
        ("10<sub>2</sub>", "10_2"),
        ("x<sup>a<sub>b</sub></sup>", "x^(a_b)"),
        ("x<sub>1</sub><sup>2</sup>", "x1^2"),
        ("a<sup>x &lt; 1</sup>", "a^(x &lt; 1)"),
        ('1848<sup><a href="#fn1">1</a></sup> he', "1848[1] he"),
        ('1848<a href="#fn1"><sup>1</sup></a> he', '1848<a href="#fn1">[1]</a> he'),
        ('1848<sup class="footnote-ref">1</sup> he', "1848[1] he"),
        ('so.<sup id="cite_ref-1" class="reference"><a href="#n">[1]</a></sup>', "so.[1]"),
        ("the 4<sup>th</sup> of", "the 4th of"),
        ("<sup>never closed", "<sup>never closed"),
        ("5<sup><p>a block</p></sup>", "5<sup><p>a block</p></sup>"),
    ],
)
def test_superscripts_and_subscripts(source: str, written: str) -> None:
    assert plain(f"<p>{source}</p>") == f"<p>{written}</p>"


TEX = "<annotation encoding='application/x-tex'>c^2</annotation>"
MATHML = f"<math><semantics><msup><mi>c</mi><mn>2</mn></msup>{TEX}</semantics></math>"


@pytest.mark.parametrize(
    ("source", "written"),
    [
        (MATHML, "$c^2$"),
        ("<math alttext='\\frac{a_1}{b} &lt; 1'><mi>a</mi></math>", r"$\frac{a_1}{b} &lt; 1$"),
        ("<math><mfrac><mn>1</mn><mn>2</mn></mfrac></math>", "1/2"),
        (
            f"<span class='katex'><span class='katex-mathml'>{MATHML}</span>"
            "<span class='katex-html' aria-hidden='true'><span>c<span>2</span></span></span></span>",
            "<span class='katex'><span class='katex-mathml'>$c^2$</span></span>",
        ),
        (
            "<span class='MathJax_Preview'>c2</span><span class='MathJax'><span>c<span>2</span></span>"
            "<span class='MJX_Assistive_MathML'><math><mi>c</mi></math></span></span>"
            "<script type='math/tex'>c^2 < 3</script>",
            "$c^2 &lt; 3$",
        ),
        ("<script type='math/tex; mode=display'>c^2</script>", " $$c^2$$ "),
        (
            f"<mjx-container><mjx-math>c2</mjx-math><mjx-assistive-mml>{MATHML}</mjx-assistive-mml>"
            "</mjx-container>",
            "$c^2$",
        ),
        ("<mjx-container><mjx-math data-latex='c^2'>c2</mjx-math></mjx-container>", "$c^2$"),
        (
            f"<span class='mwe-math-mathml-inline' style='display: none;'>{MATHML}</span>"
            "<img class='mwe-math-fallback-image-inline' alt='c^2'>",
            "<span>$c^2$</span><img class='mwe-math-fallback-image-inline' alt='c^2'>",
        ),
        ("<img class='latex' alt='c^2' src='l.png'>", "$c^2$"),
        ("<img class='wide' alt='a boat'>", "<img class='wide' alt='a boat'>"),
    ],
)
def test_a_formula_stands_there_once(source: str, written: str) -> None:
    assert plain(f"<p>{source}</p>") == f"<p>{written}</p>"


@pytest.mark.parametrize(
    "links",
    [
        '<span class="mw-editsection">[<a href="#">edit</a>]</span>',
        '<span class="mw-editsection"><span class="mw-editsection-bracket">[</span><a>Bearbeiten</a>'
        '<span> | </span><a>Quelltext</a><span class="mw-editsection-bracket">]</span></span>',
        '<span class="editsection">[編集]</span>',
        '<a class="headerlink" href="#h" title="Permalink">¶</a>',
    ],
)
def test_links_that_edit_a_section_are_dropped(links: str) -> None:
    assert plain(f"<h2>History{links}</h2><p>x</p>") == "<h2>History</h2><p>x</p>"


def test_declarative_shadow_roots_are_part_of_the_page() -> None:
    inner = "<template><p>not shown</p></template>"
    for attribute in ('shadowrootmode="open"', "shadowrootmode=closed", "shadowroot=open"):
        source = f"<x-a><template {attribute}><p>shown</p>{inner}</template>light</x-a>"
        assert plain(source) == f"<x-a><div><p>shown</p>{inner}</div>light</x-a>"


@pytest.mark.parametrize(
    "source",
    [
        "<script>var s = '<sup>6</sup><pre>';</script>",
        "<!-- <ruby>渡<rt>わた</rt></ruby> -->",
        "<style>.x::after { content: '<sup>' }</style>",
        "<textarea>10<sup>6</sup></textarea>",
        "<!-- never closed <p>words</p>",
        "<p class='subscription'>plain</p><template><p>x</p></template>",
    ],
)
def test_what_is_no_markup_is_left(source: str) -> None:
    assert plain_markup(f"{source}") == source


@given(st.text(alphabet="<>/=\"' !-abdeprstu1", max_size=200))
def test_any_source_is_rewritten_without_fault(source: str) -> None:
    assert isinstance(plain_markup(f"<pre class='gutter katex'>{source}"), str)


@pytest.mark.parametrize(
    "bomb",
    [
        "<sup>" * 30_000,
        "<pre>" * 30_000,
        "<div class=gutter>" * 20_000,
        "<div class=gutter>1" * 10_000 + "</div>" * 10_000,
        "<math>" * 20_000 + "</math>" * 20_000,
        "<rt>" * 40_000,
        "<span class=katex-html>" * 20_000,
        "<code><br>" * 20_000,
        "<!--" * 100_000,
        "<script>" * 100_000,
        "<td><pre>1" * 9_000 + "</pre></td>" * 9_000,
        "<pre>" + "<button>" * 20_000 + "</pre>",
        "<pre><a ='" + "x='" * 40_000 + "</pre>",
    ],
)
def test_time_is_linear(bomb: str) -> None:
    start = time.process_time()
    plain_markup(f"<i class='gutter katex MathJax'></i>{bomb}")
    assert time.process_time() - start < 3  # quadratic they would be minutes
