"""What is raised or lowered in a line: exponents, marks of notes, ordinals, fractions, chemistry."""

from __future__ import annotations

import pytest

from udfs.extraction.html.blocks.page_blocks import segment


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("10<sup>6</sup> litres", "10^6 litres"),
        ("10<sup>-6</sup>", "10^-6"),
        ("10<sup>−6</sup>", "10^−6"),
        ("10<sup> 6 </sup>l", "10^6l"),
        ("m<sup>2</sup>", "m^2"),
        ("(a+b)<sup>2</sup>", "(a+b)^2"),
        ("x<sup>n</sup>", "x^n"),
        ("2<sup>n+1</sup>", "2^(n+1)"),
        ("<b>10</b><sup><i>6</i></sup>", "10^6"),
        ("1848<sup><a href=#n1>1</a></sup> kam", "1848[1] kam"),
        ("1848<a href=#n1><sup>1</sup></a> kam", "1848[1] kam"),
        ("word<sup><a href=#n>[1]</a></sup>", "word[1]"),
        ("word<sup><a href=#n>a</a></sup>", "word[a]"),
        ("word<sup>12</sup> next", "word[12] next"),
        ("at noon.<sup>2</sup>", "at noon.[2]"),
        ("crown<sup>1,2</sup>", "crown[1,2]"),
        ("条<sup>3</sup>", "条[3]"),
        ("<sup>1</sup> See it.", "[1] See it."),
        ("about <sup>14</sup>C", "about ^14C"),
        ("1<sup>st</sup> M<sup>lle</sup> 2<sup>e</sup>", "1st Mlle 2e"),
        ("Name<sup>®</sup> word<sup>*</sup>", "Name® word*"),
        ("3<sup>1</sup>/<sub>2</sub>", "3 1/2"),
        ("<sup>1</sup>&frasl;<sub>2</sub>", "1⁄2"),
        ("a<sup></sup>b", "ab"),
        ("a<sup>whole sentences that somebody set in small type</sup>",
         "awhole sentences that somebody set in small type"),
        ("H<sub>2</sub>O, CO<sub>2</sub>, Na<sub>2</sub>", "H2O, CO2, Na2"),
        ("x<sub>i</sub> a<sub>n+1</sub>", "x_i a_(n+1)"),
        ("101<sub>2</sub>", "101_2"),
        ("log<sub>2</sub>", "log_2"),
        ("10<sup>6<p>7</sup>8", "106"),
    ],
)  # fmt: skip
def test_raised_and_lowered_text_is_not_glued(markup: str, text: str) -> None:
    assert segment(f"<p>{markup}").texts()[0] == text
