import numpy as np
import pyarrow as pa
import pytest

from udfs.lines import phrases
from udfs.lines.phrases import phrase_table, phrases_in_lines
from udfs.text.tokenising import tokenise


def kinds(line: str) -> int:
    tokens = tokenise(pa.array([line]))
    flags = np.zeros(1, np.uint32)
    words = np.array([len(tokens.token_hash)], np.int32)
    phrases_in_lines(tokens.token_hash, np.zeros(1, np.int64), words, phrase_table(), flags)
    return int(flags[0])


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("Please enable JavaScript first", phrases.JAVASCRIPT),
        ("Our Privacy Policy and more", phrases.POLICY),
        ("Lorem ipsum dolor", phrases.LOREM_IPSUM),
        ("Sign-in to continue", phrases.REFINEDWEB_EDIT | phrases.FURNITURE),
        (
            "a longer teaser Read more...",
            phrases.REFINEDWEB_EDIT | phrases.FURNITURE | phrases.UNFOLD,
        ),
        ("3 Likes", phrases.COUNTER_NOUN),
        ("128 条评论", phrases.COUNTER_NOUN),
        ("Share", phrases.FURNITURE | phrases.COUNTER_NOUN),
        ("登录", phrases.FURNITURE),
        ("责任编辑：王小明", phrases.FURNITURE),
        ("点击展开", phrases.UNFOLD),
    ],
)
def test_phrases_are_found_as_whole_words_in_any_case(line: str, kind: int) -> None:
    assert kinds(line) == kind


@pytest.mark.parametrize(
    "line",
    [
        "",
        "You may sign in tomorrow",
        "Read more books every day",
        "We share a house",
        "privacy",
        "policy privacy",
        "lorem",
        "使用登录页面的用户",
    ],
)
def test_place_and_order_matter(line: str) -> None:
    assert kinds(line) == 0


def test_every_phrase_finds_itself() -> None:
    for kind, _, listed in phrases._PHRASES:
        for phrase in listed.split("|"):
            assert kinds(phrase) & kind, phrase


def test_all_phrases_are_in_the_table_once() -> None:
    table = phrase_table()
    listed = []
    for slot in table.slots:
        number = int(slot)
        while number >= 0:
            listed.append(number)
            number = int(table.following[number])
    assert sorted(listed) == list(range(len(table.kinds)))


def test_phrases_have_tokens_and_the_table_has_room() -> None:
    table = phrase_table()
    assert all(table.offsets[1:] > table.offsets[:-1])
    assert (table.slots >= 0).sum() * 2 < len(table.slots)
