from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from udfs.cleaning.personal_data import (
    KINDS,
    TAGS,
    is_bank_card,
    is_identity_number,
    mask_personal_data,
)

EMAIL, IP, PHONE, ID, CARD = (tag.decode() for tag in TAGS.values())
IDENTITY = "11010519491231002X"  # the example of GB 11643


def masked(text: str) -> str:
    texts, _ = mask_personal_data(pa.array([text]))
    return str(texts[0].as_py())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Write to anna.berg+news@mail.uni-ulm.de.", f"Write to {EMAIL}."),
        ("<o'neil_7@corp.co.uk>", f"<o'{EMAIL}>"),
        ("邮箱zhang3@qq.com或电话", f"邮箱{EMAIL}或电话"),
        ("a@b.cn,c@d.cn;e@f.cn", f"{EMAIL},{EMAIL};{EMAIL}"),
        ("17@nodns.net", EMAIL),
        ("from 93.184.216.34 at", f"from {IP} at"),
        ("[2606:2800:220:1:248:1893:25c8:1946]", f"[{IP}]"),
        ("2a00:1450::200e", IP),
        ("手机13912345678，微信同号", f"手机{PHONE}，微信同号"),
        ("+86 139 1234 5678", PHONE),
        ("电话：010-62345678", f"电话：{PHONE}"),
        ("call (212) 555-0134 now", f"call {PHONE} now"),
        ("call 1-800-555-0199.", f"call {PHONE}."),
        ("Tel +44 20 7946 0958", f"Tel {PHONE}"),
        (f"身份证{IDENTITY}。", f"身份证{ID}。"),
        ("card 4111 1111 1111 1111 exp", f"card {CARD} exp"),
        ("378282246310005", CARD),
        ("6222021234567890128 ", "6222021234567890128 "),
        ("银行卡6222021234567890120", "银行卡6222021234567890120"),
    ],
)
def test_what_names_a_person_becomes_a_tag(text: str, expected: str) -> None:
    if "62220212" in text:  # one of ten ends has the right checksum
        number = next(w for w in [f"622202123456789012{d}" for d in "0123456789"]
                      if is_bank_card(w.encode()))  # fmt: skip
        assert masked(f"银行卡{number}。") == f"银行卡{CARD}。"
        return
    assert masked(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "user@example.com and root@localhost and a@b.test",
        "logo@2x.png, @angular/core@17.0.1, x@y, @@, a@.com, git@host.org:repo",
        "192.168.0.1, 10.0.0.1, 127.0.0.1, 203.0.113.7, 256.1.1.1, 1.2.3.4.5, version 68.8.8.8, v68.8.8.8",
        "fe80::1 ::1 2001:db8::1 08:51:44 std::vector a::b 12:34:56:78:9a:bc",
        "2026-11-24 08:51:44, 1999-2004, 12 34 56 78 90, ISBN 978-7-111-12345-6, 3.1415926535",
        "110105194912310021 110105194913310028 1101051949123100",
        "4111 1111 1111 1112, 1234 5678 9012 3456, 0000 0000 0000 0000",
        "https://x.cn/article/13912345678.html?id=13912345678",
        "1391234567 139123456789 12912345678 http://x/4111111111111111/",
        "5.10.3.1 224.0.0.251 93.184.216.0/24 2600::/12",
        "$1,234,567.89 100.000.000 1 000 000 000",
    ],
)
def test_look_alikes_stay(text: str) -> None:
    assert masked(text) == text


def test_everything_is_counted_by_kind_and_row() -> None:
    texts = pa.array(["a@b.org c@d.org 93.184.216.34", None, "", f"{IDENTITY} 13912345678"])
    result, counts = mask_personal_data(texts)
    assert result.to_pylist() == [f"{EMAIL} {EMAIL} {IP}", None, "", f"{ID} {PHONE}"]
    assert tuple(counts) == KINDS
    assert {kind: values.tolist() for kind, values in counts.items()} == {
        "emails": [2, 0, 0, 0],
        "ip_addresses": [1, 0, 0, 0],
        "phone_numbers": [0, 0, 0, 1],
        "identity_numbers": [0, 0, 0, 1],
        "bank_cards": [0, 0, 0, 0],
    }


def test_a_batch_without_findings_is_returned_as_it_is() -> None:
    texts = pa.array(["no numbers", "1234567", "的"])
    assert mask_personal_data(texts)[0] is texts


@pytest.mark.parametrize("arrow_type", [pa.string(), pa.large_string(), pa.binary()])
def test_slices_and_types_are_kept(arrow_type: pa.DataType) -> None:
    texts = pa.array([b"x@y.org", b"1", b"z a@b.org"]).cast(arrow_type).slice(1)
    result, counts = mask_personal_data(texts)
    assert result.type == arrow_type
    assert result.cast(pa.binary()).to_pylist() == [b"1", b"z <EMAIL>"]
    assert counts["emails"].tolist() == [0, 1]


@pytest.mark.parametrize(
    ("number", "valid"),
    [(b"11010519491231002X", True), (b"11010519491231002x", True), (b"110105194912310021", False),
     (b"11010518491231002X", False), (b"11010519491331002X", False)],
)  # fmt: skip
def test_identity_numbers_have_a_birth_date_and_a_check_character(
    number: bytes, valid: bool
) -> None:
    assert is_identity_number(number) == valid


FRAGMENTS = st.sampled_from(
    ["a@b.org", "13912345678", "+1 212 555 0134", "93.184.216.34", IDENTITY, "4111 1111 1111 1111",
     "2a00:1450::200e", "@", "1", "139", "-", ".", " ", "的", "+", "86", "x", ":", "::", "(", ")", "\n"]
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.lists(FRAGMENTS, max_size=25))
def test_masking_is_idempotent_and_the_same_alone_or_in_company(fragments: list[str]) -> None:
    text = "".join(fragments)
    once = masked(text)
    assert masked(once) == once
    together, _ = mask_personal_data(pa.array(["1@", text, "@b.org"]))
    assert together.to_pylist() == ["1@", once, "@b.org"]


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=60))
def test_any_text_survives_and_what_is_no_number_stays(text: str) -> None:
    result = masked(text)
    assert masked(result) == result
    if not any(character.isascii() and character.isdigit() for character in text):
        assert "@" in text or ":" in text or result == text
