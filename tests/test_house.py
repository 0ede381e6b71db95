"""The rules of the house: rooms and the arrows between them, faces, names that shadow nothing, sizes."""

from __future__ import annotations

import ast
import functools
import importlib
import importlib.metadata
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

from jobs.command_line import COMMANDS, command_function
from tests.conftest import REPOSITORY

FILES = {
    ".".join(path.relative_to(REPOSITORY).with_suffix("").parts): path
    for package in ("jobs", "udfs")
    for path in sorted((REPOSITORY / package).rglob("*.py"))
}
PACKAGES = {
    name.removesuffix(".__init__"): path for name, path in FILES.items() if path.stem == "__init__"
}
MODULES = {name: path for name, path in FILES.items() if path.stem != "__init__"}
BENCHES = sorted((REPOSITORY / "bench").rglob("*.py"))

# docs/architecture.md draws these tables; both are exact: an arrow that is missing here fails, and one
# that no file uses fails, too. A room may use those above it, never those below.
ROOMS_OF_UDFS: dict[str, set[str]] = {
    "columns": set(),
    "text": {"columns"},
    "lines": {"columns", "text"},
    "repetition": {"columns", "text", "lines"},
    "learning": {"columns", "text"},
    "extraction": {"columns", "learning"},
    "cleaning": {"columns", "text", "lines", "repetition"},
    "language": {"columns", "text"},
    "signals": {"columns", "text", "lines", "repetition"},
    "perplexity": {"columns", "text"},
    "safety": {"columns", "text", "learning", "language"},
    "contamination": {"columns", "text", "lines", "signals"},
    "dedup": {"columns", "text"},
    "tracing": {"columns", "text"},
    "grading": {"columns", "learning"},
    "trainer_files": {"columns"},
}  # fmt: skip
FACES = {
    "extract_document",
    "pandas_functions",
    "extending",
    "extract_batches",
    "annotate_batches",
    "grade_batches",
}
READERS = ("html", "pdf", "epub")
READ_BY = {"udfs.extraction.document_reading", "udfs.extraction.guard.child_main"}
NEVER_IN_THE_PARENT = {"lxml", "pypdfium2", "trafilatura"}

_SPEAKS_TO_ALL = {"runtime", "runtime.store", "runtime.spark", "runtime.contract"}
ROOMS_OF_JOBS: dict[str, set[str]] = {
    "runtime": set(),
    "runtime.store": {"runtime"},
    "runtime.spark": {"runtime", "runtime.store"},
    "runtime.contract": {"runtime", "runtime.store", "runtime.spark"},
    "lake": _SPEAKS_TO_ALL,
    "ingest": {*_SPEAKS_TO_ALL, "lake"},
    "dedup": _SPEAKS_TO_ALL,
    "models": _SPEAKS_TO_ALL,
    "recipes": {"runtime", "runtime.contract", "runtime.store", "ingest", "dedup", "models"},
    "verdicts": {"runtime", "runtime.spark", "runtime.contract", "recipes"},
    "contamination": {*_SPEAKS_TO_ALL, "dedup", "recipes", "verdicts"},
    "planning": {"runtime", "runtime.store", "dedup"},
    "packing": _SPEAKS_TO_ALL,
    "tracing": {*_SPEAKS_TO_ALL, "dedup"},
    "command": {*_SPEAKS_TO_ALL, "lake", "models", "recipes"},
    "report": {*_SPEAKS_TO_ALL, "dedup", "contamination", "recipes", "verdicts"},
    "inspection": {
        *_SPEAKS_TO_ALL - {"runtime.spark"},
        "ingest",
        "dedup",
        "contamination",
        "models",
        "tracing",
        "recipes",
        "verdicts",
        "command",
    },
    "ablation": {
        *_SPEAKS_TO_ALL - {"runtime.spark"},
        "models",
        "packing",
        "report",
        "inspection",
    },
    "serving": {
        "runtime",
        "runtime.store",
        "runtime.contract",
        "command",
        "inspection",
        "recipes",
        "report",
        "tracing",
        "verdicts",
    },
    "submission": {*_SPEAKS_TO_ALL, "command", "recipes"},
}
LAST_ROOM = "upkeep"  # drives whole runs, so it may use all but the command
MOST_FILES_IN_A_FOLDER = 16

# Spark takes the columns of some of these by their place, not by name.
BY_BATCHES = {"mapInArrow", "applyInArrow", "mapInPandas", "applyInPandas", "cogroup"}
FORBIDDEN_IN_UDFS = {"pyspark", "boto3", "jobs", "py4j"}
WRAPS_UDFS_FOR_SPARK = "udfs.pandas_functions"


@functools.cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


@functools.cache
def imported_names(path: Path) -> frozenset[str]:
    """Modules a file imports, in full; of ``from package import name`` the module where it is one."""
    names: set[str] = set()
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            inner = {f"{node.module}.{alias.name}" for alias in node.names}
            found = {name for name in inner if name in MODULES or name in PACKAGES}
            names |= found if len(found) == len(inner) else found | {node.module or ""}
    return frozenset(names)


def ours(name: str) -> set[str]:
    """Modules and packages of ours that a module imports; its import of itself under spark-submit aside."""
    path = FILES.get(name) or PACKAGES[name]
    found = {used for used in imported_names(path) if used in MODULES or used in PACKAGES}
    return found - {name}


def reached(start: str) -> set[str]:
    """Everything of ours that importing a module runs, packages on the way included."""
    found: set[str] = set()
    waiting = [start]
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        found.add(name)
        waiting += ours(name)
        waiting += [parent for parent in parents(name) if parent in PACKAGES]
    return found


def parents(name: str) -> list[str]:
    parts = name.split(".")
    return [".".join(parts[:count]) for count in range(1, len(parts))]


def room(name: str) -> str | None:
    """The room of a module below jobs/ or udfs/; None for what stands at the top."""
    package, *inner = name.split(".")
    if len(inner) > 1 or name in PACKAGES:
        if package == "jobs" and inner[:1] == ["runtime"] and f"jobs.runtime.{inner[-1]}" != name:
            return ".".join(inner[:2])
        if name in PACKAGES and package == "jobs" and inner[:1] == ["runtime"]:
            return ".".join(inner)
        return inner[0] if inner else None
    return None


def arrows(package: str) -> dict[str, set[str]]:
    """Room → rooms it imports, of one package."""
    found: dict[str, set[str]] = defaultdict(set)
    for name in [*MODULES, *PACKAGES]:
        if not name.startswith(f"{package}.") or room(name) is None:
            continue
        used = {room(other) for other in ours(name) if other.startswith(f"{package}.")}
        found[str(room(name))] |= {other for other in used if other} - {str(room(name))}
    return dict(found)


class TestRooms:
    def test_arrows_of_udfs_are_those_of_the_table(self) -> None:
        assert arrows("udfs") == ROOMS_OF_UDFS

    def test_arrows_of_jobs_are_those_of_the_table(self) -> None:
        found = arrows("jobs")
        assert found.pop(LAST_ROOM) <= set(ROOMS_OF_JOBS) - {"command"}
        assert found == ROOMS_OF_JOBS

    @pytest.mark.parametrize("table", [ROOMS_OF_UDFS, ROOMS_OF_JOBS], ids=["udfs", "jobs"])
    def test_a_room_uses_only_rooms_above_it(self, table: dict[str, set[str]]) -> None:
        order = list(table)
        for name, used in table.items():
            assert used <= set(order[: order.index(name)]), name

    def test_no_modules_import_each_other_in_a_circle(self) -> None:
        graph = {name: ours(name) for name in [*MODULES, *PACKAGES]}
        while (
            graph
        ):  # leaves of what is left are taken away until nothing, or only circles, are left
            leaves = {name for name, used in graph.items() if not used & graph.keys()}
            assert leaves, f"a circle among {sorted(graph)}"
            graph = {name: used for name, used in graph.items() if name not in leaves}

    def test_the_top_of_udfs_is_its_faces(self) -> None:
        assert {path.stem for path in (REPOSITORY / "udfs").glob("*.py")} == FACES | {"__init__"}

    @pytest.mark.parametrize("name", [name for name in MODULES if room(name)])
    def test_no_room_imports_a_face_or_the_command_line(self, name: str) -> None:
        faces = {f"udfs.{face}" for face in FACES} if name.startswith("udfs.") else set()
        assert not ours(name) & (faces | {"jobs.command_line"})

    @pytest.mark.parametrize("face", sorted(FACES))
    def test_a_face_says_what_it_hands_on(self, face: str) -> None:
        module = importlib.import_module(f"udfs.{face}")
        defined = [node for node in tree(MODULES[f"udfs.{face}"]).body if hasattr(node, "name")]
        assert defined or module.__all__

    @pytest.mark.parametrize("name", [name for name in PACKAGES if name.startswith("udfs")])
    def test_entering_a_room_of_udfs_imports_nothing(self, name: str) -> None:
        (only,) = tree(PACKAGES[name]).body
        assert ast.get_docstring(tree(PACKAGES[name])), only

    def test_folders_of_udfs_are_small(self) -> None:
        for folder in {path.parent for path in MODULES.values() if "udfs" in path.parts}:
            assert len(list(folder.glob("[!_]*.py"))) <= MOST_FILES_IN_A_FOLDER, folder


class TestExtraction:
    @pytest.mark.parametrize("reader", READERS)
    def test_readers_do_not_know_each_other(self, reader: str) -> None:
        others = tuple(f"udfs.extraction.{other}" for other in READERS if other != reader)
        for name in MODULES:
            if name.startswith(f"udfs.extraction.{reader}."):
                assert not [used for used in ours(name) if used.startswith(others)], name

    def test_only_the_reading_and_the_child_import_readers(self) -> None:
        below = tuple(f"udfs.extraction.{reader}." for reader in READERS)
        for name in MODULES:
            if name.startswith("udfs.extraction.") and not name.startswith(below):
                used = [other for other in ours(name) if other.startswith(below)]
                assert not used or name in READ_BY, name

    def test_nothing_of_udfs_imports_training(self) -> None:
        training = "udfs.extraction.html.training"
        for name in MODULES:
            if name.startswith("udfs.") and not name.startswith(training):
                assert not [used for used in ours(name) if used.startswith(training)], name

    @pytest.mark.parametrize(
        "name",
        ["udfs.extraction.guard.parser_child", "udfs.extract_batches", "jobs.recipes.recipe"],
    )
    def test_the_parent_of_the_guarded_child_reaches_no_reader(self, name: str) -> None:
        below = tuple(f"udfs.extraction.{reader}." for reader in READERS)
        assert not [used for used in reached(name) if used.startswith(below)]

    def test_the_parent_of_the_guarded_child_loads_no_parser_of_untrusted_bytes(self) -> None:
        code = "import sys, udfs.extract_batches, jobs.extract_text; print(*sys.modules)"
        done = subprocess.run(
            [sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, check=True
        )
        assert not NEVER_IN_THE_PARENT & set(done.stdout.split())


class TestReference:
    def test_torch_is_imported_by_the_reference_room_alone(self) -> None:
        for name, path in MODULES.items():
            if "torch" in {used.split(".")[0] for used in imported_names(path)}:
                assert name.startswith("jobs.models.reference."), name


class TestBatches:
    @pytest.mark.parametrize("path", [*MODULES.values(), *BENCHES], ids=str)
    def test_batches_are_handed_to_spark_at_one_place(self, path: Path) -> None:
        called = {node.attr for node in ast.walk(tree(path)) if isinstance(node, ast.Attribute)}
        here = path == MODULES["jobs.runtime.spark.arrow_frames"]
        assert called & BY_BATCHES == ({"mapInArrow"} if here else set())


class TestCommands:
    @pytest.mark.parametrize("command", COMMANDS)
    def test_every_row_of_the_table_resolves(self, command: str) -> None:
        assert callable(command_function(command))

    def test_every_script_at_the_top_of_jobs_is_a_row_of_the_table(self) -> None:
        scripts = {
            f"jobs.{path.stem}"
            for path in (REPOSITORY / "jobs").glob("*.py")
            if 'if __name__ == "__main__"' in path.read_text(encoding="utf-8")
        }
        at_the_top = {module for module, _ in COMMANDS.values() if module.count(".") == 1}
        assert scripts - {"jobs.command_line"} == at_the_top

    @pytest.mark.parametrize(
        ("command", "row"),
        [(command, row) for command, row in COMMANDS.items() if row[0].count(".") == 1],
    )
    def test_a_script_runs_the_command_of_its_row(self, command: str, row: tuple[str, str]) -> None:
        module, function = row
        text = MODULES[module].read_text(encoding="utf-8")
        assert text.endswith(f'    sys.exit(run("{command}", {function}))\n')


class TestNames:
    def test_nothing_below_jobs_or_bench_shadows_a_package_or_the_standard_library(self) -> None:
        # A submitted script's own folder comes first on the path that modules are looked up in.
        folders = [path for top in ("jobs", "bench") for path in (REPOSITORY / top).iterdir()]
        names = {path.name for path in folders if path.is_dir()} - {"__pycache__"}
        names |= {path.stem for path in [*FILES.values(), *BENCHES]} - {"__init__"}
        assert not names & set(sys.stdlib_module_names)
        assert not names & installed_modules()


@pytest.mark.parametrize("name", MODULES)
class TestModule:
    def test_udfs_know_neither_spark_nor_storage_nor_jobs(self, name: str) -> None:
        if name.startswith("jobs.") or name == WRAPS_UDFS_FOR_SPARK:
            return
        roots = {used.split(".")[0] for used in imported_names(MODULES[name])}
        assert not roots & FORBIDDEN_IN_UDFS

    def test_nothing_imports_tests_bench_or_examples(self, name: str) -> None:
        roots = {used.split(".")[0] for used in imported_names(MODULES[name])}
        assert not roots & {"tests", "bench", "examples"}

    def test_is_at_most_400_lines(self, name: str) -> None:
        assert len(MODULES[name].read_text(encoding="utf-8").splitlines()) <= 400

    def test_functions_are_short(self, name: str) -> None:
        for node in ast.walk(tree(MODULES[name])):
            if isinstance(node, ast.FunctionDef):
                # A kernel is one loop: numba pays for every call that is not inlined.
                limit = 140 if is_kernel(node) else 45
                assert body_lines(node) <= limit, f"{node.name} has {body_lines(node)} lines"

    def test_kernels_read_no_constant_through_a_module(self, name: str) -> None:
        # The fingerprint of compiled code knows names, not what a module of that name holds.
        modules = set(modules_by_name(tree(MODULES[name]))) - {"np", "math"}
        for node in ast.walk(tree(MODULES[name])):
            if isinstance(node, ast.FunctionDef) and is_kernel(node):
                read = {
                    inner.value.id
                    for statement in node.body
                    for inner in ast.walk(statement)
                    if isinstance(inner, ast.Attribute) and isinstance(inner.value, ast.Name)
                }
                assert not read & modules, f"{node.name}: import the constant by its name"


def modules_by_name(module: ast.Module) -> Iterator[str]:
    """The names under which a file knows modules."""
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            yield from ((alias.asname or alias.name).split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                if f"{node.module}.{alias.name}" in MODULES:
                    yield alias.asname or alias.name


def is_kernel(function: ast.FunctionDef) -> bool:
    return any(getattr(decorator, "id", "") == "kernel" for decorator in function.decorator_list)


def body_lines(function: ast.FunctionDef) -> int:
    """Lines of a function without signature and docstring."""
    body = function.body[1:] if ast.get_docstring(function) else function.body
    return (function.end_lineno or 0) - body[0].lineno + 1 if body else 0


@functools.cache
def installed_modules() -> frozenset[str]:
    ours = {"jobs", "udfs", "tests", "bench", "examples"}
    return frozenset(set(importlib.metadata.packages_distributions()) - ours)


def test_there_are_modules_to_check() -> None:
    assert len(MODULES) > 200
