"""windows-1252 in UTF-8 is repaired; UTF-8 that was torn is not taken for it."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from udfs.extraction.charsets.decoding import decode
from udfs.extraction.charsets.stray_bytes import fitting_share, read_utf8, typographic_codec

PLAIN = "The keeper wrote a few words into his book every evening. " * 60
GERMAN = "Die Fähre legt früh ab, und an Markttagen reicht die Schlange über die Brücke. " * 9
FRENCH = "Le bac part à six heures, où que l’on soit ; la file s’étire jusqu’à l’église. " * 9
CHINESE = "渡船每天早晨六点出发，赶集的日子里队伍一直排到老教堂后面。" * 9
RUSSIAN = "Паром отходит в шесть утра, и в базарные дни очередь тянется до часовни. " * 9


@pytest.mark.parametrize(
    ("signs", "text"),
    [
        (b"It\x92s the same book", "It’s the same book"),
        (b"\x93The book,\x94 he said", "“The book,” he said"),
        (b"open \x96 or closed\x85", "open – or closed…"),
        (b"caf\xe9 au lait", "café au lait"),
        (b"\xc9tienne", "Étienne"),
        (b"\xabmot\xbb", "«mot»"),
        (b"5\xa0\x80 for 2 m\xb2", "5\xa0€ for 2 m²"),
        (b"na\xefve \x84fa\xe7ade\x93", "naïve „façade“"),
        (b"a\xf1os, \xbfqu\xe9?", "años, ¿qué?"),
    ],
)
def test_single_bytes_in_utf8_are_read_as_windows_1252(signs: bytes, text: str) -> None:
    for around in (RUSSIAN, "“Smart” quotes — and dashes, “again” and again. " * 5):
        decoded = decode(around.encode() + signs + b" " + around.encode())
        assert decoded == (around + text + " " + around, "utf-8", 0.0)


def test_few_bytes_of_few_are_repaired_too() -> None:
    content = "Naïveté, déjà".encode() + b", it\x92s caf\xe9."
    assert decode(content).text == "Naïveté, déjà, it’s café."


@pytest.mark.parametrize("text", [GERMAN, FRENCH, CHINESE, RUSSIAN], ids=["de", "fr", "zh", "ru"])
@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_bytes_lost_from_utf8_are_not_made_letters(text: str, data: st.DataObject) -> None:
    content = bytearray(text.encode())
    places = [place for place, byte in enumerate(content) if byte > 0x7F]
    lost = data.draw(st.lists(st.sampled_from(places), min_size=1, max_size=4, unique=True))
    for place in sorted(lost, reverse=True):
        del content[place]
    assert decode(bytes(content)).text == content.decode("utf-8", "replace")


def test_what_is_left_of_a_han_character_is_no_apostrophe() -> None:
    content = bytearray((CHINESE * 8).encode())
    start = content.index("\u6392".encode())
    del content[start + 2], content[start]  # E6 8E 92 behind a letter of no alphabet: 8E
    content[start] = 0x92
    assert decode(bytes(content)).text == content.decode("utf-8", "replace")


def test_a_torn_text_keeps_its_torn_places() -> None:
    # A quarter of the lines cut in a character, as a column of fixed width cuts them.
    lines = [f"{CHINESE[:20]}{number}".encode()[: 58 if number % 4 else 61] for number in range(90)]
    decoded = decode(b"\n".join(lines))
    assert decoded.text == b"\n".join(lines).decode("utf-8", "replace")
    assert decoded.charset == "utf-8"


def test_binary_in_a_text_is_not_made_letters() -> None:
    noise = bytes(range(0x80, 0xC0))
    decoded = decode((RUSSIAN * 3).encode() + noise)
    assert decoded.text == (RUSSIAN * 3).encode().decode() + noise.decode("utf-8", "replace")
    assert decoded.charset == "utf-8"


@pytest.mark.parametrize("length", [1, 60])
def test_ascii_with_typographic_signs_is_windows_1252(length: int) -> None:
    text = PLAIN[: 58 * length] + "It’s the “same” book – today…"
    assert decode(text.encode("cp1252")) == (text, "cp1252", 0.0)
    assert decode(text.encode("cp1252"), "utf-8") == (text, "cp1252", 0.0)


@pytest.mark.parametrize(
    "words",
    ["He is naïve. ", "The señor’s façade. ", "«quoted» words. ", "Zoë’s résumé. ", "20 °C. "],
)
@pytest.mark.parametrize("label", [None, "utf-8"])
@pytest.mark.parametrize("before", [PLAIN, PLAIN[:58]], ids=["long", "short"])
def test_ascii_with_a_western_letter_is_read(before: str, words: str, label: str | None) -> None:
    text = before + words + PLAIN[:58]
    assert decode(text.encode("cp1252"), label).text == text


@pytest.mark.parametrize(
    ("words", "codec"),
    [
        ("Łódź jest piękna. ", "cp1250"),
        ("Škoda auto. ", "cp1250"),
        ("Привет, мир. ", "cp1251"),
        ("Привет, мир. ", "koi8-r"),
        ("Καλημέρα σας. ", "cp1253"),
        ("渡し船は六時に出る", "shift_jis"),
        ("渡船六点出发", "gbk"),
    ],
)
def test_words_of_another_language_in_ascii_stay_what_they_are(words: str, codec: str) -> None:
    text = PLAIN[:58] + words + PLAIN[:58]
    assert decode(text.encode(codec)).text == text


def test_ascii_with_the_signs_of_a_mac_is_mac_roman() -> None:
    text = PLAIN + "It’s Brett’s “iPod” — today…"
    assert decode(text.encode("mac_roman")) == (text, "mac_roman", 0.0)


@pytest.mark.parametrize(
    "codec", ["gbk", "big5", "shift_jis", "euc_kr", "cp1251", "koi8-r", "cp866"]
)
def test_no_other_encoding_is_ascii_with_signs(codec: str) -> None:
    text = {"gbk": CHINESE, "big5": "渡船" * 9, "shift_jis": "データの品質", "euc_kr": "데이터의"}
    content = text.get(codec, RUSSIAN).encode(codec)
    assert typographic_codec(content) is None
    utf8 = read_utf8(content)
    assert utf8 is None or not utf8.is_sure


def test_signs_fit_in_prose_and_not_where_pairs_of_bytes_were_read_as_letters() -> None:
    assert fitting_share("plain") == 0.0
    for text in (FRENCH, GERMAN, RUSSIAN):
        assert fitting_share(text) > 0.95
    assert fitting_share(CHINESE.encode("big5", "ignore").decode("latin-1")) < 0.8
    assert fitting_share("イグロン".encode("euc_jp").decode("latin-1")) < 0.8


@given(st.binary(max_size=200))
@settings(max_examples=200, deadline=None)
def test_any_bytes_give_a_text_whose_losses_are_counted(content: bytes) -> None:
    utf8 = read_utf8(content)
    assert utf8 is None or 0 <= utf8.replaced <= utf8.text.count("\ufffd")


@pytest.mark.real_data
def test_the_shared_case(shared_data: Path) -> None:
    content = (shared_data.parent / "cases/text_cp1252_rare/page.txt").read_bytes()
    decoded = decode(content)
    assert "It’s the same book today." in decoded.text
    assert (decoded.charset, decoded.replaced_share) == ("cp1252", 0.0)
