"""Small documents written byte by byte for the tests: EPUBs and PDFs, sound and hostile."""

from __future__ import annotations

import io
import re
import zipfile
import zlib

from tests.font_builder import boxes_font

CONTAINER = (
    '<?xml version="1.0"?><container xmlns="urn:oasis:names:tc:opendocument:xmlns:container">'
    '<rootfiles><rootfile full-path="OEBPS/book.opf" '
    'media-type="application/oebps-package+xml"/></rootfiles></container>'
)
XHTML_HEAD = (
    '<?xml version="1.0" encoding="utf-8"?><html xmlns="http://www.w3.org/1999/xhtml" '
    'xmlns:epub="http://www.idpf.org/2007/ops"><head><title>t</title></head><body>'
)


def chapter(body: str) -> str:
    return f"{XHTML_HEAD}{body}</body></html>"


def package(manifest: dict[str, str], spine: str, metadata: str = "", properties: str = "") -> str:
    items = "".join(
        f'<item id="{name}" href="{href}" media-type="application/xhtml+xml" {properties}/>'
        for name, href in manifest.items()
    )
    return (
        '<?xml version="1.0"?><package xmlns="http://www.idpf.org/2007/opf" version="3.0">'
        f'<metadata xmlns:dc="http://purl.org/dc/elements/1.1/">{metadata}</metadata>'
        f"<manifest>{items}</manifest><spine>{spine}</spine></package>"
    )


def epub(members: dict[str, str | bytes], *, compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        archive.writestr("mimetype", "application/epub+zip", zipfile.ZIP_STORED)
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def simple_epub(
    *bodies: str, metadata: str = "", extra: dict[str, str | bytes] | None = None
) -> bytes:
    """A book whose spine is in the order of ``bodies`` and whose file names are in the reverse."""
    names = {f"c{i}": f"text/{len(bodies) - i:02}.xhtml" for i in range(len(bodies))}
    spine = "".join(f'<itemref idref="{name}"/>' for name in names)
    members: dict[str, str | bytes] = {
        "META-INF/container.xml": CONTAINER,
        "OEBPS/book.opf": package(names, spine, metadata),
        **{f"OEBPS/{names[f'c{i}']}": chapter(body) for i, body in enumerate(bodies)},
        **(extra or {}),
    }
    return epub(members)


def pdf_object_file(objects: list[bytes], trailer: bytes = b"") -> bytes:
    """Number the objects, write them with a cross-reference table; object 1 is the catalogue."""
    content, offsets = b"%PDF-1.7\n", []
    for number, body in enumerate(objects, 1):
        offsets.append(len(content))
        content += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(content)
    content += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    content += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    content += b"trailer\n<< /Size %d /Root 1 0 R %s >>\n" % (len(objects) + 1, trailer)
    return content + b"startxref\n%d\n%%%%EOF\n" % start


def stream(body: bytes, entries: bytes = b"") -> bytes:
    return b"<< /Length %d %s >>\nstream\n%s\nendstream" % (len(body), entries, body)


def pdf_of_contents(contents: list[bytes], trailer: bytes = b"", info: bytes = b"") -> bytes:
    """One page of 612 x 792 points a content stream (an object body as ``stream`` makes it)."""
    count = len(contents)
    kids = b" ".join(b"%d 0 R" % (4 + 2 * i) for i in range(count))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [%s] /Count %d >>" % (kids, count),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    ]
    for i, content in enumerate(contents):
        objects.append(
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents %d 0 R "
            b"/Resources << /Font << /F1 3 0 R >> >> >>" % (5 + 2 * i)
        )
        objects.append(content)
    if info:
        objects.append(info)
        trailer += b"/Info %d 0 R" % len(objects)
    return pdf_object_file(objects, trailer)


def text_at(x: float, y: float, text: str, size: float = 10) -> bytes:
    escaped = text.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
    return b"BT /F1 %g Tf %g %g Td (%s) Tj ET\n" % (size, x, y, escaped.encode("cp1252"))


def pdf_of_lines(pages: list[list[tuple[float, float, str]]], info: bytes = b"") -> bytes:
    """Each page a list of (x, y, text) with y upwards from the bottom, in points."""
    contents = [stream(b"".join(text_at(*line) for line in page)) for page in pages]
    return pdf_of_contents(contents, info=info)


def deflate_bomb(size: int, layers: int = 2) -> bytes:
    """Bytes that inflate to ``size`` blanks, in whole megabytes, through ``layers`` Flate filters."""
    chunk = b" " * 1_000_000
    packer = zlib.compressobj(9, wbits=-zlib.MAX_WBITS)
    # A block that refers to nothing before it can be repeated: only one megabyte is compressed.
    block = packer.compress(chunk) + packer.flush(zlib.Z_FULL_FLUSH)
    count, check = size // len(chunk), 1
    for _ in range(count):
        check = zlib.adler32(chunk, check)
    packed = b"\x78\xda" + block * count + b"\x03\x00" + check.to_bytes(4, "big")
    for _ in range(layers - 1):
        packed = zlib.compress(packed, 9)
    return packed


def line_at(x0: float, y0: float, x1: float, y1: float) -> bytes:
    """A stroke between two points, half a point wide."""
    return b"0.5 w %g %g m %g %g l S\n" % (x0, y0, x1, y1)


def grid_at(xs: list[float], ys: list[float]) -> bytes:
    """Strokes along every x and every y, from end to end."""
    upright = b"".join(line_at(x, min(ys), x, max(ys)) for x in xs)
    return upright + b"".join(line_at(min(xs), y, max(xs), y) for y in ys)


def glyph_at(x: float, y: float, text: str, size: float = 12) -> bytes:
    """Characters of ``pdf_of_glyphs`` from left to right in the order given; from top to bottom there."""
    return b"BT /F1 %g Tf %g %g Td <%s> Tj ET\n" % (
        size,
        x,
        y,
        text.encode("utf-16-be").hex().encode(),
    )


def pdf_of_glyphs(contents: list[bytes], *, from_top: bool = False) -> bytes:
    """Pages of ``glyph_at`` in a font of boxes, in lines from top to bottom if asked.

    As office programs write them: an embedded composite font with a ToUnicode table, half an em wide up to
    U+2000 and a full one above.
    """
    shown = b"".join(re.findall(rb"<([0-9a-f]+)> Tj", b"".join(contents)))
    characters = sorted(set(bytes.fromhex(shown.decode()).decode("utf-16-be")))
    glyph_numbers = bytearray(2 << 16)
    for number, character in enumerate(characters, 1):
        glyph_numbers[2 * ord(character) : 2 * ord(character) + 2] = number.to_bytes(2, "big")
    count = len(contents)
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [%s] /Count %d >>"
        % (b" ".join(b"%d 0 R" % (9 + 2 * i) for i in range(count)), count),
        b"<< /Type /Font /Subtype /Type0 /BaseFont /Boxes /Encoding /Identity-%s /DescendantFonts [4 0 R] "
        b"/ToUnicode 6 0 R >>" % (b"V" if from_top else b"H"),
        b"<< /Type /Font /Subtype /CIDFontType2 /BaseFont /Boxes /CIDSystemInfo << /Registry (Adobe) "
        b"/Ordering (Identity) /Supplement 0 >> /FontDescriptor 5 0 R /DW 1000 /DW2 [880 -1000] "
        b"/W [0 8191 500] /CIDToGIDMap 8 0 R >>",
        b"<< /Type /FontDescriptor /FontName /Boxes /Flags 4 /FontBBox [0 -200 1000 800] /ItalicAngle 0 "
        b"/Ascent 800 /Descent -200 /CapHeight 700 /StemV 80 /FontFile2 7 0 R >>",
        stream(
            b"/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /X def\n"
            b"1 begincodespacerange <0000> <ffff> endcodespacerange\n"
            b"1 beginbfrange <0000> <ffff> <0000> endbfrange endcmap end end"
        ),
        stream(boxes_font("".join(characters))),
        stream(zlib.compress(bytes(glyph_numbers)), b"/Filter /FlateDecode"),
    ]
    for i, content in enumerate(contents):
        objects.append(
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents %d 0 R "
            b"/Resources << /Font << /F1 3 0 R >> >> >>" % (10 + 2 * i)
        )
        objects.append(stream(content))
    return pdf_object_file(objects)
