"""Planted files that cannot be read, or whose name says something else than their bytes."""

from __future__ import annotations

import json
import random

from examples.sample.epub_writer import Book, Chapter, write_encrypted_epub, write_epub
from examples.sample.page_templates import fill, paragraphs_html
from examples.sample.pdf_encryption import encrypted_pdf
from examples.sample.pdf_writer import PdfPage, article_page, write_pdf
from examples.sample.planting import html_file, middle_sentence, plain_file, warc_page
from examples.sample.prose import Prose, find_prose
from examples.sample.sample_document import DROPPED, KEPT, QUARANTINED, Expectation, SampleDocument

SEED = 19510704
BROKEN_JSONL_FILE = "jsonl/broken_line.jsonl"


def broken_documents() -> list[SampleDocument]:
    """Return the unreadable files and the two files with a false name."""
    return [*_empty(), *_no_main_text(), *_pdfs(), *_epubs(), *_bytes(), *_false_names()]


def _quarantined(case: str, *statuses: str, reasons: tuple[str, ...] = ()) -> Expectation:
    return Expectation(case, QUARANTINED, reasons, statuses)


def _empty() -> list[SampleDocument]:
    expectation = _quarantined("empty_file", "empty")
    blank = b"<!DOCTYPE html>\n<html><head><title></title></head><body>\n\n</body></html>\n"
    return [
        plain_file("broken/empty.html", b"", "html", "und", expectation),
        plain_file("broken/empty.txt", b"", "text", "und", expectation),
        plain_file("broken/blank_page.html", blank, "html", "und", expectation),
    ]


def _no_main_text() -> list[SampleDocument]:
    # Whether a menu counts as no text or as too little text is the extractor's choice.
    expectation = Expectation(
        "no_main_text",
        DROPPED,
        ("too_few_words", "short_lines", "few_stop_words"),
        ("empty",),
    )
    url = "https://corner-parcel.example/app/shell"
    shell = (
        f'<html><head><title>Corner Parcel</title><link rel="canonical" href="{url}"></head><body>'
        '<div id="root"></div><noscript>Please enable JavaScript to run this app.</noscript>'
        "<script>window.boot({version: 31});</script></body></html>"
    )
    menu_url = "https://corner-parcel.example/menu/links"
    links = "".join(
        f'<li><a href="/{word}">{word.title()}</a></li>'
        for word in [
            "home",
            "parcels",
            "letters",
            "prices",
            "hours",
            "contact",
            "imprint",
            "login",
            "help",
            "search",
        ]
    )
    menu = (
        f'<html><head><title>Menu</title><link rel="canonical" href="{menu_url}"></head>'
        f'<body><nav><ul>{links}</ul></nav><div class="footer">Cookies</div></body></html>'
    )
    return [
        html_file(url, shell, "en", expectation),
        warc_page(menu_url, menu, "en", expectation),
    ]


def _pdfs() -> list[SampleDocument]:
    prose = find_prose("lookalikes", "en", "poem")
    whole = write_pdf([article_page("Minutes", prose.paragraphs)], title="Minutes")
    generator = random.Random(SEED)
    scan = bytes(generator.choice((250, 252, 255, 40)) for _ in range(120 * 120))
    return [
        plain_file(
            "broken/truncated.pdf",
            whole[: len(whole) // 2],
            "pdf",
            "und",
            _quarantined("truncated_pdf", "malformed", "empty", "crash"),
        ),
        plain_file(
            "broken/password.pdf",
            encrypted_pdf(b"This page is locked. " * 12),
            "pdf",
            "und",
            _quarantined("encrypted_pdf", "encrypted"),
        ),
        plain_file(
            "broken/scanned.pdf",
            write_pdf([PdfPage()], title="Scan", image=scan),
            "pdf",
            "und",
            _quarantined("scanned_pdf", "needs_ocr", "empty"),
        ),
    ]


def _epubs() -> list[SampleDocument]:
    chapter = Chapter("One", ("Nobody will ever read this sentence.",))
    book = Book("urn:sample:locked", "Locked", "N. N.", "en", "2012-01-01", (chapter,))
    whole = write_epub(book)
    noise = random.Random(SEED).randbytes(2_000)
    return [
        plain_file(
            "broken/corrupt.epub",
            whole[: len(whole) * 2 // 3],
            "epub",
            "und",
            _quarantined("corrupt_epub", "malformed", "unsupported"),
        ),
        plain_file(
            "broken/locked.epub",
            write_encrypted_epub(book, noise),
            "epub",
            "und",
            _quarantined("encrypted_epub", "encrypted", "empty", "malformed"),
        ),
    ]


def _bytes() -> list[SampleDocument]:
    noise = random.Random(SEED + 1).randbytes(6_000)
    picture = b"\x89PNG\r\n\x1a\n" + random.Random(SEED + 2).randbytes(900)
    good = find_prose("english_mixed", "en", "tea-from-leaf-to-cup")
    return [
        plain_file(
            "broken/random_bytes.html",
            noise,
            "html",
            "und",
            _quarantined(
                "random_bytes",
                "unsupported",
                "decode_error",
                "malformed",
                "empty",
                reasons=("replacement_characters", "special_characters", "mojibake"),
            ),
        ),
        warc_page(
            "https://fettle.example/ads/drill.png",
            picture,
            "und",
            _quarantined("picture", "unsupported"),
            media_type="image/png",
        ),
        plain_file(
            BROKEN_JSONL_FILE,
            json.dumps({"url": "https://cut.example/line", "text": good.text}).encode()[:300],
            "jsonl",
            "und",
            _quarantined("broken_jsonl_line", "malformed", "decode_error"),
        ),
    ]


def _false_names() -> list[SampleDocument]:
    page = find_prose("false_names", "en", "page-named-pdf")
    document = find_prose("false_names", "en", "pdf-named-html")
    url = "https://lamplight.example/essay/page-named-pdf"
    html = fill(
        "lamplight",
        title=page.title,
        url=url,
        author="Ida Marsh",
        date="2016-04-02",
        related="",
        body=paragraphs_html(page.paragraphs),
    )
    pdf = write_pdf([article_page(document.title, document.paragraphs)], title="Report")
    return [
        SampleDocument(
            url,
            "broken/really_html.pdf",
            "html",
            "en",
            html.encode(),
            _kept("html_named_pdf", page),
        ),
        plain_file("broken/really_pdf.html", pdf, "pdf", "en", _kept("pdf_named_html", document)),
    ]


def _kept(case: str, prose: Prose) -> Expectation:
    # The first words only: a PDF breaks its lines.
    words = " ".join(middle_sentence(prose).split()[:4])
    return Expectation(case, KEPT, contains=(words,))
