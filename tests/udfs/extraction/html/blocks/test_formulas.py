"""Formulas come once: as TeX where the page has it, else as their MathML says."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from udfs.extraction.html.blocks.page_blocks import segment

TEX = '<annotation encoding="application/x-tex">E=mc^2 &lt; 3</annotation>'


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        (f"<math><semantics><mrow><mi>E</mi></mrow>{TEX}</semantics></math>", "$E=mc^2 < 3$"),
        (
            f'<span class="katex"><span class="katex-mathml"><math><semantics><mrow><mi>E</mi></mrow>{TEX}'
            '</semantics></math></span><span class="katex-html" aria-hidden="true"><span>E</span>'
            "<span>=</span></span></span>",
            "$E=mc^2 < 3$",
        ),
        ('<span class="katex"><span class="katex-html"><b>E</b></span></span>', "E"),
        (
            '<span class="MathJax_Preview">x2</span><span class="MathJax"><nobr>x2</nobr></span>'
            '<script type="math/tex">x^2</script>',
            "$x^2$",
        ),
        (
            '<span class="MathJax">x2<span class="MJX_Assistive_MathML"><math><mi>x</mi></math></span>'
            "</span>",
            "x2",
        ),
        (
            "<mjx-container><mjx-math></mjx-math><mjx-assistive-mml><math><msup><mi>x</mi><mn>2</mn></msup>"
            "</math></mjx-assistive-mml></mjx-container>",
            "x^2",
        ),
        (r'<math alttext="\frac{a}{b}"><mfrac><mi>a</mi><mi>b</mi></mfrac></math>', r"$\frac{a}{b}$"),
        ('<math><annotation encoding="text/plain">no</annotation><mi>a</mi></math>', "a"),
        ("<math><msup><mi>x</mi><mrow><mi>n</mi><mo>+</mo><mn>1</mn></mrow></msup></math>", "x^(n+1)"),
        ("<math><msup><mn>10</mn><mrow><mn>6</mn></mrow></msup></math>", "10^6"),
        ("<math><msub><mi>a</mi><mi>i</mi></msub></math>", "a_i"),
        ("<math><munderover><mo>∑</mo><mi>i</mi><mi>n</mi></munderover><mi>x</mi></math>", "∑_i^nx"),
        (
            "<math><mfrac><mrow><mi>a</mi><mo>&#xB1;</mo><mi>b</mi></mrow><mn>2</mn></mfrac></math>",
            "(a±b)/2",
        ),
        ("<math><msqrt><mi>x</mi><mo>+</mo><mn>1</mn></msqrt></math>", "√(x+1)"),
        ("<math><mi>f</mi><mo>&#x2061;</mo><mi>x</mi></math>", "fx"),
        ("<math><mtable><mtr><mtd><mn>1</mn></mtd><mtd><mn>2</mn></mtd></mtr></mtable></math>", "1 2"),
        ("<math></math>", ""),
        ("<math/>", ""),
    ],
)  # fmt: skip
def test_a_formula_is_written_once(markup: str, text: str) -> None:
    found = segment(f"<p>so {markup} it is").texts()
    assert " ".join(" ".join(found).split()) == f"so {text} it is".replace("  ", " ")


_NAMES = ("math", "mrow", "msup", "mfrac", "mi", "mtr", "annotation", "msqrt", "span", "p")
_PARTS = st.sampled_from(
    [
        *(f"<{slash}{name}>" for name in _NAMES for slash in ("", "/")),
        "x",
        "&amp;",
        " ",
        '<math alttext="',
        '">',
        "<annotation encoding=x-tex>",
    ]
)


@settings(max_examples=100, deadline=None)
@given(st.lists(_PARTS, max_size=50).map("".join))
@example("<math>" + "<msqrt>" * 200 + "x" + "</msqrt>" * 200 + "</math>")
def test_broken_formulas_swallow_nothing_behind_them(page: str) -> None:
    found = segment(page + "'\">" + "</annotation></math><p>after").texts()
    assert "after" in found[-1]
