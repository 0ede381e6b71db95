"""A minimal EPUB 3 writer: container, package with spine, navigation document, chapters."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

# The earliest date a zip can hold; a real date would change the bytes from run to run.
ZIP_DATE = (1980, 1, 1, 0, 0, 0)

CONTAINER = """<?xml version="1.0" encoding="UTF-8"?>
<container version="1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:container">
  <rootfiles>
    <rootfile full-path="OEBPS/package.opf" media-type="application/oebps-package+xml"/>
  </rootfiles>
</container>
"""

ENCRYPTION = """<?xml version="1.0" encoding="UTF-8"?>
<encryption xmlns="urn:oasis:names:tc:opendocument:xmlns:container"
            xmlns:enc="http://www.w3.org/2001/04/xmlenc#">
  <enc:EncryptedData>
    <enc:EncryptionMethod Algorithm="http://www.w3.org/2001/04/xmlenc#aes128-cbc"/>
    <enc:CipherData><enc:CipherReference URI="OEBPS/chapter1.xhtml"/></enc:CipherData>
  </enc:EncryptedData>
</encryption>
"""


@dataclass(frozen=True)
class Chapter:
    """A chapter's heading and its paragraphs."""

    title: str
    paragraphs: tuple[str, ...]


@dataclass(frozen=True)
class Book:
    """What the package file says of the book, and its chapters in reading order."""

    identifier: str
    title: str
    author: str
    language: str
    date: str
    chapters: tuple[Chapter, ...]


def write_epub(book: Book) -> bytes:
    """Serialise a book; the same arguments give the same bytes.

    The chapter files are stored in the zip in reverse order, because reading order is the spine's
    and a reader that goes by file order ought to be caught.
    """
    members = [
        ("META-INF/container.xml", CONTAINER.encode()),
        ("OEBPS/package.opf", _package(book).encode()),
        ("OEBPS/nav.xhtml", _navigation(book).encode()),
    ]
    for number in range(len(book.chapters), 0, -1):
        chapter = _chapter(book, book.chapters[number - 1]).encode()
        members.append((f"OEBPS/chapter{number}.xhtml", chapter))
    return _zip(members)


def write_encrypted_epub(book: Book, ciphertext: bytes) -> bytes:
    """Serialise a book whose single chapter is declared encrypted and is unreadable bytes."""
    return _zip(
        [
            ("META-INF/container.xml", CONTAINER.encode()),
            ("META-INF/encryption.xml", ENCRYPTION.encode()),
            ("OEBPS/package.opf", _package(book).encode()),
            ("OEBPS/nav.xhtml", _navigation(book).encode()),
            ("OEBPS/chapter1.xhtml", ciphertext),
        ]
    )


def _zip(members: Sequence[tuple[str, bytes]]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        _add(archive, "mimetype", b"application/epub+zip", zipfile.ZIP_STORED)
        for name, data in members:
            _add(archive, name, data, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def _add(archive: zipfile.ZipFile, name: str, data: bytes, compression: int) -> None:
    entry = zipfile.ZipInfo(name, date_time=ZIP_DATE)
    entry.create_system = 3
    entry.external_attr = 0o644 << 16
    archive.writestr(entry, data, compress_type=compression)


def _package(book: Book) -> str:
    numbers = range(1, len(book.chapters) + 1)
    items = "\n".join(
        f'    <item id="c{n}" href="chapter{n}.xhtml" media-type="application/xhtml+xml"/>'
        for n in numbers
    )
    spine = "\n".join(f'    <itemref idref="c{n}"/>' for n in numbers)
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<package xmlns="http://www.idpf.org/2007/opf" version="3.0" unique-identifier="book-id">
  <metadata xmlns:dc="http://purl.org/dc/elements/1.1/">
    <dc:identifier id="book-id">{escape(book.identifier)}</dc:identifier>
    <dc:title>{escape(book.title)}</dc:title>
    <dc:creator>{escape(book.author)}</dc:creator>
    <dc:language>{book.language}</dc:language>
    <dc:date>{book.date}</dc:date>
    <meta property="dcterms:modified">{book.date}T00:00:00Z</meta>
  </metadata>
  <manifest>
    <item id="nav" href="nav.xhtml" media-type="application/xhtml+xml" properties="nav"/>
{items}
  </manifest>
  <spine>
{spine}
  </spine>
</package>
"""


def _navigation(book: Book) -> str:
    links = "\n".join(
        f'      <li><a href="chapter{n}.xhtml">{escape(chapter.title)}</a></li>'
        for n, chapter in enumerate(book.chapters, 1)
    )
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<html xmlns="http://www.w3.org/1999/xhtml" xmlns:epub="http://www.idpf.org/2007/ops">
  <head><title>{escape(book.title)}</title></head>
  <body>
    <nav epub:type="toc"><ol>
{links}
    </ol></nav>
  </body>
</html>
"""


def _chapter(book: Book, chapter: Chapter) -> str:
    paragraphs = "\n".join(f"    <p>{escape(text)}</p>" for text in chapter.paragraphs)
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<html xmlns="http://www.w3.org/1999/xhtml" xml:lang="{book.language}">
  <head><title>{escape(chapter.title)}</title></head>
  <body>
    <h1>{escape(chapter.title)}</h1>
{paragraphs}
  </body>
</html>
"""
