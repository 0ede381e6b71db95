from __future__ import annotations

import unicodedata

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from udfs.language.scripts import (
    CLASSES,
    HEAD_BYTES,
    JAPANESE_ONLY,
    MIDDLE_BYTES,
    SIMPLIFIED_ONLY,
    TRADITIONAL_ONLY,
    sample_scripts,
    script_table,
)


def histogram(text: str | bytes) -> dict[str, int]:
    kind = pa.binary() if isinstance(text, bytes) else pa.string()
    counts = sample_scripts(pa.array([text], kind)).counts[0]
    return {CLASSES[index]: int(count) for index, count in enumerate(counts) if count}


def samples(texts: pa.Array) -> list[bytes]:
    sample = sample_scripts(texts)
    bounds = zip(sample.offsets[:-1], sample.offsets[1:], strict=True)
    return [sample.data[start:end].tobytes() for start, end in bounds]


def encodable(character: str, charset: str) -> bool:
    try:
        character.encode(charset)
    except UnicodeEncodeError:
        return False
    return True


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Hello", {"Latn": 5}),
        ("héllo ß", {"Latn": 6, "": 1}),
        ("Привет", {"Cyrl": 6}),
        ("中文", {"Hani": 2}),
        ("这個", {"Hans": 1, "Hant": 1}),
        ("かなカナ込", {"Kana": 5}),
        ("한국어", {"Hang": 3}),
        ("ไทย", {"Thai": 3}),
        ("𠀀𰀀", {"Hani": 2}),
        ("𐌰", {"Zzzz": 1}),
        ("😀 1,2", {"": 5}),
        ("Ａｂ", {"Latn": 2}),
        ("a\x00b\x92c", {"Latn": 3}),
        ("", {}),
    ],
)
def test_code_points_are_counted_by_script(text: str, expected: dict[str, int]) -> None:
    assert histogram(text) == expected


@pytest.mark.parametrize(
    "malformed", [b"\xff", b"\xc3", b"\xe4\xb8", b"\xed\xa0\x80", b"\xc0\xaf", b"\xf5\x80\x80\x80"]
)
def test_malformed_bytes_count_as_nothing_and_become_spaces(malformed: bytes) -> None:
    column = pa.array([b"a" + malformed + b"b"], pa.binary())
    assert histogram(b"a" + malformed + b"b") == {"Latn": 2}
    (cleaned,) = samples(column)
    assert cleaned.decode("utf-8").replace(" ", "") == "ab"


@settings(max_examples=60, deadline=None)
@given(st.lists(st.one_of(st.none(), st.binary(max_size=60)), max_size=5))
def test_samples_of_any_bytes_are_valid_text_without_control_characters(
    texts: list[bytes | None],
) -> None:
    for cleaned in samples(pa.array(texts, pa.binary())):
        assert all(unicodedata.category(character) != "Cc" for character in cleaned.decode("utf-8"))


def test_a_long_text_is_sampled_at_its_head_and_its_middle() -> None:
    text = "a" * 10_000 + "中" * 10_000
    (cleaned,) = samples(pa.array([text]))
    assert cleaned.startswith(b"a" * HEAD_BYTES + b" ")
    middle = cleaned[HEAD_BYTES + 1 :].decode("utf-8").rstrip()
    assert middle == "中" * len(middle)
    assert MIDDLE_BYTES - 6 < 3 * len(middle) <= MIDDLE_BYTES
    assert len(cleaned) <= HEAD_BYTES + 1 + MIDDLE_BYTES


def test_rows_do_not_influence_each_other() -> None:
    texts = ["Hello", None, "", "中文" * 3000, "Привет \x00"]
    whole = sample_scripts(pa.array(texts))
    for row, text in enumerate(texts):
        alone = sample_scripts(pa.array([text], pa.string()))
        np.testing.assert_array_equal(whole.counts[row], alone.counts[0])


def test_a_sliced_large_string_column_reads_its_own_rows() -> None:
    column = pa.array(["Hello", "中文", "x"], pa.large_string()).slice(1, 1)
    assert samples(column) == ["中文".encode()]


def test_characteristic_characters_belong_to_one_orthography_by_the_national_charsets() -> None:
    assert all(encodable(c, "gb2312") and not encodable(c, "big5") for c in SIMPLIFIED_ONLY)
    assert all(encodable(c, "big5") and not encodable(c, "gb2312") for c in TRADITIONAL_ONLY)
    assert all(
        encodable(c, "shift_jis") and not encodable(c, "big5") and not encodable(c, "gb2312")
        for c in JAPANESE_ONLY
    )


def test_every_range_of_the_table_holds_letters() -> None:
    table = script_table()
    assert set(np.unique(table)) == set(range(len(CLASSES)))
