"""Modified Kneser-Ney as Spark jobs: three shuffles of n-gram blocks for all orders together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812 - Spark's own convention

from jobs.perplexity.block_rows import (
    BLOCK_DDL,
    cut_blocks,
    join_blocks,
    split_by_bucket,
    to_batches,
)
from jobs.perplexity.trained_model import TrainedModel
from jobs.runtime.storage import join, spark_path, spark_read_path
from udfs.arpa_file import compress, format_section
from udfs.kneser_ney import (
    BEGIN_ID,
    Discounts,
    Ids,
    Reals,
    counts_of_counts,
    discounts,
    log10,
    unigram_probabilities,
)
from udfs.ngram_blocks import (
    ContextGammas,
    DiscountedNgrams,
    context_bucket,
    count_bucket,
    discount_bucket,
    interpolate_bucket,
    sentence_ngrams,
    suffix_bucket,
)
from udfs.perplexity_ids import Vocabulary, build_vocabulary, distinct_words, encode_lines

if TYPE_CHECKING:
    from pyspark import Broadcast

_FLUSH_BYTES = 8 << 20  # token bytes counted together before they are sent: map-side combining


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
