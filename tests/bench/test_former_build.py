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
    history = tmp_path / "history"
    (history / "jobs").mkdir(parents=True)
    (history / "jobs" / "then.py").write_text("")
    git = ["git", "-C", str(history), "-c", "user.name=a", "-c", "user.email=a@example.org"]
    for words in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "then"]):
        subprocess.run([*git, *words], check=True)
    (history / "jobs" / "then.py").unlink()
    monkeypatch.setattr(former_build, "HERE", history)
    monkeypatch.setattr(former_build, "BUILDS", tmp_path / "builds")
    folder = checked_out("HEAD")
    assert (folder / "jobs" / "then.py").is_file()
    (folder / "jobs" / "mark").touch()
    assert checked_out("HEAD") == folder
    assert (folder / "jobs" / "mark").exists()
