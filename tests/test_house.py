"""The rules of the house: direction of imports, names that shadow nothing, file sizes."""

import ast
import functools
import importlib.metadata
import sys
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY

MODULES = sorted(
    path
    for package in ("jobs", "udfs")
    for path in (REPOSITORY / package).rglob("*.py")
    if path.name != "__init__.py"
)
FORBIDDEN_IN_UDFS = {"pyspark", "boto3", "jobs", "py4j"}
WRAPS_UDFS_FOR_SPARK = "pandas_functions.py"
STAGE_FREE = {"runtime", "recipes", "verdicts"}


def imported_names(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            names.add(node.module or "")
    return names


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(REPOSITORY)))
class TestModule:
    def test_udfs_know_neither_spark_nor_storage_nor_jobs(self, path: Path) -> None:
        if "udfs" not in path.relative_to(REPOSITORY).parts or path.name == WRAPS_UDFS_FOR_SPARK:
            return
        roots = {name.split(".")[0] for name in imported_names(path)}
        assert not roots & FORBIDDEN_IN_UDFS

    def test_runtime_and_recipes_do_not_import_stages(self, path: Path) -> None:
        parts = path.relative_to(REPOSITORY).parts
        if parts[0] != "jobs" or len(parts) < 3 or parts[1] not in STAGE_FREE:
            return
        stages = {file.stem for file in (REPOSITORY / "jobs").glob("*.py")} - {"__init__"}
        imported = {name.split(".")[1] for name in imported_names(path) if name.startswith("jobs.")}
        assert not imported & stages

    def test_runtime_imports_no_other_room(self, path: Path) -> None:
        if path.relative_to(REPOSITORY).parts[:2] != ("jobs", "runtime"):
            return
        ours = {name for name in imported_names(path) if name.startswith("jobs.")}
        assert {name for name in ours if not name.startswith("jobs.runtime")} == set()

    def test_nothing_imports_tests_bench_or_examples(self, path: Path) -> None:
        roots = {name.split(".")[0] for name in imported_names(path)}
        assert not roots & {"tests", "bench", "examples"}

    def test_is_at_most_400_lines(self, path: Path) -> None:
        assert len(path.read_text(encoding="utf-8").splitlines()) <= 400

    def test_name_shadows_neither_the_standard_library_nor_a_distribution(self, path: Path) -> None:
        assert path.stem not in sys.stdlib_module_names
        assert path.stem not in installed_modules()

    def test_functions_are_short(self, path: Path) -> None:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef):
                # A kernel is one loop: numba pays for every call that is not inlined.
                compiled = any(getattr(name, "id", "") == "kernel" for name in node.decorator_list)
                limit = 140 if compiled else 45
                assert body_lines(node) <= limit, f"{node.name} has {body_lines(node)} lines"


def body_lines(function: ast.FunctionDef) -> int:
    """Lines of a function without signature and docstring."""
    body = function.body[1:] if ast.get_docstring(function) else function.body
    return (function.end_lineno or 0) - body[0].lineno + 1 if body else 0


@functools.cache
def installed_modules() -> frozenset[str]:
    ours = {"jobs", "udfs", "tests", "bench", "examples"}
    return frozenset(set(importlib.metadata.packages_distributions()) - ours)


def test_there_are_modules_to_check() -> None:
    assert len(MODULES) > 40
