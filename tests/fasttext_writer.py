"""Small fastText classifiers, written byte by byte as fastText 0.9.2 reads them."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

MAGIC = 793712314
LOSSES = {"hs": 1, "ns": 2, "softmax": 3, "ova": 4}
KINDS = {"cbow": 1, "skipgram": 2, "supervised": 3}


@dataclass(frozen=True)
class Model:
    """What is written; weights are drawn by ``seed``.

    Attributes:
        words: In the order of their numbers.
        labels: Names and counts, descending.
        columns: Of both matrices.
        orders, buckets, shortest, longest: As in ``udfs.grading.fasttext_words``.
        kept: Buckets that are left, of a pruned model; None: all.
        part: Columns a code of a quantised model; 0: plain rows.
        normed, coded_outputs: Of a quantised model.
    """

    words: Sequence[str]
    labels: Mapping[str, int]
    columns: int = 5
    orders: int = 1
    buckets: int = 0
    shortest: int = 0
    longest: int = 0
    loss: str = "softmax"
    kind: str = "supervised"
    version: int = 12
    kept: Sequence[int] | None = None
    part: int = 0
    normed: bool = False
    coded_outputs: bool = False
    seed: int = 1
    magic: int = MAGIC

    def content(self) -> bytes:
        """The bytes of the file."""
        rows = len(self.words) + (self.buckets if self.kept is None else len(self.kept))
        random = np.random.RandomState(self.seed)  # whose stream is promised never to change
        parts = [
            struct.pack("<ii", self.magic, self.version),
            struct.pack(
                "<12id", self.columns, 5, 5, 1, 5, self.orders, LOSSES[self.loss], KINDS[self.kind],
                self.buckets, self.shortest, self.longest, 100, 1e-4,
            ),
            self._dictionary(),
            bytes([self.part > 0]),
            self._matrix(random, rows, coded=self.part > 0),
            bytes([self.coded_outputs]),
            self._matrix(random, len(self.labels), coded=self.coded_outputs),
        ]  # fmt: skip
        return b"".join(parts)

    def _dictionary(self) -> bytes:
        kept = -1 if self.kept is None else len(self.kept)
        size = len(self.words) + len(self.labels)
        head = struct.pack("<iiiqq", size, len(self.words), len(self.labels), 1000, kept)
        entries = [(word, 3, 0) for word in self.words]
        entries += [(name, count, 1) for name, count in self.labels.items()]
        body = b"".join(
            name.encode("utf-8", "surrogateescape") + struct.pack("<bqb", 0, count, kind)
            for name, count, kind in entries
        )
        pairs = b"".join(struct.pack("<ii", *pair[::-1]) for pair in enumerate(self.kept or ()))
        return head + body + pairs

    def _matrix(self, random: np.random.RandomState, rows: int, *, coded: bool) -> bytes:
        size = struct.pack("<qq", rows, self.columns)
        if not coded:
            return size + _floats(random, rows * self.columns)
        parts = -(-self.columns // self.part)
        last = self.columns - (parts - 1) * self.part
        written = bytes([self.normed]) + size + struct.pack("<i", rows * parts)
        written += _codes(random, rows * parts)
        written += struct.pack("<4i", self.columns, parts, self.part, last)
        written += _floats(random, self.columns * 256)
        if self.normed:
            written += _codes(random, rows) + struct.pack("<4i", 1, 1, 1, 1)
            written += _floats(random, 256)
        return written


def write_fasttext(path: Path, model: Model) -> Path:
    """Write a model; its folder is made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(model.content())
    return path


def _floats(random: np.random.RandomState, count: int) -> bytes:
    values: npt.NDArray[np.float64] = random.uniform(-2, 2, count)
    return values.astype("<f4").tobytes()


def _codes(random: np.random.RandomState, count: int) -> bytes:
    return bytes(random.randint(0, 256, count).tolist())
