import numpy as np
import pytest

from udfs.text.token_hashing import HASH_SEED, extend_hash, mix64


@pytest.mark.parametrize(
    ("value", "mixed"), [(0, 0), (1, 0xB456BCFC34C2CB2C), (2**64 - 1, 0x64B5720B4B825F21)]
)
def test_the_finaliser_is_that_of_murmur_hash_3(value: int, mixed: int) -> None:
    assert int(mix64(np.uint64(value))) == mixed


def test_order_and_every_character_count() -> None:
    def value(word: str) -> int:
        found = HASH_SEED
        for character in word:
            found = np.uint64(extend_hash(found, ord(character)))
        return int(found)

    words = ["", "a", "b", "ab", "ba", "aa", "a\0", "\0a", "\U00010061"]
    assert len({value(word) for word in words}) == len(words)
