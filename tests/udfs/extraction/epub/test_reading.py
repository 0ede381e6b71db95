"""EPUB by its spine: order, notes, furniture, metadata, protection, bombs."""

from __future__ import annotations

import io
import struct
import zipfile
from pathlib import Path

import pytest

from tests.document_builders import CONTAINER, chapter, epub, package, simple_epub
from udfs.extract_document import extract
from udfs.extraction.contract import DocumentRefusedError, ExtractionOptions
from udfs.extraction.epub.reading import read_epub

METADATA = (
    "<dc:title>A Book</dc:title><dc:creator>Ann Author</dc:creator><dc:creator>Bob</dc:creator>"
    "<dc:language>zh-Hans</dc:language><dc:date>2021-05-06T00:00:00Z</dc:date>"
    "<dc:rights>see https://creativecommons.org/licenses/by/4.0/ .</dc:rights>"
)


def refusal(content: bytes, options: ExtractionOptions | None = None) -> str:
    with pytest.raises(DocumentRefusedError) as caught:
        read_epub(content, options or ExtractionOptions())
    return caught.value.status


def test_order_is_the_spines_not_the_names() -> None:
    book = read_epub(simple_epub("<h1>One</h1><p>first</p>", "<p>second</p>", "<p>third</p>"))
    assert book.text == "# One\n\nfirst\n\nsecond\n\nthird"
    assert book.pages == 3


def test_chapters_begin_where_they_stand_in_the_text() -> None:
    book = read_epub(simple_epub("<h1>One</h1><p>first</p>", "<p></p>", "<p>second</p>"))
    assert [book.text[start:] for start in book.page_starts] == [book.text, "second", "second"]


def test_without_the_licence_chapters_begin_where_their_own_words_do() -> None:
    header = "<p>*** START OF THE PROJECT GUTENBERG EBOOK A BOOK ***</p>"
    footer = "<p>*** END OF THE PROJECT GUTENBERG EBOOK A BOOK ***</p><p>Its licence.</p>"
    words = "<p>" + "It was a dark night. " * 30 + "</p>"
    book = read_epub(
        simple_epub(f"<p>Of Project Gutenberg.</p>{header}", words, f"<p>Two.</p>{footer}")
    )
    assert book.text.endswith("Two.")
    assert [book.text[start : start + 6] for start in book.page_starts] == [
        "It was",
        "It was",
        "Two.",
    ]


def test_metadata_is_the_packages() -> None:
    book = read_epub(simple_epub("<p>x</p>", metadata=METADATA))
    assert (book.title, book.author, book.language, book.date) == (
        "A Book", "Ann Author, Bob", "zh-Hans", "2021-05-06",
    )  # fmt: skip
    assert book.licence_url == "https://creativecommons.org/licenses/by/4.0/"


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("<p>a<br/>b\n c</p>", "a\nb c"),
        ("<ul><li>x</li><li>y<ol><li>z</li></ol></li></ul>", "- x\n- y\n  1. z"),
        ("<pre>  two\n   three</pre>", "```\n  two\n   three\n```"),
        ("<blockquote><p>quoted</p></blockquote>", "> quoted"),
        ("<p><ruby>漢<rp>(</rp><rt>かん</rt><rp>)</rp>字<rt>じ</rt></ruby>だ</p>", "漢字だ"),
        ("<p>non&nbsp;breaking &eacute; &amp; &lt;</p>", "non breaking é & <"),
        ("<script>var x</script><style>p{}</style><p>seen</p>", "seen"),
        ('<div class="toc"><p>1. contents</p></div><p>seen</p>', "seen"),
        ('<p>be<span epub:type="pagebreak" title="7">7</span>fore</p>', "before"),
        (
            "<table><tr><th>Name</th><th>Age</th></tr><tr><td>Ann</td><td>7</td></tr>"
            "<tr><td>Bob</td><td>8</td></tr></table>",
            "| Name | Age |\n| --- | --- |\n| Ann | 7 |\n| Bob | 8 |",
        ),
        ("<table><tr><td>layout <p>only</p></td></tr></table>", "layout\n\nonly"),
        ("<p>unclosed <b>markup", "unclosed markup"),  # no XML: read as HTML
    ],
)
def test_blocks(body: str, text: str) -> None:
    assert read_epub(simple_epub(body)).text == text


def test_footnotes_move_to_the_end_of_their_chapter() -> None:
    body = (
        '<p>Call me Ishmael<a epub:type="noteref" href="#n1">1</a>. Go on.</p>'
        '<aside epub:type="footnote" id="n1"><p>1. A name. <a href="#r1">↩</a></p></aside>'
        "<p>Next paragraph.</p>"
    )
    text = read_epub(simple_epub(body, "<p>Chapter two.</p>")).text
    assert text == ("Call me Ishmael[1]. Go on.\n\nNext paragraph.\n\n[1] A name.\n\nChapter two.")


def test_navigation_and_title_pages_are_left_out() -> None:
    book = simple_epub(
        '<section epub:type="cover"><p>Cover words</p></section>',
        '<nav epub:type="toc"><ol><li>One</li></ol></nav>',
        '<section epub:type="toc"><p>Contents</p></section>',
        "<p>Story</p>",
    )
    assert read_epub(book).text == "Story"


@pytest.mark.parametrize(
    ("algorithm", "target", "status"),
    [
        ("http://www.idpf.org/2008/embedding", "OEBPS/text/01.xhtml", "ok"),
        ("http://www.w3.org/2001/04/xmlenc#aes128-cbc", "OEBPS/text/01.xhtml", "encrypted"),
        ("http://www.w3.org/2001/04/xmlenc#aes128-cbc", "OEBPS/font.otf", "ok"),
    ],
)
def test_encryption_counts_only_on_chapters(algorithm: str, target: str, status: str) -> None:
    encryption = (
        '<encryption xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><EncryptedData '
        f'xmlns="http://www.w3.org/2001/04/xmlenc#"><EncryptionMethod Algorithm="{algorithm}"/>'
        f'<CipherData><CipherReference URI="{target}"/></CipherData></EncryptedData></encryption>'
    )
    book = simple_epub("<p>Story</p>", extra={"META-INF/encryption.xml": encryption})
    assert (read_epub(book).text == "Story") if status == "ok" else refusal(book) == status


@pytest.mark.parametrize("name", ["rights.xml", "sinf.xml", "license.lcpl"])
def test_rights_management_is_refused(name: str) -> None:
    assert refusal(simple_epub("<p>x</p>", extra={f"META-INF/{name}": "x"})) == "encrypted"


def test_external_entities_are_never_read(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("TOP SECRET")
    doctype = f'<!DOCTYPE html [<!ENTITY x SYSTEM "file://{secret}"><!ENTITY y "laugh">]>'
    body = chapter("<p>before &x; &y; after</p>").replace("<html", f"{doctype}<html", 1)
    opf = package({"c": "c.xhtml"}, '<itemref idref="c"/>', "<dc:title>&x;</dc:title>")
    opf = opf.replace("<package", f"{doctype}<package", 1)
    members: dict[str, str | bytes] = {
        "META-INF/container.xml": CONTAINER, "OEBPS/book.opf": opf, "OEBPS/c.xhtml": body,
    }  # fmt: skip
    book = read_epub(epub(members))
    assert "SECRET" not in book.text + str(book.title)
    assert "before" in book.text


def test_paths_that_leave_the_archive_are_refused() -> None:
    opf = package(
        {"a": "../../etc/passwd", "b": "file:///etc/passwd", "c": "c.xhtml"},
        '<itemref idref="a"/><itemref idref="b"/><itemref idref="c"/>',
    )
    members: dict[str, str | bytes] = {
        "META-INF/container.xml": CONTAINER, "OEBPS/book.opf": opf,
        "OEBPS/c.xhtml": chapter("<p>inside</p>"),
    }  # fmt: skip
    assert read_epub(epub(members)).text == "inside"
    del members["OEBPS/c.xhtml"]
    assert refusal(epub(members)) == "malformed"


def test_bombs_are_refused_by_their_directory() -> None:
    packed = simple_epub("<p>x</p>", extra={"OEBPS/bomb.css": b" " * 5_000_000})
    assert refusal(packed) == "too_big"
    many = simple_epub("<p>x</p>", extra={f"f{i}": "" for i in range(40)})
    assert refusal(many, ExtractionOptions(epub_max_members=20)) == "too_complex"
    big = simple_epub("<p>x</p>", extra={"a": "12345" * 1000})
    assert refusal(big, ExtractionOptions(epub_max_unpacked_bytes=4000)) == "too_big"


def test_a_lying_directory_is_caught_by_the_bounded_reader() -> None:
    book = simple_epub("<p>" + "x" * 5000 + "</p>")
    real = 5000
    with pytest.raises(DocumentRefusedError) as caught:
        read_epub(book, ExtractionOptions(epub_max_member_bytes=real // 2))
    assert caught.value.status == "too_big"


def test_overlapping_members_are_refused() -> None:
    book = bytearray(epub({"META-INF/container.xml": CONTAINER, "b.txt": "b" * 500}))
    # Point the last central directory entry at the first member's bytes.
    entry = bytes(book).rindex(b"PK\x01\x02")
    struct.pack_into("<I", book, entry + 42, 0)
    assert refusal(bytes(book)) == "malformed"


@pytest.mark.parametrize(
    "content",
    [
        b"PK\x03\x04 no archive",
        epub({"a": "no container"}),
        epub({"META-INF/container.xml": "<x/>"}),
        epub({"META-INF/container.xml": CONTAINER}),
        epub({"META-INF/container.xml": CONTAINER, "OEBPS/book.opf": "no xml"}),
        epub({"META-INF/container.xml": CONTAINER, "OEBPS/book.opf": package({}, "")}),
        simple_epub("<p>cut</p>")[:-40],
    ],
)
def test_broken_archives_are_malformed(content: bytes) -> None:
    assert refusal(content) == "malformed"


def test_a_missing_picture_or_one_broken_chapter_costs_nothing_else() -> None:
    names = {"a": "a.xhtml", "gone": "gone.xhtml", "b": "b.xhtml"}
    spine = "".join(f'<itemref idref="{name}"/>' for name in names)
    members: dict[str, str | bytes] = {
        "META-INF/container.xml": CONTAINER, "OEBPS/book.opf": package(names, spine),
        "OEBPS/a.xhtml": chapter("<p>A</p>"), "OEBPS/b.xhtml": chapter("<p>B</p>"),
    }  # fmt: skip
    assert read_epub(epub(members, compression=zipfile.ZIP_STORED)).text == "A\n\nB"


@pytest.mark.real_data
def test_real_books_are_read_in_order(shared_data: Path) -> None:
    books = sorted((shared_data / "epub").glob("*.epub"))
    assert len(books) == 12
    for path in books:
        assert len(read_epub(path.read_bytes()).text) > 50_000, path.name
    moby = read_epub((shared_data / "epub/moby-dick.epub").read_bytes()).text
    places = [moby.index(name) for name in ("Loomings", "The Carpet-Bag", "The Chase—First Day")]
    assert places == sorted(places)
    assert moby.index("Call me Ishmael") > places[0]


def test_what_cannot_be_found_or_read_is_said() -> None:
    names = {"a": "a.xhtml", "gone": "gone.xhtml", "out": "../../b.xhtml", "other": "c.bin"}
    spine = "".join(f'<itemref idref="{name}"/>' for name in [*names, "unknown"])
    opf = package(names, spine).replace(
        'href="c.bin" media-type="application/xhtml+xml"',
        'href="c.bin" media-type="application/x-c"',
    )
    members: dict[str, str | bytes] = {
        "META-INF/container.xml": CONTAINER,
        "OEBPS/book.opf": opf,
        "OEBPS/a.xhtml": chapter("<p>A</p>"),
        "OEBPS/c.bin": "c",
    }
    found = extract(epub(members))
    assert (found.status, found.text) == ("ok", "A")
    for name in ("gone.xhtml", "../../b.xhtml", "c.bin", "unknown"):
        assert repr(name) in found.detail
    whole = extract(simple_epub("<p>A</p>"))
    assert (whole.status, whole.detail) == ("ok", "")


def members_of(book: bytes) -> dict[str, str | bytes]:
    """What ``epub`` makes a book of, without the type that it adds by itself."""
    with zipfile.ZipFile(io.BytesIO(book)) as archive:
        return {name: archive.read(name) for name in archive.namelist() if name != "mimetype"}


DAMAGED_CONTAINERS: dict[str, str | bytes | None] = {
    "missing": None,
    "empty": "",
    "no xml": "\x00\x01 no xml",
    "cut": CONTAINER[:90],
    "names nothing": "<container/>",
    "names no member": CONTAINER.replace("OEBPS/book.opf", "content/other.opf"),
    "names a picture": CONTAINER.replace("OEBPS/book.opf", "OEBPS/text/01.xhtml"),
}


@pytest.mark.parametrize("kind", DAMAGED_CONTAINERS)
def test_a_damaged_container_does_not_cost_the_book(kind: str) -> None:
    container = DAMAGED_CONTAINERS[kind]
    members = members_of(simple_epub("<p>first</p>", "<p>second</p>"))
    del members["META-INF/container.xml"]
    if container is not None:
        members["META-INF/container.xml"] = container
    found = extract(epub(members))
    assert (found.status, found.text) == ("ok", "first\n\nsecond")
    assert (
        found.detail
        == "META-INF/container.xml names no readable package, 'OEBPS/book.opf' was read"
    )


def test_a_container_whose_bytes_are_broken_does_not_cost_the_book() -> None:
    content = epub(members_of(simple_epub("<p>first</p>")), compression=zipfile.ZIP_STORED)
    broken = content.replace(b"oasis:names:tc", b"OASIS:names:tc", 1)  # its checksum is another
    assert broken != content
    found = extract(broken)
    assert (found.status, found.text) == ("ok", "first")
    assert "'OEBPS/book.opf' was read" in found.detail


def test_the_package_that_can_be_read_is_taken() -> None:
    members = members_of(simple_epub("<p>first</p>"))
    members |= {"META-INF/container.xml": "<x/>", "a.opf": "no xml", "OEBPS/a.opf": package({}, "")}
    found = extract(epub(members))
    assert (found.status, found.text) == ("ok", "first")
    assert "'OEBPS/book.opf' was read" in found.detail


def test_protection_counts_without_a_container_too() -> None:
    members = members_of(simple_epub("<p>first</p>"))
    members |= {"META-INF/container.xml": "<x/>", "META-INF/rights.xml": "<rights/>"}
    assert refusal(epub(members)) == "encrypted"


def test_of_a_name_stored_twice_the_last_is_read() -> None:
    book = io.BytesIO(simple_epub("<p>first</p>"))
    with zipfile.ZipFile(book, "a") as archive, pytest.warns(UserWarning, match="Duplicate name"):
        archive.writestr("OEBPS/text/01.xhtml", chapter("<p>last</p>"))
    found = extract(book.getvalue())
    assert (found.status, found.text) == ("ok", "last")
    assert found.detail == "names stored twice, of which the last was read: 1"


@pytest.mark.parametrize("name", ["kap%201.xhtml", "Text\\k1.xhtml", "K1.XHTML", "BRÜCKE.xhtml"])
def test_chapters_are_found_in_other_spellings(name: str) -> None:
    stored = {"kap%201.xhtml": "kap%201.xhtml", "Text\\k1.xhtml": "Text/k1.xhtml"}
    members: dict[str, str | bytes] = {
        "META-INF/container.xml": CONTAINER,
        "OEBPS/book.opf": package(
            {"a": name, "b": "b.xhtml"}, '<itemref idref="a"/><itemref idref="b"/>'
        ),
        f"OEBPS/{stored.get(name, name.lower())}": chapter("<p>A</p>"),
        "OEBPS/b.xhtml": chapter("<p>B</p>"),
    }
    found = extract(epub(members))
    assert (found.text, found.pages, found.detail) == ("A\n\nB", 2, "")


@pytest.mark.parametrize(
    ("case", "text"),
    [
        ("epub_chapter_names/backslash.epub", "# Über die Brücke\n\nDer alte Müller"),
        ("epub_chapter_names/percent.epub", "# Über die Brücke\n\nDer alte Müller"),
        ("epub_duplicate_member/dup.epub", "# Über die Brücke\n\nDer alte Müller"),
        ("epub_superscripts/sup.epub", "Im Jahre 1848[1] kam er heim. Es wog 10^6 Pfund; H2O."),
        ("epub_cells_with_blocks/cells.epub", "Tabelle 1: Preise\n\n| Ware | Preis |"),
        (
            "epub_cells_with_blocks/layout.epub",
            "## Kapitel 2\n\nErster Absatz im Kasten.\n\nZweiter",
        ),
    ],
)
def test_cases(shared_data: Path, case: str, text: str) -> None:
    found = extract((shared_data.parent / "cases" / case).read_bytes())
    assert found.status == "ok"
    assert found.text.startswith(text)
