import pyarrow as pa
import pytest

from udfs.text.chinese_words import segment_words
from udfs.text.tokenising import hash_token, tokenise


def is_chinese(text: str) -> bool:
    _, chinese = segment_words(tokenise(pa.array([text]), punctuation=True))
    return bool(chinese[0])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("今天天气很好，我们去公园。", True),
        ("安装 Debian 系统之前，请先备份您的重要数据。", True),
        ("The word 中国 means China.", False),
        ("今日は天気がいいですね。", False),
        ("วันนี้อากาศดี", False),
        ("", False),
        ("1234 5678", False),
    ],
)
def test_only_mostly_chinese_texts_are_segmented(text: str, expected: bool) -> None:
    assert is_chinese(text) == expected


def test_characters_become_words_and_marks_stay() -> None:
    tokens = tokenise(
        pa.array(["plain, text", "我们今天学习 Spark，很好。", "x"]), punctuation=True
    )
    words, chinese = segment_words(tokens)
    assert chinese.tolist() == [False, True, False]
    first, last = words.token_offsets[1], words.token_offsets[2]
    spellings = ["我们", "今天", "学习", "spark", "，", "很", "好", "。"]
    assert words.token_characters[first:last].tolist() == [len(s) for s in spellings]
    assert words.token_unspaced[first:last].tolist() == [0, 0, 0, 0, 2, 0, 0, 2]
    assert words.token_hash[first + 3] == hash_token("spark")
    assert words.token_hash[0] == hash_token("plain")


def test_nothing_is_copied_without_chinese() -> None:
    tokens = tokenise(pa.array(["plain text"]), punctuation=True)
    assert segment_words(tokens)[0] is tokens


def test_damaged_bytes_do_not_stop_the_segmenter() -> None:
    raw = "我们今天学习".encode() + b"\xff\xe4" + "很好\0很好".encode()
    words, chinese = segment_words(tokenise(pa.array([raw], pa.binary()), punctuation=True))
    assert chinese[0]
    assert len(words.token_hash) >= 5
