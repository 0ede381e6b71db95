"""kenlm's binary of hash tables (model type "probing", format version 5), read in place and written.

kenlm's Python class costs a call and a copy of text for each line, and another, slower call where
unknown words are wanted. The file itself is three kinds of open-addressing tables; a compiled loop
over the memory map (``udfs.perplexity.ngram_scoring``) scores a whole batch and counts unknown
words on the way. Written here, a model that lies in arrays need not become text, which kenlm
would take longer to read than all of the training takes; the file is the same to the byte.

Layout, little-endian, every offset a multiple of 4 (facts of kenlm's binary_format.cc, vocab.cc and
search_hashed.cc): 88 bytes of magic and test values; order (u8), growth factor of the tables (f32 at
4), model type (i32 at 8), strings present (u8 at 12), search version (u32 at 16); n-grams of each
order (u64 each); padding to 8. Then the words: version and bound (u32 each) and a table of (hash u64,
id u32); single words by id: (probability, back-off) f32; for each middle order a table of (key u64,
probability, back-off); for the highest order one of (key u64, probability). Behind the tables stand
the words, each ended by a zero byte. A key's bucket is its remainder; what finds it taken goes to the next.

Two signs spare kenlm look-ups (facts of search_hashed.cc and blank.hh): a probability is negative unless a
longer n-gram ends like this one; a back-off of 0 is -0.0 unless a longer n-gram begins like this one.
"""

from __future__ import annotations

import mmap
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from udfs.columns.compiled import kernel
from udfs.perplexity.kneser_ney import NgramSection

MAGIC: Final = b"mmap lm http://kheafield.com/code format version 5\n"
_SANITY_BYTES: Final = 88
_FIXED_BYTES: Final = 20
_PROBING: Final = 0
_HIGHEST_ORDER: Final = 6
_GROWTH: Final = np.float32(1.5)  # kenlm's own choice
_TEST_VALUES: Final = np.array([(0, 1, -0.5, 1, 2**32 - 1, 0, 1)], "f4,f4,f4,u4,u4,u4,u8")

_MURMUR: Final = np.uint64(0xC6A4A7935BD1E995)
_MURMUR_SHIFT: Final = np.uint64(47)
_OLDER: Final = np.uint64(8978948897894561157)
_NEXT: Final = np.uint64(17894857484156487943)
_HALF: Final = np.uint64(32)


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


@kernel
def word_hash(data: npt.NDArray[np.uint8], start: int, stop: int) -> np.uint64:
    """MurmurHash64A of ``data[start:stop]``: what kenlm knows a word by."""
    value = np.uint64(stop - start) * _MURMUR
    while start + 8 <= stop:
        part = np.uint64(0)
        for byte in range(8):
            part |= np.uint64(data[start + byte]) << np.uint64(8 * byte)
        part *= _MURMUR
        part ^= part >> _MURMUR_SHIFT
        value = (value ^ (part * _MURMUR)) * _MURMUR
        start += 8
    if start < stop:
        part = np.uint64(0)
        shift = np.uint64(0)
        while start < stop:
            part |= np.uint64(data[start]) << shift
            shift += np.uint64(8)
            start += 1
        value = (value ^ part) * _MURMUR
    value ^= value >> _MURMUR_SHIFT
    value *= _MURMUR
    value ^= value >> _MURMUR_SHIFT
    return value


@kernel
def longer_key(key: np.uint64, word: np.uint32) -> np.uint64:
    """An n-gram's key from its first word and the key of the others; the key of a single word is its id."""
    return (key * _OLDER) ^ ((np.uint64(word) + np.uint64(1)) * _NEXT)


def write_tables(path: Path, words: pa.Array, sections: Sequence[NgramSection]) -> None:
    """Write a model as kenlm would write the ARPA file of these sections.

    Args:
        path: The file.
        words: large_string[words]; index = word id, ``<unk>`` first.
        sections: One an order, 2 to 6 of them, as ``kneser_ney.estimate`` returns them: sorted by word ids,
            and with every n-gram what stands before its last and behind its first word.

    Raises:
        OSError: The file cannot be written.
    """
    counts = [len(section.words) for section in sections]
    fixed = np.zeros(_FIXED_BYTES, np.uint8)
    fixed[[0, 12]] = len(sections), 1  # order, words present
    fixed[4:8] = np.frombuffer(_GROWTH.tobytes(), np.uint8)
    head = MAGIC.ljust(_SANITY_BYTES - _TEST_VALUES.nbytes, b"\0") + _TEST_VALUES.tobytes()
    head += fixed.tobytes() + np.array(counts, np.uint64).tobytes()
    head = (
        head.ljust((len(head) + 7) // 8 * 8, b"\0") + np.array([0, counts[0]], np.uint32).tobytes()
    )
    names = np.frombuffer("\0".join([*words.to_pylist(), ""]).encode(), np.uint8)
    singles = sections[0]
    table = np.zeros(2 * (counts[0] + 1), np.uint32)
    table[:-2:2] = singles.log_probability.view(np.uint32)
    table[1:-2:2] = _backoffs(sections, 1).view(np.uint32)
    with path.open("wb") as file:
        file.write(head)
        file.write(_word_table(names, counts[0], _buckets(counts[0], _GROWTH)).data)
        for order, section in enumerate(sections[1:], start=2):
            shorter = table
            width = 4 if order < len(sections) else 3
            table = np.zeros(width * _buckets(counts[order - 1], _GROWTH), np.uint32)
            backoffs = _backoffs(sections, order)
            _fill(section.words, section.log_probability, backoffs, width, table, shorter)
            file.write(shorter.data)
        file.write(table.data)
        file.write(names.data)


def _backoffs(sections: Sequence[NgramSection], order: int) -> npt.NDArray[np.float32]:
    """Back-offs of an order with the sign that kenlm gives to zeros; adding zero makes them all positive."""
    section = sections[order - 1]
    backoffs = section.log_backoff + np.float32(0)
    if order == len(sections):
        return backoffs
    is_context = _contexts(section.words, sections[order].words)
    backoffs[(backoffs == 0) & ~is_context] = np.float32(-0.0)
    return backoffs


@kernel
def _contexts(words: npt.NDArray[np.int32], longer: npt.NDArray[np.int32]) -> npt.NDArray[np.bool_]:
    """bool[n-grams]: whether an n-gram of the next order begins so; both are sorted."""
    is_context = np.zeros(len(words), np.bool_)
    place = 0
    for number in range(len(longer)):
        position = 0
        while position < words.shape[1]:
            if words[place, position] == longer[number, position]:
                position += 1
            else:
                place += 1
                position = 0
        is_context[place] = True
    return is_context


@kernel
def _word_table(names: npt.NDArray[np.uint8], count: int, buckets: int) -> npt.NDArray[np.uint32]:
    """uint32[3 * buckets]: hash and id of every word but ``<unk>``, which has the id 0."""
    one = np.uint64(1)
    size = np.uint64(buckets)
    table = np.zeros(3 * buckets, np.uint32)
    start = 0
    for word in range(count):
        stop = start
        while names[stop] != 0:
            stop += 1
        if word > 0:
            value = word_hash(names, start, stop)
            bucket = value % size
            while table[np.uint64(3) * bucket + np.uint64(2)] != 0:
                bucket += one
                if bucket == size:
                    bucket = np.uint64(0)
            entry = np.uint64(3) * bucket
            table[entry] = np.uint32(value)
            table[entry + one] = np.uint32(value >> _HALF)
            table[entry + np.uint64(2)] = word
        start = stop + 1
    return table


@kernel
def _fill(
    words: npt.NDArray[np.int32],
    probability: npt.NDArray[np.float32],
    backoff: npt.NDArray[np.float32],
    width: int,
    table: npt.NDArray[np.uint32],
    shorter: npt.NDArray[np.uint32],
) -> None:
    """Enter the n-grams of an order, and mark in the table of the order before what they end with."""
    zero = np.uint64(0)
    one = np.uint64(1)
    two = np.uint64(2)
    wide = np.uint64(width)
    buckets = np.uint64(len(table) // width)
    shorter_buckets = np.uint64(len(shorter) // 4)
    probabilities = probability.view(np.uint32)
    backoffs = backoff.view(np.uint32)
    order = words.shape[1]
    for number in range(len(words)):
        key = np.uint64(words[number, order - 1])
        ending = two * key
        for position in range(order - 2, 0, -1):
            key = longer_key(key, np.uint32(words[number, position]))
        if order > 2:
            bucket = key % shorter_buckets
            while True:
                entry = np.uint64(4) * bucket
                if (np.uint64(shorter[entry]) | (np.uint64(shorter[entry + one]) << _HALF)) == key:
                    break
                bucket += one
                if bucket == shorter_buckets:
                    bucket = zero
            ending = entry + two
        shorter[ending] &= np.uint32(0x7FFFFFFF)
        key = longer_key(key, np.uint32(words[number, 0]))
        bucket = key % buckets
        while (table[wide * bucket] | table[wide * bucket + one]) != 0:
            bucket += one
            if bucket == buckets:
                bucket = zero
        entry = wide * bucket
        table[entry] = np.uint32(key)
        table[entry + one] = np.uint32(key >> _HALF)
        table[entry + two] = probabilities[number] | np.uint32(0x80000000)
        if width == 4:
            table[entry + np.uint64(3)] = backoffs[number]
