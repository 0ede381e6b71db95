"""Encodings that differ in some bytes are told apart by these."""

from __future__ import annotations

import pytest

from udfs.extraction.charsets.decoding import decode

ROMANIAN = (
    "Președintele a acordat în premieră un interviu și a vorbit despre țara în care "
    "trăiește, despre școli și despre viața oamenilor de la țară. "
)
CEDILLA = str.maketrans("șȘțȚ", "şŞţŢ")
GREEK = "Δωρεάν στο Οι Άνεμοι, το Μήνυμα, και ο Κώδικας της Επανάστασης του Πορφυρού Κενού. "


@pytest.mark.parametrize(
    ("text", "codec"),
    [
        (ROMANIAN.translate(CEDILLA), "iso8859-2"),
        (ROMANIAN.translate(CEDILLA), "cp1250"),
        (ROMANIAN.translate(CEDILLA) + "„Bună ziua” – 5‰", "cp1250"),
        (ROMANIAN + "„Bună ziua”", "iso8859-16"),
        (ROMANIAN + "Costă 5 €.", "iso8859-16"),
        (GREEK, "iso8859-7"),
        (GREEK, "cp1253"),
        (GREEK + "“Άνεμοι” – €", "cp1253"),
        ("Le prix est de 5 €, déjà affiché à l'entrée. " * 3, "iso8859-15"),
        ("Le prix est de 5 €, déjà affiché à l'entrée. " * 3, "cp1252"),
    ],
)
def test_an_undeclared_text_is_read(text: str, codec: str) -> None:
    assert decode((text * 4).encode(codec)).text == text * 4


@pytest.mark.parametrize("codec", ["iso8859-16", "iso8859-2", "cp1250"])
def test_a_declared_romanian_text_is_read_as_declared(codec: str) -> None:
    text = ROMANIAN if codec == "iso8859-16" else ROMANIAN.translate(CEDILLA)
    assert decode(text.encode(codec), codec).text == text


@pytest.mark.parametrize("codec", ["euc_jp", "shift_jis"])
@pytest.mark.parametrize("frame", ["{}", "<html>\n<body>\n{}\n</body>\n</html>\n"])
@pytest.mark.parametrize(
    "line", ["イグロン", "ひらがな", "渡し船は六時に出る", "パリ市の地図", "Webサイトの設定 (v2)"]
)
def test_a_line_of_japanese(line: str, frame: str, codec: str) -> None:
    page = frame.format(line)
    assert decode(page.encode(codec)).text == page


@pytest.mark.parametrize(
    ("line", "codec"),
    [
        ("渡し船は六時に出る", "iso2022_jp"),
        ("나룻배는 여섯 시에 떠난다", "euc_kr"),
        ("渡船六點出發", "big5"),
        ("渡船六点出发。", "gbk"),
        ("Паром отходит в шесть", "koi8-r"),
        ("Паром отходит в шесть", "cp1251"),
        ("Où est l'été ?", "cp1252"),
    ],
)
def test_a_line_of_another_language(line: str, codec: str) -> None:
    assert decode(line.encode(codec)).text == line


@pytest.mark.parametrize("text", ["速度记号", "查看码位", "SVG 编辑人员"])
def test_pairs_of_bytes_that_are_utf8_by_chance_are_read_as_declared(text: str) -> None:
    page = f"<html><head><meta charset=gbk></head><p>{text}</p></html>"
    assert decode(page.encode("gbk")).text == page
    assert decode(text.encode("gbk"), "gb2312").text == text


@pytest.mark.parametrize("label", ["iso-8859-1", "windows-1251", None])
@pytest.mark.parametrize("text", ["café 中文", "Ünïcödé", "naïve Ωμέγα", "привет", "中文"])
def test_short_utf8_is_kept_under_a_wrong_label(text: str, label: str | None) -> None:
    assert decode(text.encode(), label).text == text
