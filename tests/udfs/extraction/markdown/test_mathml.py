"""MathML once: TeX where it is given, otherwise its presentation in a line."""

from __future__ import annotations

import pytest
from lxml import etree

from udfs.extraction.markdown.mathml import Formula, read_formula

NAMESPACE = "http://www.w3.org/1998/Math/MathML"


def math(inside: str, attributes: str = "") -> object:
    return etree.fromstring(f'<math xmlns="{NAMESPACE}" {attributes}>{inside}</math>')


@pytest.mark.parametrize(
    ("inside", "text"),
    [
        ("<mfrac><mn>1</mn><mn>2</mn></mfrac>", "1/2"),
        ("<mfrac><mrow><mi>a</mi><mo>+</mo><mi>b</mi></mrow><mi>c</mi></mfrac>", "(a + b)/c"),
        ("<msup><mn>10</mn><mn>6</mn></msup>", "10^6"),
        ("<mi>E</mi><mo>=</mo><mi>m</mi><msup><mi>c</mi><mn>2</mn></msup>", "E = mc^2"),
        ("<msub><mi>x</mi><mi>i</mi></msub>", "x_i"),
        ("<msubsup><mi>x</mi><mi>i</mi><mn>2</mn></msubsup>", "x_i^2"),
        ("<msqrt><mi>x</mi><mo>+</mo><mn>1</mn></msqrt>", "√(x + 1)"),
        ("<mroot><mi>x</mi><mn>3</mn></mroot>", "x^(1/3)"),
        ("<mo>-</mo><mn>1</mn>", "-1"),
        ("<mn>2</mn><mn>3</mn>", "2 3"),
        ("<msup><mi>a</mi><mo>′</mo></msup>", "a′"),
        ("<mover><mi>x</mi><mo>¯</mo></mover>", "x\u0304"),
        ("<mi>f</mi><mo>\u2061</mo><mo>(</mo><mi>x</mi><mo>)</mo>", "f(x)"),
        ("<mfenced><mi>a</mi><mi>b</mi></mfenced>", "(a, b)"),
        ("<mi>x</mi><mtext>if</mtext><mi>y</mi>", "x if y"),
        ("<mtable><mtr><mtd><mn>1</mn></mtd><mtd><mn>0</mn></mtd></mtr></mtable>", "1, 0"),
        ("<munderover><mo>∑</mo><mn>1</mn><mi>n</mi></munderover><mi>i</mi>", "∑_1^n i"),
        ("bare", "bare"),
    ],
)
def test_presentation(inside: str, text: str) -> None:
    assert read_formula(math(inside)).text == text


def test_tex_of_the_annotation_stands_above_alttext_and_presentation() -> None:
    both = (
        "<semantics><mrow><mi>c</mi></mrow>"
        '<annotation encoding="application/x-tex">{\\displaystyle c}</annotation></semantics>'
    )
    assert read_formula(math(both, 'alttext="d" display="block"')) == Formula("c", True, True)
    assert read_formula(math("<mi>c</mi>", 'alttext="d"')) == Formula("d", True, False)
    other = '<semantics><mi>c</mi><annotation encoding="StarMath 5.0">C</annotation></semantics>'
    assert read_formula(math(other)) == Formula("c", False, False)


def test_depth_is_bounded() -> None:
    assert read_formula(math("<mrow>" * 200 + "<mi>x</mi>" + "</mrow>" * 200)).text == "x"
