"""Signatures of all documents: the only sub-stage that reads every text."""

from __future__ import annotations

import functools

import pyarrow as pa
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from jobs.dedup.file_bitmaps import quoted
from jobs.dedup.settings import DedupSettings
from jobs.runtime.errors import InputError
from udfs.dedup.signatures import SIGNATURE_SCHEMA, sign_documents

SIGNATURE_COLUMNS = (
    "id bigint, order_key bigint, text_hash_high bigint, text_hash_low bigint, "
    "band_keys array<bigint>, sketch binary"
)
# Hashes are noise: looking for a dictionary of them only costs time.
SIGNATURE_OPTIONS = {"parquet.enable.dictionary": "false", "compression": "zstd"}
TABLE_OPTIONS: dict[str, object] = {"use_dictionary": False}  # the same of Arrow's writer
GIVEN_ID = "given_id"
_KEEP_COLUMN = {"best": "quality", "earliest": "fetched_at", "source_priority": "source"}


def sign(documents: DataFrame, settings: DedupSettings, given_id: str | None = None) -> DataFrame:
    """Compute hashes, band keys and sketch of each document where its text lies.

    Exact copies are signed too: reading the text a second time to spare them costs more than the
    15 microseconds of a signature.

    Args:
        documents: id bigint, text string; optionally url string and the columns of keep policy
            and scope.
        settings: Shingles, banding, keep policy, scope.
        given_id: Column with the user's own id, passed on as ``GIVEN_ID``.

    Returns:
        ``SIGNATURE_COLUMNS`` and, with given_id, ``GIVEN_ID``; one row a document.

    Raises:
        InputError: A column is missing.
    """
    address = F.col("url").cast("string") if "url" in documents.columns else F.lit(None)
    scope = F.lit(None) if settings.scope is None else F.col(settings.scope)
    rows = documents.select(
        F.col("id").cast("bigint").alias("id"),
        F.col("text").cast("string").alias("text"),
        address.cast("string").alias("address"),
        scope.cast("string").alias("scope"),
        _keep_value(documents, settings).cast("double").alias("keep_value"),
        *([] if given_id is None else [F.col(quoted(given_id)).alias(GIVEN_ID)]),
    )
    columns = SIGNATURE_COLUMNS
    if given_id is not None:
        columns += f", {GIVEN_ID} {rows.schema[GIVEN_ID].dataType.simpleString()}"
    return rows.mapInArrow(functools.partial(sign_documents, plan=settings.signing_plan), columns)


def signs_tables(settings: DedupSettings) -> bool:
    """Say whether ``sign_table`` can do what the settings ask; the rest is Spark's matter."""
    return settings.keep not in _KEEP_COLUMN and settings.scope in (None, "language", "source")


def sign_table(documents: pa.Table, settings: DedupSettings) -> pa.Table:
    """Return the same rows as :func:`sign` for documents in memory: ``SIGNATURE_SCHEMA``.

    Args:
        documents: id int64, text, url, and the scope's column, string.
        settings: Those that ``signs_tables``.
    """
    nothing = pa.nulls(documents.num_rows)
    scope = nothing if settings.scope is None else documents.column(settings.scope)
    rows = pa.table(
        {
            "id": documents.column("id"),
            "text": documents.column("text").cast(pa.string()),
            "address": documents.column("url").cast(pa.string()),
            "scope": scope.cast(pa.string()),
            "keep_value": nothing.cast(pa.float64()),
        }
    )
    signed = sign_documents(rows.combine_chunks().to_batches(), settings.signing_plan)
    return pa.Table.from_batches(signed, SIGNATURE_SCHEMA)


def require_columns(documents: DataFrame, settings: DedupSettings) -> None:
    """Raise InputError when a column that the settings need is not there."""
    needed = ["id", "text", *filter(None, [_KEEP_COLUMN.get(settings.keep), settings.scope])]
    missing = [name for name in needed if name not in documents.columns]
    if missing:
        raise InputError(
            f"the documents lack the column{'s' * (len(missing) > 1)} {', '.join(missing)}; they "
            f"have {', '.join(documents.columns)}. Rename the column, or choose another keep policy "
            f"than {settings.keep!r} or scope than {settings.scope!r}."
        )


def _keep_value(documents: DataFrame, settings: DedupSettings) -> Column:
    require_columns(documents, settings)
    if settings.keep == "best":
        return F.col("quality")
    if settings.keep == "earliest":
        # A date that is none ranks last, as a missing one does; to_date would end the run. Spark 3.5
        # knows try_to_timestamp in SQL only.
        return F.expr("unix_date(cast(try_to_timestamp(cast(fetched_at as string)) as date))")
    if settings.keep == "source_priority":
        places = F.lit(list(settings.source_priority))
        place = F.array_position(places, F.col("source").cast("string"))
        return F.when(place > 0, place - 1)
    return F.lit(None)
