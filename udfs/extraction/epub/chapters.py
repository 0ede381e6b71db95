"""A chapter of XHTML to Markdown blocks, with footnotes moved to its end."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from lxml import etree

from udfs.extraction.epub.parsing import local_name, semantic_types
from udfs.extraction.markdown.tables import render_table

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
# rt/rp: the reading above a Japanese word would double it.
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
        "rt",
        "rp",
    ]
)
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
        "table",
        "ul",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
    ]
)
_PREFIXED = frozenset({"li", "h1", "h2", "h3", "h4", "h5", "h6"})
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


def read_chapter(root: Any) -> Chapter:
    """Walk a chapter's tree once and write its blocks.

    Args:
        root: Element from ``parse_chapter``.

    Returns:
        The chapter; its text is empty for navigation and picture pages.
    """
    writer = _BlockWriter(_note_labels(root))
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
    blocks: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    pending: list[str] = field(default_factory=list)
    lists: list[int] = field(default_factory=list)  # -1 for bullets, else the last number
    rows: list[list[str]] | None = None
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
        if name in _BLOCKS and self.rows is None:
            self._flush()
        if types & _NOTE_TYPES and self.note is None:
            self.note, self.note_start = element, len(self.blocks)
        self._open(name)
        text = element.text or ""
        if name == "a" and types & _REFERENCE_TYPES:
            label = "".join(element.itertext()).strip(" []()\n\t")
            self.pending.append(f"[{label}]")
            self.skipping = element
        elif text:
            self.pending.append(text)

    def _is_skipped(self, element: Any, name: str) -> bool:
        if not name or name in _SKIPPED_ELEMENTS:
            return True
        types = semantic_types(element)
        if types & _SKIPPED_TYPES or types & _BACK_LINK_TYPES:
            return True
        if not _SKIPPED_CLASSES.isdisjoint((element.get("class") or "").split()):
            return True
        inside_note = self.note is not None and name == "a"
        return inside_note and bool(_BACK_ARROWS.match("".join(element.itertext())))

    def _open(self, name: str) -> None:
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
        elif name == "table" and self.rows is None:
            self.rows = []
        elif name == "tr" and self.rows is not None:
            self.pending.clear()
            self.rows.append([])
        elif name in {"td", "th"} and self.rows is not None:
            self.pending.clear()
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
        if name in {"td", "th"} and self.rows:
            self.rows[-1].append("".join(self.pending))
            self.rows[-1] += [""] * (_span(element) - 1)
            self.pending.clear()
        elif name == "table" and self.rows is not None:
            self._end_table()
        elif name in _BLOCKS and self.rows is None:
            self._flush()
        self._close(element, name)
        if element.tail:
            self.pending.append(element.tail)

    def _close(self, element: Any, name: str) -> None:
        if name == "pre":
            self.preformatted -= 1
        elif name == "blockquote":
            self.quoted -= 1
        elif name in {"ul", "ol"} and self.lists:
            self.lists.pop()
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

    def _end_table(self) -> None:
        table = render_table(self.rows or [])
        self.rows = None
        self.pending.clear()
        self.kept += table.fate == "kept"
        self.dropped += table.fate == "dropped"
        if table.text:
            self.blocks.append(table.text)

    def _flush(self) -> None:
        text = "".join(self.pending)
        self.pending.clear()
        if self.preformatted:
            text = text.replace(_LINE_BREAK, "\n").strip("\n")
            if text.strip():
                self.blocks.append(f"```\n{text}\n```")
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


def _span(cell: Any) -> int:
    value = cell.get("colspan") or "1"
    # A column span of 9,007,199,254,740,991 has been seen in the wild.
    return min(int(value), 100) if value.isascii() and value.isdigit() else 1
