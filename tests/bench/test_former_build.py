"""A build beside this one imports its own modules, and is taken out of the history once."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from bench import former_build
from bench.former_build import checked_out, command_of


def test_a_command_imports_from_its_build_and_gets_its_variables(tmp_path: Path) -> None:
    told = "import os, sys\nopen(sys.argv[1], 'w').write(os.environ['COLOUR'])"
    (tmp_path / "other_build.py").write_text(told)
    words = command_of(tmp_path, "other_build", str(tmp_path / "ran"), variables={"COLOUR": "blue"})
    subprocess.run(words, check=True)
    assert (tmp_path / "ran").read_text() == "blue"


def test_a_commit_is_checked_out_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if not (former_build.HERE / ".git").exists():
        pytest.skip("no history beside these files")
    monkeypatch.setattr(former_build, "BUILDS", tmp_path)
    folder = checked_out("HEAD")
    assert (folder / "jobs" / "run_pipeline.py").is_file()
    (folder / "jobs" / "mark").touch()
    assert checked_out("HEAD") == folder
    assert (folder / "jobs" / "mark").exists()
