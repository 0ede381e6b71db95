"""Code of the user's: found by name, digested with what it imports, importable from its zip."""

import importlib
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from jobs.runtime import user_code
from jobs.runtime.errors import SettingsError
from jobs.runtime.user_code import code_digest, import_place, pack, spelled_out

GROUP = "corpusmill.annotators"


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A package with a module that imports relatively, from a helper beside it, and what is installed."""
    folder = tmp_path / "own_package"
    (folder / "inner").mkdir(parents=True)  # without __init__.py
    (folder / "__init__.py").write_text("")
    (folder / "words.py").write_text("WORDS = ('a', 'b')\n")
    (folder / "unused.py").write_text("import nothing_of_the_kind\n")
    (folder / "inner" / "count.py").write_text(
        "import numpy\nfrom own_helper import one\nfrom ..words import WORDS\n"
        "def count():\n    return len(WORDS) + one()\n"
    )
    (tmp_path / "own_helper.py").write_text("def one():\n    return 1\n")
    monkeypatch.syspath_prepend(tmp_path)
    importlib.invalidate_caches()
    yield tmp_path
    for name in [name for name in sys.modules if name.startswith("own_")]:
        del sys.modules[name]


PLACE = "own_package.inner.count:count"


def test_the_digest_changes_with_every_module_that_is_imported_and_with_no_other(
    package: Path,
) -> None:
    before = code_digest([PLACE])
    (package / "own_package" / "unused.py").write_text("1\n")
    assert code_digest([PLACE]) == before
    seen = {before}
    for name in ("own_package/words.py", "own_helper.py", "own_package/inner/count.py"):
        path = package / name
        path.write_text(path.read_text() + "# changed\n")
        seen.add(code_digest([PLACE]))
    assert len(seen) == 4


def test_another_version_of_a_library_is_another_digest(
    package: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = code_digest([PLACE])
    monkeypatch.setattr(user_code, "version", str.upper)
    assert code_digest([PLACE]) != before


@pytest.mark.parametrize("source", ["print 'of another Python'\n", "1 / 0\n"])
def test_a_helper_that_cannot_be_imported_counts_by_its_source(package: Path, source: str) -> None:
    """It may be one for another machine, which a function imports where it runs."""
    seen = {code_digest([PLACE])}
    for end in ("", "# changed\n"):
        (package / "own_package" / "words.py").write_text(source + end)
        seen.add(code_digest([PLACE]))
    assert len(seen) == 3


def test_the_zip_runs_where_nothing_else_of_it_is(package: Path, tmp_path: Path) -> None:
    target = tmp_path / "elsewhere"
    target.mkdir()
    archive = pack([PLACE], target)
    assert archive is not None
    code = "from own_package.inner.count import count; print(count())"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=target,
        env={"PYTHONPATH": str(archive)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout, done.returncode) == ("3\n", 0), done.stderr


def test_what_is_installed_is_not_packed_but_counts(tmp_path: Path) -> None:
    assert pack(["yaml:safe_load"], tmp_path) is None
    assert len(code_digest(["yaml:safe_load"])) == 32


def test_a_module_without_source_is_refused() -> None:
    with pytest.raises(SettingsError, match="module math has no source"):
        code_digest(["math:sqrt"])


def test_an_installed_package_gives_names(monkeypatch: pytest.MonkeyPatch) -> None:
    point = EntryPoint("tone", "tones.own:tone", GROUP)
    monkeypatch.setattr(user_code, "entry_points", lambda group: [point] if group == GROUP else [])
    assert spelled_out("tone", GROUP) == "tones.own:tone"
    assert spelled_out("a.b:c", GROUP) == "a.b:c"
    with pytest.raises(ValueError, match=r"neither MODULE:FUNCTION nor .*installed are tone"):
        spelled_out("tones", GROUP)
    with pytest.raises(ValueError, match="none is installed"):
        spelled_out("tone", "corpusmill.readers")


@pytest.mark.parametrize(
    ("text", "fault"),
    [(None, "No module named"), ("import nothing_there", "nothing_there"), ("1 / 0", "division")],
)
def test_what_cannot_be_imported_says_why(package: Path, text: str | None, fault: str) -> None:
    if text is not None:
        (package / "own_broken.py").write_text(text)
    with pytest.raises(SettingsError, match=f"own_broken:f cannot be imported: .*{fault}"):
        import_place("own_broken:f")


def test_modules_of_the_working_directory_are_found_behind_all_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    (tmp_path / "own_here.py").write_text("HERE = 1\n")
    (tmp_path / "json.py").write_text("1 / 0\n")
    importlib.invalidate_caches()
    assert import_place("own_here:HERE") == 1
    assert sys.path[-1] == str(tmp_path)
