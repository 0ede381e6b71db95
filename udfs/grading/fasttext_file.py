"""A supervised model in fastText's binary file, mapped: vocabulary, buckets and weights where they lie.

The layout is that of format 12 (and of 11, whose classifiers have no character n-grams): settings,
dictionary, input rows, output rows, all little-endian and unaligned, as fastText 0.9.2 reads it (``args.cc``,
``dictionary.cc``, ``densematrix.cc``, ``quantmatrix.cc``, ``productquantizer.cc`` at
github.com/facebookresearch/fastText). A ``.ftz`` is the same with rows in codes of a product quantiser, and
often of those buckets alone that were worth keeping.
"""

from __future__ import annotations

import math
import mmap
import struct
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from udfs.grading.fasttext_rows import CENTROIDS, Rows
from udfs.grading.fasttext_words import (
    AFTER_A_WORD,
    END_OF_LINE,
    Vocabulary,
    fill_slots,
    find_entries,
    find_word,
    hash_bytes,
)

MAGIC: Final = 793712314
WITHOUT_CHARACTERS: Final = 11
VERSIONS: Final = (WITHOUT_CHARACTERS, 12)
SUPERVISED: Final = 3
HIERARCHICAL: Final = 1
SOFTMAX: Final = 3
LOSSES: Final = {
    HIERARCHICAL: "hs", 2: "ns", SOFTMAX: "softmax", 4: "ova",
}  # fmt: skip
MOST_BUCKETS: Final = 1 << 28
"""A hundred times the usual number; where some were dropped each takes 4 bytes in every worker."""


class FastTextFile(NamedTuple):
    """What is in a file.

    Attributes:
        vocabulary: Words, and how n-grams become rows.
        labels: Names, the most frequent first.
        label_counts: Documents of each in training.
        loss: ``softmax``, or ``hs``: outputs are the inner nodes of a tree, not labels.
        inputs: A row a word, then a row a bucket that was kept.
        outputs: float32[labels, columns]; of ``hs`` the last row is not used.
    """

    vocabulary: Vocabulary
    labels: tuple[str, ...]
    label_counts: tuple[int, ...]
    loss: str
    inputs: Rows
    outputs: npt.NDArray[np.float32]


def open_fasttext_file(path: Path) -> FastTextFile:
    """Map a file and index its words.

    Raises:
        ValueError: If it cannot be read, is no such model, is truncated, or is of a kind that is not
            supported.
    """
    try:
        with path.open("rb") as file:
            mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except (OSError, ValueError) as error:  # ValueError: the file is empty
        raise ValueError(
            f"fastText model {path} cannot be read ({error}): give a .bin or .ftz file"
        ) from error
    return _Reader(path, mapped).model()


class _Reader:
    """Takes a file apart from its beginning to its end."""

    def __init__(self, path: Path, mapped: mmap.mmap) -> None:
        self.path, self.mapped, self.place = path, mapped, 0
        self.data = np.frombuffer(mapped, np.uint8)

    def model(self) -> FastTextFile:
        """Return what is in the file."""
        magic, version = self._numbers("<ii")
        if magic != MAGIC or version not in VERSIONS:
            raise self._fault(f"is no fastText model of format 11 or 12, but {magic}, {version}")
        facts = self._numbers("<12id")
        columns, _, _, _, _, orders, loss, kind, buckets, shortest, longest, _, _ = facts
        if kind != SUPERVISED:
            raise self._fault("holds word vectors, wanted is a classifier (`fasttext supervised`)")
        if loss not in (HIERARCHICAL, SOFTMAX):
            raise self._fault(
                f"has the loss {LOSSES.get(loss, loss)}, whose probabilities do not add up to one: train with"
                " softmax or hs"
            )
        if version == WITHOUT_CHARACTERS:
            shortest = longest = 0
        least = 1 if orders > 1 or longest > 0 else 0
        if not (least <= buckets <= MOST_BUCKETS and columns > 0 and orders > 0):
            raise self._fault(f"has {buckets} buckets, {columns} columns and {orders}-grams")
        size, words, labels, _, pairs = self._numbers("<iiiqq")
        starts, ends = self._entries(size, words, labels)
        kept = self._kept(pairs, buckets)
        coded = self._flag()
        if pairs >= 0 and not coded:
            raise self._fault(
                "keeps some buckets and has plain rows, as fastText's first pruned models: get its update"
            )
        inputs = self._coded() if coded else self._plain()
        outputs = self._coded() if self._flag() and coded else self._plain()
        wanted = (words + (buckets if pairs < 0 else pairs), labels, columns, columns)
        found = (inputs.height, outputs.height, inputs.values.shape[1], outputs.values.shape[1])
        if found != wanted or self.place != len(self.data):
            raise self._fault(
                f"has matrices of {found} rows and columns, its head asks for {wanted}, and"
                f" {len(self.data) - self.place} bytes are left: it is damaged"
            )
        return FastTextFile(
            self._vocabulary(starts, ends, words, orders, buckets, shortest, longest, kept),
            tuple(self._text(starts[at], ends[at]) for at in range(words, size)),
            tuple(
                int.from_bytes(self.data[end + 1 : end + 9].tobytes(), "little")
                for end in ends[words:].tolist()
            ),
            LOSSES[loss],
            inputs,
            outputs.decoded() if len(outputs.codes) else outputs.values,
        )

    def _entries(
        self, size: int, words: int, labels: int
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        if size != words + labels or words < 0 or labels < 2 or size > self._left() // AFTER_A_WORD:
            raise self._fault(f"has {size} entries of {words} words and {labels} labels")
        starts, ends = np.empty(size, np.int64), np.empty(size, np.int64)
        self.place = find_entries(self.data, self.place, starts, ends)
        if self.place < 0:
            raise self._fault("ends in its dictionary: copy it again")
        kinds = self.data[ends + AFTER_A_WORD - 1]
        if kinds[:words].any() or (kinds[words:] != 1).any():
            raise self._fault("has labels among its words: it is damaged")
        return starts, ends

    def _kept(self, pairs: int, buckets: int) -> npt.NDArray[np.int32]:
        if pairs < 0:
            return np.empty(0, np.int32)
        listed = self._array("<i4", pairs, 2)
        if pairs and not (listed.min() >= 0 and (listed.max(axis=0) < (buckets, pairs)).all()):
            raise self._fault("keeps buckets that it does not have: it is damaged")
        kept = np.full(buckets, -1, np.int32)
        kept[listed[:, 0]] = listed[:, 1]
        return kept

    def _plain(self) -> Rows:
        count, columns = self._numbers("<qq")
        values = self._array("<f4", count, columns)
        return Rows(values, _empty("u1", 0, 0), _empty("f4", 0), 1, _empty("f4", 0))

    def _coded(self) -> Rows:
        normed = self._flag()
        count, columns, size = self._numbers("<qqi")
        parts = size // max(count, 1)
        if size != count * parts:
            raise self._fault(f"has {size} codes for {count} rows: it is damaged")
        codes = self._array("u1", count, parts)
        part, centroids = self._quantiser(columns, parts)
        norms = _empty("f4", 0)
        if normed:
            coded = self._array("u1", count)
            norms = self._quantiser(1, 1)[1][coded]
            norms.flags.writeable = False
        return Rows(_empty("f4", 0, columns), codes, centroids, part, norms)

    def _quantiser(self, columns: int, parts: int) -> tuple[int, npt.NDArray[np.float32]]:
        """Columns a code, and centroids."""
        told = self._numbers("<4i")
        part = told[2]
        last = columns - (parts - 1) * part
        if told != (columns, parts, part, last) or not 0 < last <= part:
            raise self._fault(f"codes {columns} columns in {parts} parts by {told}: it is damaged")
        centroids = self._array("<f4", columns * CENTROIDS).astype(np.float32)
        centroids.flags.writeable = False
        return part, centroids

    def _vocabulary(
        self, starts: npt.NDArray[np.int64], ends: npt.NDArray[np.int64], *rest: Any
    ) -> Vocabulary:
        slots = np.full(1 << int(len(starts) * 1.5).bit_length(), -1, np.int32)
        fill_slots(self.data, starts, ends, slots)
        words, *shape = rest
        vocabulary = Vocabulary(self.data, starts, slots, words, -1, *shape)
        line = np.frombuffer(END_OF_LINE, np.uint8)
        found = find_word(vocabulary, line, 0, len(line), hash_bytes(line, 0, len(line)))
        return vocabulary._replace(end_of_line=found)

    def _text(self, start: int, end: int) -> str:
        try:
            return self.data[start:end].tobytes().decode("utf-8")
        except UnicodeDecodeError as error:
            raise self._fault(f"has a label that is no UTF-8 ({error})") from error

    def _numbers(self, layout: str) -> tuple[Any, ...]:
        size = struct.calcsize(layout)
        self._require(size)
        found = struct.unpack_from(layout, self.mapped, self.place)
        self.place += size
        return found

    def _flag(self) -> bool:
        return bool(self._numbers("<B")[0])

    def _array(self, kind: str, *shape: int) -> npt.NDArray[Any]:
        dtype = np.dtype(kind)
        if min(shape) < 0:
            raise self._fault(f"has an array of shape {shape}: it is damaged")
        count = math.prod(shape)
        self._require(count * dtype.itemsize)
        found = np.frombuffer(self.mapped, dtype, count, self.place) if count else _empty(kind, 0)
        self.place += count * dtype.itemsize
        return found.reshape(shape)

    def _require(self, size: int) -> None:
        if size > self._left():
            raise self._fault(
                f"ends after {len(self.data)} bytes, {size - self._left()} too early: copy it again"
            )

    def _left(self) -> int:
        return len(self.data) - self.place

    def _fault(self, fault: str) -> ValueError:
        return ValueError(f"fastText model {self.path} {fault}")


def _empty(kind: str, *shape: int) -> npt.NDArray[Any]:
    """Nothing, of the one type that kernels are compiled for: not to be written."""
    nothing: npt.NDArray[Any] = np.empty(shape, kind)
    nothing.flags.writeable = False
    return nothing
