"""How common an item's words and phrases are in documents that do not hold the item.

A phrase that many documents have is boilerplate, unless they have it because they hold the item: a plain
count of documents would hide the items that leaked most. So a document counts for a phrase only where it
lacks most of every field that has it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from udfs.columns.batch_columns import require_columns
from udfs.columns.compiled import kernel
from udfs.columns.sorted_integers import distinct_integers
from udfs.contamination.benchmark_index import (
    LEAST_NUMBERS,
    VIEWS,
    BenchmarkIndex,
    Frequencies,
)
from udfs.contamination.code_tokens import code_stretches, code_tokens, find_code
from udfs.contamination.phrase_index import PhraseHits, find_marked, find_phrases
from udfs.contamination.windows import find_candidates
from udfs.lines.text_batch import TextBatch
from udfs.text.folding import HAN_KIND, NUMBER_KIND, fold
from udfs.text.token_batch import TokenBatch

MOST_OF_AN_ITEM: Final = 0.7
"""Share of a field from which on a document holds its phrases because it holds the item."""
TOKENS: Final = len(VIEWS)  # kinds of rows: a view's number for its phrases, then these
TOTALS: Final = len(VIEWS) + 1
HEAD_BITS: Final = 16  # of a token's hash: one or two tokens of a vocabulary share them
COUNTS_SCHEMA: Final = pa.schema([("kind", pa.int8()), ("key", pa.int64()), ("count", pa.int64())])


class PhraseCountBatches:
    """A function for mapInArrow: ``text`` in, counts out; rows of equal ``kind`` and ``key`` add up.

    Args:
        index: Gives the index of the items, built without frequencies.
    """

    def __init__(self, index: Callable[[], BenchmarkIndex]) -> None:
        self.index = index

    def output_schema(self, schema: pa.Schema) -> pa.Schema:
        """Return ``COUNTS_SCHEMA``.

        Raises:
            ValueError: There is no column of text.
        """
        require_columns(schema, {"text": (pa.string(), pa.large_string())})
        return COUNTS_SCHEMA

    def __call__(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Yield the counts of all batches."""
        index = self.index()
        counts = PhraseCounts(index)
        for batch in batches:
            counts.add_texts(batch.column("text"))
        yield counts.rows()


class PhraseCounts:
    """Counters of one task."""

    def __init__(self, index: BenchmarkIndex) -> None:
        self._index = index
        self._views = (index.words, index.exact, index.code)
        self._low = [np.zeros(len(view.phrases.keys), np.int64) for view in self._views]
        self._tokens = np.zeros(len(index.vocabulary), np.int64)
        self._totals = np.zeros(2, np.int64)
        heads = np.arange((1 << HEAD_BITS) + 1, dtype=np.uint64)
        firsts = index.vocabulary >> np.uint64(64 - HEAD_BITS)
        self._directory = np.searchsorted(firsts, heads).astype(np.int64)

    def add_texts(self, texts: pa.Array) -> None:
        """Count some texts, of which some may be null."""
        for part in TextBatch(texts.fill_null("")).parts():
            self.add(part.tokens_alone)

    def add(self, tokens: TokenBatch) -> None:
        """Count the texts of some tokens."""
        index = self._index
        folded = fold(tokens, index.table)
        self._add_tokens(folded.hashes, folded.kinds)
        hits = find_phrases(folded.hashes, folded.offsets, index.words.phrases)
        self._add_phrases(0, hits, folded.exact)
        hits = find_marked(
            folded.exact, folded.kinds, NUMBER_KIND, LEAST_NUMBERS, folded.offsets,
            index.exact.phrases,
        )  # fmt: skip
        self._add_phrases(1, hits, folded.exact)
        rows, starts, ends = code_stretches(tokens.data, tokens.text_offsets)
        if len(index.code.items) and len(rows):
            read = code_tokens(tokens.data, starts, ends)
            hits = find_code(read, index.code.phrases)
            self._add_phrases(2, hits._replace(rows=rows[hits.rows]), read.symbols)

    def rows(self) -> pa.RecordBatch:
        """All counts that are not 0, as ``COUNTS_SCHEMA``."""
        parts = [
            (kind, view.phrases.keys, low)
            for kind, (view, low) in enumerate(zip(self._views, self._low, strict=True))
        ]
        parts.append((TOKENS, self._index.vocabulary, self._tokens))
        parts.append((TOTALS, np.arange(2, dtype=np.uint64), self._totals))
        kinds = [np.full(np.count_nonzero(counts), kind, np.int8) for kind, _, counts in parts]
        keys = [keys[counts > 0].view(np.int64) for _, keys, counts in parts]
        counted = [counts[counts > 0] for _, _, counts in parts]
        columns = [pa.array(np.concatenate(column)) for column in (kinds, keys, counted)]
        return pa.RecordBatch.from_arrays(columns, schema=COUNTS_SCHEMA)

    def _add_tokens(self, hashes: npt.NDArray[np.uint64], kinds: npt.NDArray[np.uint8]) -> None:
        self._totals += [np.count_nonzero(kinds != HAN_KIND), np.count_nonzero(kinds == HAN_KIND)]
        _count_known(hashes, self._index.vocabulary, self._directory, self._tokens)

    def _add_phrases(self, number: int, hits: PhraseHits, exact: npt.NDArray[np.uint64]) -> None:
        view, low = self._views[number], self._low[number]
        pairs = distinct_integers(hits.rows << 32 | hits.phrases)
        rows, phrases = pairs >> 32, pairs & 0xFFFFFFFF
        excused = np.zeros(len(pairs), np.bool_)
        found = find_candidates(hits, view.phrases, view.fields, exact, MOST_OF_AN_ITEM)
        if len(found.rows):
            held = found.rows << 32 | found.fields
            sizes = view.phrases.postings[phrases + 1] - view.phrases.postings[phrases]
            owners = np.repeat(np.arange(len(pairs)), sizes)
            places = _ranges(view.phrases.postings[phrases], sizes)
            fields = view.phrases.fields[places].astype(np.int64)
            excused[owners[np.isin(rows[owners] << 32 | fields, held)]] = True
        np.add.at(low, phrases[~excused], 1)


@kernel
def _count_known(
    hashes: npt.NDArray[np.uint64],
    vocabulary: npt.NDArray[np.uint64],
    directory: npt.NDArray[np.int64],
    counts: npt.NDArray[np.int64],
) -> None:
    """Add to ``counts`` the tokens that the vocabulary has; ``directory``: its places by their first bits."""
    for token in hashes:
        head = np.int64(token >> np.uint64(64 - HEAD_BITS))
        for place in range(directory[head], directory[head + 1]):
            if vocabulary[place] == token:
                counts[place] += 1
                break


def _ranges(starts: npt.NDArray[np.int64], sizes: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """start, start + 1, … for each start, one after the other."""
    before = np.cumsum(sizes) - sizes
    ranges: npt.NDArray[np.int64] = np.arange(sizes.sum()) - np.repeat(before - starts, sizes)
    return ranges


def frequencies(table: pa.Table, documents: int, most_documents: int) -> Frequencies:
    """Make of summed-up counts what an index is built with.

    Args:
        table: Of ``COUNTS_SCHEMA``, every (kind, key) once.
        documents: Documents that were counted.
        most_documents: A phrase that more of them hold without its item is boilerplate.
    """
    kinds, keys, counts = (table.column(name).to_numpy() for name in COUNTS_SCHEMA.names)
    keys = keys.view(np.uint64)
    common = tuple(keys[(kinds == kind) & (counts > most_documents)] for kind in range(len(VIEWS)))
    tokens = kinds == TOKENS
    order = np.argsort(keys[tokens])
    totals = [int(counts[(kinds == TOTALS) & (keys == place)].sum()) for place in range(2)]
    return Frequencies(
        documents, keys[tokens][order], counts[tokens][order], (totals[0], totals[1]), common
    )
