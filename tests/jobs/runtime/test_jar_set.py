"""The jars for s3:// and for tables of a lake are named for the Spark in use, and fit it."""

from pathlib import Path

import pyspark
import pytest
import yaml

from jobs.runtime.configuration_files import configuration_file
from jobs.runtime.errors import MissingRequirementError
from jobs.runtime.jar_set import LAKE_JARS, S3_JARS, JarSet, jar_name
from jobs.upkeep.fetch_jars import fetch_jars

HADOOP_OF_PYSPARK = next((Path(pyspark.__file__).parent / "jars").glob("hadoop-client-api-*.jar"))


def test_every_spark_names_a_connector_a_bundle_and_the_committer() -> None:
    text = configuration_file("s3-jars.yaml").read_text(encoding="utf-8")
    for jars in yaml.safe_load(text).values():
        artifacts = [coordinate.split(":")[1] for coordinate in jars]
        assert artifacts[0] == "hadoop-aws"
        assert "bundle" in artifacts[1]
        assert artifacts[2].startswith("spark-hadoop-cloud_")


def test_the_connector_is_of_the_hadoop_inside_the_spark_in_use() -> None:
    connector = S3_JARS.coordinates()[0]
    assert connector.split(":")[2] == HADOOP_OF_PYSPARK.stem.removeprefix("hadoop-client-api-")
    assert jar_name(connector) == connector.split(":")[1] + f"-{connector.split(':')[2]}.jar"


def test_iceberg_and_delta_are_of_the_spark_they_are_listed_for() -> None:
    table = yaml.safe_load(configuration_file("lake-jars.yaml").read_text(encoding="utf-8"))
    for spark, (iceberg, delta, storage) in table.items():
        assert iceberg.split(":")[1].startswith(f"iceberg-spark-runtime-{spark}_")
        assert delta.split(":")[1].startswith(f"delta-spark_{spark}_")
        assert storage.split(":")[2] == delta.split(":")[2]


def test_a_spark_that_no_list_knows_is_told_with_what_to_add() -> None:
    with pytest.raises(MissingRequirementError, match=r"lake-jars.*Spark 9\.9.*the delta-spark of"):
        LAKE_JARS.coordinates("9.9.0")


@pytest.mark.parametrize("jars", [S3_JARS, LAKE_JARS])
def test_without_maven_the_jars_and_their_place_are_named(
    jars: JarSet, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv(jars.variable, str(tmp_path))
    monkeypatch.setattr("shutil.which", lambda _: None)
    first = jar_name(jars.coordinates()[0])
    with pytest.raises(MissingRequirementError, match=rf"{first}.* into {tmp_path}"):
        fetch_jars(jars)
    with pytest.raises(MissingRequirementError, match=f"make {jars.name}.*spark.jars.packages="):
        jars.paths()
