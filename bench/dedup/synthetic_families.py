"""A corpus with known near-duplicates: Zipf-distributed words, families of edited copies.

Families imitate how copies arise: a few words changed here and there, a part cut, added or rewritten.
One large family and exact copies are among them. A document follows from the seed and its number alone,
so a corpus of any size is written in a stream, in any order, by one compiled loop (some 100 MB/s).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from udfs.columns.compiled import kernel
from udfs.text.token_hashing import mix64

VOCABULARY = 60_000
LARGE_FAMILY_SHARE = 0.02
FAMILY_SHARE = 0.10
EXACT_SHARE = 0.03
MEAN_FAMILY = 5
SHORTEST, LONGEST = 20, 4000  # words
QUANTILES = 1 << 20
BATCH = 20_000
# Numbers of the draws that a document needs besides its words.
_KIND, _AMOUNT, _PLACE, _EDIT = 1, 2, 3, 1 << 32


class Corpus(NamedTuple):
    """``table``: id int64, text string. ``family``: int64[documents], -1 for documents without."""

    table: pa.Table
    family: npt.NDArray[np.int64]


class _Words(NamedTuple):
    """Bytes of all words, where each begins, and the word at each quantile of the distribution."""

    data: npt.NDArray[np.uint8]
    offsets: npt.NDArray[np.int64]
    at_quantile: npt.NDArray[np.int32]


def generate(documents: int, seed: int = 1) -> Corpus:
    """Make a whole corpus of documents of 3 kB on average."""
    batches = list(generate_batches(documents, seed))
    table = pa.concat_tables(batch.table for batch in batches)
    return Corpus(table, np.concatenate([batch.family for batch in batches]))


def generate_batches(documents: int, seed: int = 1, batch: int = BATCH) -> Iterator[Corpus]:
    """Make the same corpus in batches: memory does not grow with its size."""
    words = _words(seed)
    lengths = _length_quantiles(seed)
    for start in range(0, documents, batch):
        numbers = np.arange(start, min(start + batch, documents))
        family, member = _kinship(numbers, documents, seed)
        # A document without family is the base of one that nobody else belongs to.
        base = np.where(family >= 0, family, documents + numbers).astype(np.uint64)
        offsets = np.zeros(len(numbers) + 1, np.int64)
        # No word is longer than 15 letters, and none stands without a separator of at most 3 bytes.
        room = np.empty(int(len(numbers) * 9_000 + LONGEST * 2 * 18), np.uint8)
        used = _write(base, member, np.uint64(seed), lengths, *words, room, offsets)
        while used < 0:
            room = np.empty(len(room) * 2, np.uint8)
            used = _write(base, member, np.uint64(seed), lengths, *words, room, offsets)
        text = pa.LargeStringArray.from_buffers(
            len(numbers), pa.py_buffer(offsets), pa.py_buffer(room[:used].copy())
        ).cast(pa.string())
        yield Corpus(pa.table({"id": numbers, "text": text}), family)


def _kinship(
    numbers: npt.NDArray[np.int64], documents: int, seed: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Family of each document (-1: none) and its number there; equal numbers are exact copies."""
    drawn = np.empty((len(numbers), 3))
    _draw(numbers, np.uint64(seed), drawn)
    share, place, copy = drawn.T
    families = max(1, int(documents * FAMILY_SHARE / MEAN_FAMILY))
    # The square crowds the first families: sizes fall as a power law, as clusters of crawls do.
    family = 1 + (place**2 * families).astype(np.int64)
    member = numbers + 1
    large = share < LARGE_FAMILY_SHARE
    family[large] = 0
    exact = (share >= LARGE_FAMILY_SHARE + FAMILY_SHARE) & (
        share < LARGE_FAMILY_SHARE + FAMILY_SHARE + EXACT_SHARE
    )
    member[exact] = (copy[exact] * 2).astype(np.int64)  # 0 is the base itself, 1 one edit of it
    family[share >= LARGE_FAMILY_SHARE + FAMILY_SHARE + EXACT_SHARE] = -1
    member[family < 0] = 0
    return family, member


def _words(seed: int) -> _Words:
    random = np.random.default_rng(seed)
    letters = np.array(list("etaoinshrdlcumwfgypbvk"))
    lengths = np.clip(random.poisson(4.2, VOCABULARY) + 1, 2, 14)
    known = {""}
    for length in lengths:
        word = ""
        while word in known:
            word = "".join(random.choice(letters, length + (length < 4)))
        known.add(word)
    words = sorted(known - {""}, key=lambda word: (len(word), word))
    # Frequent words are short, but not strictly: noise of some letters on the order of lengths.
    order = np.argsort(np.array([len(word) for word in words]) + random.normal(0, 2, len(words)))
    spelled = [words[index].encode() for index in order]
    offsets = np.append(0, np.cumsum([len(word) for word in spelled])).astype(np.int64)
    weights = 1.0 / (np.arange(1, len(spelled) + 1) + 2.7) ** 1.05
    cumulative = np.cumsum(weights / weights.sum())
    at_quantile = np.searchsorted(cumulative, (np.arange(QUANTILES) + 0.5) / QUANTILES)
    data = np.frombuffer(b"".join(spelled), np.uint8)
    return _Words(data, offsets, np.minimum(at_quantile, len(spelled) - 1).astype(np.int32))


def _length_quantiles(seed: int) -> npt.NDArray[np.int64]:
    drawn = np.random.default_rng(seed).lognormal(6.05, 0.65, 1 << 16)
    return np.clip(drawn, SHORTEST, LONGEST).astype(np.int64)


@kernel
def _draw(numbers: npt.NDArray[np.int64], seed: np.uint64, drawn: npt.NDArray[np.float64]) -> None:
    for row in range(len(numbers)):
        state = mix64(seed ^ mix64(np.uint64(numbers[row]) + np.uint64(0x5EED)))
        for column in range(drawn.shape[1]):
            state = mix64(state + np.uint64(0x9E3779B97F4A7C15))
            drawn[row, column] = (state >> np.uint64(11)) * (1.0 / (1 << 53))


@kernel
def _write(
    base: npt.NDArray[np.uint64],
    member: npt.NDArray[np.int64],
    seed: np.uint64,
    lengths: npt.NDArray[np.int64],
    data: npt.NDArray[np.uint8],
    offsets: npt.NDArray[np.int64],
    at_quantile: npt.NDArray[np.int32],
    room: npt.NDArray[np.uint8],
    ends: npt.NDArray[np.int64],
) -> int:
    """Write all texts one behind the other; return the bytes used, or -1 for too little room."""
    used = 0
    for row in range(len(base)):
        root = mix64(seed ^ mix64(base[row]))
        count = lengths[root & np.uint64(len(lengths) - 1)]
        own = mix64(root ^ mix64(np.uint64(member[row])))
        kind = np.int64(mix64(own + np.uint64(_KIND)) & np.uint64(3)) if member[row] > 0 else -1
        # Small changes are more frequent than large ones: the cube of an even draw.
        amount = ((mix64(own + np.uint64(_AMOUNT)) >> np.uint64(11)) * (1.0 / (1 << 53))) ** 3
        size = np.int64(count * 0.5 * amount) + 1
        place = np.int64(mix64(own + np.uint64(_PLACE)) % np.uint64(max(1, count - size)))
        if used + (2 * count + 2) * 18 > len(room):
            return -1
        written = 0
        position = 0
        while position < count:
            inserted = kind == 2 and position == place
            for step in range(size + 1 if inserted else 1):
                new = inserted and step < size
                if kind == 1 and place <= position < place + size:
                    continue
                stream = root + np.uint64(position)
                if new or (kind == 3 and place <= position < place + size):
                    stream = own + np.uint64(_EDIT + position + step)
                elif kind == 0:
                    chance = mix64(own ^ mix64(np.uint64(position))) >> np.uint64(11)
                    if chance * (1.0 / (1 << 53)) < 0.08 * amount:
                        stream = own + np.uint64(_EDIT + position)
                word = at_quantile[mix64(stream) & np.uint64(len(at_quantile) - 1)]
                if written > 0:
                    if written % 60 == 0:
                        room[used] = 46
                        room[used + 1] = 10
                        room[used + 2] = 10
                        used += 3
                    else:
                        if written % 12 == 0:
                            room[used] = 46 if written % 24 == 0 else 44
                            used += 1
                        room[used] = 32
                        used += 1
                for index in range(offsets[word], offsets[word + 1]):
                    room[used] = data[index]
                    used += 1
                written += 1
            position += 1
        room[used] = 46
        used += 1
        ends[row + 1] = used
    return used
