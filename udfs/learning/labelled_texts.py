"""Labelled texts made ready for training: checked, in an order of their own, divided by group."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from udfs.columns.content_keys import content_keys
from udfs.learning.grouped_split import Split, grouped_split
from udfs.text.tokenising import tokenise

BYTES_SEARCHED_FOR_WORDS: Final = 1 << 16
MINIMUM_OF_A_LANGUAGE: Final = 20
"""Fewer documents teach a model nothing about a language, and it must not judge it."""


@dataclass(frozen=True, eq=False)
class LabelledTexts:
    """Documents in the order of their content's hash, whatever the order they were given in.

    Attributes:
        texts: string, large_string or binary.
        labels: float64[n].
        keys: uint64[n], hash of each text, ascending.
        groups: uint64[n], equal for documents that belong together.
        languages: object[n] of ISO 639-1 codes, None where unknown.
        filled: bool[n], whether the text has a token; others take no part.
    """

    texts: pa.Array
    labels: npt.NDArray[np.float64]
    keys: npt.NDArray[np.uint64]
    groups: npt.NDArray[np.uint64]
    languages: npt.NDArray[np.object_]
    filled: npt.NDArray[np.bool_]

    @classmethod
    def prepare(
        cls,
        texts: pa.Array,
        labels: npt.ArrayLike,
        label_range: tuple[float, float],
        groups: pa.Array | None = None,
        languages: pa.Array | None = None,
    ) -> LabelledTexts:
        """Check labels and bring rows into their order.

        Args:
            texts: string, large_string or binary; null counts as empty.
            labels: float[n] within ``label_range``; may be fractional.
            label_range: (lowest, highest).
            groups: Names; rows of one name are not divided between training and test. None, or null
                in a row: equal texts are a group.
            languages: ISO 639-1 codes; None or null where unknown.

        Raises:
            ValueError: If labels are missing or out of range.
        """
        values = np.asarray(labels, np.float64)
        _check_labels(len(texts), values, label_range)
        keys = content_keys(texts.cast(pa.large_binary()).to_pylist())
        group_keys = keys.copy()
        if groups is not None:
            named = np.array(groups.is_valid())
            group_keys[named] = content_keys(groups.drop_null().cast(pa.string()).to_pylist())
        codes = np.full(len(texts), None, np.object_)
        if languages is not None:
            codes[:] = languages.cast(pa.string()).to_pylist()
        order = np.lexsort((group_keys, values, keys))
        ordered = texts.take(pa.array(order))
        beginnings = pc.binary_slice(ordered.cast(pa.large_binary()), 0, BYTES_SEARCHED_FOR_WORDS)
        filled = np.diff(tokenise(beginnings).token_offsets) > 0
        return cls(ordered, values[order], keys[order], group_keys[order], codes[order], filled)

    @functools.cached_property
    def split(self) -> Split:
        """What is for training, for calibration and for the test."""
        return grouped_split(self.groups, self.labels, self.filled)

    @functools.cached_property
    def taught_languages(self) -> tuple[str, ...]:
        """Languages with enough documents to learn from; empty where none was named."""
        known = self.languages[self.split.training & (self.languages != None)]  # noqa: E711
        codes, counts = np.unique(known.astype(str), return_counts=True)
        return tuple(str(code) for code in codes[counts >= MINIMUM_OF_A_LANGUAGE])


def _check_labels(
    texts: int, labels: npt.NDArray[np.float64], label_range: tuple[float, float]
) -> None:
    if labels.shape != (texts,):
        raise ValueError(
            f"{texts} texts have labels of shape {labels.shape}: give one label a text"
        )
    low, high = label_range
    outside = ~((labels >= low) & (labels <= high))
    if outside.any():
        raise ValueError(
            f"{int(outside.sum())} labels, first {labels[outside][0]}, are not between"
            f" {low:g} and {high:g}: drop or rescale them"
        )
