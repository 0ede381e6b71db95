"""A chapter of XHTML to Markdown blocks, with footnotes moved to its end."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from lxml import etree

from udfs.extraction.epub.inline_elements import is_line_number, refers_to_note, script_kind
from udfs.extraction.epub.parsing import local_name, semantic_types
from udfs.extraction.markdown.layout_tables import is_layout_table
from udfs.extraction.markdown.listings import fenced, without_line_numbers
from udfs.extraction.markdown.mathml import read_formula
from udfs.extraction.markdown.notation import between_dollars, lowered, raised, reading
from udfs.extraction.markdown.tables import SpanningCell, render_table, spread

_NOTE_TYPES = frozenset({"footnote", "endnote", "rearnote", "doc-footnote", "doc-endnote"})
_REFERENCE_TYPES = frozenset({"noteref", "doc-noteref"})
_BACK_LINK_TYPES = frozenset({"backlink", "doc-backlink", "referrer"})
_SKIPPED_TYPES = frozenset(
    [
        "toc",
        "landmarks",
        "loi",
        "lot",
        "index",
        "page-list",
        "copyright-page",
        "pagebreak",
        "doc-toc",
        "doc-pagebreak",
        "navigation",
    ]
)
# Tables of contents and page furniture of DocBook and Sphinx, which mark them by class only.
_SKIPPED_CLASSES = frozenset({"toc", "related", "navheader", "navfooter", "headerlink"})
_SKIPPED_ELEMENTS = frozenset(
    [
        "head",
        "script",
        "style",
        "template",
        "svg",
        "audio",
        "video",
        "iframe",
        "object",
        "canvas",
        "nav",
        "rp",
    ]
)
_READINGS = frozenset({"rt", "rtc"})  # beside its base a Japanese word would stand twice
_BLOCKS = frozenset(
    [
        "address",
        "article",
        "aside",
        "blockquote",
        "body",
        "caption",
        "center",
        "dd",
        "div",
        "dl",
        "dt",
        "fieldset",
        "figcaption",
        "figure",
        "footer",
        "form",
        "header",
        "hr",
        "html",
        "li",
        "main",
        "ol",
        "p",
        "pre",
        "section",
        "summary",
        "table",
        "td",
        "th",
        "tr",
        "ul",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
    ]
)
_ROWS_AND_CELLS = frozenset({"tr", "td", "th"})
_PREFIXED = frozenset({"li", "h1", "h2", "h3", "h4", "h5", "h6"})
_CONTEXT = 60
"""Characters beside a superscript that tell an exponent from a note."""
_LINE_BREAK = "\x1e"  # cannot occur in XML, so it tells <br/> from a line end of the source
_TIGHT_LIST = re.compile(r"^(\s*(?:-|\d+\.) .*)\n\n(?=\s*(?:-|\d+\.) )", re.MULTILINE)
_BACK_ARROWS = re.compile(r"^[\s\[(]*(?:[↩⏎↑←^⤴]\ufe0e?|back)[\s\])]*$", re.IGNORECASE)


@dataclass
class Chapter:
    """The text of one chapter.

    Attributes:
        text: Blocks separated by blank lines, footnotes last.
        types: ``epub:type`` values of the body and its only section (``cover``, ``toc`` ...).
        notes: Number of footnotes found.
        tables_kept: Tables written as Markdown; likewise ``tables_dropped``.
        tables_dropped: Tables whose cells were unreadable.
    """

    text: str = ""
    types: frozenset[str] = frozenset()
    notes: int = 0
    tables_kept: int = 0
    tables_dropped: int = 0


def read_chapter(root: Any, *, keeps_readings: bool = False) -> Chapter:
    """Walk a chapter's tree once and write its blocks.

    Args:
        root: Element from ``parse_chapter``.
        keeps_readings: Whether the readings of ruby stay, in brackets.

    Returns:
        The chapter; its text is empty for navigation and picture pages.
    """
    writer = _BlockWriter(_note_labels(root), keeps_readings)
    for event, element in etree.iterwalk(root, events=("start", "end")):
        if event == "start":
            writer.start(element)
        else:
            writer.end(element)
    return writer.finish(_chapter_types(root))


def _chapter_types(root: Any) -> frozenset[str]:
    body = next((element for element in root.iter() if local_name(element) == "body"), root)
    children = [child for child in body if local_name(child)]
    types = semantic_types(body)
    return types | semantic_types(children[0]) if len(children) == 1 else types


def _note_labels(root: Any) -> dict[str, str]:
    """What the text calls each note: the label of the first reference to its id."""
    labels: dict[str, str] = {}
    for element in root.iter():
        if local_name(element) == "a" and semantic_types(element) & _REFERENCE_TYPES:
            target = (element.get("href") or "").rpartition("#")[2]
            label = "".join(element.itertext()).strip(" []()\n\t")
            if target and label:
                labels.setdefault(target, label)
    return labels


@dataclass
class _BlockWriter:
    """Collects text between block boundaries; lives for one chapter."""

    labels: dict[str, str]
    keeps_readings: bool
    blocks: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    pending: list[str] = field(default_factory=list)
    lists: list[int] = field(default_factory=list)  # -1 for bullets, else the last number
    rows: list[list[SpanningCell]] | None = None
    inner_tables: int = 0
    scripts: list[tuple[Any, str, int]] = field(default_factory=list)  # element, kind, start
    skipping: Any = None
    note: Any = None
    note_start: int = 0
    preformatted: int = 0
    quoted: int = 0
    prefix: str = ""
    kept: int = 0
    dropped: int = 0

    def start(self, element: Any) -> None:
        name = local_name(element)
        if self.skipping is None and self._is_skipped(element, name):
            self.skipping = element
        if self.skipping is not None:
            return
        types = semantic_types(element)
        if name in _BLOCKS:
            self._break_before(name)
        if types & _NOTE_TYPES and self.note is None:
            self.note, self.note_start = element, len(self.blocks)
        self._open(element, name)
        kind = "reading" if _is_reading(element, name) else script_kind(element, name)
        if kind:
            self.scripts.append((element, kind, len(self.pending)))
        text = element.text or ""
        if name == "a" and types & _REFERENCE_TYPES:
            label = "".join(element.itertext()).strip(" []()\n\t")
            self.pending.append(f"[{label}]")
            self.skipping = element
        elif name == "math":
            formula = read_formula(element)
            text = formula.text
            if formula.is_tex:
                text = between_dollars(text, is_display=formula.is_display)
            self.pending.append(f" {text} " if formula.is_display else text)
            self.skipping = element
        elif text:
            self.pending.append(text)

    def _break_before(self, name: str) -> None:
        """A block begins or ends: a paragraph, a line of a listing, or words of a cell kept apart."""
        if self.rows is not None:
            self.pending.append(" ")
        elif self.preformatted and name != "pre":
            if self.pending and not self.pending[-1].endswith(("\n", _LINE_BREAK)):
                self.pending.append(_LINE_BREAK)
        else:
            self._flush()

    def _is_skipped(self, element: Any, name: str) -> bool:
        if not name or name in _SKIPPED_ELEMENTS:
            return True
        if name in _READINGS and not self.keeps_readings:
            return True
        types = semantic_types(element)
        if types & _SKIPPED_TYPES or types & _BACK_LINK_TYPES:
            return True
        classes = (element.get("class") or "").split()
        if not _SKIPPED_CLASSES.isdisjoint(classes) or is_line_number(element, name, classes):
            return True
        inside_note = self.note is not None and name == "a"
        return inside_note and bool(_BACK_ARROWS.match("".join(element.itertext())))

    def _open(self, element: Any, name: str) -> None:
        if name == "br":
            self.pending.append(_LINE_BREAK)
        elif name == "pre":
            self.preformatted += 1
        elif name == "blockquote":
            self.quoted += 1
        elif name in {"ul", "ol"}:
            self.lists.append(-1 if name == "ul" else 0)
        elif name == "li":
            self.prefix = self._list_prefix()
        elif name == "table" and self.rows is not None:
            self.inner_tables += 1
        elif name == "table" and not is_layout_table(element):
            self.rows = []
        elif name in _ROWS_AND_CELLS and self.rows is not None and not self.inner_tables:
            self._end_caption()
            if name == "tr":
                self.rows.append([])
        elif len(name) == 2 and name[0] == "h" and name[1] in "123456" and self.rows is None:
            self.prefix = "#" * int(name[1]) + " "

    def _list_prefix(self) -> str:
        if not self.lists:
            return "- "
        indent = "  " * (len(self.lists) - 1)
        if self.lists[-1] < 0:
            return f"{indent}- "
        self.lists[-1] += 1
        return f"{indent}{self.lists[-1]}. "

    def end(self, element: Any) -> None:
        name = local_name(element)
        if self.skipping is not None:
            if element is self.skipping:
                self.skipping = None
                self.pending.append(element.tail or "")
            return
        if self.scripts and self.scripts[-1][0] is element:
            self._end_script()
        if name in {"td", "th"} and self.rows and not self.inner_tables:
            text = "".join(self.pending)
            self.rows[-1].append(
                SpanningCell(text, _span(element, "colspan"), _span(element, "rowspan"))
            )
            self.pending.clear()
        elif name == "table" and self.rows is not None and not self.inner_tables:
            self._end_table()
        elif name == "caption" and self.rows is not None and not self.inner_tables:
            self._end_caption()
        elif name in _BLOCKS:
            self._break_before(name)
        self._close(element, name)
        if element.tail:
            self.pending.append(element.tail)

    def _end_script(self) -> None:
        element, kind, start = self.scripts.pop()
        if start > len(self.pending):
            return  # blocks ended inside: no superscript
        text = "".join(self.pending[start:])
        del self.pending[start:]
        before, after = (
            "".join(self.pending[-_CONTEXT:])[-_CONTEXT:],
            (element.tail or "")[:_CONTEXT],
        )
        if kind == "reading":
            self.pending.append(reading(text))
        elif kind == "sub":
            self.pending.append(lowered(text, before, after))
        else:
            self.pending.append(raised(text, before, after, is_note=refers_to_note(element)))

    def _close(self, element: Any, name: str) -> None:
        if name == "pre":
            self.preformatted -= 1
        elif name == "blockquote":
            self.quoted -= 1
        elif name in {"ul", "ol"} and self.lists:
            self.lists.pop()
        elif name == "table" and self.inner_tables:
            self.inner_tables -= 1
        elif name in _PREFIXED:
            self.prefix = ""  # an item or heading that held only a picture
        if self.note is element:
            self._end_note(element)

    def _end_note(self, element: Any) -> None:
        text = " ".join(self.blocks[self.note_start :])
        del self.blocks[self.note_start :]
        self.note = None
        label = self.labels.get(element.get("id") or "") or str(len(self.notes) + 1)
        text = re.sub(rf"^[#\-\s]*\[?{re.escape(label)}\]?[.):]?\s+", "", text)
        if text:
            self.notes.append(f"[{label}] {text}")

    def _end_caption(self) -> None:
        """Text of a table outside its cells: its caption, or what a broken page left between them."""
        text = " ".join("".join(self.pending).split())
        self.pending.clear()
        if text:
            self.blocks.append(text)

    def _end_table(self) -> None:
        self._end_caption()
        table = render_table(spread(self.rows or []))
        self.rows = None
        self.kept += table.fate == "kept"
        self.dropped += table.fate == "dropped"
        if table.text:
            self.blocks.append(table.text)

    def _flush(self) -> None:
        text = "".join(self.pending)
        self.pending.clear()
        if self.preformatted:
            text = without_line_numbers(text.replace(_LINE_BREAK, "\n").strip("\n"))
            if text.strip():
                self.blocks.append(fenced(text))
            return
        lines = [" ".join(line.split()) for line in text.split(_LINE_BREAK)]
        text = "\n".join(line for line in lines if line)
        if text:
            quote = "> " if self.quoted and not self.prefix else ""
            self.blocks.append(f"{quote}{self.prefix}{text}")
            self.prefix = ""

    def finish(self, types: frozenset[str]) -> Chapter:
        self._flush()
        return Chapter(
            text=_TIGHT_LIST.sub(r"\1\n", "\n\n".join([*self.blocks, *self.notes])),
            types=types,
            notes=len(self.notes),
            tables_kept=self.kept,
            tables_dropped=self.dropped,
        )


def _is_reading(element: Any, name: str) -> bool:
    """An ``rtc`` holds its reading itself, or each part of it in an ``rt``."""
    return name == "rt" or (name == "rtc" and next(element.iterdescendants("{*}rt"), None) is None)


def _span(cell: Any, direction: str) -> int:
    value = cell.get(direction) or "1"
    return max(1, int(value[:6])) if value.isascii() and value.isdigit() else 1
