"""Columns of a record batch by name: asked for, replaced, appended."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeVar

import pyarrow as pa

Rows = TypeVar("Rows", pa.Table, pa.RecordBatch)


def require_columns(schema: pa.Schema, types: Mapping[str, Sequence[pa.DataType]]) -> None:
    """Check that columns are there with one of the types given.

    Raises:
        ValueError: One is missing or of another type; the message lists what is there.
    """
    for name, allowed in types.items():
        index = schema.get_field_index(name)
        there = ", ".join(f"{field.name} {field.type}" for field in schema)
        wanted = " or ".join(map(str, allowed))
        if index < 0:
            raise ValueError(f"no column {name!r} ({wanted}) among: {there}")
        if schema.field(index).type not in allowed:
            raise ValueError(f"column {name!r} is {schema.field(index).type}, wanted {wanted}")


def with_columns(batch: pa.RecordBatch, columns: Mapping[str, pa.Array]) -> pa.RecordBatch:
    """Return the batch with columns replaced in place or appended in order."""
    names = list(batch.schema.names)
    arrays = list(batch.columns)
    for name, array in columns.items():
        if name in names:
            arrays[names.index(name)] = array
        else:
            names.append(name)
            arrays.append(array)
    return pa.RecordBatch.from_arrays(arrays, names=names)


def schema_with(schema: pa.Schema, columns: Mapping[str, pa.DataType]) -> pa.Schema:
    """Return the schema that :func:`with_columns` leads to."""
    for name, type_ in columns.items():
        index = schema.get_field_index(name)
        field = pa.field(name, type_)
        schema = schema.append(field) if index < 0 else schema.set(index, field)
    return schema


def in_schema(rows: Rows, schema: pa.Schema, **constants: str) -> Rows:
    """Return the columns of a schema: the rows' own, else a constant, else nulls.

    Args:
        rows: A batch or a table.
        schema: Columns wanted; those of the rows are cast to its types.
        constants: Values by name of columns that the rows lack or that replace theirs.
    """
    given, count = set(rows.schema.names), rows.num_rows

    def column(field: pa.Field) -> pa.Array | pa.ChunkedArray:
        if field.name in constants:
            return pa.repeat(constants[field.name], count)
        if field.name in given:
            return rows.column(field.name).cast(field.type)
        return pa.nulls(count, field.type)

    columns = [column(field) for field in schema]
    return type(rows).from_arrays(columns, schema=schema.remove_metadata())
