from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from udfs.perplexity.word_ids import (
    build_vocabulary,
    distinct_words,
    encode_lines,
    number_words,
)


def as_bytes(text: str) -> np.ndarray:
    return np.frombuffer(text.encode(), np.uint8)


def test_words_are_numbered_by_their_bytes() -> None:
    vocabulary = build_vocabulary({b"b", "é".encode(), b"a", "中".encode()})
    assert vocabulary.words.to_pylist() == ["<unk>", "<s>", "</s>", "a", "b", "é", "中"]


def test_lines_become_sentences_of_ids() -> None:
    data = as_bytes("b a\na\n中 b b\n")
    vocabulary = build_vocabulary(set(distinct_words(data)))
    ids = encode_lines(data, vocabulary.hashes, vocabulary.ids)
    assert ids.tolist() == [1, 4, 3, 2, 1, 3, 2, 1, 5, 4, 4, 2]
    assert ids.dtype == np.int32


def test_distinct_words_are_each_once() -> None:
    assert sorted(distinct_words(as_bytes("b a\na\n中 b b\n"))) == [b"a", b"b", "中".encode()]
    assert distinct_words(as_bytes("")) == []


def test_no_text_has_no_ids() -> None:
    vocabulary = build_vocabulary(set())
    assert len(encode_lines(as_bytes(""), vocabulary.hashes, vocabulary.ids)) == 0


def test_a_token_outside_the_vocabulary_is_an_error() -> None:
    vocabulary = build_vocabulary({b"a"})
    with pytest.raises(ValueError, match="not in its vocabulary"):
        encode_lines(as_bytes("a b\n"), vocabulary.hashes, vocabulary.ids)


@given(
    st.lists(
        st.lists(st.integers(0, 4000).map(lambda n: f"w{n}" if n % 3 else f"中{n}"), min_size=1)
    )
)
def test_a_whole_text_at_once_gets_the_same_words_and_ids(lines: list[list[str]]) -> None:
    data = as_bytes("".join(" ".join(line) + "\n" for line in lines))
    vocabulary = build_vocabulary(set(distinct_words(data)))
    words, ids = number_words(data)
    assert words.equals(vocabulary.words)
    assert ids.tolist() == encode_lines(data, vocabulary.hashes, vocabulary.ids).tolist()


def test_more_words_than_the_first_table_of_numbers_holds() -> None:
    words, ids = number_words(as_bytes(" ".join(f"w{n % 5000:04d}" for n in range(9000)) + "\n"))
    assert len(words) == 5003
    assert ids[1:-1].tolist() == [3 + n % 5000 for n in range(9000)]
