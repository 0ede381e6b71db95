"""Golden values, worked out by hand from the published definitions."""

import math

import pyarrow as pa
import pytest

from udfs.lines.text_batch import TextBatch
from udfs.signals.annotate import annotate


def repetition(text: str) -> dict[str, float | None]:
    return annotate(TextBatch(pa.array([text])), ["repetition"])["repetition"].to_pylist()[0]


VERSE = "row row row your boat\ngently down the stream\nrow row row your boat\n\nthe end"
TWICE = "a b c d e f! a b c d e f!"  # 12 words, 2 marks, 25 characters


@pytest.mark.parametrize(
    ("text", "field", "expected"),
    [
        (VERSE, "duplicate_line_ratio", 1 / 4),
        (VERSE, "duplicate_line_character_ratio", 21 / 75),
        (VERSE, "duplicate_line_text_ratio", 21 / 71),
        (VERSE, "duplicate_paragraph_ratio", 0),
        (VERSE, "most_line_copies", 2),
        (VERSE, "top_word_ratio", 6 / 16),
        (VERSE, "longest_word_run", 3),
        (VERSE, "unique_word_ratio", 8 / 16),
        ("x\n\ny\n\nx\n\nx", "duplicate_paragraph_ratio", 2 / 4),
        ("x\n\ny\n\nx\n\nx", "duplicate_paragraph_character_ratio", 2 / 10),
        ("x\ny\nx\nx\nx", "third_line_copy_ratio", 2 / 5),
        (TWICE, "top_2gram_character_ratio", 2 * 3 / 25),
        (TWICE, "top_4gram_character_ratio", 2 * 7 / 25),
        (TWICE, "duplicate_5gram_character_ratio", 5 / 25),
        (TWICE, "duplicate_7gram_character_ratio", 7 / 25),  # with the mark
        (TWICE, "duplicate_8gram_character_ratio", 0),
        (TWICE, "covered_5gram_character_ratio", 1),
        (TWICE, "covered_7gram_character_ratio", 0),
        (TWICE, "weighted_5gram_character_ratio", 4 / 8),
        (TWICE, "duplicate_5gram_share", 4 / 8),
        (TWICE, "duplicate_word_10gram_share", 0),
        ("a b c d e f g h i j a b c d e f g h i j", "duplicate_word_10gram_share", 2 / 11),
        ("a b c d e f g h i", "duplicate_word_10gram_share", None),
        (TWICE, "word_entropy", math.log(6)),
        (TWICE, "top_2_character_ratio", None),
        (TWICE, "character_entropy", None),
        ("天天天地。天天", "top_2_character_ratio", 2 * 2 / 7),  # 天天 three times
        ("天天天地。天天", "top_3_character_ratio", 0),
        ("人口手，人口手。", "top_3_character_ratio", 3 / 8),
        ("人口手，人口手。", "top_4_character_ratio", 0),
        ("人口手，人口手。", "character_entropy", math.log(8) - 6 / 8 * math.log(2)),
        ("a b c d", "duplicate_5gram_share", None),
        (TWICE, "worst_window_5gram_share", None),
        ("a b c d e f g. " * 3, "worst_window_5gram_share", 1),
        ("abcde" * 2, "character_10gram_repetition_ratio", 0),
        ("ab" * 10, "character_10gram_repetition_ratio", 6 / 11),
        ("春眠不觉晓" * 4, "duplicate_5gram_share", 1),
        ("春眠不觉晓" * 4, "duplicate_13gram_share", 6 / 8),
        ("spaced words only", "duplicate_13gram_share", None),
        ("spaced words only", "character_3gram_repetition_ratio", None),
        ("", "duplicate_line_ratio", None),
        ("", "most_line_copies", 0),
        ("", "word_entropy", None),
    ],
)
def test_golden_values(text: str, field: str, expected: float | None) -> None:
    value = repetition(text)[field]
    assert value == (None if expected is None else pytest.approx(expected, abs=1e-12))


def test_case_does_not_hide_repetition() -> None:
    assert repetition("One two six ten end. ONE TWO SIX TEN END.")["duplicate_5gram_share"] == 2 / 6


def test_chinese_is_counted_by_characters_and_by_words() -> None:
    found = repetition("我们今天学习数学。" * 3)
    assert found["duplicate_5gram_share"] == 1  # 24 characters, 8 a period
    assert found["duplicate_word_5gram_share"] == 1
    assert found["unique_word_ratio"] == 4 / 12


def test_a_story_with_a_refrain_is_told_from_spam() -> None:
    story = " ".join(f"word{i} then{i * 7 % 61} again{i % 37}" for i in range(300))
    refrain = " And so it goes, my friend." * 20
    assert repetition(story)["duplicate_5gram_share"] < 0.01
    assert 0.05 < repetition(story + refrain)["duplicate_5gram_share"] < 0.2
    assert repetition(story)["worst_window_5gram_share"] < 0.1
    assert repetition(story + refrain)["worst_window_5gram_share"] > 0.99
    assert repetition("cheap shoes buy now online " * 100)["duplicate_5gram_share"] > 0.99
