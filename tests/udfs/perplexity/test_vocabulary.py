from __future__ import annotations

import itertools

import pyarrow as pa

from udfs.perplexity.tokens import tokenise_lines
from udfs.perplexity.vocabulary import (
    SAMPLING_KEYS,
    folds_of,
    hash_documents,
    sampling_keys,
)


def hashes_of(*texts: str) -> list[int]:
    return hash_documents(tokenise_lines(pa.array(texts))).tolist()


def test_copies_that_the_model_cannot_tell_apart_share_a_hash() -> None:
    first, *others = hashes_of("Page 12\nof it", "page 34 of it", "ＰＡＧＥ 00  of\n\nit")
    assert others == [first, first]


def test_other_words_or_order_give_another_hash() -> None:
    assert len(set(hashes_of("a b c", "a c b", "a bc", "a b", "a b c a b c", ""))) == 6


def test_folds_and_sampling_keys_are_balanced_and_independent() -> None:
    words = ["".join(letters) for letters in itertools.product("abcdefghijklmnopqrst", repeat=3)]
    hashes = hash_documents(tokenise_lines(pa.array([f"document {word}" for word in words])))
    folds, keys = folds_of(hashes, 2), sampling_keys(hashes)
    assert keys.min() >= 0
    assert keys.max() < SAMPLING_KEYS
    assert abs(folds.mean() - 0.5) < 0.03
    assert abs(folds[keys < SAMPLING_KEYS // 4].mean() - 0.5) < 0.06
    assert abs((keys < SAMPLING_KEYS // 4).mean() - 0.25) < 0.03
