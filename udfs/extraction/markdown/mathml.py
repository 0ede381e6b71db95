"""A MathML formula as text, once: the TeX that it carries, else its presentation written in a line.

The plain text of MathML is wrong for a corpus: a half becomes 12, a square x2, and the TeX of its
annotation follows the formula it repeats.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from udfs.extraction.markdown.notation import clean_tex

MAXIMUM_DEPTH = 40
"""Elements in each other; what lies deeper is written without its structure."""

_TEX_ENCODINGS = frozenset(
    {"application/x-tex", "application/x-latex", "text/x-tex", "latex", "tex"}
)
_UNREAD = frozenset(
    {"annotation", "annotation-xml", "mphantom", "mprescripts", "none", "maligngroup", "malignmark"}
)
_INFIX = frozenset("=+−-<>≤≥≠≈≡∼→←↔⇒⇔∈∉⊂⊆∪∩±∓×·⋅∧∨∝∣")
_ACCENTS = {
    "¯": "\u0304", "‾": "\u0304", "^": "\u0302", "~": "\u0303", "˙": "\u0307", "¨": "\u0308", "→": "\u20d7",
}  # fmt: skip
_INVISIBLE = dict.fromkeys(range(0x2061, 0x2065))


class Formula(NamedTuple):
    """A formula.

    Attributes:
        text: One line.
        is_tex: Whether it is TeX.
        is_display: Whether it stands in a line of its own.
    """

    text: str
    is_tex: bool
    is_display: bool


def read_formula(math: Any) -> Formula:
    """Read a ``<math>`` element.

    Args:
        math: An lxml element, of XHTML or HTML.

    Returns:
        TeX where an annotation or ``alttext`` states it; else what the presentation says.
    """
    is_display = math.get("display") == "block" or math.get("mode") == "display"
    for annotation in math.iter():
        stated = annotation.get("encoding") if _name(annotation) == "annotation" else None
        if stated and stated.lower() in _TEX_ENCODINGS:
            tex = clean_tex("".join(annotation.itertext()))
            if tex:
                return Formula(tex, is_tex=True, is_display=is_display)
    tex = clean_tex(math.get("alttext") or "")
    if tex:
        return Formula(tex, is_tex=True, is_display=is_display)
    return Formula(" ".join(_row(math, 0).split()), is_tex=False, is_display=is_display)


def _name(element: Any) -> str:
    tag = element.tag
    return tag.rpartition("}")[2].rpartition(":")[2].lower() if isinstance(tag, str) else ""


def _children(element: Any) -> list[Any]:
    return [child for child in element if _name(child) and _name(child) not in _UNREAD]


def _row(element: Any, depth: int) -> str:
    """Elements side by side; relations and sums get blanks, numbers that follow each other one."""
    text, last = "", ""
    for child in _children(element):
        name, part = _name(child), _written(child, depth + 1)
        if name == "mo" and part in _INFIX and text and last != "mo":
            part = f" {part} "
        elif part[:1].isalnum() and (
            last in _SHAPES or (text[-1:].isdigit() and part[0].isdigit())
        ):
            part = f" {part}"
        text, last = text + part, name
    return text or "".join(element.itertext() if not len(element) else [element.text or ""]).strip()


def _written(element: Any, depth: int) -> str:
    if depth > MAXIMUM_DEPTH:
        return " ".join("".join(element.itertext()).split())
    name, children = _name(element), _children(element)
    if name in {"mi", "mn", "mo", "ms"}:
        return " ".join("".join(element.itertext()).translate(_INVISIBLE).split())
    if name == "mtext":
        return f" {' '.join(''.join(element.itertext()).split())} "
    if name == "mspace":
        return " "
    if name in {"mtable", "mtr", "mlabeledtr"}:
        return ("; " if name == "mtable" else ", ").join(_written(c, depth + 1) for c in children)
    if name == "semantics" and children:
        return _written(children[0], depth + 1)
    parts = [_written(child, depth + 1).strip() for child in children] if name in _SHAPES else []
    if name in _SHAPES and len(parts) >= _SHAPES[name]:
        return _shaped(name, parts)
    if name == "mfenced":
        inside = ", ".join(_written(child, depth + 1) for child in children)
        return f"{element.get('open') or '('}{inside}{element.get('close') or ')'}"
    row = _row(element, depth)
    return f"√{_grouped(row)}" if name == "msqrt" else row


_SHAPES = {
    "mfrac": 2, "mroot": 2, "msup": 2, "msub": 2, "mover": 2, "munder": 2, "msubsup": 3, "munderover": 3,
}  # fmt: skip


def _shaped(name: str, parts: list[str]) -> str:
    base = parts[0]
    if name == "mfrac":
        return f"{_grouped(base)}/{_grouped(parts[1])}"
    if name == "mroot":
        return f"{_grouped(base)}^(1/{_grouped(parts[1])})"
    if name == "mover" and parts[1] in _ACCENTS:
        return f"{base}{_ACCENTS[parts[1]]}"
    if name == "msup" and not parts[1].strip("′″‴'"):
        return f"{base}{parts[1]}"
    if name in {"msup", "mover"}:
        return f"{_grouped(base)}^{_grouped(parts[1])}"
    if name in {"msub", "munder"}:
        return f"{base}_{_grouped(parts[1])}"
    return f"{base}_{_grouped(parts[1])}^{_grouped(parts[2])}"


def _grouped(text: str) -> str:
    """In brackets, unless it is one number, name or sign."""
    is_one = len(text) <= 1 or text.isalnum() or (text[0] == "(" and text[-1] == ")")
    return text if is_one else f"({text})"
