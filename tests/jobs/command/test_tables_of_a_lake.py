"""What is wrong with a table of a lake is told before Spark starts."""

from pathlib import Path

import pytest

from jobs.command_line import main

CATALOG = ("--spark-conf", "spark.sql.catalog.lake=org.apache.iceberg.spark.SparkCatalog")


@pytest.fixture(autouse=True)
def no_spark(monkeypatch: pytest.MonkeyPatch) -> None:
    def start(*_: object, **__: object) -> None:
        raise AssertionError("Spark was started")

    monkeypatch.setattr("jobs.runtime.spark.session.start_session", start)
    monkeypatch.delenv("SPARK_CONF_DIR", raising=False)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["annotate", "iceberg:lake.db.pages", "OUT"], "nothing says where the catalog lake is"),
        (["annotate", "iceberg:pages", "OUT"], "write iceberg:catalog.db.table"),
        (["annotate", "iceberg:lake.db.pages", *CATALOG], "is read, not written: name OUTPUT"),
        (["run", "delta:FOLDER", "OUT"], "holds no table of Delta"),
        (["dedup", "delta:FOLDER", "OUT"], "holds no table of Delta"),
        (["annotate", "iceberg:lake.db.pages", "OUT", *CATALOG], "Run `make lake-jars`"),
        (["export", "FOLDER", "--to", "lake.db.pages"], "names no table"),
        (["export", "FOLDER", "--dataset", "dropped"], "give --to TABLE"),
    ],
)
def test_faults(
    words: list[str],
    told: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("CORPUSMILL_LAKE_JARS", str(tmp_path / "none"))
    here = [
        word.replace("FOLDER", str(tmp_path)).replace("OUT", str(tmp_path / "out"))
        for word in words
    ]
    assert main([*here, "--quiet"]) == 1
    assert told in capsys.readouterr().err
    assert not (tmp_path / "out" / "annotated").exists()
