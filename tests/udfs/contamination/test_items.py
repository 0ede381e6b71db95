"""Items in fields: passages, options that stand in the question, programs without their comments."""

from __future__ import annotations

import pytest

from udfs.contamination.items import (
    ANSWER,
    CODE,
    PASSAGE,
    QUESTION,
    BenchmarkItem,
    split_options,
    split_passage,
    without_comments,
)

LONG = "The old mill stood by the river and nobody had used it for years. " * 10


def test_the_last_sentence_of_a_long_question_is_what_is_asked() -> None:
    assert split_passage(LONG + "What does the author say of it?") == (
        LONG,
        "What does the author say of it?",
    )


def test_a_short_question_is_no_passage() -> None:
    question = "He had two eggs. He sold one. How many are left?"
    assert split_passage(question) == ("", question)


def test_a_long_question_of_one_sentence_stays_whole() -> None:
    question = "and then " * 80
    assert split_passage(question) == ("", question)


def test_a_passage_of_chinese_sentences_is_split_too() -> None:
    text = "这座磨坊多年没有人使用了。" * 12
    assert split_passage(text + "作者认为磨坊怎么样？") == (text, "作者认为磨坊怎么样？")


def test_choices_are_no_field_and_a_program_is_two() -> None:
    item = BenchmarkItem(
        "b",
        "1",
        'def f(x):\n    """Doc."""\n',
        choices=("a", "b"),
        answer="Because.",
        code="    return x # y\n",
    )
    kinds = [kind for kind, _ in item.fields()]
    assert kinds == [QUESTION, ANSWER, CODE, CODE]
    assert "Doc" not in item.fields()[3][1]
    assert "return x" in item.fields()[3][1]
    assert PASSAGE not in kinds


@pytest.mark.parametrize(
    ("question", "wanted"),
    [
        ("Which?\nOptions:\n(A) one\n(B) two", ("Which?", ("one", "two"))),
        ("Which? A. one  B. two C. 3 D. 4", ("Which?", ("one", "two", "3", "4"))),
        ("哪项？\nA．甲\nB．乙", ("哪项？", ("甲", "乙"))),
        (
            "Plan A. was dropped. Which? A. one B. two",
            ("Plan A. was dropped. Which?", ("one", "two")),
        ),
        ("Vitamin A is good.", ("Vitamin A is good.", ())),
        ("A. alone", ("A. alone", ())),
        ("", ("", ())),
    ],
)
def test_options_in_the_question(question: str, wanted: tuple[str, tuple[str, ...]]) -> None:
    assert split_options(question) == wanted


def test_comments_and_docstrings_go_and_strings_stay() -> None:
    code = 'def f(x):\n    """Of x."""\n    # why\n    return x["a#b"]  # end\n'
    assert without_comments(code).split() == ["def", "f(x):", "return", 'x["a#b"]']
