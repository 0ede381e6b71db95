"""How raised and lowered text and formulas are written in running text, where no markup can say it.

Superscripts stand behind a caret (``10^6``), marks of notes in brackets (``1848[1]``), subscripts behind
a low line unless they are the figures of a formula that everybody writes so (``H2O``); formulas are TeX
between dollars. Without a sign ten to the sixth becomes 106, and the note of a year another year.
"""

from __future__ import annotations

import re

from udfs.extraction.markdown.hard_wrapping import is_wide

LONGEST_SCRIPT = 30
"""Characters; longer raised or lowered text is prose set small, which is only kept apart."""
LONGEST_MARK = 12
"""Characters of what may be the mark of a note: ``1``, ``a``, ``12, 13``."""
WORD_BEFORE_MARK = 4
"""Letters of a word behind which a raised number is a note; shorter ones are units and variables."""

_MARK_SIGNS = "*†‡§¶"
# Raised without a change of meaning: 4th, 19e siècle, XXe, 1er.
_ORDINALS = frozenset(
    [
        *("st", "nd", "rd", "th"),
        *("e", "er", "re", "ère", "ere", "ème", "eme", "es", "ers", "nde"),
        *("te", "ten", "ter", "ste", "de", "o", "os", "mo", "vo", "ra"),
    ]
)
_ABBREVIATED = frozenset(
    {"me", "mes", "lle", "lles", "ie", "gr", "rs", "os"}
)  # Mme, Mlle, Cie, Mgr
_SIGNS = {"tm": "™", "sm": "℠"}
_GLUED_SIGNS = frozenset("®™℠©°′″ªº%‰")
_NUMBER_BEFORE = re.compile(r"(?:\d|\b[IVXLC]+)$")
_CAPITAL_BEFORE = re.compile(r"(?:^|[^\w])[A-Z]$")
_NUMERO = re.compile(r"(?:^|[^\w])[nN]$")
_DEGREES = re.compile(r"\s?[CF]\b")
_ELEMENT = re.compile(r"[A-Z][a-z]?(?![a-z])")
_TOKEN = re.compile(r"[+\-−–±]?[^\W_]+(?:[.,]\d+)*|[+\-−–±*′]")
_LETTERS_AT_END = re.compile(r"[^\W\d_]+$")
_DISPLAY_STYLE = re.compile(r"\{\\(?:displaystyle|textstyle)\s+(.*)\}", re.DOTALL)


def raised(text: str, before: str, after: str, *, is_note: bool = False) -> str:
    """Write a superscript.

    Args:
        text: What is raised.
        before: What stands before it in its paragraph, or the end of that; empty at the start.
        after: Likewise what follows.
        is_note: Whether the markup says that it refers to a note (a link, a class).

    Returns:
        What takes its place; never a digit glued to a digit.
    """
    blank = " " if text[-1:].isspace() else ""
    return _raised(" ".join(text.split()), before, blank or after, is_note=is_note) + blank


def _raised(text: str, before: str, after: str, *, is_note: bool) -> str:
    if not text or _is_bracketed(text):
        return text
    core = text.strip("()[] ")
    if is_note and len(core) <= LONGEST_MARK:
        return f"[{core}]" if core else ""
    if _SIGNS.get(text.lower()) and before[-1:].isalnum():
        return _SIGNS[text.lower()]
    if _GLUED_SIGNS.issuperset(text) or (
        set(text) <= set(_MARK_SIGNS) and not before[-1:].isdigit()
    ):
        return text
    if after[:1] in {"/", "⁄"} and text.isdigit():  # 2 1/2
        return f" {text}" if before[-1:].isalnum() else text
    if not before or before[-1].isspace():
        return _leading(text, core, after)
    if text in {"o", "0"} and before[-1].isdigit() and _DEGREES.match(after):
        return "°"
    if _is_suffix(text.lower().rstrip("."), before):
        return text
    if core.isdigit() and len(core) <= 3 and _ends_a_word(before):
        return f"[{core}]"
    return _script("^", text, after)


def lowered(text: str, before: str, after: str) -> str:
    """Write a subscript; see ``raised`` for the arguments."""
    text = " ".join(text.split())
    if not text or not before or before[-1].isspace() or before[-1] in "/⁄":
        return text
    is_formula = before[-1].isalpha() or before[-1] in ")]"
    if text.isdigit() and is_formula and not after[:1].isdigit():
        return text
    return _script("_", text, after)


def reading(text: str) -> str:
    """Write the reading of a word (ruby) behind it: in full-width brackets where it is kana or bopomofo."""
    text = " ".join(text.split())
    if not text:
        return ""
    return f"（{text}）" if is_wide(text[-1]) else f"({text})"


def _is_bracketed(text: str) -> bool:
    return text[0] == "[" and text[-1] == "]"


def _leading(text: str, core: str, after: str) -> str:
    """Raised text with nothing before it: the number of a note or verse, or an isotope's mass."""
    if core.isdigit() and _ELEMENT.match(after):
        return f"^{core}"
    if core.isdigit() or (core and set(core) <= set(_MARK_SIGNS)):
        return f"[{core}] " if after[:1].isalnum() else f"[{core}]"
    return text


def _is_suffix(text: str, before: str) -> bool:
    if text == "o" and _NUMERO.search(before):
        return True
    if text in _ABBREVIATED and _CAPITAL_BEFORE.search(before):
        return True
    return text in _ORDINALS and _NUMBER_BEFORE.search(before) is not None


def _ends_a_word(before: str) -> bool:
    last = before[-1]
    if last in ".,;:!?…”’\"'»›」』。、，；：！？" or "\u3040" <= last <= "\u9fff":
        return True
    word = _LETTERS_AT_END.search(before)
    return word is not None and len(word.group()) >= WORD_BEFORE_MARK


def _script(sign: str, text: str, after: str) -> str:
    if len(text) > LONGEST_SCRIPT:
        return f" {text}" if after[:1] in {"", " "} else f" {text} "
    runs_on = after[:1].isalnum() and (after[:1].isdigit() or not text.isdigit())
    if _TOKEN.fullmatch(text) and not runs_on:
        return f"{sign}{text}"
    return f"{sign}{text}" if text[0] == "(" and text[-1] == ")" else f"{sign}({text})"


def clean_tex(tex: str) -> str:
    """TeX as a page states it on one line, without the style that MediaWiki wraps round it."""
    tex = " ".join(tex.split())
    styled = _DISPLAY_STYLE.fullmatch(tex)
    return (styled.group(1) if styled else tex).strip()


def between_dollars(tex: str, *, is_display: bool) -> str:
    """A formula in running text."""
    return f"$${tex}$$" if is_display else f"${tex}$"
