"""A page's tree as trafilatura reads it best: its losses with tables and with plain pages, avoided.

trafilatura drops lists from cells and lists that stand in no container it knows, writes a layout table
into one line, and takes a caption for the first row. Each is put into a form that it keeps.
"""

from __future__ import annotations

from typing import Any

from lxml import html as lxml_html

from udfs.extraction.html.code_listings import unwrap_listings
from udfs.extraction.markdown.layout_tables import is_layout_table

MAXIMUM_TABLES = 2_000
"""Of a page; later ones are left as they are."""
PARAGRAPH_CHARACTERS = 40
"""Characters from which a paragraph beside a list says that the list belongs to a text."""
MAXIMUM_LINK_SHARE = 0.5
"""Share of link text from which a list is a menu."""
MAIN_SHARE = 0.8
"""Share of a page's text that a container must hold to be looked into for its paragraphs."""

_TABLE_PARTS = ("tr", "td", "th", "tbody", "thead", "tfoot", "caption")
_CELL_BLOCKS = (
    "p", "div", "ul", "ol", "li", "dl", "dt", "dd", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote",
    "center", "section", "article", "address", "figure", "figcaption", "header", "footer", "table",
    *_TABLE_PARTS,
)  # fmt: skip
_LISTS = ("ul", "ol", "dl")
_CONTAINERS = ("div", "section", "center")


def prepare_tree(tree: Any, page: str) -> None:
    """Change a page's tree in place.

    Args:
        tree: The lxml root element.
        page: Its source, asked before the tree is searched.
    """
    if "<table" in page:
        if "<pre" in page or "<code" in page:
            unwrap_listings(tree)
        _prepare_tables(tree)
    if "<ul" in page or "<ol" in page or "<dl" in page:
        _name_main_text(tree)


def _prepare_tables(tree: Any) -> None:
    for table in list(tree.iter("table"))[:MAXIMUM_TABLES]:
        if table.tag != "table":  # it lay in a cell that is written on one line by now
            continue
        if is_layout_table(table):
            _unwrap(table)
            continue
        _move_captions(table)
        for cell in table.iter("td", "th"):
            _write_on_one_line(cell)


def _unwrap(table: Any) -> None:
    """Make a layout table's cells containers, or paragraphs where they hold words only."""
    for group in [table, *table.iterchildren("tbody", "thead", "tfoot")]:
        for row in group.iterchildren("tr"):
            for cell in row.iterchildren("td", "th"):
                holds_blocks = next(cell.iterdescendants(*_CELL_BLOCKS, "pre"), None) is not None
                cell.tag = "div" if holds_blocks else "p"
                if holds_blocks:
                    _wrap_words(cell)
            row.tag = "div"
        group.tag = "div"
    for caption in table.iterchildren("caption"):
        caption.tag = "p"


def _wrap_words(cell: Any) -> None:
    """Put words between the blocks of a cell into paragraphs; in a bare ``<div>`` they swallow a table."""
    run = lxml_html.Element("p")
    run.text, cell.text = cell.text, None
    for child in list(cell):
        if child.tag not in _CELL_BLOCKS and child.tag != "pre":
            run.append(child)  # with its tail
            continue
        if len(run) or (run.text or "").strip():
            child.addprevious(run)
        run = lxml_html.Element("p")
        run.text, child.tail = child.tail, None
    if len(run) or (run.text or "").strip():
        cell.append(run)


def _move_captions(table: Any) -> None:
    for caption in list(table.iterchildren("caption")):
        if table.getparent() is not None:
            caption.tag, caption.tail = "p", None
            table.addprevious(caption)


def _write_on_one_line(cell: Any) -> None:
    """Make inline what would be a block of its own; blanks stand where it began and ended."""
    for block in list(cell.iterdescendants(*_CELL_BLOCKS)):
        block.tag = "span"
        block.text = f" {block.text or ''}"
        block.tail = f" {block.tail or ''}"


def _name_main_text(tree: Any) -> None:
    """Call the container of paragraphs and lists the main text, on a page that has no such container."""
    body = tree.find(".//body")
    if body is None or next(tree.iter("article", "main"), None) is not None:
        return
    container = _container_of_text(body)
    paragraphs = sum(_is_paragraph(child) for child in container.iterchildren("p"))
    if paragraphs < 2 or not any(
        _is_list_of_text(child) for child in container.iterchildren(*_LISTS)
    ):
        return
    main = lxml_html.Element("main")
    main.text, container.text = container.text, None
    main.extend(list(container))
    container.append(main)


def _container_of_text(body: Any) -> Any:
    """The innermost of the containers in each other that hold nearly all of the text."""
    container, characters = body, len("".join(body.itertext()))
    while True:
        inner = [
            child
            for child in container.iterchildren(*_CONTAINERS)
            if len("".join(child.itertext())) >= MAIN_SHARE * characters
        ]
        if len(inner) != 1:
            return container
        container = inner[0]


def _is_paragraph(element: Any) -> bool:
    return len("".join(element.itertext()).strip()) >= PARAGRAPH_CHARACTERS


def _is_list_of_text(element: Any) -> bool:
    characters = len("".join("".join(element.itertext()).split()))
    linked = sum(len("".join("".join(link.itertext()).split())) for link in element.iter("a"))
    return characters > 0 and linked <= MAXIMUM_LINK_SHARE * characters
