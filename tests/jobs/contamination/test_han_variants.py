"""The table of traditional characters is what Spark's ICU makes of every character."""

from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from jobs.contamination.han_variants import han_variants
from udfs.text.character_classes import HAN_RANGES


@pytest.mark.spark
def test_traditional_characters_are_those_of_sparks_icu(spark: SparkSession) -> None:
    if spark.version.startswith("3."):
        assert han_variants() == ()
        return
    points = [p for first, last in HAN_RANGES for p in range(first, min(last, 0x2FFFF) + 1)]
    jvm = spark.sparkContext._jvm
    assert jvm is not None
    icu = jvm.com.ibm.icu.text.Transliterator.getInstance("Traditional-Simplified")
    # Line by line: the transliterator must not see two characters as one word.
    converted = str(icu.transliterate("\n".join(map(chr, points)))).split("\n")
    wanted = {
        (point, ord(simplified))
        for point, simplified in zip(points, converted, strict=True)
        if len(simplified) == 1 and ord(simplified) != point
    }
    assert set(han_variants()) == wanted
    assert len(wanted) > 2000


def test_a_spark_without_icu_has_none(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "jars").mkdir()
    monkeypatch.setenv("SPARK_HOME", str(tmp_path))
    assert han_variants.__wrapped__() == ()
