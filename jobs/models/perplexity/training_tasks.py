"""The tasks of a distributed training: functions of Arrow batches that Spark ships to its workers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from jobs.models.perplexity.block_rows import (
    Block,
    cut_blocks,
    join_blocks,
    split_by_bucket,
    to_batches,
)
from udfs.perplexity.arpa_file import compress, format_section
from udfs.perplexity.kneser_ney import Discounts, counts_of_counts
from udfs.perplexity.ngram_blocks import (
    ContextGammas,
    DiscountedNgrams,
    context_bucket,
    count_bucket,
    discount_bucket,
    interpolate_bucket,
    sentence_ngrams,
    suffix_bucket,
)
from udfs.perplexity.word_ids import distinct_words, encode_lines

if TYPE_CHECKING:
    from jobs.runtime.spark.connect import Sent

WORDS_SCHEMA = pa.schema([("words", pa.binary())])
LINES_SCHEMA = pa.schema(
    [
        ("bucket", pa.int32()),
        ("kind", pa.string()),
        ("size", pa.int32()),
        ("ngrams", pa.int64()),
        ("lines", pa.binary()),
    ]
)
_FLUSH_BYTES = 8 << 20  # token bytes counted together before they are sent: map-side combining
_NO_WORDS = np.empty((0, 1), np.int32)

Batches = Iterable[pa.RecordBatch]


@dataclass(frozen=True)
class Plan:
    """What every task must know.

    Attributes:
        order: Highest n.
        prune: Raw-count threshold of each order.
        buckets: Number of buckets; follows from the sample, never from the cluster.
        vocabulary: Number of word ids.
    """

    order: int
    prune: tuple[int, ...]
    buckets: int
    vocabulary: int


def _token_chunks(batches: Iterable[pa.RecordBatch]) -> Iterator[npt.NDArray[np.uint8]]:
    """The token lines of many documents at a time."""
    waiting: list[bytes] = []
    size = 0
    for batch in batches:
        for value in batch.column("tokens"):
            waiting.append(value.as_py())
            size += len(waiting[-1])
            if size >= _FLUSH_BYTES:
                yield np.frombuffer(b"".join(waiting), np.uint8)
                waiting, size = [], 0
    if waiting:
        yield np.frombuffer(b"".join(waiting), np.uint8)


@dataclass(frozen=True)
class FindWords:
    """Token lines -> the different words of each chunk, separated by spaces."""

    def __call__(self, batches: Batches) -> Iterator[pa.RecordBatch]:
        """Yield one row a chunk."""
        for data in _token_chunks(batches):
            yield pa.record_batch([[b" ".join(distinct_words(data))]], schema=WORDS_SCHEMA)


@dataclass(frozen=True)
class CountSentences:
    """Token lines -> raw counts of n-grams, for the bucket of their last two words."""

    plan: Plan
    lookup: Sent  # (hashes, ids) of the vocabulary

    def __call__(self, batches: Batches) -> Iterator[pa.RecordBatch]:
        """Yield blocks of kind ``raw``: words, count."""
        yield from to_batches(self._blocks(batches))

    def _blocks(self, batches: Batches) -> Iterator[Block]:
        hashes, ids = self.lookup.value
        plan = self.plan
        for data in _token_chunks(batches):
            encoded = encode_lines(data, hashes, ids)
            for words, counts in sentence_ngrams(encoded, plan.order, plan.vocabulary).values():
                yield from cut_blocks(
                    "raw", words, counts, None, suffix_bucket(words, plan.buckets)
                )


@dataclass(frozen=True)
class CountBuckets:
    """Raw counts of a bucket -> adjusted counts of all its n-grams, for the bucket of their context."""

    plan: Plan

    def __call__(self, batches: Batches) -> Iterator[pa.RecordBatch]:
        """Yield blocks of three kinds.

        ``counted``: words, adjusted and raw count. ``statistics``: the four counts of counts of an
        order. ``followers``: last words of the bucket's pairs with the number of pairs.
        """
        yield from to_batches(self._blocks(batches))

    def _blocks(self, batches: Batches) -> Iterator[Block]:
        plan = self.plan
        for bucket, table in split_by_bucket(batches):
            found = {
                n: join_blocks(table, "raw", n, (np.int64, np.int64))[:2]
                for n in range(2, plan.order + 1)
            }
            for n, counted in count_bucket(found, plan.order, plan.vocabulary).items():
                buckets = context_bucket(counted.words, plan.buckets)
                yield from cut_blocks(
                    "counted", counted.words, counted.adjusted, counted.raw, buckets
                )
                statistics = counts_of_counts(counted.adjusted).tobytes()
                yield bucket, "statistics", n, b"", statistics, b""
                if n == 2:
                    last, pairs = np.unique(counted.words[:, 1], return_counts=True)
                    yield bucket, "followers", 1, last.tobytes(), pairs.tobytes(), b""


@dataclass(frozen=True)
class DiscountBuckets:
    """Adjusted counts of whole contexts -> shares and gammas, for the bucket of the last two words."""

    plan: Plan
    of_orders: dict[int, Discounts]

    def __call__(self, batches: Batches) -> Iterator[pa.RecordBatch]:
        """Yield blocks of three kinds.

        ``share``: words, share, the context's gamma. ``context``: words of a context, gamma.
        ``unigram``: the same for contexts of one word.
        """
        yield from to_batches(self._blocks(batches))

    def _blocks(self, batches: Batches) -> Iterator[Block]:
        plan = self.plan
        for bucket, table in split_by_bucket(batches):
            for n in range(2, plan.order + 1):
                words, adjusted, raw = join_blocks(table, "counted", n, (np.int64, np.int64))
                ngrams, contexts = discount_bucket(
                    words, adjusted, raw > plan.prune[n - 1], self.of_orders[n], plan.vocabulary
                )
                buckets = suffix_bucket(ngrams.words, plan.buckets)
                yield from cut_blocks("share", ngrams.words, ngrams.share, ngrams.gamma, buckets)
                if n == 2:
                    gammas = contexts.gamma.tobytes()
                    yield bucket, "unigram", 1, contexts.words.tobytes(), gammas, b""
                else:
                    buckets = suffix_bucket(contexts.words, plan.buckets)
                    yield from cut_blocks("context", contexts.words, contexts.gamma, None, buckets)


@dataclass(frozen=True)
class InterpolateBuckets:
    """Shares and gammas of a bucket -> ARPA lines."""

    plan: Plan
    words: Sent  # (p of single words, vocabulary)

    def __call__(self, batches: Batches) -> Iterator[pa.RecordBatch]:
        """Yield one row a bucket and order: number of n-grams, compressed lines."""
        plan = self.plan
        unigrams, vocabulary = self.words.value
        floats = (np.float64, np.float64)
        for bucket, table in split_by_bucket(batches):
            ngrams = {
                n: DiscountedNgrams(*join_blocks(table, "share", n, floats))
                for n in range(2, plan.order + 1)
            }
            contexts = {
                n: ContextGammas(*join_blocks(table, "context", n, floats)[:2])
                for n in range(2, plan.order)
            }
            sections = interpolate_bucket(ngrams, contexts, unigrams, plan.order, plan.vocabulary)
            for n, section in sections.items():
                backoff = section.log_backoff if n < plan.order else None
                lines = format_section(section.words, section.log_probability, backoff, vocabulary)
                yield pa.record_batch(
                    [[bucket], ["lines"], [n], [len(section.words)], [compress(lines)]],
                    schema=LINES_SCHEMA,
                )
