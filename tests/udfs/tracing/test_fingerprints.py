"""Fingerprints: who holds a phrase of nine tokens holds its fingerprints, whatever stands around it."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from udfs.text.folding import fold_table
from udfs.text.token_batch import TokenRoom
from udfs.tracing.fingerprints import (
    GRAM,
    GUARANTEED,
    HASH_BITS,
    WINDOW,
    all_grams,
    fingerprints,
    folded_texts,
    folded_tokens,
)

TABLE = fold_table(((ord("張"), ord("张")),))
TOKENS = st.lists(st.integers(0, 5), max_size=60)  # so few words that runs repeat and hashes tie


def hashed(tokens: list[int]) -> np.ndarray:
    return (np.array(tokens, np.uint64) + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)


def chosen(tokens: list[int]) -> set[int]:
    return set(fingerprints(hashed(tokens), np.array([0, len(tokens)])).hashes.tolist())


@settings(max_examples=300, deadline=None)
@given(before=TOKENS, phrase=st.lists(st.integers(0, 5), min_size=GUARANTEED), after=TOKENS)
def test_a_text_has_the_fingerprints_of_every_phrase_in_it(
    before: list[int], phrase: list[int], after: list[int]
) -> None:
    assert chosen(phrase) <= chosen(before + phrase + after)


@settings(max_examples=100, deadline=None)
@given(texts=st.lists(TOKENS, max_size=8))
def test_texts_do_not_see_each_other(texts: list[list[int]]) -> None:
    offsets = np.cumsum([0, *map(len, texts)])
    found = fingerprints(hashed([token for text in texts for token in text]), offsets)
    for number, text in enumerate(texts):
        assert set(found.hashes[found.texts == number].tolist()) == chosen(text)
    keys = found.hashes * 1000 + found.texts
    assert np.all(np.diff(keys) > 0)  # once each, in order


@settings(max_examples=100, deadline=None)
@given(tokens=TOKENS)
def test_every_window_has_the_smallest_of_its_runs(tokens: list[int]) -> None:
    grams = all_grams(hashed(tokens)).tolist()
    assert len(grams) == max(0, len(tokens) - GRAM + 1)
    windows = [grams[i : i + WINDOW] for i in range(max(1, len(grams) - WINDOW + 1))]
    assert chosen(tokens) == {min(window) for window in windows if window}


def test_hashes_have_forty_bits_and_no_sign() -> None:
    found = fingerprints(hashed(list(range(5000))), np.array([0, 5000])).hashes
    assert found.min() >= 0
    assert found.max() < 1 << HASH_BITS
    assert found.max() > 1 << (HASH_BITS - 2)
    assert 0.25 < len(found) / 5000 < 0.32  # 2 / (WINDOW + 1)


@settings(max_examples=50, deadline=None)
@given(tokens=TOKENS, bits=st.integers(1, HASH_BITS))
def test_fewer_bits_are_the_first_of_more(tokens: list[int], bits: int) -> None:
    offsets = np.array([0, len(tokens)])
    short, whole = fingerprints(hashed(tokens), offsets, bits), chosen(tokens)
    assert short.hashes.tolist() == sorted({one >> (HASH_BITS - bits) for one in whole})
    grams = all_grams(hashed(tokens), bits)
    assert np.array_equal(grams, all_grams(hashed(tokens)) >> (HASH_BITS - bits))


def test_a_loop_has_few_fingerprints() -> None:
    assert len(chosen([0, 1, 2] * 20_000)) <= 3


@pytest.mark.parametrize(
    "text",
    [
        "THE PATIENT took 1000.5 mg of it, twice; on the 3rd day she was well",
        "the patient\n  took — 1,000.5 mg of it twice on the 3rd\u2029day she was well!",
        "the “patient” took １０００.５ mg of it twice on the 3rd day she was well",
        "**the patient** took 1,000.5 mg of it (twice) on the 3rd day; she was well",
    ],
)
def test_writings_of_one_sentence_are_one(text: str) -> None:
    wanted = folded_texts(
        pa.array(["the patient took 1000.5 mg of it twice on the 3rd day she was well"]), TABLE
    )
    assert np.array_equal(folded_texts(pa.array([text]), TABLE).hashes, wanted.hashes)


def test_numbers_differ_and_characters_of_one_meaning_do_not() -> None:
    one, other, simplified, traditional = (
        folded_texts(pa.array([text]), TABLE).hashes.tolist()
        for text in ("take 5 mg", "take 6 mg", "张三 ok", "張三 ok")
    )
    assert one != other
    assert simplified == traditional


def test_more_texts_than_a_key_has_room_for_are_refused() -> None:
    with pytest.raises(ValueError, match="at most 16777216"):
        fingerprints(np.empty(0, np.uint64), np.zeros((1 << 24) + 2, np.int64))


PIECES = st.sampled_from([
    "word", "Ｗord", "1,000.5", "1.5", "12", "３", "，", "張", "张", "中", "の", "ｶ", "café", "e\u0301",
    "so\u00adft", "ไท", " ", "\n", ".", "👍",
])  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(batches=st.lists(st.lists(st.lists(PIECES).map("".join), max_size=5), max_size=4))
def test_tokens_without_places_are_the_same_tokens(batches: list[list[str]]) -> None:
    room = TokenRoom()
    for texts in batches:  # one after the other in the same memory
        column = pa.array(texts, pa.string())
        wanted = folded_texts(column, TABLE)
        hashes, offsets = folded_tokens(column, TABLE, room)
        assert hashes.tolist() == wanted.hashes.tolist()
        assert offsets.tolist() == wanted.offsets.tolist()
