"""Golden values, worked out by hand from the published definitions."""

import math

import pyarrow as pa
import pytest

from udfs.lines.text_batch import TextBatch
from udfs.signals.annotate import annotate

ENGLISH = "The #1 rule... is THAT cats and dogs sleep! 42"


def heuristics(text: str | bytes, language: str | None = "en") -> dict[str, float | None]:
    raw = text if isinstance(text, bytes) else text.encode()
    batch = TextBatch(pa.array([raw], pa.binary()), pa.array([language], pa.string()))
    (row,) = annotate(batch, ["heuristics"])["heuristics"].to_pylist()
    return row


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        ("byte_count", 46),
        ("character_count", 46),
        ("word_count", 10),
        ("token_count", 13),  # and # ... !
        ("mean_word_length", 32 / 10),
        ("longest_word_length", 5),
        ("longest_unbroken_run", 7),  # rule...
        ("alphabetic_word_ratio", 8 / 10),
        ("alphabetic_token_ratio", 8 / 13),
        ("all_capitals_word_ratio", 1 / 10),
        ("number_signs_per_word", 1 / 10),
        ("number_signs_per_token", 1 / 13),
        ("ellipses_per_word", 1 / 10),
        ("symbols_per_word", 2 / 10),
        ("ellipses_per_token", 1 / 13),
        ("frequent_word_kinds", 3),  # the, that, and
        ("special_character_ratio", (46 - 29) / 46),
        ("symbol_ratio", 5 / 37),
        ("digit_ratio", 3 / 37),
        ("letter_ratio", 29 / 37),
        ("alphanumeric_ratio", 32 / 46),
        ("uppercase_letter_ratio", 5 / 29),
        ("replacement_character_ratio", 0),
        ("mojibake_ratio", 0),
        ("han_ratio", 0),
        ("curly_bracket_count", 0),
        ("lenticular_bracket_ratio", 0),
    ],
)
def test_english_sentence(field: str, expected: float) -> None:
    assert heuristics(ENGLISH)[field] == pytest.approx(expected)


@pytest.mark.parametrize(
    ("text", "language", "field", "expected"),
    [
        ("我们今天学习。", "zh", "word_count", 3),
        ("我们今天学习。", "zh", "mean_word_length", 2),
        ("我们今天学习。", "zh", "han_ratio", 1),
        ("我们的书", "zh", "stop_word_ratio", 2 / 3),
        ("我们的书", "zh", "frequent_word_kinds", 1),
        ("今日は天気がいいですね", "ja", "word_count", math.ceil(11 * 3 / 5)),
        ("今日は天気がいいですね", "ja", "mean_word_length", None),
        ("今日は天気がいいですね", "ja", "stop_word_ratio", None),
        ("今日は天気がいいですね", "ja", "frequent_word_kinds", 3),
        ("der Hund und die Katze", "de", "stop_word_ratio", 3 / 5),
        ("der Hund und die Katze", None, "stop_word_ratio", None),
        ("der Hund und die Katze", "xx", "frequent_word_kinds", None),
        ("der Hund und die Katze", None, "word_count", 5),
        ("a{b}c", "en", "curly_bracket_ratio", 2 / 5),
        ("【广告】正文", "zh", "lenticular_bracket_ratio", 2 / 6),
        ("caf\u00c3\u00a9 ok", "en", "mojibake_ratio", 2 / 8),
        ("ab\ufffd\ue000", "en", "replacement_character_ratio", 2 / 4),
        ("", "en", "special_character_ratio", None),
        ("123", "en", "uppercase_letter_ratio", None),
        ("   \n", "en", "digit_ratio", None),
        ("x" * 1001, "en", "longest_word_length", 1001),
        ("a b…", "en", "ellipses_per_word", 1 / 2),
    ],
)
def test_special_cases(text: str, language: str | None, field: str, expected: float | None) -> None:
    assert heuristics(text, language)[field] == (
        None if expected is None else pytest.approx(expected)
    )


def test_invalid_bytes_count_as_replacement_characters() -> None:
    assert heuristics(b"ab\xff\xe4")["replacement_character_ratio"] == 2 / 4


def test_without_languages_the_rest_is_still_computed() -> None:
    found = annotate(TextBatch(pa.array(["the cat"])), ["heuristics"])["heuristics"].to_pylist()
    assert found[0]["stop_word_ratio"] is None
    assert found[0]["word_count"] == 2


def test_words_that_a_mark_joins_are_one_token() -> None:
    found = heuristics("Pay 3.14 to a.b@c.d #")
    assert found["token_count"] == 5
    assert found["number_signs_per_token"] == pytest.approx(1 / 5)
