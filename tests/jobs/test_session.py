"""Spark settings are read with their reasons, and every shipped file gives one a line."""

from pathlib import Path

import pytest

from jobs.runtime.arguments import spark_settings
from jobs.runtime.configuration_files import configuration_folder
from jobs.runtime.errors import SettingsError
from jobs.runtime.session import read_spark_conf

CONF_FILES = sorted(configuration_folder().glob("*.conf"))


def test_values_are_read_without_their_reasons(tmp_path: Path) -> None:
    path = tmp_path / "x.conf"
    path.write_text("# head\n\nspark.a  1  # because\nspark.b   two words # and why\n")
    assert read_spark_conf(path) == {"spark.a": "1", "spark.b": "two words"}


def test_a_key_without_value_is_an_error_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "x.conf"
    path.write_text("spark.a 1\nspark.b\n")
    with pytest.raises(SettingsError, match=r"x\.conf, line 2: 'spark\.b' has no value"):
        read_spark_conf(path)


@pytest.mark.parametrize("path", CONF_FILES, ids=lambda path: path.name)
def test_every_shipped_line_has_a_reason(path: Path) -> None:
    assert read_spark_conf(path)
    for line in path.read_text(encoding="utf-8").splitlines():
        assert not line.strip() or "#" in line, line


def test_settings_of_the_command_line() -> None:
    assert spark_settings(["spark.a=1=2"]) == {"spark.a": "1=2"}
    with pytest.raises(SettingsError, match="write KEY=VALUE"):
        spark_settings(["spark.a"])
