"""A corpus with known near-duplicates: Zipf-distributed words, families of edited copies.

Families imitate how copies arise: a few words changed here and there, paragraphs cut, swapped or
added, site furniture around the same story. One large family and exact copies are among them.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

VOCABULARY = 60_000
LARGE_FAMILY_SHARE = 0.02
FAMILY_SHARE = 0.10
EXACT_SHARE = 0.03


class Corpus(NamedTuple):
    """``table``: id int64, text string. ``family``: int64[documents], -1 for documents without."""

    table: pa.Table
    family: npt.NDArray[np.int64]


class _Writer:
    def __init__(self, seed: int) -> None:
        self.random = np.random.default_rng(seed)
        letters = np.array(list("etaoinshrdlcumwfgypbvk"))
        lengths = np.clip(self.random.poisson(4.2, VOCABULARY) + 1, 2, 14)
        words = {""}
        self.words: list[str] = []
        for length in lengths:
            word = ""
            while word in words:
                word = "".join(self.random.choice(letters, length + (length < 4)))
            words.add(word)
            self.words.append(word)
        ranks = np.arange(1, VOCABULARY + 1)
        weights = 1.0 / (ranks + 2.7) ** 1.05
        self.cumulative = np.cumsum(weights / weights.sum())

    def draw(self, count: int) -> npt.NDArray[np.int64]:
        return np.minimum(
            np.searchsorted(self.cumulative, self.random.random(count)), VOCABULARY - 1
        )

    def document(self) -> npt.NDArray[np.int64]:
        return self.draw(int(np.clip(self.random.lognormal(5.9, 0.65), 20, 4000)))

    def edit(self, words: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """A copy, changed as copies are: how much differs from copy to copy."""
        kind = self.random.integers(4)
        amount = self.random.beta(1.0, 3.0)
        if kind == 0:  # single words
            copy = words.copy()
            changed = self.random.random(len(copy)) < 0.08 * amount
            copy[changed] = self.draw(int(changed.sum()))
            return copy
        size = max(1, int(len(words) * 0.5 * amount))
        place = int(self.random.integers(max(1, len(words) - size)))
        if kind == 1:  # a part left out
            return np.delete(words, slice(place, place + size))
        if kind == 2:  # a part added
            return np.insert(words, place, self.draw(size))
        other = words.copy()  # a part rewritten
        other[place : place + size] = self.draw(len(other[place : place + size]))
        return other

    def text(self, words: npt.NDArray[np.int64]) -> str:
        pieces = []
        for start in range(0, len(words), 60):
            part = [self.words[word] for word in words[start : start + 60]]
            part[0] = part[0].capitalize()
            for stop in range(11, len(part), 12):
                part[stop] += "." if stop % 24 == 11 else ","
            pieces.append(" ".join(part) + ".")
        return "\n\n".join(pieces)


def generate(documents: int, seed: int = 1) -> Corpus:
    """Make a corpus of ``documents`` documents of 2.6 kB on average, in random order."""
    writer = _Writer(seed)
    texts: list[str] = []
    family: list[int] = []

    def add(words: npt.NDArray[np.int64], number: int) -> None:
        texts.append(writer.text(words))
        family.append(number)

    number = 0
    base = writer.document()
    for _ in range(int(documents * LARGE_FAMILY_SHARE)):
        add(writer.edit(base), number)
    planted = int(documents * (LARGE_FAMILY_SHARE + FAMILY_SHARE))
    while len(texts) < planted:
        number += 1
        base = writer.document()
        add(base, number)
        for _ in range(min(int(writer.random.pareto(1.3) + 1), 49)):
            base = base if writer.random.random() < 0.8 else writer.edit(base)
            add(writer.edit(base), number)
    for _ in range(int(documents * EXACT_SHARE)):
        source = int(writer.random.integers(len(texts)))
        texts.append(texts[source])
        family.append(family[source])
    while len(texts) < documents:
        add(writer.document(), -1)
    order = writer.random.permutation(len(texts))
    table = pa.table({"id": np.arange(len(texts)), "text": pa.array([texts[i] for i in order])})
    return Corpus(table, np.array(family)[order])
