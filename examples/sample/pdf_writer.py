"""A minimal PDF 1.4 writer: Helvetica, WinAnsi text at given places, ruling lines, an image.

Streams are left uncompressed so that the bytes do not depend on the zlib at hand. The catalogue
stands at the end of the file, as most producers have it: a file cut in the middle has lost it.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass, field

PAGE_WIDTH = 595
PAGE_HEIGHT = 842
MARGIN = 60
LEADING = 14
# Mean advance of Helvetica at 10 points is near 5 points: enough to wrap lines by character count.
POINTS_PER_CHARACTER = 5.0


@dataclass
class PdfPage:
    """Drawing operators of one page; y grows upwards from the lower edge, as in PDF."""

    operators: list[str] = field(default_factory=list)

    def text(self, x: float, y: float, line: str, size: int = 10) -> None:
        """Show one line with its left end at (x, y)."""
        self.operators.append(f"BT /F1 {size} Tf 1 0 0 1 {x:g} {y:g} Tm ({_escape(line)}) Tj ET")

    def rule(self, x0: float, y0: float, x1: float, y1: float) -> None:
        """Draw a thin line."""
        self.operators.append(f"0.6 w {x0:g} {y0:g} m {x1:g} {y1:g} l S")

    def paragraph(self, x: float, y: float, width: float, text: str) -> float:
        """Wrap `text` into a column and return the y below its last line."""
        for line in textwrap.wrap(text, int(width / POINTS_PER_CHARACTER)):
            self.text(x, y, line)
            y -= LEADING
        return y - LEADING / 2


def _escape(line: str) -> str:
    return line.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")


def article_page(title: str, paragraphs: Sequence[str]) -> PdfPage:
    """Return a page with one column."""
    page = PdfPage()
    page.text(MARGIN, PAGE_HEIGHT - MARGIN, title, size=16)
    y: float = PAGE_HEIGHT - MARGIN - 32
    for paragraph in paragraphs:
        y = page.paragraph(MARGIN, y, PAGE_WIDTH - 2 * MARGIN, paragraph)
    return page


def two_column_page(title: str, left: Sequence[str], right: Sequence[str]) -> PdfPage:
    """Return a page whose columns are drawn line by line across, as some producers do.

    A reader that trusts the order of the operators would mix the two columns.
    """
    page = PdfPage()
    page.text(MARGIN, PAGE_HEIGHT - MARGIN, title, size=16)
    gutter = 24
    width = (PAGE_WIDTH - 2 * MARGIN - gutter) / 2
    columns = [_column_lines(paragraphs, width) for paragraphs in (left, right)]
    for row in range(max(len(column) for column in columns)):
        y = PAGE_HEIGHT - MARGIN - 32 - row * LEADING
        for column, x in zip(columns, (MARGIN, MARGIN + width + gutter), strict=True):
            if row < len(column) and column[row]:
                page.text(x, y, column[row])
    return page


def _column_lines(paragraphs: Sequence[str], width: float) -> list[str]:
    lines: list[str] = []
    for paragraph in paragraphs:
        lines += [*textwrap.wrap(paragraph, int(width / POINTS_PER_CHARACTER)), ""]
    return lines[:-1]


def table_page(
    title: str,
    before: str,
    rows: Sequence[Sequence[str]],
    after: str,
    *,
    ruled: bool,
) -> PdfPage:
    """Return a page with a paragraph, a table (ruled, or only aligned) and a paragraph."""
    page = PdfPage()
    page.text(MARGIN, PAGE_HEIGHT - MARGIN, title, size=16)
    width = PAGE_WIDTH - 2 * MARGIN
    top = page.paragraph(MARGIN, PAGE_HEIGHT - MARGIN - 32, width, before) - LEADING
    row_height = 20
    column_width = width / len(rows[0])
    for number, row in enumerate(rows):
        for column, cell in enumerate(row):
            page.text(MARGIN + 4 + column * column_width, top - number * row_height, cell)
    bottom = top - (len(rows) - 1) * row_height - 6
    if ruled:
        for number in range(len(rows) + 1):
            y = top + 14 - number * row_height
            page.rule(MARGIN, y, MARGIN + width, y)
        for column in range(len(rows[0]) + 1):
            x = MARGIN + column * column_width
            page.rule(x, top + 14, x, bottom)
    page.paragraph(MARGIN, bottom - 2 * LEADING, width, after)
    return page


def write_pdf(pages: Sequence[PdfPage], *, title: str, image: bytes | None = None) -> bytes:
    """Serialise pages into a PDF with a valid cross-reference table.

    Args:
        pages: At least one page; their text must fit Windows-1252.
        title: Title in the document information; plain ASCII.
        image: Grey pixels of a square, one byte each, drawn over every page (a "scan"), or None.

    Returns:
        The file's bytes, the same for the same arguments.
    """
    objects: dict[int, bytes] = {
        1: b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>"
    }
    image_entry = ""
    if image is not None:
        side = int(len(image) ** 0.5)
        head = (
            f"<< /Type /XObject /Subtype /Image /Width {side} /Height {side} "
            f"/ColorSpace /DeviceGray /BitsPerComponent 8 /Length {len(image)} >>"
        )
        objects[2] = _stream(head, image)
        image_entry = " /XObject << /Im1 2 0 R >>"
    tree = 3 + 2 * len(pages)
    for number, page in enumerate(pages):
        body = "\n".join(page.operators).encode("cp1252")
        if image is not None:
            body = f"q {PAGE_WIDTH} 0 0 {PAGE_HEIGHT} 0 0 cm /Im1 Do Q\n".encode() + body
        objects[3 + 2 * number] = _stream(f"<< /Length {len(body)} >>", body)
        objects[4 + 2 * number] = (
            f"<< /Type /Page /Parent {tree} 0 R /MediaBox [0 0 {PAGE_WIDTH} {PAGE_HEIGHT}] "
            f"/Resources << /Font << /F1 1 0 R >>{image_entry} >> /Contents {3 + 2 * number} 0 R >>"
        ).encode()
    kids = " ".join(f"{4 + 2 * number} 0 R" for number in range(len(pages)))
    objects[tree] = f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>".encode()
    objects[tree + 1] = f"<< /Title ({_escape(title)}) >>".encode("ascii")
    objects[tree + 2] = f"<< /Type /Catalog /Pages {tree} 0 R >>".encode()
    return _serialise(objects, root=tree + 2, information=tree + 1)


def _stream(dictionary: str, data: bytes) -> bytes:
    return dictionary.encode() + b"\nstream\n" + data + b"\nendstream"


def _serialise(objects: dict[int, bytes], *, root: int, information: int) -> bytes:
    output = bytearray(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
    size = max(objects) + 1
    entries = [b"0000000000 65535 f \n"]
    for number in range(1, size):
        if number not in objects:
            entries.append(b"0000000000 00000 f \n")
            continue
        entries.append(f"{len(output):010d} 00000 n \n".encode())
        output += f"{number} 0 obj\n".encode() + objects[number] + b"\nendobj\n"
    start = len(output)
    output += f"xref\n0 {size}\n".encode() + b"".join(entries)
    output += (
        f"trailer\n<< /Size {size} /Root {root} 0 R /Info {information} 0 R >>\n"
        f"startxref\n{start}\n%%EOF\n"
    ).encode()
    return bytes(output)
