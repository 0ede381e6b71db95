"""The jars for s3:// are named for the Spark in use, and fit it."""

from pathlib import Path

import pyspark
import pytest
import yaml

from jobs.runtime.configuration_files import configuration_file
from jobs.runtime.errors import MissingRequirementError
from jobs.runtime.store.s3_jars import jar_coordinates, jar_name
from jobs.upkeep.fetch_s3_jars import fetch_s3_jars

HADOOP_OF_PYSPARK = next((Path(pyspark.__file__).parent / "jars").glob("hadoop-client-api-*.jar"))


def test_every_spark_names_a_connector_a_bundle_and_the_committer() -> None:
    text = configuration_file("s3-jars.yaml").read_text(encoding="utf-8")
    for jars in yaml.safe_load(text).values():
        artifacts = [coordinate.split(":")[1] for coordinate in jars]
        assert artifacts[0] == "hadoop-aws"
        assert "bundle" in artifacts[1]
        assert artifacts[2].startswith("spark-hadoop-cloud_")


def test_the_connector_is_of_the_hadoop_inside_the_spark_in_use() -> None:
    connector = jar_coordinates()[0]
    assert connector.split(":")[2] == HADOOP_OF_PYSPARK.stem.removeprefix("hadoop-client-api-")
    assert jar_name(connector) == connector.split(":")[1] + f"-{connector.split(':')[2]}.jar"


def test_without_maven_the_jars_and_their_place_are_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("jobs.upkeep.fetch_s3_jars.jar_folder", lambda: tmp_path)
    monkeypatch.setattr("jobs.upkeep.fetch_s3_jars.missing_jars", lambda: ["one.jar"])
    monkeypatch.setattr("shutil.which", lambda _: None)
    with pytest.raises(MissingRequirementError, match=r"hadoop-aws-.*\.jar into"):
        fetch_s3_jars()
