"""Traditional and simplified characters: what is read out of ICU's jar is what ICU says."""

from pathlib import Path
from zipfile import ZipFile

import pytest
from pyspark.sql import SparkSession

from jobs.runtime.errors import MissingRequirementError
from jobs.runtime.spark import han_variants as module
from jobs.runtime.spark.han_variants import han_variants
from udfs.text.character_classes import HAN_RANGES


def test_traditional_characters_come_from_the_jar_of_spark() -> None:
    variants = dict(han_variants())
    assert variants[ord("張")] == ord("张")
    assert variants[ord("學")] == ord("学")
    assert ord("张") not in variants
    assert len(variants) > 2000


@pytest.mark.spark
def test_icu_itself_turns_every_character_into_the_same(spark: SparkSession) -> None:
    han = [c for first, last in HAN_RANGES for c in range(first, min(last, 0x2FFFF) + 1)]
    assert spark.sparkContext._jvm is not None
    icu = spark.sparkContext._jvm.com.ibm.icu.text.Transliterator
    # Line by line: the transliterator must not see two characters as one word.
    told = icu.getInstance("Traditional-Simplified").transliterate("\n".join(map(chr, han)))
    changed = {
        before: ord(after)
        for before, after in zip(han, str(told).split("\n"), strict=True)
        if len(after) == 1 and ord(after) != before
    }
    assert dict(han_variants()) == changed


def test_a_jar_without_the_rules_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "jars").mkdir()
    monkeypatch.setenv("SPARK_HOME", str(tmp_path))
    assert module.han_variants.__wrapped__() == ()
    with ZipFile(tmp_path / "jars" / "icu4j-99.jar", "w") as jar:
        jar.writestr("com/ibm/icu/impl/data/icudata/translit/root.res", b"\0\0")
    with pytest.raises(MissingRequirementError, match="no rules between simplified"):
        module.han_variants.__wrapped__()
