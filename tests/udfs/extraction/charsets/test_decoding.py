"""Bytes to text: declared, proven, detected; the real samples of the shared folder, all of them."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from udfs.extraction.charsets.decoding import decode
from udfs.extraction.charsets.labels import encoding_of_label

CHINESE = "人工智能的发展离不开高质量的数据，清洗数据是一门手艺。" * 4
TRADITIONAL = "人工智慧的發展離不開高品質的資料，清洗資料是一門手藝。" * 4
JAPANESE = "データの品質が悪いと、モデルはもっともらしい嘘をつくようになります。" * 4
KOREAN = "데이터의 품질이 나쁘면 모델은 그럴듯한 거짓말을 하게 됩니다. " * 4
FRENCH = "Les données sont nettoyées à la main, où que l'on soit, même l'été. " * 4
VIETNAMESE = "Chữ Quốc ngữ là hệ chữ viết thống nhất chính thức hiện nay của tiếng Việt"


@pytest.mark.parametrize(
    ("text", "codec", "declared"),
    [
        (CHINESE, "gbk", None),
        (CHINESE, "gb18030", None),
        (CHINESE, "gbk", "utf-8"),  # the server lies
        (CHINESE, "utf-8", "gb2312"),  # the other way round
        (CHINESE, "utf-8", "iso-8859-1"),
        (CHINESE, "gbk", "gb2312"),  # the usual under-declaration
        (CHINESE + "镕喆", "gbk", "gb2312"),
        (TRADITIONAL, "big5", None),
        (TRADITIONAL, "big5", "big5-hkscs"),
        (JAPANESE, "shift_jis", None),
        (JAPANESE, "euc_jp", None),
        (JAPANESE, "iso2022_jp", None),
        (JAPANESE + "①髙", "cp932", "shift_jis"),
        (KOREAN, "euc_kr", None),
        (KOREAN + "똠방각하", "cp949", "euc-kr"),
        (FRENCH, "cp1252", None),
        (FRENCH + "“€”", "cp1252", "iso-8859-1"),
        (FRENCH, "utf-16", None),
        (FRENCH, "utf-16-le", None),
        (JAPANESE + "\n", "utf-16-be", None),
        (FRENCH, "utf-32", None),
        (FRENCH, "utf-8-sig", "gbk"),
        ("plain ascii", "ascii", None),
    ],
)
def test_text_survives_its_encoding(text: str, codec: str, declared: str | None) -> None:
    decoded = decode(text.encode(codec), declared)
    assert decoded.text == text
    assert decoded.replaced_share == 0.0


@pytest.mark.parametrize(
    "declaration",
    [
        '<meta charset="gb2312">',
        "<META content='text/html; charset=GBK' http-equiv=Content-Type>",
        '<?xml version="1.0" encoding="GB18030"?>',
        "<meta charset=utf-8>",  # wrong, therefore refused
        "<meta charset=no-such-charset>",
    ],
)
def test_declaration_inside_the_page_is_read_and_checked(declaration: str) -> None:
    page = f"<html><head>{declaration}</head><body>{CHINESE}</body></html>"
    assert decode(page.encode("gbk")).text == page


def test_a_meta_tag_decides_between_encodings_that_both_decode() -> None:
    short = "<meta charset=windows-1251>да"
    assert decode(short.encode("cp1251")) == (short, "cp1251", 0.0)


def test_undecodable_bytes_are_counted() -> None:
    decoded = decode(b"\xff\xfe\xfd" * 5 + "好".encode() * 5, "utf-8")
    assert 0.0 <= decoded.replaced_share <= 1.0
    broken = decode("好".encode() * 5000 + b"\xff")
    assert broken.charset == "utf-8"
    assert broken.replaced_share < 0.001
    assert broken.text.startswith("好" * 5000)


def test_utf8_cut_inside_its_last_character_stays_utf8() -> None:
    decoded = decode(("汉字" * 10).encode()[:-1], "gbk")
    assert decoded.charset == "utf-8"
    assert decoded.text == "汉字" * 9 + "汉\ufffd"


@given(content=st.binary(max_size=300), declared=st.one_of(st.none(), st.text(max_size=20)))
@settings(max_examples=200, deadline=None)
def test_any_bytes_decode_twice_to_the_same(content: bytes, declared: str | None) -> None:
    decoded = decode(content, declared)
    assert decoded == decode(content, declared)
    assert 0.0 <= decoded.replaced_share <= 1.0


@pytest.mark.parametrize(
    ("label", "encoding"),
    [
        ("GB2312", "gb18030"),
        ("gbk", "gb18030"),
        ("x-sjis", "shift_jis"),
        ("Shift_JIS", "shift_jis"),
        ("ISO-8859-1", "cp1252"),
        ("us-ascii", "cp1252"),
        ("windows-1251", "cp1251"),
        ("x-cp1250", "cp1250"),
        ("ks_c_5601-1987", "euc_kr"),
        ("big5-hkscs", "big5"),
        ("UTF8", "utf-8"),
        ("iso-8859-2", "iso8859-2"),
        ("TIS-620", "cp874"),
        ("base64", None),  # a codec, but no charset
        ("utf-7", None),
        ("", None),
        (None, None),
        ("\x00\ud800", None),
    ],
)
def test_labels_mean_what_browsers_think(label: str | None, encoding: str | None) -> None:
    assert encoding_of_label(label) == encoding


@pytest.mark.real_data
def test_every_sample_with_a_twin_decodes_to_its_twin(shared_data: Path) -> None:
    samples = sorted((shared_data / "text/encodings/cjk").glob("*-utf8.txt"))
    assert len(samples) == 15
    wrong = [
        path.name
        for twin in samples
        for path in (twin, twin.with_name(twin.name.replace("-utf8", "")))
        if decode(path.read_bytes()).text != twin.read_bytes().decode()
    ]
    assert wrong == []


@pytest.mark.real_data
def test_every_named_sample_decodes_as_its_name_says(shared_data: Path) -> None:
    samples = sorted((shared_data / "text/encodings/uchardet").iterdir())
    assert len(samples) == 59
    wrong = []
    for path in samples:
        encoding = path.stem.split("_", 1)[1]
        codec = encoding + {"be": "", "le": ""}.get(path.suffix[1:], "")
        content = path.read_bytes()
        if encoding == "viscii":  # no codec in Python: the sentence is known from its sister file
            if not decode(content).text.startswith(VIETNAMESE):
                wrong.append(path.name)
        elif decode(content).text != content.decode(codec):
            wrong.append(path.name)
    assert wrong == []


SHIPS = "那年秋天船队回到港口的时候，没有人相信船长们讲述的关于北方冰海之外岛屿的故事。"
SHIPS_TRADITIONAL = "那年秋天船隊回到港口的時候，沒有人相信船長們講述的關於北方冰海之外島嶼的故事。"


@pytest.mark.parametrize(
    ("text", "encoding", "label", "codec"),
    [
        (SHIPS, "gbk", "big5", "gb18030"),
        (SHIPS_TRADITIONAL, "big5", "gb2312", "cp950"),
        (SHIPS, "gbk", "gbk", "gb18030"),
        (SHIPS_TRADITIONAL, "big5", "big5", "cp950"),
        (SHIPS_TRADITIONAL, "gbk", "gbk", "gb18030"),
        (SHIPS[:6], "gbk", "gbk", "gb18030"),
        ("龘靐齉爩麤灪龗" * 9, "gbk", "gbk", "gb18030"),
    ],
    ids=[
        "GBK as Big5",
        "Big5 as GBK",
        "GBK",
        "Big5",
        "traditional GBK",
        "short",
        "rare characters",
    ],
)
def test_a_wrong_chinese_label_is_overruled_and_a_right_one_is_not(
    text: str, encoding: str, label: str, codec: str
) -> None:
    decoded = decode(text.encode(encoding) * 3, label)
    assert decoded.text == text * 3
    assert decoded.charset == codec
