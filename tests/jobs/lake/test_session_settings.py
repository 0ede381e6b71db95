"""A session gets what the tables of the command need, and nothing else."""

from pathlib import Path

import pytest

from jobs.lake.session_settings import lake_settings
from jobs.lake.table_names import LakeTable
from jobs.runtime.errors import MissingRequirementError, SettingsError
from jobs.runtime.jar_set import LAKE_JARS, jar_name

ICEBERG, DELTA = LakeTable("iceberg", "lake.db.t"), LakeTable("delta", "/t")
CATALOG = {"spark.sql.catalog.lake": "org.apache.iceberg.spark.SparkCatalog"}
JARS = {"spark.jars.packages": "theirs"}


def test_without_a_table_nothing_is_set_and_no_jar_is_asked_for() -> None:
    assert lake_settings([], {}) == {}


def test_each_format_brings_its_extension_behind_those_of_the_user() -> None:
    given = {**CATALOG, **JARS, "spark.sql.extensions": "mine.Extension"}
    settings = lake_settings([ICEBERG, DELTA, DELTA], given)
    names = [name.rsplit(".", 1)[1] for name in settings["spark.sql.extensions"].split(",")]
    assert names == ["Extension", "DeltaSparkSessionExtension", "IcebergSparkSessionExtensions"]
    assert settings["spark.sql.catalog.spark_catalog"].endswith("DeltaCatalog")
    assert "spark.jars" not in settings


def test_delta_leaves_the_sessions_catalog_that_the_user_chose() -> None:
    chosen = {"spark.sql.catalog.spark_catalog": "io.unitycatalog.spark.UCSingleCatalog", **JARS}
    assert "spark.sql.catalog.spark_catalog" not in lake_settings([DELTA], chosen)
    assert "spark.sql.catalog.spark_catalog" not in lake_settings([ICEBERG], {**CATALOG, **JARS})


def test_a_catalog_that_nothing_sets_is_told_with_the_setting() -> None:
    with pytest.raises(SettingsError, match=r"catalog lake is.*spark\.sql\.catalog\.lake="):
        lake_settings([ICEBERG], JARS)


def test_jars_that_were_fetched_are_given_to_spark_and_absent_ones_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv(LAKE_JARS.variable, str(tmp_path))
    with pytest.raises(MissingRequirementError, match=r"Iceberg or Delta needs .*make lake-jars"):
        lake_settings([DELTA], {})
    for coordinate in LAKE_JARS.coordinates():
        (tmp_path / jar_name(coordinate)).touch()
    assert lake_settings([DELTA], {})["spark.jars"].split(",") == LAKE_JARS.paths()
