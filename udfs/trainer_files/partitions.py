"""Rows dealt out by the values of columns, under the names that Hive, Spark, DuckDB and Arrow know."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Final
from urllib.parse import quote

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

NULL_NAME: Final = "__HIVE_DEFAULT_PARTITION__"
"""How a path names null; an empty text, which a path cannot hold, goes there, too, as Hive puts it."""
METADATA: Final = "metadata"


def partitioned(rows: pa.RecordBatch, names: Sequence[str]) -> Iterator[tuple[str, pa.RecordBatch]]:
    """Yield the rows of each partition, in their order, with its path (``language=zh/format=html``).

    Args:
        rows: Any columns.
        names: Each a column of text or numbers, which the rows yielded lack, since the path says it; or a
            field of the JSON objects in the column ``metadata``, which stays as it is.

    Raises:
        ValueError: A name is neither; the text says which there are.
    """
    values = [_values(rows, name) for name in names]
    kept = rows.drop_columns([name for name in names if name in rows.schema.names])
    paths = ["/".join(map(_segment, names, row)) for row in zip(*values, strict=True)]
    found, inverse = np.unique(np.array(paths, np.object_), return_inverse=True)
    for number, path in enumerate(found):
        yield path, kept.take(pa.array(np.flatnonzero(inverse == number)))


def _values(rows: pa.RecordBatch, name: str) -> list[str | None]:
    if name in rows.schema.names:
        column = rows.column(name)
        if pa.types.is_nested(column.type) or pa.types.is_binary(column.type):
            raise ValueError(f"{name} is {column.type}: a path can hold texts and numbers")
        return list(pc.cast(column, pa.string()).to_pylist())
    if METADATA not in rows.schema.names:
        listed = ", ".join(rows.schema.names)
        raise ValueError(f"no column {name}: there are {listed}")
    return [_field(text, name) for text in rows.column(METADATA).to_pylist()]


def _field(text: str | None, name: str) -> str | None:
    value = json.loads(text).get(name) if text is not None else None
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)


def _segment(name: str, value: str | None) -> str:
    return f"{quote(name, safe=' ')}={quote(value, safe=' ') if value else NULL_NAME}"
