from __future__ import annotations

import math
from collections import Counter

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from udfs.learning.hashed_features import BYTES_PER_TOKEN, FeatureBatch, hash_features
from udfs.text.token_hashing import mix64
from udfs.text.tokenising import tokenise

MASK = (1 << 64) - 1
NGRAM_FACTOR = 0x9E3779B97F4A7C15


def reference_row(
    text: str, orders: tuple[int, ...], bits: int, max_tokens: int
) -> dict[int, float]:
    """The same vector with Python integers and a Counter."""
    hashes = [int(value) for value in tokenise(pa.array([text])).token_hash[:max_tokens]]
    counts: Counter[int] = Counter()
    for order in orders:
        for start in range(len(hashes) - order + 1):
            ngram = int(mix64(np.uint64(hashes[start])))
            for follower in hashes[start + 1 : start + order]:
                ngram = int(mix64(np.uint64((ngram * NGRAM_FACTOR + follower) & MASK)))
            counts[ngram >> (64 - bits)] += 1
    length = math.sqrt(sum(math.log1p(count) ** 2 for count in counts.values()))
    return {column: math.log1p(count) / length for column, count in counts.items()}


def row(features: FeatureBatch, number: int) -> dict[int, float]:
    entries = slice(features.offsets[number], features.offsets[number + 1])
    return dict(
        zip(features.indices[entries].tolist(), features.values[entries].tolist(), strict=True)
    )


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.text(alphabet="ab cé中文\n", max_size=40), max_size=4),
    st.sampled_from([(1,), (1, 2), (2, 3), (1, 2, 3)]),
    st.integers(1, 12),
)
def test_rows_equal_a_plain_python_reference(
    texts: list[str], orders: tuple[int, ...], max_tokens: int
) -> None:
    features = hash_features(
        pa.array(texts, pa.string()), orders=orders, bits=10, max_tokens=max_tokens
    )
    for number, text in enumerate(texts):
        expected = reference_row(text, orders, 10, max_tokens)
        assert row(features, number) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("text", [None, "", "  !?", "\x00"])
def test_a_text_without_tokens_has_an_empty_row(text: str | None) -> None:
    features = hash_features(pa.array([text], pa.string()), orders=(1, 2), bits=8, max_tokens=5)
    assert features.offsets.tolist() == [0, 0]


def test_rows_have_length_one() -> None:
    features = hash_features(
        pa.array(["one two two three", "中文中文"]), orders=(1, 2, 3), bits=12, max_tokens=100
    )
    for number in range(2):
        assert sum(value**2 for value in row(features, number).values()) == pytest.approx(1.0)


def test_only_the_beginning_of_an_enormous_text_is_read() -> None:
    texts = pa.array(["x" * BYTES_PER_TOKEN * 10 + " y", "a b c"])
    features = hash_features(texts, orders=(1,), bits=16, max_tokens=10)
    assert len(row(features, 0)) == 1


def test_case_does_not_matter_and_order_of_words_does() -> None:
    features = hash_features(
        pa.array(["Red Fox", "red fox", "fox red"]), orders=(1, 2), bits=20, max_tokens=9
    )
    assert row(features, 0) == row(features, 1) != row(features, 2)


@pytest.mark.parametrize(
    ("orders", "bits", "max_tokens", "message"),
    [
        ((), 18, 10, "n-gram orders"),
        ((0,), 18, 10, "n-gram orders"),
        ((1, 1), 18, 10, "n-gram orders"),
        ((9,), 18, 10, "n-gram orders"),
        ((1,), 7, 10, "7 bits"),
        ((1,), 25, 10, "25 bits"),
        ((1,), 18, 0, "max_tokens is 0"),
    ],
)
def test_settings_out_of_range_are_refused(
    orders: tuple[int, ...], bits: int, max_tokens: int, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        hash_features(pa.array(["x"]), orders=orders, bits=bits, max_tokens=max_tokens)
