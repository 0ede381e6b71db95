"""PDF text: reading order, paragraphs, furniture, tables, and the files that cannot be read."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.document_builders import pdf_of_contents, pdf_of_lines, stream
from udfs.extraction.contract import DocumentRefusedError, ExtractionOptions
from udfs.extraction.pdf.reading import read_pdf

LEFT = [f"left column line {i} with some words" for i in range(12)]
RIGHT = [f"right column line {i} of more prose" for i in range(12)]


def refusal(content: bytes, options: ExtractionOptions | None = None) -> str:
    with pytest.raises(DocumentRefusedError) as caught:
        read_pdf(content, options or ExtractionOptions())
    return caught.value.status


def test_lines_become_paragraphs() -> None:
    lines = [
        (72, 700, "A first paragraph that runs to the right margin of the"),
        (72, 688, "page and ends here, short."),
        (72, 660, "A second one stands below a gap."),
    ]
    assert read_pdf(pdf_of_lines([lines])).text == (
        "A first paragraph that runs to the right margin of the page and ends here, short.\n\n"
        "A second one stands below a gap."
    )


@pytest.mark.parametrize(
    ("upper", "lower", "joined"),
    [
        ("a question of inter-", "national law and of nothing", "international law"),
        ("a question of Franco-", "German law and of nothing", "Franco-German law"),
        ("pages from 10-", "20 are missing in this copy", "10- 20 are"),
    ],
)
def test_hyphenation(upper: str, lower: str, joined: str) -> None:
    text = read_pdf(pdf_of_lines([[(72, 700, upper), (72, 688, lower)]])).text
    assert joined in text.replace("10-20", "10- 20")


def test_columns_are_read_one_after_the_other() -> None:
    page = [
        (72, 740, "A Title That Spans The Whole Width Of The Page In One Long Line Of Words Here")
    ]
    page += [(72, 700 - 12 * i, line) for i, line in enumerate(LEFT)]
    page += [(320, 700 - 12 * i, line) for i, line in enumerate(RIGHT)]
    text = read_pdf(pdf_of_lines([page])).text
    places = [text.index(line) for line in [*LEFT, *RIGHT]]
    assert places == sorted(places)
    assert text.startswith("A Title")


def test_three_columns() -> None:
    columns = [
        [f"{name} number {i} of prose words" for i in range(14)] for name in ("one", "two", "six")
    ]
    page = [
        (40 + 190 * c, 700 - 12 * i, line)
        for c, column in enumerate(columns)
        for i, line in enumerate(column)
    ]
    text = read_pdf(pdf_of_lines([page])).text
    places = [text.index(line) for column in columns for line in column]
    assert places == sorted(places)


def test_running_heads_and_page_numbers_go() -> None:
    pages = [
        [(72, 760, "The Art of Cleaning"), (300, 30, str(page))]
        + [(72, 700 - 12 * i, f"page {page} has its line {i} here") for i in range(5)]
        for page in range(1, 6)
    ]
    text = read_pdf(pdf_of_lines(pages)).text
    assert "The Art of Cleaning" not in text
    assert "page 3 has its line 2 here" in text
    assert not any(block.strip().isdigit() for block in text.split("\n"))


def test_a_sentence_over_a_page_end_is_one_paragraph() -> None:
    pages = [
        [(72, 700, "The sentence begins on this page and goes on"), (300, 30, "1")],
        [(72, 700, "over the end of the page."), (300, 30, "2")],
    ]
    assert read_pdf(pdf_of_lines(pages)).text == (
        "The sentence begins on this page and goes on over the end of the page."
    )


def test_aligned_cells_become_a_table() -> None:
    rows = [
        ("Country", "Cars", "Ships"),
        ("France", "12", "3"),
        ("Japan", "99", "41"),
        ("Peru", "7", "5"),
    ]
    page = [(72, 740, "A sentence of prose stands above the table and says what it shows.")]
    page += [
        (72 + 120 * c, 700 - 14 * r, cell)
        for r, row in enumerate(rows)
        for c, cell in enumerate(row)
    ]
    document = read_pdf(pdf_of_lines([page]))
    assert (
        "| Country | Cars | Ships |\n| --- | --- | --- |\n| France | 12 | 3 |\n"
        "| Japan | 99 | 41 |\n| Peru | 7 | 5 |"
    ) in document.text
    assert document.tables_kept == 1


def test_large_print_is_a_heading_and_sideways_notes_go() -> None:
    content = stream(
        b"BT /F1 20 Tf 72 740 Td (A Great Heading) Tj ET\n"
        + b"".join(
            b"BT /F1 10 Tf 72 %d Td (body text of the page in line %d) Tj ET\n" % (700 - 12 * i, i)
            for i in range(8)
        )
        + b"BT /F1 8 Tf 0 1 -1 0 30 200 Tm (printed by someone sideways) Tj ET\n"
    )
    text = read_pdf(pdf_of_contents([content])).text
    assert text.startswith("# A Great Heading\n\nbody text")
    assert "sideways" not in text


def test_a_page_set_sideways_is_turned() -> None:
    content = stream(
        b"".join(
            b"BT /F1 10 Tf 0 1 -1 0 %d 72 Tm (line %d of a landscape page.) Tj ET\n"
            % (100 + 12 * i, i)
            for i in range(6)
        )
    )
    text = read_pdf(pdf_of_contents([content])).text
    assert text.index("line 0") < text.index("line 1") < text.index("line 5")


def test_metadata() -> None:
    info = b"<< /Title (On Data) /Author (Ann) /CreationDate (D:20210203040506Z) >>"
    document = read_pdf(pdf_of_lines([[(72, 700, "x y z")]], info=info))
    assert (document.title, document.author, document.date) == ("On Data", "Ann", "2021-02-03")
    untitled = pdf_of_lines([[(72, 700, "x")]], info=b"<< /Title (Microsoft Word - a.doc) >>")
    assert read_pdf(untitled).title is None


def test_scans_need_ocr() -> None:
    image = b"q 612 0 0 792 0 0 cm BI /W 2 /H 2 /BPC 8 /CS /G ID \x10\x20\x30\x40 EI Q\n"
    assert refusal(pdf_of_contents([stream(image)] * 2)) == "needs_ocr"
    assert read_pdf(pdf_of_contents([stream(b"")])).text == ""


def test_files_that_cannot_be_read() -> None:
    good = pdf_of_lines([[(72, 700, "x")]])
    assert refusal(good[:60]) == "malformed"
    assert refusal(b"%PDF-1.7\n") == "malformed"
    assert refusal(pdf_of_lines([[]] * 4), ExtractionOptions(pdf_max_pages=3)) == "too_complex"


@pytest.mark.real_data
def test_real_two_column_papers_are_read_in_order(shared_data: Path) -> None:
    text = read_pdf((shared_data / "pdf/two_column/sample-sigconf.pdf").read_bytes()).text
    phrases = [
        "documentation of their work.", "CCS CONCEPTS", "publications and in", "KEYWORDS",
        "unique features incorporated into this single new template.",
    ]  # fmt: skip
    assert "nec- essary" not in text
    places = [text.find(phrase) for phrase in phrases if phrase in text]
    assert len(places) >= 4
    assert places == sorted(places)


def test_pages_begin_where_their_first_words_stand_in_the_text() -> None:
    pages = [
        [(72, 700, "The first page of three ends in the middle of a sen-")],
        [(72, 700, "tence, which is told here to its end.")],
        [],
        [(72, 700, "The last page stands alone and says no more than this.")],
    ]
    found = read_pdf(pdf_of_lines(pages))
    assert "of a sentence, which" in found.text
    told = [found.text[start:].split()[0] for start in found.page_starts]
    # The word that two pages share is of the first; a page without text begins where the next does.
    assert told == ["The", ",", "The", "The"]
    assert found.page_starts[0] == 0
    assert found.page_starts[2] == found.page_starts[3] == found.text.index("The last page")
