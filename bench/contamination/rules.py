"""Rules of other projects on our own tokens, which is generous: they split at white space.

Re-implemented from their documents: any shared 13-gram (GPT-3, Brown et al. 2020), half of the question in
shared 8-grams (Tulu 3, Lambert et al. 2024), and datatrove's n-gram decontamination (12-grams, numbers made
equal; by default those of the label and across its border, on demand those of the query, too).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from udfs.contamination.items import BenchmarkItem
from udfs.contamination.phrase_index import PhraseIndex, build_index, find_phrases, phrase_keys
from udfs.contamination.planting import plain
from udfs.contamination.windows import FieldTokens, find_candidates
from udfs.text.folding import FoldedTokens, fold, fold_table
from udfs.text.token_batch import TokenBatch
from udfs.text.tokenising import tokenise

NO_KEYS = np.zeros(0, np.uint64)


@dataclass(frozen=True)
class AnyHit:
    """A document is flagged for one shared phrase."""

    name: str
    phrases: PhraseIndex
    exact: bool

    def flagged(self, tokens: TokenBatch) -> npt.NDArray[np.bool_]:
        """bool[rows]."""
        folded = fold(tokens, fold_table())
        hashes = folded.exact if self.exact else folded.hashes
        hits = find_phrases(hashes, folded.offsets, self.phrases)
        rows = np.zeros(len(tokens.token_offsets) - 1, np.bool_)
        rows[hits.rows] = True
        return rows


@dataclass(frozen=True)
class Coverage:
    """A document is flagged where shared phrases cover so much of one question."""

    name: str
    phrases: PhraseIndex
    fields: FieldTokens
    share: float

    def flagged(self, tokens: TokenBatch) -> npt.NDArray[np.bool_]:
        """bool[rows]."""
        folded = fold(tokens, fold_table())
        hits = find_phrases(folded.exact, folded.offsets, self.phrases)
        found = find_candidates(hits, self.phrases, self.fields, folded.exact, self.share)
        rows = np.zeros(len(tokens.token_offsets) - 1, np.bool_)
        rows[found.rows] = True
        return rows


Rule = AnyHit | Coverage


def other_rules(items: Sequence[BenchmarkItem]) -> list[Rule]:
    """The rules of other projects for some items."""
    questions = _folded([item.question for item in items])
    return [
        AnyHit(
            "13-gram any hit",
            _phrases(_folded([plain(item) for item in items]), 13, exact=True),
            True,
        ),
        _coverage(questions),
        AnyHit("datatrove", _datatrove(items, queries=False), False),
        AnyHit("datatrove with queries", _datatrove(items, queries=True), False),
    ]


def _coverage(questions: FoldedTokens) -> Coverage:
    phrases = _phrases(questions, 8, exact=True)
    bits = np.ones(len(questions.exact), np.float32)
    totals = np.diff(questions.offsets).astype(np.float64)
    fields = FieldTokens(questions.offsets, questions.kinds, questions.exact, bits, totals)
    return Coverage("8-gram, half the question", phrases, fields, 0.5)


def _datatrove(items: Sequence[BenchmarkItem], *, queries: bool, length: int = 12) -> PhraseIndex:
    labels = [item.answer or item.code or "\n".join(item.choices[:1]) for item in items]
    told = _folded(labels)
    asked = _folded([item.question for item in items])
    joined = _folded(
        [f"{item.question}\n{label}" for item, label in zip(items, labels, strict=True)]
    )
    border = []
    for row in range(len(items)):
        middle = joined.offsets[row] + asked.offsets[row + 1] - asked.offsets[row]
        low = max(middle - length + 1, joined.offsets[row])
        border.append(joined.hashes[low : min(middle + length - 1, joined.offsets[row + 1])])
    keys = [phrase_keys(told.hashes, told.offsets, length)[0], _keys_of(border, length)]
    if queries:
        keys.append(phrase_keys(asked.hashes, asked.offsets, length)[0])
    every = np.concatenate(keys)
    nowhere = np.zeros(len(every), np.int64)
    return build_index(every, nowhere, nowhere, length, NO_KEYS)


def _keys_of(rows: Sequence[npt.NDArray[np.uint64]], length: int) -> npt.NDArray[np.uint64]:
    offsets = np.append(0, np.cumsum([len(row) for row in rows])).astype(np.int64)
    return phrase_keys(np.concatenate(rows), offsets, length)[0]


def _phrases(tokens: FoldedTokens, length: int, *, exact: bool) -> PhraseIndex:
    keys, rows, places = phrase_keys(
        tokens.exact if exact else tokens.hashes, tokens.offsets, length
    )
    return build_index(keys, rows, places, length, NO_KEYS)


def _folded(texts: Sequence[str]) -> FoldedTokens:
    return fold(tokenise(pa.array(list(texts), pa.large_string())), fold_table())
