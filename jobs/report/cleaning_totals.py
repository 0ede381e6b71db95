"""What cleaning took away without dropping a document: every counter of the cleaning struct, summed."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import IntegralType, StructType

from jobs.report.report_model import CleaningTotal

STRUCT = "cleaning"


def cleaning_totals(annotated: DataFrame) -> dict[str, CleaningTotal]:
    """Return sums of all counters (integer fields) that the cleaning step declares."""
    fields = _counters(annotated.schema)
    if not fields:
        return {}
    values = [F.col(f"{STRUCT}.{name}").cast("bigint") for name in fields]
    sums = [F.coalesce(F.sum(value), F.lit(0)) for value in values]
    documents = [F.count_if(value > 0) for value in values]
    row = annotated.agg(*sums, *documents).collect()[0]
    return {
        name: CleaningTotal(total=row[place], documents=row[len(fields) + place])
        for place, name in enumerate(fields)
    }


def table_cleaning_totals(cleaning: pa.ChunkedArray) -> dict[str, CleaningTotal]:
    """The same for the cleaning struct in memory."""
    found = {}
    for place in range(cleaning.type.num_fields):
        field = cleaning.type.field(place)
        if pa.types.is_integer(field.type):
            values = pc.struct_field(cleaning, field.name).fill_null(0)
            documents = pc.sum(pc.greater(values, 0)).as_py() or 0
            found[field.name] = CleaningTotal(
                total=pc.sum(values).as_py() or 0, documents=documents
            )
    return found


def _counters(schema: StructType) -> list[str]:
    structs = [field.dataType for field in schema.fields if field.name == STRUCT]
    return [
        field.name
        for struct in structs
        if isinstance(struct, StructType)
        for field in struct.fields
        if isinstance(field.dataType, IntegralType)
    ]
