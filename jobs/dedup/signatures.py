"""Signatures of all documents: the only sub-stage that reads every text."""

from __future__ import annotations

import functools
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.pandas.types import to_arrow_schema

from jobs.dedup.file_bitmaps import quoted
from jobs.dedup.settings import DedupSettings
from jobs.runtime.errors import InputError
from jobs.runtime.spark.arrow_frames import map_with_schema
from udfs.dedup.signatures import SIGNATURE_SCHEMA, sign_documents

# Hashes are noise: looking for a dictionary of them only costs time.
SIGNATURE_OPTIONS = {"parquet.enable.dictionary": "false", "compression": "zstd"}
TABLE_OPTIONS: dict[str, object] = {"use_dictionary": False}  # the same of Arrow's writer
GIVEN_ID = "given_id"
_NUMBERS = (pa.int8(), pa.int16(), pa.int32(), pa.int64(), pa.float32(), pa.float64())
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
        ``SIGNATURE_SCHEMA`` and, with given_id, ``GIVEN_ID``; one row a document.

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
    schema = SIGNATURE_SCHEMA
    if given_id is not None:
        schema = schema.append(to_arrow_schema(rows.schema).field(GIVEN_ID))
    return map_with_schema(
        rows, functools.partial(sign_documents, plan=settings.signing_plan), schema
    )


def signs_tables(settings: DedupSettings) -> bool:
    """Say whether ``sign_table`` can do what the settings ask; the rest is Spark's matter."""
    return settings.keep not in _KEEP_COLUMN and settings.scope in (None, "language", "source")


def sign_table(documents: pa.Table, settings: DedupSettings) -> pa.Table:
    """Return the same rows as :func:`sign` for documents in memory: ``SIGNATURE_SCHEMA``.

    Args:
        documents: id int64, text, url, and the scope's column, string.
        settings: Those that ``signs_tables``.
    """
    return sign_rows(documents, documents.column("id").to_numpy(), settings, "text")


def can_sign_rows(columns: pa.Schema, settings: DedupSettings) -> bool:
    """Say whether ``sign_rows`` reads the columns that the settings need as ``sign`` does.

    What Spark casts by rules of its own it does not: dates, and numbers as names.
    """
    types = dict(zip(columns.names, columns.types, strict=True))
    names = ["url", settings.scope, "source" if settings.keep == "source_priority" else None]
    texts = all(types[name] == pa.string() for name in names if name in types)
    quality = types.get("quality", pa.float64()) in _NUMBERS if settings.keep == "best" else True
    return (
        texts and quality and settings.keep != "earliest" and settings.scope not in ("id", "text")
    )


def signed_columns(columns: pa.Schema, settings: DedupSettings) -> list[str]:
    """Return the columns beside id and text that ``sign_rows`` reads."""
    wanted = {"url", settings.scope, _KEEP_COLUMN.get(settings.keep)}
    return [name for name in columns.names if name in wanted]


def sign_rows(
    rows: pa.Table,
    row_ids: npt.NDArray[np.int64],
    settings: DedupSettings,
    text_column: str,
    given_id: str | None = None,
) -> pa.Table:
    """Sign rows as ``sign`` does, by Arrow alone.

    Args:
        rows: Columns of which ``can_sign_rows``, all that the settings need among them.
        row_ids: int64[rows].
        settings: Shingles, banding, keep policy, scope.
        text_column: Column with the text.
        given_id: Column with the user's own id, passed on as ``GIVEN_ID``.

    Returns:
        ``SIGNATURE_SCHEMA`` and, with given_id, ``GIVEN_ID``; one row a document, in order.
    """
    nothing = pa.nulls(len(rows), pa.string())
    address = rows.column("url") if "url" in rows.column_names else nothing
    scope = nothing if settings.scope is None else rows.column(settings.scope)
    columns = {
        "id": pa.array(row_ids),
        "text": rows.column(text_column).cast(pa.string()),
        "address": address.cast(pa.string()),
        "scope": scope.cast(pa.string()),
        "keep_value": _keep_numbers(rows, settings),
    }
    schema = SIGNATURE_SCHEMA
    if given_id is not None:
        columns[GIVEN_ID] = rows.column(given_id)
        schema = schema.append(pa.field(GIVEN_ID, columns[GIVEN_ID].type))
    batches = pa.table(columns).combine_chunks().to_batches()
    return pa.Table.from_batches(sign_documents(batches, settings.signing_plan), schema)


def _keep_numbers(rows: pa.Table, settings: DedupSettings) -> pa.Array | pa.ChunkedArray:
    """What ``_keep_value`` is, for the policies of ``can_sign_rows``: float64."""
    if settings.keep == "best":
        return rows.column("quality").cast(pa.float64(), safe=False)
    if settings.keep == "source_priority":
        places = pa.array(settings.source_priority, pa.string())
        return pc.index_in(rows.column("source"), places).cast(pa.float64())
    return pa.nulls(len(rows), pa.float64())


def require_columns(columns: Sequence[str], settings: DedupSettings) -> None:
    """Raise InputError when a column that the settings need is not there."""
    needed = ["id", "text", *filter(None, [_KEEP_COLUMN.get(settings.keep), settings.scope])]
    missing = [name for name in needed if name not in columns]
    if missing:
        raise InputError(
            f"the documents lack the column{'s' * (len(missing) > 1)} {', '.join(missing)}; they "
            f"have {', '.join(columns)}. Rename the column, or choose another keep policy "
            f"than {settings.keep!r} or scope than {settings.scope!r}."
        )


def _keep_value(documents: DataFrame, settings: DedupSettings) -> Column:
    require_columns(documents.columns, settings)
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
