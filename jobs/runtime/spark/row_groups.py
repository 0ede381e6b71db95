"""How large row groups of our datasets are: who looks for one text unpacks those before it in its group."""

from __future__ import annotations

from typing import Final

import pyarrow as pa

ZSTD_LEVEL: Final = 3
"""Spark's. Arrow's own, 1, takes as long and leaves texts an eighth larger."""

GROUP_BYTES: Final = 4 << 20
COLUMN_BYTES: Final = 48 << 10
"""A column of a row group takes some 160 bytes of the footer, which every reader reads whole: 177 signals in
groups of 4 MiB made a file 11 % larger and 68 % slower to write, in groups of 8 MiB 5 % and 28 %."""
_PACKED: Final = 2  # at least so much smaller are pages that zstd is done with


def row_group_bytes(schema: pa.Schema) -> int:
    """Return the bytes that a row group of such columns shall have, unpacked."""
    return max(GROUP_BYTES, COLUMN_BYTES * sum(map(_columns, schema.types)))


def row_group_rows(table: pa.Table) -> int:
    """Return the rows of a row group that cut a table into equal ones of about ``row_group_bytes``."""
    groups = max(1, round(int(table.nbytes) / row_group_bytes(table.schema)))
    return max(1, -(-len(table) // groups))


def block_size(schema: pa.Schema) -> str:
    """Return ``parquet.block.size`` for such row groups: Java counts finished pages as they are packed."""
    return str(row_group_bytes(schema) // _PACKED)


def _columns(type_: pa.DataType) -> int:
    """Columns of Parquet that hold a column of this type."""
    if pa.types.is_struct(type_):
        return sum(_columns(field.type) for field in type_)
    if pa.types.is_map(type_):
        return sum(map(_columns, (type_.key_type, type_.item_type)))
    if pa.types.is_list(type_) or pa.types.is_large_list(type_):
        return _columns(type_.value_type)
    return 1
