"""A fastText classifier as a grader: the mean of its classes' grades by their probabilities."""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from udfs.columns.string_views import string_views
from udfs.grading.fasttext_file import FastTextFile, open_fasttext_file
from udfs.grading.fasttext_rows import average_rows
from udfs.learning.model_folder import check_digest, file_digest, read_description

KIND: Final = "fasttext"
MODEL_NAME: Final = "model.bin"

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class FastTextCard:
    """What a class is worth.

    Attributes:
        classes: Grade of each label, 0 to 5.
        languages: ISO 639-1 codes that it can grade; empty: not known, every text is graded.
        training: Facts of its origin for people.
    """

    classes: Mapping[str, float]
    languages: tuple[str, ...] = ()
    training: Mapping[str, Any] = dataclasses.field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class FastTextModel:
    """An opened classifier.

    Attributes:
        file: What is in its file.
        card: What its classes are worth.
        digest: Hexadecimal SHA-256 of all that the grades depend on.
    """

    file: FastTextFile
    card: FastTextCard
    digest: str

    def predict(self, texts: pa.Array) -> npt.NDArray[np.float32]:
        """Grade every text, whole, its line breaks taken for blanks.

        Args:
            texts: string or large_string; null counts as empty.

        Returns:
            float32[n], 0..5; NaN where a text has no word.
        """
        grades = np.array([self.card.classes[label] for label in self.file.labels])
        found: npt.NDArray[np.float32] = (self.probabilities(texts) @ grades).astype(np.float32)
        return found

    def probabilities(self, texts: pa.Array) -> Floats:
        """Probabilities of the labels, float64[n, labels]; NaN where a text has no word.

        fastText itself tells each .00001 higher, since it takes a logarithm of what may be 0.
        """
        views = string_views(texts)
        means = np.empty((len(texts), self.file.outputs.shape[1]), np.float32)
        words = np.empty(len(texts), np.int64)
        file = self.file
        average_rows(views.data, views.offsets, file.vocabulary, file.inputs, means, words)
        means[words == 0] = np.nan  # the end of a line alone would be judged, too
        margins = means.astype(np.float64) @ file.outputs.T.astype(np.float64)
        return _leaves(margins, file.label_counts) if file.loss == "hs" else _softmax(margins)


def open_fasttext(folder: Path) -> FastTextModel:
    """Open a folder of ``corpusmill fetch-grader``.

    Raises:
        ValueError: If a file is missing, damaged, or of another model.
    """
    described = read_description(folder)
    path = folder / MODEL_NAME
    try:
        found = path.stat()
        card = FastTextCard(
            {str(name): float(grade) for name, grade in described["classes"].items()},
            tuple(described["languages"]),
            described["training"],
        )
        digest = described["digests"][MODEL_NAME]
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise ValueError(
            f"model card in {folder} is not complete ({error}): fetch the model again"
        ) from error
    except OSError as error:
        raise ValueError(f"{path} cannot be read ({error}): copy the whole model folder") from error
    seen = _Seen(path, found.st_size, found.st_mtime_ns)
    check_digest(path, _digest(seen), digest)
    file = _file(seen)
    if card.classes.keys() != set(file.labels):
        raise ValueError(
            f"model card in {folder} grades {', '.join(card.classes)}, the model has the labels"
            f" {', '.join(file.labels)}: fetch the model again"
        )
    content = json.dumps([dataclasses.asdict(card), digest], sort_keys=True)
    return FastTextModel(file, card, hashlib.sha256(content.encode()).hexdigest())


class _Seen(NamedTuple):
    """A file as it was when it was looked at."""

    path: Path
    size: int
    modified: int


# A worker opens its grader once a task; gigabytes are read through and indexed once a process.
@functools.lru_cache(maxsize=1)
def _digest(seen: _Seen) -> str:
    return file_digest(seen.path)


@functools.lru_cache(maxsize=1)
def _file(seen: _Seen) -> FastTextFile:
    return open_fasttext_file(seen.path)


def _softmax(margins: Floats) -> Floats:
    odds = np.exp(margins - margins.max(axis=1, keepdims=True))
    shares: Floats = odds / odds.sum(axis=1, keepdims=True)
    return shares


def _leaves(margins: Floats, counts: tuple[int, ...]) -> Floats:
    """Probabilities of the leaves of the Huffman tree that hierarchical softmax learnt with.

    Args:
        margins: float64[n, labels]; of the inner nodes, log-odds of their right side, the last unused.
        counts: Documents of each label, descending.
    """
    labels = len(counts)
    right = 0.5 * (1.0 + np.tanh(0.5 * margins))  # no overflow, whatever the margin
    shares = np.empty((len(margins), 2 * labels - 1))
    shares[:, -1] = np.where(np.isnan(margins[:, 0]), np.nan, 1.0)
    for node, sides in reversed([*enumerate(huffman_sides(counts))]):
        above = shares[:, labels + node]
        shares[:, sides[1]] = above * right[:, node]
        shares[:, sides[0]] = above * (1.0 - right[:, node])
    return shares[:, :labels]


def huffman_sides(counts: tuple[int, ...]) -> list[tuple[int, int]]:
    """Left and right of each inner node, the root last: numbers of labels, of nodes from ``len(counts)`` on.

    As fastText builds the tree, from counts that descend: of equal ones a node comes before a label.
    """
    labels = len(counts)
    weights: list[float] = [*counts]
    sides: list[tuple[int, int]] = []
    leaf, node = labels - 1, labels
    for _ in range(labels - 1):
        lightest = []
        for _ in range(2):
            made = node < len(weights)
            if leaf >= 0 and (not made or weights[leaf] < weights[node]):
                lightest.append(leaf)
                leaf -= 1
            else:
                lightest.append(node)
                node += 1
        sides.append((lightest[0], lightest[1]))
        weights.append(weights[lightest[0]] + weights[lightest[1]])
    return sides
