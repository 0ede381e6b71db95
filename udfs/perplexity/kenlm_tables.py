"""kenlm's binary of hash tables (model type "probing", format version 5), read in place.

kenlm's Python class costs a call and a copy of text for each line, and another, slower call where
unknown words are wanted. The file itself is three kinds of open-addressing tables; a compiled loop
over the memory map (``udfs.perplexity.ngram_scoring``) scores a whole batch and counts unknown
words on the way.

Layout, little-endian, every offset a multiple of 4 (facts of kenlm's binary_format.cc, vocab.cc and
search_hashed.cc): 88 bytes of magic and test values; order (u8), growth factor of the tables (f32 at
4), model type (i32 at 8), strings present (u8 at 12), search version (u32 at 16); n-grams of each
order (u64 each); padding to 8. Then the words: version and bound (u32 each) and a table of (hash u64,
id u32); single words by id: (probability, back-off) f32; for each middle order a table of (key u64,
probability, back-off); for the highest order one of (key u64, probability).
"""

from __future__ import annotations

import mmap
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

MAGIC: Final = b"mmap lm http://kheafield.com/code format version 5\n"
_SANITY_BYTES: Final = 88
_FIXED_BYTES: Final = 20
_PROBING: Final = 0
_HIGHEST_ORDER: Final = 6


class KenlmTables(NamedTuple):
    """A memory-mapped model; pages are shared by all processes that map the file.

    Attributes:
        numbers: uint32[file bytes / 4], the whole file.
        reals: float32[file bytes / 4], the same bytes.
        places: uint64[order + 1, 2]; (offset in 4-byte units, buckets) of the table of words, of the
            single words (whose buckets are their number) and of the tables of orders 2, 3, ...
    """

    numbers: npt.NDArray[np.uint32]
    reals: npt.NDArray[np.float32]
    places: npt.NDArray[np.uint64]

    @property
    def order(self) -> int:
        """Longest n-gram."""
        return len(self.places) - 1


def open_tables(path: Path) -> KenlmTables | None:
    """Map a model of hash tables.

    Args:
        path: A file that kenlm opens.

    Returns:
        The tables; None if the file is another kind of model (ARPA, trie, rest costs).

    Raises:
        ValueError: The file is shorter than its header says.
    """
    with path.open("rb") as file:
        head = file.read(_SANITY_BYTES + _FIXED_BYTES + 8 * _HIGHEST_ORDER)
        if len(head) < _SANITY_BYTES + _FIXED_BYTES + 16 or not head.startswith(MAGIC):
            return None
        mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    fixed = head[_SANITY_BYTES : _SANITY_BYTES + _FIXED_BYTES]
    order, growth = fixed[0], np.frombuffer(fixed, np.float32, 1, 4)[0]
    kind, version = (
        np.frombuffer(fixed, np.int32, 1, 8)[0],
        np.frombuffer(fixed, np.uint32, 1, 16)[0],
    )
    if (kind, version) != (_PROBING, 0) or not 2 <= order <= _HIGHEST_ORDER:
        return None
    counts = np.frombuffer(head, np.uint64, order, _SANITY_BYTES + _FIXED_BYTES).tolist()
    places, size = _places(counts, growth)
    if len(mapped) < size:
        raise ValueError(
            f"the language model {path.name} has {len(mapped)} bytes, its header promises {size}: "
            "it was cut short; copy it again or train again"
        )
    whole = len(mapped) // 4
    numbers = np.frombuffer(mapped, np.uint32, whole)
    return KenlmTables(numbers, np.frombuffer(mapped, np.float32, whole), places)


def _places(counts: list[int], growth: np.float32) -> tuple[npt.NDArray[np.uint64], int]:
    """(``KenlmTables.places``, bytes up to the end of the last table)."""
    order = len(counts)
    offset = (_SANITY_BYTES + _FIXED_BYTES + 8 * order + 7) // 8 * 8
    offset += 8  # version and bound of the words
    places = [(offset, _buckets(counts[0], growth))]
    offset += 12 * places[0][1]
    places.append((offset, counts[0] + 1))
    offset += 8 * places[1][1]
    for n in range(2, order + 1):
        places.append((offset, _buckets(counts[n - 1], growth)))
        offset += (16 if n < order else 12) * places[n][1]
    return np.array([(start // 4, buckets) for start, buckets in places], np.uint64), offset


def _buckets(entries: int, growth: np.float32) -> int:
    # In single precision, as kenlm computes it: another rounding would be another table.
    return max(entries + 1, int(growth * np.float32(entries)))
