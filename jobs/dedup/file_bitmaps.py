"""Leave rows out of the files they lie in: one bit a row, and no text is shuffled.

An id is file number << 25 | row, so its high bits name 64 neighbouring rows of one file and its low six
bits one of them. What travels to the tasks is a table of such words, some 60 bytes for 64 rows,
where an anti-join would send every single id.
"""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

_WORD_BITS = 6
_WORD, _BITS = "corpusmill_word", "corpusmill_bits"  # beside the user's own columns
_LAST = (1 << _WORD_BITS) - 1


def without_rows(rows: DataFrame, dropped: DataFrame, column: str = "id") -> DataFrame:
    """Return the rows whose id is not among the dropped ones.

    Args:
        rows: Any columns, and the id.
        dropped: The id column; each id at most once or more often, no null.
        column: Name of the id column, bigint, in both.
    """
    word = F.shiftright(F.col(quoted(column)), _WORD_BITS)
    place = F.col(quoted(column)).bitwiseAND(F.lit(_LAST)).cast("int")
    bitmaps = dropped.groupBy(word.alias(_WORD)).agg(
        F.bit_or(F.expr(f"shiftleft(1L, cast({quoted(column)} & {_LAST} as int))")).alias(_BITS)
    )
    marked = rows.join(F.broadcast(bitmaps), word == F.col(_WORD), "left")
    kept = marked.where(F.coalesce(F.getbit(_BITS, place), F.lit(0)) == 0)
    return kept.select(*[F.col(quoted(name)) for name in rows.columns])


def quoted(name: str) -> str:
    """Return a column name in backticks: a dot in it is no field access."""
    return "`" + name.replace("`", "``") + "`"
