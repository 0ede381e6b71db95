import random

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from udfs.cleaning.window_excision import repetitive_spans
from udfs.repetition.windows import worst_window_shares
from udfs.text.tokenising import tokenise


def excise(text: str, window: int = 500, share: float = 0.8) -> tuple[str, int]:
    tokens = tokenise(pa.array([text]))
    removals = repetitive_spans(tokens, window, share)
    raw = text.encode()
    kept, position = b"", 0
    for start, stop, blank in zip(removals.start, removals.stop, removals.blank, strict=True):
        kept += raw[position:start] + (b" " if blank else b"")
        position = int(stop)
    return (kept + raw[position:]).decode(), len(removals.text)


def article(seed: int, sentences: int = 40) -> str:
    """Prose of words that follow each other by chance."""
    source = random.Random(seed)
    words = [f"word{i}" for i in range(400)]
    return " ".join(
        " ".join(source.choices(words, k=11)).capitalize() + "." for _ in range(sentences)
    )


ARTICLE, SECOND = article(1), article(2)
SPAM = "cheap running shoes online store best price " * 60


@pytest.mark.parametrize(
    ("text", "expected", "cuts"),
    [
        (ARTICLE, ARTICLE, 0),
        (f"{ARTICLE}\n\n{SPAM}\n\n{SECOND}", f"{ARTICLE}\n\n{SECOND}", 1),
        (f"{SPAM}\n{ARTICLE}", ARTICLE, 1),
        (f"{ARTICLE}\n{SPAM}", ARTICLE, 1),
        (SPAM, "", 1),
        (f"{SPAM}\n{ARTICLE}\n{SPAM}\n{SECOND}", f"{ARTICLE}\n{SECOND}", 2),
        ("short short short short short short short short", None, 0),
    ],
)
def test_the_article_survives_the_keywords(text: str, expected: str | None, cuts: int) -> None:
    assert excise(text) == (text if expected is None else expected, cuts)


def test_chinese_keywords_between_prose() -> None:
    source = random.Random(3)
    prose = ["".join(chr(source.randrange(0x4E00, 0x5E00)) for _ in range(600)) for _ in range(2)]
    text = prose[0] + "。" + "便宜跑鞋网上商店最低价格" * 60 + prose[1]
    assert excise(text) == (prose[0] + "。" + prose[1], 1)


def test_two_words_stay_two() -> None:
    source = random.Random(4)
    han = "".join(chr(source.randrange(0x4E00, 0x5E00)) for _ in range(3))
    text = f"{ARTICLE} end{han * 200}begin {SECOND}"
    result, _ = excise(text)
    assert "end begin" in result


SNIPPETS = st.lists(
    st.sampled_from(
        ["a b c d e f ", "g h ", "中文字", "x. ", "one two three four ", "\n", "q1", "é "]
    ),
    max_size=60,
).map("".join)


@settings(max_examples=300, deadline=None)
@given(SNIPPETS, st.sampled_from([15, 30, 60]), st.sampled_from([0.3, 0.8]))
def test_no_repetitive_window_is_left(text: str, window: int, share: float) -> None:
    once, _ = excise(text, window, share)
    assert excise(once, window, share) == (once, 0)
    (worst,) = worst_window_shares(tokenise(pa.array([once])), window)
    if len(once.strip()) >= window + 2:
        assert np.isnan(worst) or worst <= share


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 30))
def test_prose_around_is_kept_to_the_word(seed: int, spam_words: int) -> None:
    source = random.Random(seed)
    phrase = " ".join(f"spam{i}" for i in range(spam_words))
    before, after = article(seed), article(seed + 1)
    result, cuts = excise(f"{before} {' '.join([phrase] * (1500 // len(phrase) + 3))} {after}")
    assert result == f"{before} {after}", source
    assert cuts == 1


@pytest.mark.parametrize("unit", ["a ", "a b c d ", "中", "word. "])
def test_hostile_repetition_takes_linear_time(unit: str) -> None:
    text = unit * (4_000_000 // len(unit.encode()))
    assert excise(text)[0].strip() == ""
