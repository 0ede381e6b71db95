"""Lines or paragraphs that many documents share: found by 64-bit hashes, cut where the text lies.

What document-level deduplication cannot see: cookie banners, licence notes, a story inside two
different pages. Off by default, since it can tear sentences out of prose that quotes.

``keep: first`` leaves one copy of a passage, as C4 does with its three-sentence spans (Raffel et al.
2020) and CCNet with paragraphs (Wenzek et al. 2020); ``keep: none`` with ``max_copies: 6``
removes every copy of a passage that is too frequent, as Llama 3 does with lines (Dubey et al. 2024,
3.1.1: more than six times in 30 million documents).
"""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

_SEPARATORS = {"lines": "\n", "paragraphs": "\n\n"}


class PassageSettings(BaseModel):
    """Which passages of the kept documents are cut.

    Attributes:
        unit: ``none``: nothing is cut. ``lines``: text between line breaks. ``paragraphs``: text
            between empty lines.
        max_copies: Passages that occur more often than this, counted over all kept documents and within
            them, are repeated ones. Letter case, digits, punctuation and white space do not count.
        keep: ``first``: the copy in the first document by a hash of its text stays; ``none``: none does.
        least_letters: Shorter passages are never cut: a list's "and" is no boilerplate.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    unit: Literal["none", "lines", "paragraphs"] = "none"
    max_copies: int = Field(1, ge=1)
    keep: Literal["first", "none"] = "first"
    least_letters: int = Field(20, ge=1)


def find_repeated_passages(documents: DataFrame, settings: PassageSettings) -> DataFrame:
    """Find the passages to cut; only hashes, ids and places are shuffled.

    Two different passages share a hash about once in 10**19 pairs: at 10**10 different passages, three
    of them would be cut in vain.

    Args:
        documents: id bigint, text string.
        settings: A unit other than ``none``.

    Returns:
        id bigint, places array<int> ascending (number of each passage in its text, from 0), passages
        int, characters bigint, emptied boolean (nothing is left); one row a document that loses something.
    """
    passages = (
        documents.withColumn("passages", F.split("text", _SEPARATORS[settings.unit]))
        .select(
            "id",
            F.xxhash64("text").alias("rank"),
            F.size(F.filter("passages", lambda passage: F.trim(passage) != "")).alias("all"),
            F.posexplode("passages").alias("place", "passage"),
        )
        .withColumn("normal", _normalised(F.col("passage")))
        .where(F.length("normal") >= settings.least_letters)
        .select(
            F.xxhash64("normal").alias("hash"),
            "rank",
            "id",
            "all",
            "place",
            F.char_length("passage").alias("characters"),
        )
    )
    rows = passages.repartition("hash")
    first = F.min(F.struct("rank", "id", "place")).alias("first")
    repeated = (
        rows.groupBy("hash")
        .agg(F.count(F.lit(1)).alias("copies"), first)
        .where(F.col("copies") > settings.max_copies)
    )
    cut = rows.join(repeated.hint("shuffle_hash"), "hash")
    if settings.keep == "first":
        stays = (F.col("id") == F.col("first.id")) & (F.col("place") == F.col("first.place"))
        cut = cut.where(~stays)
    return cut.groupBy("id").agg(
        F.array_sort(F.collect_list("place")).alias("places"),
        F.count(F.lit(1)).cast("int").alias("passages"),
        F.sum("characters").alias("characters"),
        (F.first("all") == F.count(F.lit(1))).alias("emptied"),
    )


def without_passages(documents: DataFrame, cut: DataFrame, settings: PassageSettings) -> DataFrame:
    """Cut the passages out of the column ``text``; no text is shuffled.

    Args:
        documents: id, text and any columns.
        cut: ``find_repeated_passages``, at least of these documents.
        settings: As they were found with.
    """
    separator = _SEPARATORS[settings.unit]
    marked = documents.join(F.broadcast(cut.select("id", "places")), "id", "left")
    kept = F.filter(
        F.split("text", separator),
        lambda _, place: ~F.array_contains(F.col("places"), place),
    )
    text = F.when(F.col("places").isNull(), F.col("text")).otherwise(F.array_join(kept, separator))
    return marked.withColumn("text", text).select(*documents.columns)


def _normalised(passage: Column) -> Column:
    """Letters and marks in lower case: what CCNet compares, but for accents."""
    return F.regexp_replace(F.lower(passage), r"[^\p{L}\p{M}]+", "")
