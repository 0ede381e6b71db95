from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from resiliparse.extract.html2text import extract_plain_text

from udfs.language.signals import LANGUAGE_TYPE, detect


def detect_one(text: str | None) -> dict[str, Any]:
    row: dict[str, Any] = detect(pa.array([text], pa.string()))[0].as_py()
    return row


def detected(texts: Iterable[str]) -> list[str]:
    return [row["language"] for row in detect(pa.array(list(texts), pa.string())).to_pylist()]


def read_page(path: Path) -> tuple[str, str]:
    """A page's declared language and its visible text, in the charset it declares."""
    content = path.read_bytes()
    language = re.search(rb"<html[^>]*\blang=.([a-z]+)", content)
    charset = re.search(rb"charset=[\"']?([\w-]+)", content)
    text = content.decode(charset.group(1).decode() if charset else "utf-8", "replace")
    declared = language.group(1).decode() if language else ""
    return declared, extract_plain_text(text, main_content=True)


@pytest.mark.parametrize(
    ("text", "language", "script"),
    [
        ("The weather is fine today and we walk to the park.", "en", "Latn"),
        ("Guten Tag, wie geht es Ihnen?", "de", "Latn"),
        ("BONJOUR TOUT LE MONDE, IL FAIT BEAU AUJOURD'HUI", "fr", "Latn"),
        ("Xin chào, hôm nay thời tiết đẹp quá", "vi", "Latn"),
        ("Selamat pagi, apa kabar hari ini?", "id", "Latn"),
        ("Habari ya leo? Hali ya hewa ni nzuri sana.", "sw", "Latn"),
        ("Привет, как дела? Сегодня хорошая погода.", "ru", "Cyrl"),
        ("Доброго дня, як у вас справи? Сьогодні гарна погода.", "uk", "Cyrl"),
        ("مرحبا كيف حالك اليوم؟ الطقس جميل", "ar", "Arab"),
        ("سلام، حال شما چطور است؟ امروز هوا خوب است", "fa", "Arab"),
        ("नमस्ते, आप कैसे हैं? आज मौसम अच्छा है", "hi", "Deva"),
        ("नमस्कार, तुम्ही कसे आहात? आज हवामान छान आहे", "mr", "Deva"),
        ("שלום, מה שלומך היום? מזג האוויר נאה", "he", "Hebr"),
        ("สวัสดีครับ วันนี้อากาศดี", "th", "Thai"),
        ("Γεια σας, τι κάνετε σήμερα;", "el", "Grek"),
        ("안녕하세요, 오늘 날씨가 좋네요", "ko", "Kore"),
        ("今日は天気がいいので、公園を散歩します。", "ja", "Jpan"),
        ("東京都港区駅前実験", "ja", "Jpan"),
        ("今天天气很好，我们去公园散步吧。", "zh", "Hans"),
        ("為了提升學生的閱讀能力，將於明年開始推動新計畫。", "zh", "Hant"),
        ("山水之美", "zh", "Hani"),
        ("བཀྲ་ཤིས་བདེ་ལེགས།", "bo", "Tibt"),
        ("aGVsbG8gd29ybGQgYmFzZTY0IGJsb2I" * 10, "und", "Latn"),
        ("𐌰𐌱𐌲𐌳", "und", "Zzzz"),
        ("12345 !!! 😀", "und", "Zyyy"),
        ("\x00\x01\x02", "und", "Zyyy"),
        ("", "und", "Zyyy"),
        (None, "und", "Zyyy"),
    ],
)
def test_language_and_script_of_short_texts(text: str | None, language: str, script: str) -> None:
    row = detect_one(text)
    assert (row["language"], row["script"]) == (language, script)
    assert (row["score"] > 0.5) == (language != "und")


def test_control_characters_do_not_change_the_verdict() -> None:
    text = "Il fait beau aujourd\x92hui et nous allons au parc\x00 avec des amis."
    assert detect_one(text)["language"] == "fr"


def test_a_chinese_post_full_of_code_is_chinese() -> None:
    code = "for (int i = 0; i < n; i++) { if (a[i] > b[i]) swap(a[i], b[i]); }\n" * 6
    text = "题目给出一个序列，求最长的上升子序列。枚举每个位置，用二分查找更新答案即可。" * 2 + code
    row = detect_one(text)
    assert (row["language"], row["script"]) == ("zh", "Hans")


def test_an_english_page_that_quotes_chinese_is_english_with_chinese_second() -> None:
    prose = "The encoding of a page tells the browser how to turn its bytes into characters. " * 6
    row = detect_one(prose + "例如网页的编码应当在开头声明，否则浏览器只能猜测。" * 2)
    assert (row["language"], row["second"], row["script"]) == ("en", "zh", "Latn")


@pytest.mark.parametrize(
    ("text", "variant"),
    [
        ("这个时间", "Hans"),
        ("這個時間", "Hant"),
        ("山水", None),
        ("這个", None),
        ("実験の時間", None),
    ],
)
def test_han_variant_follows_the_characteristic_characters(text: str, variant: str | None) -> None:
    assert detect_one(text)["han_variant"] == variant


@settings(max_examples=80, deadline=None)
@given(st.lists(st.one_of(st.none(), st.text(max_size=80)), max_size=6))
def test_any_text_gets_a_valid_verdict_that_does_not_depend_on_its_batch(
    texts: list[str | None],
) -> None:
    safe = [text and text.encode("utf-8", "surrogatepass") for text in texts]
    whole = detect(pa.array(safe, pa.binary()))
    assert whole.type == LANGUAGE_TYPE
    for row, text in zip(whole.to_pylist(), safe, strict=True):
        assert 0.0 <= row["score"] <= 1.0
        assert row["language"] != row["second"]
        assert detect(pa.array([text], pa.binary()))[0].as_py() == row


def test_a_sign_that_could_open_a_tag_hides_no_text() -> None:
    sentences = "The ferry leaves at six in the morning and comes back when the sea is calm. " * 3
    found = detect(pa.array([f"{before}{sentences}" for before in ("", "< ", "a < b. ")]))
    assert found.field("language").to_pylist() == ["en"] * 3
    assert min(found.field("score").to_pylist()) > 0.95


def test_an_empty_column_gives_an_empty_column() -> None:
    assert len(detect(pa.array([], pa.string()))) == 0


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("folder", "pattern", "language", "floor"),
    [
        ("text/laws_zh", "*.md", "zh", 1.0),
        ("text/books_zh", "*.txt", "zh", 1.0),
        ("text/books_en", "*.txt", "en", 1.0),
        ("html/docs_zh/debian_reference", "*.html", "zh", 1.0),
        ("html/docs_zh/maint_guide", "*.html", "zh", 1.0),
        ("html/docs_zh/w3c_i18n", "*.html", "zh", 1.0),
        ("html/blog_zh", "*.html", "zh", 0.95),  # the rest is nearly all listings and log output
        ("html/forum_en", "*.html", "en", 0.99),  # one mail is half Chinese error messages
        ("html/news_en", "*.html", "en", 1.0),
    ],
)
def test_accuracy_on_real_documents_of_one_language(
    shared_data: Path, folder: str, pattern: str, language: str, floor: float
) -> None:
    paths = sorted((shared_data / folder).rglob(pattern))
    if pattern == "*.html":
        texts = [read_page(path)[1] for path in paths]
    else:
        texts = [path.read_bytes().decode("utf-8", "replace") for path in paths]
    found = detected(text for text in texts if text.strip())
    assert found
    assert found.count(language) / len(found) >= floor


@pytest.mark.real_data
def test_pages_of_nine_languages_agree_with_the_language_they_declare(shared_data: Path) -> None:
    pages = [read_page(path) for path in sorted((shared_data / "html/other_lang").rglob("*.html"))]
    assert detected(text for _, text in pages) == [language for language, _ in pages]


@pytest.mark.real_data
def test_one_sentence_files_agree_with_the_language_in_their_name(shared_data: Path) -> None:
    paths = sorted((shared_data / "text/encodings/uchardet").glob("*_utf-8.txt"))
    found = detected(path.read_text("utf-8") for path in paths)
    assert found == [path.name.split("_")[0] for path in paths]
