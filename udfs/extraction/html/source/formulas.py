"""Formulas in a page's source: MathML, and what KaTeX, MathJax and MediaWiki write beside it.

A page often holds a formula two or three times: TeX for the script, MathML for screen readers, boxes of
letters for the eye. One is kept: TeX where it is given.
"""

from __future__ import annotations

import re

from lxml import etree
from lxml import html as lxml_html

from udfs.extraction.html.source.elements import as_source, attribute, text_of
from udfs.extraction.markdown.mathml import read_formula
from udfs.extraction.markdown.notation import clean_tex

# Marks that both libraries let pass and no page holds: behind a dollar trafilatura would double the
# backslashes of TeX, and it strikes out characters that cannot be printed.
_OPEN, _CLOSE, _DISPLAY = "⦇⸨", "⸩⦈", "⦇⸩"
_DOLLARS = {_OPEN: "$", _CLOSE: "$", _DISPLAY: "$$"}

RENDERINGS = frozenset(
    [
        "MathJax",
        "MathJax_Preview",
        "MathJax_Display",
        "MathJax_SVG",
        "MathJax_SVG_Display",
        "MathJax_CHTML",
        "mjx-chtml",
        "MJXc-display",
    ]
)
"""Classes of what MathJax 2 draws; its source follows in a script."""
_PICTURES = frozenset(
    {"tex", "latex", "mwe-math-fallback-image-inline", "mwe-math-fallback-image-display"}
)
_MATH = re.compile(r"<math(?=[\s>]).*?</math\s*>", re.IGNORECASE | re.DOTALL)
_BEHIND_MATH = re.compile(r"</math\s*>\s*</span\s*>\s*\Z", re.IGNORECASE)
_LATEX_DATA = re.compile(r"""\sdata-latex\s*=\s*(?:"([^"]*)"|'([^']*)')""", re.IGNORECASE)


def with_dollars(text: str) -> str:
    """Write the marks of formulas as dollars, once a library has read the page."""
    for mark, dollars in _DOLLARS.items():
        text = text.replace(mark, dollars)
    return text


def states_mathjax_source(page: str) -> bool:
    """Whether MathJax's source stands in scripts of the page."""
    return "math/tex" in page or "math/mml" in page


def tex_source(tex: str, *, is_display: bool) -> str:
    """TeX as it must stand in the source for ``with_dollars``."""
    tex = as_source(clean_tex(tex))
    if not tex:
        return ""
    return f" {_DISPLAY}{tex}{_DISPLAY} " if is_display else f"{_OPEN}{tex}{_CLOSE}"


def math_source(source: str) -> str:
    """A ``<math>`` element, tags included, as text for the source."""
    try:
        element = lxml_html.fragment_fromstring(source)
    except (etree.ParserError, etree.XMLSyntaxError, ValueError):
        return as_source(text_of(source))
    formula = read_formula(element)
    if formula.is_tex:
        return tex_source(formula.text, is_display=formula.is_display)
    return as_source(f" {formula.text} " if formula.is_display else formula.text)


def script_source(tag: str, content: str) -> str | None:
    """The formula of one of MathJax's scripts; None for other scripts."""
    kind = attribute(tag, "type").lower()
    if kind.startswith("math/tex"):
        return tex_source(content, is_display="mode=display" in kind.replace(" ", ""))
    return math_source(content) if kind.startswith("math/mml") else None


def container_source(tag: str, content: str) -> str | None:
    """What MathJax 3 and 4 put in place of a formula; None where only drawn letters are left."""
    stated = _LATEX_DATA.search(f"{tag}{content}")
    is_display = attribute(tag, "display").lower() in {"true", "block"}
    if stated:
        return tex_source(text_of(stated.group(1) or stated.group(2) or ""), is_display=is_display)
    math = _MATH.search(content)
    return math_source(math.group()) if math else None


def picture_source(tag: str, classes: list[str]) -> str | None:
    """A picture of a formula by its alternative text; None for other pictures."""
    tex = attribute(tag, "alt") if _PICTURES.intersection(classes) else ""
    return tex_source(tex, is_display=any("display" in name for name in classes)) if tex else None


def is_second_rendering(before: str) -> bool:
    """Whether KaTeX's MathML ends the source before its boxes of letters."""
    return _BEHIND_MATH.search(before[-60:]) is not None
