"""Hostile bytes through the guarded child: each ends in its named status, and the rest of its batch lives."""

from __future__ import annotations

import random
import subprocess
import sys
import time
import zlib
from collections.abc import Iterator

import pytest

from tests.document_builders import (
    CONTAINER,
    chapter,
    deflate_bomb,
    epub,
    package,
    pdf_object_file,
    pdf_of_contents,
    pdf_of_lines,
    simple_epub,
    stream,
)
from udfs.extract_document import extract
from udfs.extraction.contract import STATUSES, ExtractionOptions, ProfileName
from udfs.extraction.guard.parser_child import ParserChild

SENTENCE = "Whoever cannot say what was in the data cannot say why the model lies about it. "
GOOD_PAGE = f"<html><title>On data</title><body><p>{SENTENCE * 4}</p></body></html>".encode()
GOOD_PDF = pdf_of_lines(
    [[(72, 700 - 14 * i, f"{page}.{i} {SENTENCE.strip()}") for i in range(20)] for page in range(6)]
)
GOOD_EPUB = simple_epub(f"<h1>One</h1><p>{SENTENCE * 3}</p>", f"<p>{SENTENCE * 5}</p>")
GOOD_TEXT = ("数据质量差，模型就会一本正经地胡说八道。" * 20).encode("gbk")
DOUBLE_FLATE = b"/Filter [/FlateDecode /FlateDecode]"


def packed(body: bytes) -> bytes:
    return stream(zlib.compress(body, 9), b"/Filter /FlateDecode")


def encrypted_pdf() -> bytes:
    """A standard security handler whose keys fit no password."""
    key = b"<" + b"5a" * 32 + b">"
    trailer = b"/Encrypt << /Filter /Standard /V 1 /R 2 /O %s /U %s /P -4 >> /ID [<00> <00>]" % (
        key,
        key,
    )
    return pdf_of_contents([stream(b"BT (secret) Tj ET")], trailer=trailer)


def book_with(body: str, doctype: str = "") -> bytes:
    text = chapter(body).replace("<html", f"{doctype}<html", 1)
    return epub(
        {
            "META-INF/container.xml": CONTAINER,
            "OEBPS/book.opf": package({"c": "c.xhtml"}, '<itemref idref="c"/>'),
            "OEBPS/c.xhtml": text,
        }
    )


def page_tree_that_bites_its_tail() -> bytes:
    return pdf_object_file(
        [
            b"<< /Type /Catalog /Pages 2 0 R >>",
            b"<< /Type /Pages /Kids [2 0 R 2 0 R] /Count 2147483647 >>",
        ]
    )


LAUGHS = (
    '<!DOCTYPE html [<!ENTITY a "ha">'
    + "".join(f'<!ENTITY {chr(98 + i)} "{f"&{chr(97 + i)};" * 10}">' for i in range(9))
    + "]>"
)

# (name, bytes, statuses allowed, seconds allowed). The seconds are generous: machines differ.
HOSTILE = [
    ("0 bytes", b"", {"empty"}, 2),
    ("1 GB of zeros", bytes(1 << 30), {"too_big"}, 5),
    ("random bytes", random.Random(5).randbytes(1_000_000), {"unsupported"}, 5),
    ("NUL-heavy page", b"<html><body>" + b"a\x00\x00\x01" * 50_000, {"unsupported"}, 5),
    ("PDF cut in half", GOOD_PDF[: len(GOOD_PDF) // 2], {"malformed", "ok"}, 5),
    ("PDF cut after its header", GOOD_PDF[:30], {"malformed"}, 5),
    ("PDF that is a page", b"%PDF-1.4\n" + GOOD_PAGE, {"malformed"}, 5),
    ("encrypted PDF", encrypted_pdf(), {"encrypted"}, 5),
    ("PDF page tree in a loop", page_tree_that_bites_its_tail(), {"malformed", "too_complex"}, 10),
    (
        "PDF with a gigabyte of blanks",
        pdf_of_contents([stream(deflate_bomb(1_000_000_000), DOUBLE_FLATE)]),
        {"oom", "empty"},
        60,
    ),
    (
        "PDF with a million text operators",
        pdf_of_contents([packed(b"BT /F1 9 Tf " + b"(a) Tj " * 1_000_000 + b"ET")]),
        {"too_complex", "oom"},
        90,
    ),
    (
        "PDF with a million strokes",
        pdf_of_contents([packed(b"0 0 m 9 9 l S " * 1_000_000)]),
        {"empty"},
        30,
    ),
    ("PDF with deep arrays", pdf_of_contents([stream(b"[" * 500_000)]), {"empty", "malformed"}, 10),
    (
        "EPUB bomb",
        simple_epub("<p>x</p>", extra={"OEBPS/b.css": bytes(100_000_000)}),
        {"too_big"},
        10,
    ),
    ("EPUB with a huge chapter", book_with("<p>" + "a b " * 17_000_000 + "</p>"), {"too_big"}, 20),
    (
        "EPUB with many members",
        simple_epub("<p>x</p>", extra={f"m{i}": "" for i in range(10_001)}),
        {"too_complex"},
        10,
    ),
    ("EPUB nested a million deep", book_with("<div>" * 1_000_000), {"too_big"}, 30),
    ("EPUB with a billion laughs", book_with("<p>&j;</p>", LAUGHS), {"empty"}, 10),
    (
        "EPUB that reads files",
        book_with("<p>&x;</p>", '<!DOCTYPE html [<!ENTITY x SYSTEM "file:///etc/passwd">]>'),
        {"empty"},
        10,
    ),
    (
        "EPUB outside its archive",
        epub(
            {
                "META-INF/container.xml": CONTAINER,
                "OEBPS/book.opf": package({"c": "../../../etc/passwd"}, '<itemref idref="c"/>'),
            }
        ),
        {"malformed"},
        5,
    ),
    (
        "page nested 50,000 deep",
        b"<html><body>" + b"<div>" * 50_000 + SENTENCE.encode(),
        {"ok"},
        10,
    ),
    (
        "page nested 50,000 deep and closed again",
        b"<html><body>" + b"<div>" * 50_000 + SENTENCE.encode() + b"</div>" * 50_000,
        {"ok"},
        10,
    ),
    (
        "page nested 50,000 deep behind end tags of nothing",
        b"<html><body>" + b"<section></x>" * 20_000 + SENTENCE.encode(),
        {"ok"},
        10,
    ),
    (
        "page of 5,000 nested fonts and links",
        b"<html><body>" + b"<font><a href=x>" * 2_500 + SENTENCE.encode(),
        {"ok"},
        10,
    ),
    (
        "page of 40,000 paragraphs",
        b"<html><body>" + b"<p>some words that stand here" * 40_000,
        {"ok"},
        60,
    ),
    (
        "page of 100,000 links",
        b"<html><body>" + b"<a href='/x'>some words</a> " * 100_000,
        {"ok"},
        20,
    ),
    (
        "page of 100,000 table rows",
        b"<html><body><table>" + b"<tr><td>a b<td>1 2" * 100_000,
        {"ok"},
        20,
    ),
    ("page of one 4 MB paragraph", b"<html><body><p>" + b"some words " * 380_000, {"ok"}, 20),
    ("page of a million line breaks", b"<html><body>" + b"<br>" * 1_000_000, {"too_complex"}, 10),
    ("page of 150,000 paragraphs", b"<html><body>" + b"<p>some words here" * 150_000, {"ok"}, 20),
    (
        "page with a cell over every column",
        b"<html><body><table><tr><td colspan=9007199254740991>" + SENTENCE.encode(),
        {"ok", "empty"},
        10,
    ),
    (
        "page with a 4 MB attribute",
        b'<html><body><p title="' + b"x" * 4_000_000 + b'">' + SENTENCE.encode(),
        {"ok"},
        10,
    ),
    (
        "page with a 4 MB script",
        b"<html><body><script>" + b"x" * 4_000_000 + b"</script>",
        {"empty"},
        10,
    ),
    ("page of 6 MB", b"<html><body>" + b"<p>words</p>" * 500_000, {"too_big"}, 5),
    ("page of 19 MB in one paragraph", b"<html><body><p>" + b"a b " * 4_800_000, {"too_big"}, 5),
    ("EPUB cut in half", GOOD_EPUB[: len(GOOD_EPUB) // 2], {"malformed"}, 5),
    (
        "ZIP that is no book",
        epub({"a.txt": "x"}).replace(b"epub+zip", b"zip+epub"),
        {"unsupported"},
        5,
    ),
    ("picture", b"\x89PNG\r\n\x1a\n" + bytes(1_000), {"unsupported"}, 5),
    ("word processor file", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(1_000), {"unsupported"}, 5),
    ("text of one 70 MB word", b"a" * 70_000_000, {"too_big"}, 60),
]


@pytest.fixture(scope="module")
def child() -> Iterator[ParserChild]:
    with ParserChild() as running:
        running.extract(GOOD_PAGE)  # starts it; no document shall pay for that
        yield running


@pytest.mark.parametrize(
    ("content", "statuses", "seconds"),
    [case[1:] for case in HOSTILE],
    ids=[case[0] for case in HOSTILE],
)
def test_each_hostile_document_ends_in_its_status(
    child: ParserChild, content: bytes, statuses: set[str], seconds: float
) -> None:
    start = time.monotonic()
    extraction = child.extract(content, url="https://example.org/wrong-extension.docx")
    assert extraction.status in statuses, extraction.detail
    assert time.monotonic() - start < seconds
    assert extraction.status == "ok" or extraction.detail
    # No other document of the batch is lost.
    assert child.extract(GOOD_PAGE) == extract(GOOD_PAGE)


@pytest.mark.parametrize("profile", ["quality", "fast", "learned", "resiliparse"])
def test_other_profiles_hold_on_deep_and_wide_pages(profile: ProfileName) -> None:
    pages = [case[1] for case in HOSTILE if case[0].startswith("page ") and case[2] == {"ok"}]
    with ParserChild(options=ExtractionOptions(profile=profile)) as child:
        for page in pages[:3]:
            start = time.monotonic()
            assert child.extract(page).status == "ok"
            assert time.monotonic() - start < 30
        assert child.extract(GOOD_PAGE).status == "ok"


BOMB_READER = (
    "import resource\n"
    "from tests.document_builders import deflate_bomb, pdf_of_contents, stream\n"
    "from tests.peak_memory import growth_mib\n"
    "from udfs.extraction.guard.parser_child import ParserChild\n"
    "twice = b'/Filter [/FlateDecode /FlateDecode]'\n"
    "bomb = pdf_of_contents([stream(deflate_bomb(1_000_000_000), twice)])\n"
    "with ParserChild() as child:\n"
    "    child.extract(b'')\n"
    "    print(growth_mib(lambda: [child.extract(bomb) for _ in range(3)]))\n"
    "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024)\n"
)


def test_memory_stays_bounded() -> None:
    """Of a process that stands for Spark's worker, and of every child it ever had."""
    command = [sys.executable, "-c", BOMB_READER]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    worker, children = (int(line) for line in output.split())
    assert worker < 100
    assert children < 2048 + 200


def test_no_secret_is_read_and_no_entity_grows() -> None:
    for content in (
        book_with("<p>a &j; b</p>", LAUGHS),
        book_with("<p>a &x; b</p>", '<!DOCTYPE html [<!ENTITY x SYSTEM "file:///etc/passwd">]>'),
    ):
        extraction = extract(content)
        assert extraction.status == "ok"
        assert len(extraction.text) < 20, extraction.text


@pytest.mark.parametrize(
    ("content", "name"),
    [(GOOD_PAGE, "html"), (GOOD_PDF, "pdf"), (GOOD_EPUB, "epub"), (GOOD_TEXT, "text")],
)
def test_names_and_headers_cannot_mislead(child: ParserChild, content: bytes, name: str) -> None:
    extraction = child.extract(content, "https://example.org/a.exe", "no-such-charset")
    assert (extraction.status, extraction.format) == ("ok", name)
    assert extraction.text == extract(content).text


def mutate(content: bytes, source: random.Random) -> bytes:
    """Flip, cut, repeat or insert at up to eight places."""
    mutated = bytearray(content)
    for _ in range(source.randint(1, 8)):
        place, length = source.randrange(len(mutated) + 1), source.randint(1, 60)
        kind = source.randrange(5)
        if kind == 0 and place < len(mutated):
            mutated[place] = source.randrange(256)
        elif kind == 1:
            del mutated[place : place + length]
        elif kind == 2:
            mutated[place:place] = mutated[place : place + length] * source.randint(1, 50)
        elif kind == 3:
            mutated[place:place] = source.randbytes(length)
        else:
            digits = str(source.choice([0, -1, 2**31, 2**63, 10**12])).encode()
            mutated[place : place + len(digits)] = digits
    return bytes(mutated)


def run_mutations(child: ParserChild, rounds: int) -> None:
    source = random.Random(20_260_101)
    for number in range(rounds):
        for content in (GOOD_PDF, GOOD_EPUB, GOOD_PAGE, GOOD_TEXT):
            extraction = child.extract(mutate(content, source))
            assert extraction.status in STATUSES, number
    assert child.counts["crash"] == 0
    assert child.counts["timeout"] == 0


def test_mutated_documents_never_kill_the_child(child: ParserChild) -> None:
    run_mutations(child, 50)


@pytest.mark.slow
def test_ten_thousand_mutations_never_kill_the_child() -> None:
    with ParserChild() as fresh:
        run_mutations(fresh, 2_500)


def test_hostile_documents_leave_no_trace_in_later_ones(child: ParserChild) -> None:
    good = [GOOD_PAGE, GOOD_PDF, GOOD_EPUB, GOOD_TEXT]
    expected = [extract(content) for content in good]
    source = random.Random(9)
    for _ in range(10):
        child.extract(mutate(source.choice(good), source))
        found = [child.extract(content) for content in good]
        assert found == expected, [extraction.detail for extraction in found]
