"""The image's recipe names files and modules that exist; no engine runs here, so no more is claimed."""

import importlib.util
import re

from tests.conftest import REPOSITORY

DOCKERFILE = (REPOSITORY / "docker" / "Dockerfile").read_text(encoding="utf-8")


def test_what_is_copied_exists() -> None:
    copied = [
        word
        for line in re.findall(r"^COPY (?!--from)(.+)$", DOCKERFILE, re.MULTILINE)
        for word in line.split()[:-1]
    ]
    assert "requirements.lock" in copied
    assert [name for name in copied if not (REPOSITORY / name).exists()] == []


def test_what_is_run_exists() -> None:
    modules = re.findall(r"python -m ([a-z_.]+)", DOCKERFILE)
    assert modules == ["jobs.warm_kernels"]
    assert all(importlib.util.find_spec(module) for module in modules)


def test_the_image_does_not_run_as_root() -> None:
    assert DOCKERFILE.index("\nUSER corpusmill") < DOCKERFILE.index("\nENTRYPOINT")


def test_kernels_are_compiled_into_the_folder_that_workers_read() -> None:
    assert DOCKERFILE.index("ENV NUMBA_CACHE_DIR=") < DOCKERFILE.index(
        "RUN python -m jobs.warm_kernels"
    )
