"""PDFs whose text layer is noise, or lies there twice; and sound ones that must not be taken for them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.document_builders import pdf_object_file, pdf_of_contents, pdf_of_lines, stream, text_at
from udfs.extraction.contract import DocumentRefusedError
from udfs.extraction.pdf.reading import read_pdf
from udfs.extraction.pdf.text_layer import MINIMUM_LETTERS, why_unreadable

ENGLISH = (
    "When the ships came home in the autumn of that year nobody in the harbour believed the stories that "
    "their captains told about the islands beyond the northern ice and the people who lived on them. "
) * 4
CHINESE = (
    "那年秋天船队回到港口的时候没有人相信船长们讲述的关于北方冰海之外的岛屿和岛上居民的故事" * 12
)
POLISH = (
    "Zażółć gęślą jaźń, a w Szczebrzeszynie chrząszcz brzmi w trzcinie i wszyscy słuchają. " * 8
)
VIETNAMESE = "Tất cả mọi người sinh ra đều được tự do và bình đẳng về nhân phẩm và quyền lợi. " * 9


def lines_of(text: str) -> list[tuple[float, float, str]]:
    return [(72, 740 - 12 * i, text[80 * i : 80 * i + 80]) for i in range(len(text) // 80 + 1)]


def pdf_with_unicode_table(text: str, first: int) -> bytes:
    """A file whose ToUnicode table maps the letters from ``a`` on to the code points from ``first`` on."""
    table = stream(
        b"/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /X def\n"
        b"1 begincodespacerange <00> <ff> endcodespacerange\n"
        b"1 beginbfrange <61> <7a> <%04x> endbfrange endcmap end end" % first
    )
    return pdf_object_file(
        [
            b"<< /Type /Catalog /Pages 2 0 R >>",
            b"<< /Type /Pages /Kids [4 0 R] /Count 1 >>",
            b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding "
            b"/ToUnicode 6 0 R >>",
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 5 0 R "
            b"/Resources << /Font << /F1 3 0 R >> >> >>",
            stream(b"".join(text_at(*line) for line in lines_of(text))),
            table,
        ]
    )


def test_the_unicode_table_is_read() -> None:
    assert "when the ships" in read_pdf(pdf_with_unicode_table(ENGLISH.lower(), 0x61)).text


@pytest.mark.parametrize("first", [0xE000, 0xF041], ids=["private use", "symbol font"])
def test_glyphs_without_characters_are_routed_out(first: int) -> None:
    with pytest.raises(DocumentRefusedError, match="no Unicode value") as caught:
        read_pdf(pdf_with_unicode_table(ENGLISH.lower(), first))
    assert caught.value.status == "needs_ocr"


def test_a_shifted_alphabet_is_routed_out() -> None:
    """Glyph numbers taken for characters: 29 below ASCII in most TrueType fonts."""
    shifted = "".join(chr(ord(c) - 29) if c.isalpha() else c for c in ENGLISH)
    with pytest.raises(DocumentRefusedError, match="vowels") as caught:
        read_pdf(pdf_of_lines([lines_of(shifted)]))
    assert caught.value.status == "needs_ocr"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Привет всем людям доброй воли ".encode("cp1251").decode("cp1252") * 20, "accents"),
        ("".join(chr(0x3400 + 37 * i % 6000) for i in range(MINIMUM_LETTERS)), "everyday use"),
        ("x" * 980 + "\ufffd" * 20, "no Unicode value"),
    ],
)
def test_noise_has_a_reason(text: str, reason: str) -> None:
    bad = text.count("\ufffd")
    assert reason in (why_unreadable(text, len(text), bad) or "")


@pytest.mark.parametrize(
    "text",
    [
        ENGLISH, CHINESE, POLISH, VIETNAMESE, "", "12 345 " * 400, "GET XML HTTP RFC TCP " * 15,
        ENGLISH.upper(), CHINESE + "HTTP GET XML " * 10,
    ],
)  # fmt: skip
def test_text_is_text(text: str) -> None:
    assert why_unreadable(text, len(text), 0) is None


def test_bullets_of_the_symbol_font_are_bullets() -> None:
    text = read_pdf(pdf_with_unicode_table("A ROW\n".join("aaa"), 0xF0B7)).text
    assert "\uf0b7" not in text
    assert text.count("•") == 3


def test_a_layer_below_the_text_is_left_out() -> None:
    lines = lines_of(ENGLISH)
    visible = b"".join(text_at(*line) for line in lines)
    hidden = b"3 Tr\n" + b"".join(text_at(x + 0.9, y - 0.8, text) for x, y, text in lines)
    expected = read_pdf(pdf_of_contents([stream(visible)])).text
    assert "When the ships" in expected
    assert read_pdf(pdf_of_contents([stream(visible + hidden)])).text == expected


def test_a_word_beside_its_like_stays() -> None:
    assert read_pdf(pdf_of_lines([[(72, 700, "that that is is that that is not")]])).text == (
        "that that is is that that is not"
    )


@pytest.mark.real_data
def test_no_real_file_is_routed_out(shared_data: Path) -> None:
    for path in sorted(shared_data.glob("pdf/tables/icdar2013_us/*.pdf")):
        assert read_pdf(path.read_bytes()).text


def test_ligatures_are_spelled_out() -> None:
    text = read_pdf(pdf_with_unicode_table("Aa Bb Cc Dd", 0xFB00)).text
    assert text == "Aff Bfi Cfl Dffi"
