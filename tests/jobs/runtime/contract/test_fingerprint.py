"""Code fingerprints: they see what a stage imports and nothing else."""

import ast
from pathlib import Path

import pytest

from jobs.runtime.contract import fingerprint
from tests.conftest import REPOSITORY


def test_a_stage_depends_on_the_kernels_below_it() -> None:
    closure = fingerprint._closure("jobs.extract_text")
    assert {"jobs.extract_text", "udfs.extract_batches", "udfs.columns.batch_columns"} <= closure


def test_a_stage_does_not_depend_on_how_a_run_is_driven() -> None:
    assert not [name for name in fingerprint._closure("jobs.extract_text") if "runtime" in name]


def test_a_changed_source_changes_the_fingerprint(monkeypatch: pytest.MonkeyPatch) -> None:
    fingerprint.code_fingerprint.cache_clear()
    before = fingerprint.code_fingerprint("udfs.columns.batch_columns")
    source = fingerprint._source
    monkeypatch.setattr(fingerprint, "_source", lambda name: source(name) + "\n# changed")
    fingerprint.code_fingerprint.cache_clear()
    assert fingerprint.code_fingerprint("udfs.columns.batch_columns") != before
    fingerprint.code_fingerprint.cache_clear()


def imports_by_syntax_tree(source: str) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
    return {name for name in names if name.split(".")[0] in fingerprint.OUR_PACKAGES}


def test_the_imports_of_all_our_modules_are_those_of_their_syntax_trees() -> None:
    paths: list[Path] = []
    for package in fingerprint.OUR_PACKAGES:
        paths += (REPOSITORY / package).rglob("*.py")
    for path in paths:
        module = ".".join(path.relative_to(REPOSITORY).with_suffix("").parts)
        module = module.removesuffix(".__init__")
        expected = imports_by_syntax_tree(path.read_text(encoding="utf-8"))
        found = set(fingerprint._our_imports(module))
        assert found == {name for name in expected if fingerprint._spec_exists(name)}, module


def test_order_of_keys_does_not_matter() -> None:
    assert fingerprint.digest({"a": 1, "b": 2}) == fingerprint.digest({"b": 2, "a": 1})


def test_an_absent_library_is_said_to_be_absent() -> None:
    assert fingerprint.library_versions(("no-such-library",)) == {"no-such-library": "absent"}
