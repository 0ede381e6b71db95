"""Documents of earlier runs, against which a new run is compared."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from udfs.dedup.search import FIRST_KNOWN_ID

RUN_BIT = FIRST_KNOWN_ID.bit_length() - 1
_SIGN = -(1 << 63)


@dataclass(frozen=True)
class KnownDocuments:
    """What earlier runs published of their documents. Ids hold the run's number above 49 bits.

    Attributes:
        signatures: ``SIGNATURE_COLUMNS``, of all their documents. Those removed count too: they link
            a new document with the one that was kept for them, as they would in one run of both. Order
            keys are negative, so a known document is preferred to any new one.
        removed: id bigint, keeper_id bigint, similarity double; what those runs removed.
        texts: Given the involved documents (id bigint), their id and text, as far as within reach.
        fingerprint: Identifies all this.
    """

    signatures: DataFrame
    removed: DataFrame
    texts: Callable[[DataFrame], DataFrame]
    fingerprint: str


def as_known(signatures: DataFrame, run: int) -> DataFrame:
    """Number the signatures of an earlier run and move them before all new documents.

    Args:
        signatures: ``SIGNATURE_COLUMNS`` with ids below 2**49.
        run: Number of the run, 1 or more.
    """
    key = F.col("order_key").bitwiseOR(F.lit(_SIGN))
    return signatures.withColumns({"id": known_id("id", run), "order_key": key})


def known_id(column: str, run: int) -> Column:
    """The id of a document of the ``run``-th earlier run; 0 stands for this run."""
    return F.col(column) + F.lit(run << RUN_BIT)
