"""EPUB books by their spine: chapters in reading order, notes at chapter ends, no furniture."""

from __future__ import annotations

import re
from dataclasses import replace

from udfs.extraction.contract import (
    DEFAULT_OPTIONS,
    DocumentRefusedError,
    ExtractionOptions,
    ReadDocument,
)
from udfs.extraction.epub.archive import CONTAINER, EpubArchive, Package
from udfs.extraction.epub.chapters import Chapter, read_chapter
from udfs.extraction.epub.parsing import parse_chapter
from udfs.extraction.markdown.cleanup import clean_field, clean_parts, clean_text
from udfs.extraction.markdown.gutenberg_licence import strip_gutenberg_licence

READER = "epub_spine"
VERSION = "2"
MOST_NAMES = 5
"""Chapters that a row's ``detail`` names; it counts them all."""
FRONT_PAGE_CHARACTERS = 200
"""Covers and title pages shorter than this say nothing that the metadata does not."""

_SKIPPED_CHAPTERS = frozenset(
    {"toc", "landmarks", "loi", "lot", "index", "page-list", "copyright-page", "doc-toc"}
)
_FRONT_PAGES = frozenset({"cover", "titlepage", "halftitlepage", "frontmatter", "doc-cover"})
_FRONT_PAGE_NAME = re.compile(r"(?:^|[/_\-.])(?:cover|title[_\-]?page|titre)[^/]*$", re.IGNORECASE)
_ISO_DATE = re.compile(r"\d{4}(?:-\d\d(?:-\d\d)?)?")
_LICENCE = re.compile(r"https?://(?:www\.)?creativecommons\.org/[^\s\"'<>)]+")


def read_epub(content: bytes, options: ExtractionOptions = DEFAULT_OPTIONS) -> ReadDocument:
    """Read an EPUB 2 or 3 book.

    Args:
        content: The file.
        options: The ``epub_`` limits, ``ruby_readings`` and ``strip_gutenberg_licence``.

    Returns:
        The chapters of the spine as Markdown, separated by blank lines; ``pages`` counts them, and
        ``detail`` says which could not be found or read, and where the package was found if no
        container says it.

    Raises:
        DocumentRefusedError: ``malformed``, ``too_big``, ``too_complex`` or ``encrypted``.
    """
    archive = EpubArchive(content, options)
    package = archive.package()
    chapters: list[Chapter] = []
    places = []
    unreadable: dict[str, DocumentRefusedError] = {}
    for path, linear in package.chapters:
        places.append((len(chapters), 0))
        try:
            root = parse_chapter(archive.read(path))
        except DocumentRefusedError as refusal:
            if refusal.status != "malformed":
                raise
            unreadable[path] = refusal  # one broken member must not cost the book
            continue
        chapter = (
            Chapter() if root is None else read_chapter(root, keeps_readings=options.ruby_readings)
        )
        if _is_read(chapter, path, linear=linear):
            chapters.append(chapter)
    if not chapters and unreadable:
        raise next(iter(unreadable.values()))
    text, starts = clean_parts([chapter.text for chapter in chapters], places)
    if options.strip_gutenberg_licence:
        whole, text = text, clean_text(strip_gutenberg_licence(text).text)
        cut = whole.find(text)
        starts = tuple(min(max(0, start - cut), len(text)) for start in starts)
    lost = [*package.refused_paths, *unreadable]
    detail = _detail(package, lost, archive.names_stored_twice)
    return replace(_as_document(text, chapters, package, detail), page_starts=starts)


def _detail(package: Package, lost: list[str], names_stored_twice: int) -> str:
    """What the reader of a row should know; empty when the whole book was read."""
    told = []
    if package.found_by_name:
        told.append(f"{CONTAINER} names no readable package, {package.found_by_name!r} was read")
    if lost:
        names = ", ".join(repr(name) for name in lost[:MOST_NAMES])
        more = f" and {len(lost) - MOST_NAMES:,} more" if len(lost) > MOST_NAMES else ""
        told.append(f"chapters of the spine not found or not readable: {names}{more}")
    if names_stored_twice:
        told.append(f"names stored twice, of which the last was read: {names_stored_twice:,}")
    return "; ".join(told)


def _is_read(chapter: Chapter, path: str, *, linear: bool) -> bool:
    if not chapter.text or chapter.types & _SKIPPED_CHAPTERS:
        return False
    if not linear and not chapter.notes:
        return False
    is_front_page = bool(chapter.types & _FRONT_PAGES) or bool(_FRONT_PAGE_NAME.search(path))
    return not (is_front_page and len(chapter.text) < FRONT_PAGE_CHARACTERS)


def _as_document(text: str, chapters: list[Chapter], package: Package, detail: str) -> ReadDocument:
    fields = package.metadata
    date = _ISO_DATE.match(fields.get("date", ""))
    licence = _LICENCE.search(fields.get("rights", ""))
    return ReadDocument(
        text=text,
        extractor=READER,
        extractor_version=VERSION,
        title=clean_field(fields.get("title")),
        author=clean_field(fields.get("creator")),
        date=date.group() if date else None,
        language=clean_field(fields.get("language"), limit=35),
        licence_url=licence.group() if licence else None,
        tables_kept=sum(chapter.tables_kept for chapter in chapters),
        tables_dropped=sum(chapter.tables_dropped for chapter in chapters),
        pages=len(chapters),
        detail=clean_field(detail) or "",
    )
