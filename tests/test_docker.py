"""The images' recipes name files and modules that exist; no engine runs here, so no more is claimed."""

import importlib.metadata as metadata
import importlib.util
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.conftest import REPOSITORY

FOLDER = REPOSITORY / "docker"
FILES = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.glob("Dockerfile*")}
DOCKERFILE = FILES["Dockerfile"]
COMPOSE: dict[str, Any] = yaml.safe_load((FOLDER / "compose.yaml").read_text(encoding="utf-8"))
INSTRUCTIONS = {"FROM", "RUN", "COPY", "WORKDIR", "USER", "ENV", "ENTRYPOINT", "CMD", "ARG"}


def instructions(text: str) -> list[str]:
    """One instruction a line, comments left out and continued lines joined."""
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    joined = re.sub(r"\\\n\s*", " ", "\n".join(lines))
    return [line for line in joined.splitlines() if line.strip()]


def test_the_three_images_are_here() -> None:
    assert sorted(FILES) == ["Dockerfile", "Dockerfile.dataproc", "Dockerfile.emr-serverless"]


@pytest.mark.parametrize("name", sorted(FILES))
class TestImage:
    def test_it_carries_what_stages_import_and_no_test_tools(self, name: str) -> None:
        makefile = (REPOSITORY / "Makefile").read_text(encoding="utf-8")
        (extras,) = re.findall(r"^CLUSTER_EXTRAS := (.+)$", makefile, re.MULTILINE)
        (installed,) = re.findall(r'--constraint requirements\.lock "\.\[(.+)\]"', FILES[name])
        assert set(extras.split(",")) <= set(installed.split(","))
        assert "test" not in installed
        assert "-r requirements.lock" not in FILES[name]

    def test_the_module_that_the_command_enters_by_is_copied(self, name: str) -> None:
        entry = metadata.entry_points(group="console_scripts")["corpusmill"].module
        assert f" {entry}.py " in FILES[name]

    def test_every_line_is_an_instruction(self, name: str) -> None:
        assert {line.split()[0] for line in instructions(FILES[name])} <= INSTRUCTIONS

    def test_what_is_copied_exists(self, name: str) -> None:
        copied = [
            word
            for line in instructions(FILES[name])
            if line.startswith("COPY ") and "--from" not in line
            for word in line.split()[1:-1]
        ]
        assert "requirements.lock" in copied
        assert [word for word in copied if not (REPOSITORY / word).exists()] == []

    def test_base_images_are_pinned(self, name: str) -> None:
        bases = [line.split()[1] for line in instructions(FILES[name]) if line.startswith("FROM")]
        assert all(re.search(r":\d|\$\{RELEASE\}", base) for base in bases), bases

    def test_it_ends_as_another_user_than_root(self, name: str) -> None:
        users = [line.split()[1] for line in instructions(FILES[name]) if line.startswith("USER")]
        assert users[-1] in ("corpusmill", "hadoop:hadoop", "spark")


def test_dataproc_mounts_its_own_spark_under_its_own_user() -> None:
    text = FILES["Dockerfile.dataproc"]
    assert "rm /wheels/pyspark-* /wheels/py4j-*" in text
    assert "openjdk" not in text
    assert "--uid 1099 --gid 1099" in text


def test_what_is_run_exists() -> None:
    modules = re.findall(r"python -m ([a-z_.]+)", DOCKERFILE)
    assert modules == ["jobs.upkeep.warm_kernels"]
    assert all(importlib.util.find_spec(module) for module in modules)


def test_kernels_are_compiled_into_the_folder_that_workers_read() -> None:
    assert DOCKERFILE.index("ENV NUMBA_CACHE_DIR=") < DOCKERFILE.index(
        "RUN python -m jobs.upkeep.warm_kernels"
    )


def test_the_cluster_is_whole_and_each_service_has_a_health_check() -> None:
    services = COMPOSE["services"]
    assert set(services) == {"s3", "master", "worker-1", "worker-2", "history", "run"}
    for name, service in services.items():
        check = service["healthcheck"]
        assert check["test"][0] == "CMD", name
        assert check["retries"] > 1, name
        for other in service.get("depends_on", {}):
            assert other in services


def test_volumes_are_declared_and_ports_stay_on_this_machine() -> None:
    for service in COMPOSE["services"].values():
        named = {volume.split(":")[0] for volume in service.get("volumes", [])}
        assert {name for name in named if "$" not in name} <= set(COMPOSE["volumes"])
        assert all(port.startswith("127.0.0.1:") for port in service.get("ports", []))


def test_credentials_are_no_arguments() -> None:
    for service in COMPOSE["services"].values():
        assert "secret" not in " ".join(service.get("command", [])).lower()


def entrypoint(*words: str, path: Path) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": f"{path}:{os.environ['PATH']}", "SPARK_HOST": "host"}
    return subprocess.run(
        ["sh", str(FOLDER / "entrypoint.sh"), *words],
        env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    """Programs that print how they were called."""
    for name, text in {
        "corpusmill": "echo corpusmill $*",
        "python": f"echo {tmp_path}/spark-class",
    }.items():
        (tmp_path / name).write_text(f"#!/bin/sh\n{text}\n")
    (tmp_path / "spark-class").write_text("#!/bin/sh\necho spark-class $*\n")
    for program in tmp_path.iterdir():
        program.chmod(0o755)
    return tmp_path


@pytest.mark.parametrize(
    ("words", "called"),
    [
        (["master"], "deploy.master.Master --host host --port 7077 --webui-port 8080"),
        (["worker", "spark://m:7077"], "deploy.worker.Worker spark://m:7077 --host host"),
        (["history"], "deploy.history.HistoryServer"),
        (["run", "in", "out"], "corpusmill run in out"),
        ([], "corpusmill"),
    ],
)
def test_the_entry_point_starts_each_role(words: list[str], called: str, programs: Path) -> None:
    done = entrypoint(*words, path=programs)
    assert done.returncode == 0, done.stderr
    assert called in done.stdout


def test_every_role_of_the_cluster_is_one_of_the_entry_point() -> None:
    roles = {service["command"][0] for name, service in COMPOSE["services"].items() if name != "s3"}
    assert roles == {"master", "worker", "history", "run"}
