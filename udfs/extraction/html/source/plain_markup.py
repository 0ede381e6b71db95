"""Markup whose meaning lies in its form, made plain in a page's source before any library reads it.

Readers glue what stands above, below or beside the line: furigana into words, exponents onto numbers,
a formula and its rendering, line numbers and code. The libraries have parsers of their own, so the one
thing that they share is the source; everything else in it stays as it was, byte for byte. A page
without such markup costs a search for its tags.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cached_property

from udfs.extraction.html.source import formulas
from udfs.extraction.html.source.elements import (
    CONTEXT,
    any_case,
    as_source,
    class_names,
    element_end,
    text_after,
    text_before,
    text_of,
)
from udfs.extraction.html.source.listings import (
    is_gutter_cell,
    is_numbers,
    plain_listing,
)
from udfs.extraction.markdown.listings import is_gutter
from udfs.extraction.markdown.notation import lowered, raised

SHORT_ELEMENT = 1_000
"""Characters of source of a superscript, a reading or a line number; more is one that nobody closed."""
EDIT_LINKS = 3_000
"""The same of the links beside a heading that edit its section."""
LONG_ELEMENT = 200_000
"""The same of a listing, a formula and a column of line numbers."""
MAXIMUM_DEPTH = 3
"""Superscripts in each other that are followed."""
SEARCHES = 10
"""Times a page's length that is searched for end tags; a page of nothing but opening tags needs more."""

_Replaced = tuple[int, str] | None
"""Where reading goes on, and what stands for what was read; None leaves the tag as it is."""

_EDIT_CLASSES = frozenset({"mw-editsection", "editsection", "secedit"})
_RAISED_CLASSES = frozenset({"superscript", "sup", "super"})
_LOWERED_CLASSES = frozenset({"subscript"})
_SHIFTED = re.compile(r"vertical-align\s*:\s*(super|sub)\b", re.IGNORECASE)
_NOTE = re.compile(r"reference|foot-?note|note-?ref|endnote|cite_ref|\bfn", re.IGNORECASE)
_LINK = re.compile(r"<a\s[^<>]*href", re.IGNORECASE)
_INSIDE_LINK = re.compile(r"<a\s[^<>]*href[^<>]*>\s*\Z", re.IGNORECASE)
_BLOCK = re.compile(r"<(?:p|div|li|td|tr|table|h[1-6]|ul|ol|section|article)[\s>]", re.IGNORECASE)
_READING_ENDS = re.compile(r"</(?:rt|rp)\s*>|(?=</?(?:rt|rp|rb|rtc|ruby)[\s/>])", re.IGNORECASE)
_READINGS_END = re.compile(r"</rtc\s*>|(?=<rb[\s>]|</ruby\s*>)", re.IGNORECASE)
_SHADOW_ROOT = re.compile(r"\sshadowroot(?:mode)?\s*=", re.IGNORECASE)
_PERMALINK = re.compile(r"[\s¶#§🔗]*")

_RAW = ["script", "style", "textarea", "title", "xmp", "iframe", "noframes"]
_PLAIN = ["sup", "sub", "rt", "rp", "rtc", "math", "pre", "code", "mjx-container"]
_TRANSPARENT = ["template", "ruby", "rb"]
_BY_CLASS = ["span", "div", "td", "th", "a", "i", "em", "b", "img"]
_MEANT = (
    r"editsection|secedit|katex|mwe-math|MathJax|mjx-chtml|MJXc|latex|tex[\s\"'>]|headerlink|gutter|"
    r"[lL]ine[-_]?[nN]|lnt|blob-num|hljs-ln|su[bp](?:er)?(?:script)?[\s\"'>]"
)
# A page's classes are few and short beside its tags, which need not be looked at one by one without.
_CLASS_VALUES = re.compile(r"""class=("[^"]*"|'[^']*'|[^\s"'>]+)""")
_MEANT_CLASS = re.compile(rf"(?:^|[\s_\"'-])(?:{_MEANT})", re.MULTILINE)
_MEANT_STYLE = re.compile(r"vertical-align: ?su")


def _pattern(*names: str) -> re.Pattern[str]:
    return re.compile(rf"<(?:!--|({'|'.join(names)})(?=[\s/>])[^<>]*>)")


_ALWAYS = (
    rf"/?(?:{'|'.join(map(any_case, _TRANSPARENT))})",
    *map(any_case, [*_RAW, *_PLAIN]),
    rf"{any_case('td')}(?=[^<>]*>\s*(?:<div[^<>]*>\s*)?<pre)",
)
_TAGS = _pattern(*_ALWAYS)
_TAGS_WITH_CLASSES = _pattern(
    *_ALWAYS,
    rf"(?:{'|'.join(map(any_case, _BY_CLASS))})(?=\s[^<>]*?(?:{_MEANT}|vertical-align: ?su))",
)
_RAW_ENDS = {name: re.compile(rf"</{any_case(name)}(?=[\s/>])") for name in _RAW}


def plain_markup(page: str, depth: int = 0) -> str:
    """Rewrite unusual markup of a page.

    Args:
        page: The source.
        depth: Elements around it that are being rewritten.

    Returns:
        The source with ruby as its base text; superscripts, subscripts and formulas in the notation of
        ``markdown.notation`` (formulas between marks that ``formulas.with_dollars`` reads); without line
        numbers of listings and links that edit a section; with listings as ``<pre><code>``, one line a
        line, and declarative shadow roots as parts of the page. Linear in the size of the page.
    """
    classes = "\n".join(set(_CLASS_VALUES.findall(page)))
    has_classes = _MEANT_CLASS.search(classes) or _MEANT_STYLE.search(page)
    return _Rewriting(page, depth).rewritten(_TAGS_WITH_CLASSES if has_classes else _TAGS)


def _is_permalink(content: str) -> bool:
    return _PERMALINK.fullmatch(text_of(content)) is not None


class _Rewriting:
    """One pass over a page."""

    def __init__(self, page: str, depth: int) -> None:
        self.page, self.depth = page, depth
        self.parts: list[str] = []
        self.are_shadow_roots: list[bool] = []
        self.searchable = SEARCHES * len(page)
        self.handlers: dict[str, Callable[[re.Match[str], str], _Replaced]] = {
            **dict.fromkeys(_RAW, self._raw),
            **dict.fromkeys(("sup", "sub"), self._script),
            **dict.fromkeys(("rt", "rp", "rtc"), self._reading),
            **dict.fromkeys(("ruby", "rb", "/ruby", "/rb"), self._dropped_tag),
            **dict.fromkeys(("template", "/template"), self._template),
            **dict.fromkeys(("pre", "code"), self._listing),
            **dict.fromkeys(_BY_CLASS, self._by_class),
            "math": self._math,
            "mjx-container": self._container,
        }

    @cached_property
    def last_comment_end(self) -> int:
        return self.page.rfind("-->")

    @cached_property
    def draws_scripts(self) -> bool:
        return formulas.states_mathjax_source(self.page)

    @cached_property
    def has_mathml(self) -> bool:
        return "<math" in self.page

    def rewritten(self, tags: re.Pattern[str]) -> str:
        page, place = self.page, 0
        while match := tags.search(page, place):
            self.parts.append(page[place : match.start()])
            name = (match.group(1) or "").lower()
            replaced = self.handlers[name](match, name) if name else self._comment(match)
            place, text = replaced or (match.end(), match.group())
            self.parts.append(text)
        return "".join([*self.parts, page[place:]])

    def _content(self, match: re.Match[str], name: str, limit: int) -> tuple[str, int] | None:
        """An element's content and its end; None where it is not closed within a limit."""
        if self.searchable < 0:
            return None
        found = element_end(self.page, name, match.end(), limit)
        self.searchable -= (
            found[1] - match.end() if found else min(limit, len(self.page) - match.end())
        )
        return None if found is None else (self.page[match.end() : found[0]], found[1])

    def _before(self) -> str:
        return "".join(part[-CONTEXT:] for part in self.parts[-8:])[-CONTEXT:]

    def _comment(self, match: re.Match[str]) -> _Replaced:
        if match.end() > self.last_comment_end:
            return None  # nor do those behind it end
        end = self.page.index("-->", match.end()) + 3
        return end, self.page[match.start() : end]

    def _raw(self, match: re.Match[str], name: str) -> _Replaced:
        """Scripts hold MathJax's formulas; else what these elements hold is no markup."""
        found = _RAW_ENDS[name].search(self.page, match.end())
        end = found.start() if found else len(self.page)
        content = self.page[match.end() : end]
        if name == "script" and "math/" in match.group() and found:
            formula = formulas.script_source(match.group(), content)
            if formula is not None:
                return self.page.find(">", end) + 1 or len(self.page), formula
        return end, f"{match.group()}{content}"

    def _dropped_tag(self, match: re.Match[str], _name: str) -> _Replaced:
        return match.end(), ""

    def _template(self, match: re.Match[str], name: str) -> _Replaced:
        if name == "template":
            self.are_shadow_roots.append(_SHADOW_ROOT.search(match.group()) is not None)
            return (match.end(), "<div>") if self.are_shadow_roots[-1] else None
        is_shadow_root = self.are_shadow_roots.pop() if self.are_shadow_roots else False
        return (match.end(), "</div>") if is_shadow_root else None

    def _reading(self, match: re.Match[str], name: str) -> _Replaced:
        ends = _READINGS_END if name == "rtc" else _READING_ENDS
        found = ends.search(self.page, match.end(), match.end() + SHORT_ELEMENT)
        return (found.end(), "") if found else None

    def _script(self, match: re.Match[str], name: str, element: str = "") -> _Replaced:
        found = self._content(match, element or name, SHORT_ELEMENT)
        if found is None or _BLOCK.search(found[0]) or self.depth > MAXIMUM_DEPTH:
            return None
        content, end = found
        source, after = self._before(), text_after(self.page[end : end + CONTEXT])
        text, before = text_of(plain_markup(content, self.depth + 1)), text_before(source)
        if name == "sub":
            return end, as_source(lowered(text, before, after))
        is_note = (
            _LINK.search(content) or _INSIDE_LINK.search(source) or _NOTE.search(match.group())
        )
        return end, as_source(raised(text, before, after, is_note=is_note is not None))

    def _math(self, match: re.Match[str], name: str) -> _Replaced:
        found = self._content(match, name, LONG_ELEMENT)
        return found and (found[1], formulas.math_source(self.page[match.start() : found[1]]))

    def _container(self, match: re.Match[str], name: str) -> _Replaced:
        found = self._content(match, name, LONG_ELEMENT)
        formula = found and formulas.container_source(match.group(), found[0])
        return None if found is None or formula is None else (found[1], formula)

    def _listing(self, match: re.Match[str], name: str) -> _Replaced:
        found = self._content(match, name, LONG_ELEMENT)
        if found is None or self.depth:
            return None
        content = plain_markup(found[0], MAXIMUM_DEPTH) if "<su" in found[0] else found[0]
        listing = plain_listing(match.group(), name, content)
        return None if listing is None else (found[1], listing)

    def _by_class(self, match: re.Match[str], name: str) -> _Replaced:
        tag = match.group()
        classes = class_names(tag)
        if name == "img":
            formula = formulas.picture_source(tag, classes)
            return None if formula is None or self.has_mathml else (match.end(), formula)
        if is_gutter(classes):
            return self._without(match, name, LONG_ELEMENT, is_numbers)
        if name == "td":
            return self._gutter_cell(match)
        if _EDIT_CLASSES.intersection(classes):
            return self._without(match, name, EDIT_LINKS)
        if "headerlink" in classes:
            return self._without(match, name, SHORT_ELEMENT, _is_permalink)
        if "katex-html" in classes and formulas.is_second_rendering(
            self.page[max(0, match.start() - CONTEXT) : match.start()]
        ):
            return self._without(match, name, LONG_ELEMENT)
        if formulas.RENDERINGS.intersection(classes):
            return self._rendering(match, name)
        if "mwe-math-mathml-inline" in classes or "mwe-math-mathml-display" in classes:
            return (
                match.end(),
                f"<{name}>",
            )  # its style hides it from people without a screen reader
        shifted = _SHIFTED.search(tag)
        if shifted or _RAISED_CLASSES.intersection(classes):
            kind = "sub" if shifted and shifted.group(1).lower() == "sub" else "sup"
            return (
                self._script(match, kind, name) if name in {"span", "a", "i", "em", "b"} else None
            )
        if _LOWERED_CLASSES.intersection(classes):
            return self._script(match, "sub", name)
        return None

    def _without(
        self,
        match: re.Match[str],
        name: str,
        limit: int,
        is_dropped: Callable[[str], bool] | None = None,
    ) -> _Replaced:
        found = self._content(match, name, limit)
        if found is None or (is_dropped is not None and not is_dropped(found[0])):
            return None
        return found[1], ""

    def _rendering(self, match: re.Match[str], name: str) -> _Replaced:
        found = self._content(match, name, LONG_ELEMENT)
        if found is None:
            return None
        if self.draws_scripts:
            return found[1], ""
        formula = formulas.container_source(match.group(), found[0])
        return None if formula is None else (found[1], formula)

    def _gutter_cell(self, match: re.Match[str]) -> _Replaced:
        if not self.page.startswith(("<pre", "<div", "<PRE"), match.end()):
            return None
        found = self._content(match, "td", LONG_ELEMENT)
        if found is None or not is_gutter_cell(found[0], self.page[found[1] : found[1] + CONTEXT]):
            return None
        return found[1], ""
