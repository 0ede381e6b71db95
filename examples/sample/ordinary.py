"""Ordinary good documents: every prose text once, spread over sites, containers, PDFs and books."""

from __future__ import annotations

from collections.abc import Sequence

from examples.sample.epub_writer import Book, Chapter, write_epub
from examples.sample.page_templates import ordinary_page, page_url
from examples.sample.pdf_writer import (
    PdfPage,
    article_page,
    table_page,
    two_column_page,
    write_pdf,
)
from examples.sample.planting import (
    html_file,
    jsonl_text,
    middle_sentence,
    parquet_text,
    plain_file,
    warc_page,
    wet_text,
)
from examples.sample.prose import Prose, find_prose, load_prose
from examples.sample.sample_document import Expectation, SampleDocument

ORDINARY_FILES = (
    ("english_home", "en"),
    ("english_outdoors", "en"),
    ("english_town", "en"),
    ("english_mixed", "en"),
    ("chinese_home", "zh"),
    ("chinese_outdoors", "zh"),
    ("chinese_reference", "zh"),
    ("chinese_town", "zh"),
    ("chinese_traditional", "zh"),
    ("german", "de"),
    ("japanese", "ja"),
    ("spanish", "es"),
    ("french", "fr"),
)

# Every PERIOD texts, the ones at these places do not become an HTML file.
PERIOD = 10
WARC_PLACES = (1, 4, 7)
JSONL_PLACE = 5
PARQUET_PLACE = 8
WET_PLACE, WET_PERIOD = 9, 50

TIDE_ROWS = (
    ("Station", "High water", "Low water", "Range"),
    ("Oxley Reach", "06:42", "12:55", "3.1 m"),
    ("Marl Lock", "07:10", "13:31", "2.4 m"),
    ("Sedgeby", "07:58", "14:20", "1.9 m"),
    ("Coldwell Weir", "08:37", "15:04", "1.2 m"),
    ("Harrow Bridge", "09:15", "15:49", "0.6 m"),
)
TRAIN_ROWS = (
    ("Station", "Weekdays", "Saturday", "Fare"),
    ("Nether Lees", "06:05", "07:20", "1.40"),
    ("Low Sedge", "06:19", "07:34", "1.90"),
    ("Marl Junction", "06:41", "07:56", "2.70"),
    ("Harrow Bridge", "07:02", "08:17", "3.50"),
)


def ordinary_documents() -> list[SampleDocument]:
    """Return all documents without a planted case."""
    texts = [prose for name, language in ORDINARY_FILES for prose in load_prose(name, language)]
    pages = [_placed(position, prose, texts) for position, prose in enumerate(texts)]
    return [*pages, *_pdfs(), *_books()]


def _placed(position: int, prose: Prose, texts: Sequence[Prose]) -> SampleDocument:
    """Return the text in the container its position asks for."""
    expectation = Expectation(contains=(middle_sentence(prose),))
    url, place = page_url(prose), position % PERIOD
    if position % WET_PERIOD == WET_PLACE:
        return wet_text(url, prose.text, prose.language, expectation)
    if place == JSONL_PLACE:
        return jsonl_text(url, prose.text, prose.language, expectation)
    if place == PARQUET_PLACE:
        return parquet_text(url, prose.text, prose.language, expectation)
    related = [
        other for other in texts if other.language == prose.language and other.kind == prose.kind
    ]
    start = related.index(prose) + 1
    html = ordinary_page(prose, position, [*related, *related][start : start + 3])
    if place in WARC_PLACES:
        return warc_page(url, html, prose.language, expectation)
    return html_file(url, html, prose.language, expectation)


def _pdfs() -> list[SampleDocument]:
    columns = find_prose("pdf_pages", "en", "two-columns")
    ruled = find_prose("pdf_pages", "en", "ruled-table")
    aligned = find_prose("pdf_pages", "en", "aligned-table")
    german = find_prose("pdf_pages", "de", "pdf-deutsch")
    half = len(columns.paragraphs) // 2
    two = two_column_page(columns.title, columns.paragraphs[:half], columns.paragraphs[half:])
    letter = article_page(german.title, german.paragraphs)
    tides = table_page(ruled.title, *_around(ruled, TIDE_ROWS), ruled=True)
    trains = table_page(aligned.title, *_around(aligned, TRAIN_ROWS), ruled=False)
    sides = ("In the left column", "In the right column")
    return [
        _pdf("two_columns", "en", two, "two_column_pdf", sides),
        _pdf("tide_table_ruled", "en", tides, "table_pdf", ("Coldwell Weir", "08:37")),
        _pdf("train_table_aligned", "en", trains, "table_pdf", ("Nether Lees", "06:19")),
        _pdf("vereinsbrief", "de", letter, "ordinary", ("Schlüssel",)),
    ]


def _around(
    prose: Prose, rows: Sequence[Sequence[str]]
) -> tuple[str, Sequence[Sequence[str]], str]:
    return prose.paragraphs[0], rows, prose.paragraphs[1]


def _pdf(
    name: str, language: str, page: PdfPage, case: str, contains: tuple[str, ...]
) -> SampleDocument:
    expectation = Expectation(case, contains=contains)
    content = write_pdf([page], title=name)
    return plain_file(f"pdf/{name}.pdf", content, "pdf", language, expectation)


def _books() -> list[SampleDocument]:
    shelves = (
        ("the-night-baker", "The Night Baker", "Tamsin Holloway", "en", "book_english"),
        ("jiangshang-de-deng", "江上的灯", "沈渡", "zh", "book_chinese"),
    )
    documents = []
    for name, title, author, language, source in shelves:
        chapters = load_prose(source, language)
        book = Book(
            f"urn:sample:{name}",
            title,
            author,
            language,
            "2015-09-01",
            tuple(Chapter(chapter.title, chapter.paragraphs) for chapter in chapters),
        )
        expectation = Expectation(
            "epub_book", contains=tuple(middle_sentence(chapter) for chapter in chapters)
        )
        documents.append(
            plain_file(f"epub/{name}.epub", write_epub(book), "epub", language, expectation)
        )
    return documents
