"""Traditional and simplified characters that count as one: the table of the ICU that comes with Spark."""

from __future__ import annotations

from py4j.protocol import Py4JError
from pyspark.sql import SparkSession

from udfs.text.character_classes import HAN_RANGES

_LAST_FOLDED = 0x2FFFF


def han_variants(spark: SparkSession) -> tuple[tuple[int, int], ...]:
    """Return (traditional, simplified) code points; none where Spark brings no ICU (before 4.0)."""
    code_points = [
        code_point
        for first, last in HAN_RANGES
        for code_point in range(first, min(last, _LAST_FOLDED) + 1)
    ]
    # Line by line: the transliterator must not see two characters as one word.
    text = "\n".join(map(chr, code_points))
    jvm = spark.sparkContext._jvm
    assert jvm is not None  # a session that was started has one
    try:
        converter = jvm.com.ibm.icu.text.Transliterator.getInstance("Traditional-Simplified")
        converted = str(converter.transliterate(text)).split("\n")
    except (Py4JError, TypeError):  # TypeError: a package that is not there cannot be called
        return ()
    return tuple(
        (code_point, ord(simplified))
        for code_point, simplified in zip(code_points, converted, strict=True)
        if len(simplified) == 1 and ord(simplified) != code_point
    )
