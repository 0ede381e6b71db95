"""The spark-submit lines of the documents, executed as printed on the standalone cluster.

In client mode, the only one that Spark's standalone cluster has for Python.
"""

import os
import re
import sys
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from jobs.runtime.jar_set import S3_JARS
from jobs.runtime.spark.java_runtime import find_java
from tests.cluster.conftest import SPARK_CONF
from tests.cluster.runs import start_process
from tests.cluster.s3_server import BUCKET, S3Server
from tests.cluster.standalone import SPARK_CLASS, StandaloneCluster
from tests.conftest import REPOSITORY
from tests.submit_checkout import PAGE, write_checkout

pytestmark = pytest.mark.cluster


def printed_lines(page: str, first_word: str) -> list[str]:
    text = (REPOSITORY / page).read_text(encoding="utf-8")
    return re.findall(rf"^{first_word} .*$", text, re.MULTILINE)


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("checkout")
    write_checkout(folder)
    return folder


@pytest.fixture
def submit(
    cluster: StandaloneCluster, checkout: Path, s3_environment: dict[str, str], tmp_path: Path
) -> Any:
    """Runs lines as a shell does, on a machine whose Spark is set up for the cluster."""
    defaults = tmp_path / "spark-defaults.conf"
    settings = [f"spark.master={cluster.master}", *SPARK_CONF[:4]]
    defaults.write_text("\n".join(setting.replace("=", " ", 1) for setting in settings))
    environment = {
        **{name: value for name, value in s3_environment.items() if name != "PYTHONPATH"},
        "PATH": f"{Path(sys.executable).parent}:{SPARK_CLASS.parent}:{os.environ['PATH']}",
        "JAVA_HOME": str(find_java().home),
        "PYSPARK_PYTHON": sys.executable,
        "SPARK_LOCAL_IP": "127.0.0.1",
        "SPARK_CONF_DIR": str(tmp_path),
        "SPARK_MASTER": cluster.master,
        "CORPUSMILL_S3_JARS": str(S3_JARS.folder()),
    }

    def submitted(*lines: str) -> None:
        command = ["bash", "-euc", "\n".join(lines)]
        start_process(command, tmp_path / "log", environment, checkout).finish()

    return submitted


def test_the_line_of_the_readme(submit: Any, checkout: Path) -> None:
    (line,) = printed_lines("README.md", "spark-submit")
    submit(line)
    found = pq.read_table(checkout / "OUTPUT" / "duplicates").to_pylist()
    assert [{row["id"], row["keeper_id"]} for row in found] == [{"a", "c"}]


def test_the_line_with_a_file_of_settings(submit: Any, checkout: Path) -> None:
    submit(printed_lines("docs/operations.md", "spark-submit")[0])
    (row,) = pq.read_table(checkout / "run" / "extracted").to_pylist()
    assert row["status"] == "ok"


def test_the_lines_for_s3(submit: Any, s3_server: S3Server, store_client: Any) -> None:
    store_client.put_object(Bucket=BUCKET, Key="2026/a.html", Body=PAGE.encode())
    lines = printed_lines("docs/operations.md", "(?:cat|spark-submit)")
    submit(*lines[1:])
    output = s3_server.root / BUCKET / "run" / "extracted"
    (mark,) = output.rglob("_SUCCESS")
    assert '"magic"' in mark.read_text()
    (row,) = [row for file in output.rglob("*.parquet") for row in pq.read_table(file).to_pylist()]
    assert row["status"] == "ok"
