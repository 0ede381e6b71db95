"""PDF files: characters with boxes by pdfium, then our own words, columns, tables and paragraphs."""

from __future__ import annotations

import functools
import re
from collections import Counter
from dataclasses import replace
from importlib.metadata import version
from itertools import groupby
from typing import Any

import pypdfium2 as pdfium

from udfs.extraction.contract import (
    DEFAULT_OPTIONS,
    DocumentRefusedError,
    ExtractionOptions,
    ReadDocument,
)
from udfs.extraction.markdown.cleanup import clean_field, clean_parts
from udfs.extraction.pdf.aligned_tables import find_tables
from udfs.extraction.pdf.bidirectional import read_from_right
from udfs.extraction.pdf.flows import blocks_in_order, columns_as_written, cuts_lines_apart
from udfs.extraction.pdf.furniture import remove_page_furniture, without_readings
from udfs.extraction.pdf.listings import is_typed, with_listings
from udfs.extraction.pdf.paragraphs import WordForms, body_height, join_pages, paragraphs_of
from udfs.extraction.pdf.reading_order import level_initials, reading_order
from udfs.extraction.pdf.rows import (
    Row,
    Segment,
    pieces_of,
    row_of_table,
    segments_of_pieces,
)
from udfs.extraction.pdf.ruled_tables import find_ruled_tables, segment_of_table
from udfs.extraction.pdf.ruling_lines import PageRules, Rule, read_rule_boxes, rules_of
from udfs.extraction.pdf.text_layer import is_mostly_picture, why_unreadable, without_second_layer
from udfs.extraction.pdf.words import PageWords, Word, open_document, read_words

READER = "pdfium_layout"
FEW_CHARACTERS = 25
"""A page with fewer and a picture over half of it is a scan."""
SCANNED_SHARE = 0.5
"""Share of such pages from which the document needs OCR."""

_PASSWORD_ERROR = 4
_version_of = functools.cache(version)  # a search in the environment, as long as two pages
_PDF_DATE = re.compile(r"D:(\d{4})(\d\d)?(\d\d)?")
_NO_TITLE = re.compile(
    r"untitled|microsoft (?:word|powerpoint|excel)\b.*|.*\.(?:docx?|pdf|tex|dvi|indd|qxd|rtf|pptx?)|"
    r"title|document\d*|print",
    re.IGNORECASE,
)


def read_pdf(content: bytes, options: ExtractionOptions = DEFAULT_OPTIONS) -> ReadDocument:
    """Read a PDF with a text layer.

    pdfium aborts its process when memory is short and is not thread-safe: outside tests and notebooks
    call it in a child process (``udfs.extraction.guard.parser_child``).

    Args:
        content: The file.
        options: ``pdf_max_pages`` is obeyed.

    Returns:
        Paragraphs in reading order, headings and tables as Markdown.

    Raises:
        DocumentRefusedError: ``encrypted``, ``malformed``, ``too_complex`` or ``needs_ocr``.
    """
    try:
        document = open_document(content)
    except pdfium.PdfiumError as error:
        if error.err_code == _PASSWORD_ERROR:
            raise DocumentRefusedError("encrypted", "a password is needed to open it") from error
        raise DocumentRefusedError("malformed", f"pdfium: {error}") from error
    try:
        return _read_document(document, options)
    except OverflowError as error:
        raise DocumentRefusedError("too_complex", str(error)) from error
    except pdfium.PdfiumError as error:
        raise DocumentRefusedError("malformed", f"pdfium: {error}") from error
    finally:
        document.close()


def _read_document(document: Any, options: ExtractionOptions) -> ReadDocument:
    count = len(document)
    if count == 0:
        raise DocumentRefusedError("malformed", "no pages")
    if count > options.pdf_max_pages:
        raise DocumentRefusedError(
            "too_complex", f"{count:,} pages; at most {options.pdf_max_pages:,} are read"
        )
    pages, scanned = read_pages(document)
    _refuse_unreadable([page for page, _ in pages], scanned)
    layouts = lay_out(pages)
    body = body_height(layouts)
    forms = WordForms(
        row.text for page in layouts for block in page for row in block if row.table is None
    )
    paragraphs, places = join_pages(
        ((_written(block, body, forms) for block in page) for page in layouts), forms
    )
    text, starts = clean_parts(paragraphs, places)
    numbers = [page.number for page, _ in pages]
    fates = [row.table.fate for page in layouts for block in page for row in block if row.table]
    info = document.get_metadata_dict()
    return ReadDocument(
        text=text,
        extractor=READER,
        extractor_version=_version_of("pypdfium2"),
        title=_title(info.get("Title")),
        author=clean_field(info.get("Author"), limit=200),
        date=_date(info.get("CreationDate")),
        tables_kept=fates.count("kept"),
        tables_dropped=fates.count("dropped"),
        pages=count,
        page_starts=_starts_of_all(dict(zip(numbers, starts, strict=True)), count, len(text)),
    )


def _starts_of_all(starts: dict[int, int], count: int, end: int) -> tuple[int, ...]:
    """Where each page begins; one that could not be loaded, where the next one does."""
    found = []
    for number in reversed(range(count)):
        end = starts.get(number, end)
        found.append(end)
    return tuple(reversed(found))


def read_pages(document: Any) -> tuple[list[tuple[PageWords, PageRules]], int]:
    """Read the words and rules of every page that pdfium can load.

    Args:
        document: A ``pypdfium2.PdfDocument``.

    Returns:
        The pages, and how many of them are pictures without text.

    Raises:
        DocumentRefusedError: ``malformed``, when no page can be loaded.
        OverflowError: A page holds too many characters.
    """
    count = len(document)
    pages, scanned, broken = [], 0, 0
    for number in range(count):
        try:
            page = document[number]
        except pdfium.PdfiumError:
            broken += 1  # one unreadable page must not cost the other hundred
            continue
        words = replace(read_from_right(read_words(page)), number=number)
        if words.characters < FEW_CHARACTERS and is_mostly_picture(page):
            scanned += 1
        pages.append((words, rules_of(list(map(words.turn.apply, read_rule_boxes(page))))))
        page.close()
    if broken == count:
        raise DocumentRefusedError("malformed", f"pdfium can load none of {count:,} pages")
    return pages, scanned


def _refuse_unreadable(pages: list[PageWords], scanned: int) -> None:
    if scanned and scanned >= SCANNED_SHARE * len(pages):
        raise DocumentRefusedError(
            "needs_ocr", f"{scanned:,} of {len(pages):,} pages are pictures without text"
        )
    reason = why_unreadable(
        " ".join([word.text for page in pages for word in page.words]),
        sum(page.characters for page in pages),
        sum(page.bad_characters for page in pages),
    )
    if reason is not None:
        raise DocumentRefusedError("needs_ocr", f"the text layer is not text: {reason}")


def lay_out(pages: list[tuple[PageWords, PageRules]]) -> list[list[list[Row]]]:
    """Find lines, columns and tables of all pages of a document.

    Args:
        pages: Words and rules of each page.

    Returns:
        For each page its blocks in reading order, each a list of rows from top to bottom. A table is a row;
        page furniture and words laid twice are gone.
    """
    # Asked for only where an initial was found, which most documents have none of.
    written = functools.cache(
        lambda: Counter([word.text.casefold() for page, _ in pages for word in page.words])
    )
    words = [
        level_initials(without_readings(without_second_layer(page.words)), written)
        for page, _ in pages
    ]
    found = [_pieces(on_page, rules) for on_page, (_, rules) in zip(words, pages, strict=True)]
    segments = [
        segments_of_pieces(pieces, rules.upright) + tables
        for (pieces, tables), (_, rules) in zip(found, pages, strict=True)
    ]
    segments = remove_page_furniture(segments, [page.height for page, _ in pages])
    holds_listings = not is_typed(segments)
    return [
        _blocks(left, pieces, rules.level, holds_listings=holds_listings)
        for left, (pieces, _), (_, rules) in zip(segments, found, pages, strict=True)
    ]


def _pieces(words: list[Word], rules: PageRules) -> tuple[list[Segment], list[Segment]]:
    """Pieces of the lines of a page, and its ruled tables, each a segment."""
    tables = find_ruled_tables(words, rules)
    taken = {id(word) for table in tables for word in table.words}
    if taken:
        words = [word for word in words if id(word) not in taken]
    return pieces_of(words, rules.upright), list(map(segment_of_table, tables))


def _blocks(
    segments: list[Segment], pieces: list[Segment], level: list[Rule], *, holds_listings: bool
) -> list[list[Row]]:
    blocks = [
        part
        for block in reading_order(segments)
        for part in _with_tables(with_listings(block) if holds_listings else block, level, pieces)
    ]
    return blocks_in_order(blocks, pieces)


def _with_tables(rows: list[Row], level: list[Rule], pieces: list[Segment]) -> list[list[Row]]:
    """A block with each table found by alignment as one row, cut where two columns passed for a table."""
    blocks: list[list[Row]] = [[]]
    for is_table, group in groupby(rows, key=lambda row: row.table is not None):
        lines = list(group)
        start = 0
        for table in find_tables(lines, level) if not is_table else []:
            found = lines[table.first : table.last]
            columns = columns_as_written(found)
            if columns is not None:
                blocks[-1] += lines[start : table.first]
                blocks += [*columns, []]
            elif cuts_lines_apart(found, pieces):
                continue
            else:
                blocks[-1] += [*lines[start : table.first], row_of_table(found, table.rendered)]
            start = table.last
        blocks[-1] += lines[start:]
    return [block for block in blocks if block]


def _written(block: list[Row], body: float, forms: WordForms) -> list[str]:
    written: list[str] = []
    for is_table, group in groupby(block, key=lambda row: row.table is not None):
        rows = list(group)
        written += (
            [row.text for row in rows if row.text] if is_table else paragraphs_of(rows, body, forms)
        )
    return written


def _title(value: str | None) -> str | None:
    title = clean_field(value)
    return None if title is None or _NO_TITLE.fullmatch(title) else title


def _date(value: str | None) -> str | None:
    match = _PDF_DATE.match(value or "")
    if match is None or not "1985" <= match.group(1) <= "2100":
        return None
    return "-".join(part for part in match.groups() if part)
