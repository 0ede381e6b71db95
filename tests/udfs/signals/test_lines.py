"""Golden values, worked out by hand from the published definitions."""

import pyarrow as pa
import pytest

from udfs.lines.text_batch import TextBatch
from udfs.signals.annotate import annotate


def lines(text: str) -> dict[str, float | None]:
    return annotate(TextBatch(pa.array([text])), ["lines"])["lines"].to_pylist()[0]


LONG = "This line is clearly longer than thirty columns, is it not?"  # 59 characters, 11 words
PAGE = f"Home\n{LONG}\n{LONG}\n3 likes\n\nSign in to your account\nMenu entry without end"
CHAT = "[12:30] <anna> hi\n[12:31] <bob> hello\n[12:31] <anna> ok\nbob joined the channel"
INTERVIEW = f"Anna: {LONG}\nBob: {LONG}\nAnna: {LONG}"
LIST = "- one\n- two\n- three\nshort prose"


@pytest.mark.parametrize(
    ("text", "field", "expected"),
    [
        (PAGE, "line_count", 6),
        (PAGE, "sentence_count", 6),
        (PAGE, "mean_line_width", (4 + 59 + 59 + 7 + 23 + 22) / 6),
        (PAGE, "mean_line_words", (1 + 11 + 11 + 2 + 5 + 4) / 6),
        (PAGE, "short_line_ratio", 4 / 6),
        (PAGE, "short_line_plain_ratio", 4 / 6),
        (PAGE, "short_line_character_ratio", 56 / 174),
        (PAGE, "terminal_punctuation_ratio", 2 / 6),
        (PAGE, "c4_terminal_punctuation_ratio", 2 / 6),
        ('End.\n"End."\nEnd…\n结束。\nEnd...\n(End.)', "fineweb_terminal_punctuation_ratio", 3 / 6),
        (PAGE, "newlines_per_word", 6 / 34),
        (PAGE, "newlines_per_token", 6 / 38),
        (PAGE, "one_word_line_ratio", 1 / 6),
        (PAGE, "counter_line_ratio", 1 / 6),
        (PAGE, "furniture_line_ratio", 2 / 6),
        (PAGE, "refinedweb_removed_word_ratio", (1 + 2 + 2) / 34),
        (PAGE, "c4_kept_line_ratio", 2 / 6),
        (PAGE, "c4_sentence_count", 2),
        (PAGE, "few_word_line_ratio", 2 / 6),
        (CHAT, "speaker_line_ratio", 3 / 4),
        (CHAT, "speaker_short_line_ratio", 1),
        (INTERVIEW, "speaker_line_ratio", 1),
        (INTERVIEW, "speaker_short_line_ratio", 0),
        (LIST, "bullet_line_ratio", 3 / 4),
        ("```\na = 1\nb = 2\n```", "short_line_ratio", 0),  # code says that it is code
        ("```\na = 1\nb = 2\n```\nhi\nho", "short_line_ratio", 2 / 6),
        (LIST, "short_line_ratio", 1),  # a list is judged as the list it is
        (f"# Title\n{LONG}\n{LONG}", "short_line_ratio", 0),  # a heading is not
        ("no tags here", "speaker_short_line_ratio", None),
        ("去。\n" * 3, "terminal_punctuation_ratio", 1),
        ("一二三四五六七八九十一二三四五", "short_line_ratio", 1),  # 30 columns
        ("一二三四五六七八九十一二三四五六", "short_line_ratio", 0),
        ("一二三四五六七八九十一二三四五六", "short_line_plain_ratio", 1),
        ("wait...\nmore…\nend.", "ellipsis_line_ratio", 2 / 3),
        ("wait...\n点击展开\nend.", "unfold_line_ratio", 2 / 3),
        ("ABCD EF\nabc", "uppercase_line_ratio", 1 / 2),
        ("12\nab", "no_letter_line_ratio", 1 / 2),
        ("12\nab", "mean_line_digit_ratio", 1 / 2),
        ("AB\nabcd", "mean_line_uppercase_ratio", 1 / 2),
        ("Enable JavaScript now.\nWe value our privacy policy.", "javascript_line_count", 1),
        ("Enable JavaScript now.\nWe value our privacy policy.", "policy_line_count", 1),
        ("Enable JavaScript now.\nWe value our privacy policy.", "c4_kept_line_ratio", 0),
        ("Lorem ipsum dolor sit.\nlorem ipsum", "lorem_ipsum_line_count", 2),
        ("Lorem ipsum dolor sit.\nlorem ipsum", "c4_lorem_ipsum_line_count", 1),
        ("if a { then b.\nfunction() {", "c4_curly_bracket_line_count", 1),
        (PAGE, "mean_line_characters", 174 / 6),
        (PAGE, "longest_line_characters", 59),
        (PAGE, "fineweb_sentence_count", 4),  # "Sign in ..." and "Menu entry ..." end in no mark
        ("One two three\njavascript is on\nour cookie policy", "fineweb_sentence_count", 1),
        ("Here is lorem ipsum\nlorem ipsum", "fineweb_lorem_ipsum_line_count", 1),
        ("if a { b\n{ javascript on\n{", "fineweb_curly_bracket_line_count", 1),
        ("", "longest_line_characters", 0),
        ("x" * 1001 + " and more words.", "long_word_line_count", 1),
        ("y " * 100, "long_line_count", 0),
        ("y " * 101, "long_line_count", 1),
        ("", "short_line_ratio", None),
        ("", "line_count", 0),
        ("\n\n", "newlines_per_word", None),
    ],
)
def test_golden_values(text: str, field: str, expected: float | None) -> None:
    value = lines(text)[field]
    assert value == (None if expected is None else pytest.approx(expected)), lines(text)


def test_words_that_a_mark_joins_are_one_token_to_line_breaks_too() -> None:
    assert lines("Pay 3.14\nto a.b@c.d #")["newlines_per_token"] == pytest.approx(1 / 5)


@pytest.mark.parametrize("mark", [*"។៕။།।۔؟։።。．！…", "\U00011141"])
def test_sentences_end_in_every_script(mark: str) -> None:
    assert lines(f"abc{mark} def{mark}")["sentence_count"] == 2
    assert lines(f"abc{mark}")["terminal_punctuation_ratio"] == 1
