from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY
from udfs.safety.lexicon_files import LEXICON_NAMES, default_lexicons, read_lexicon


def test_the_shipped_lists_are_found_beside_the_package() -> None:
    folder = REPOSITORY / "conf" / "lexicons"
    assert sorted(LEXICON_NAMES) == sorted(path.name for path in folder.iterdir())
    for name in LEXICON_NAMES:
        assert read_lexicon(name) == (folder / name).read_bytes()
    assert len(default_lexicons()) == len(LEXICON_NAMES)


def test_the_named_configuration_folder_comes_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "lexicons").mkdir()
    (tmp_path / "lexicons" / "unsafe-en.yaml").write_bytes(b"own list")
    monkeypatch.setenv("CORPUSMILL_CONF", str(tmp_path))
    assert read_lexicon("unsafe-en.yaml") == b"own list"


def test_an_unknown_list_is_refused_with_the_places_searched() -> None:
    with pytest.raises(ValueError, match=r"absent\.yaml was not found below .*conf"):
        read_lexicon("absent.yaml")


def test_the_lists_are_read_from_inside_a_zip_of_the_code(tmp_path: Path) -> None:
    archive = tmp_path / "corpusmill.zip"
    with zipfile.ZipFile(archive, "w") as bundle:
        for folder, pattern in (("udfs", "*.py"), ("conf/lexicons", "*.yaml")):
            for path in sorted((REPOSITORY / folder).rglob(pattern)):
                bundle.write(path, path.relative_to(REPOSITORY))
    code = (
        "import udfs.safety.lexicon_files as files; assert '.zip' in files.__file__, files.__file__;"
        "print(len(files.default_lexicons()))"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONPATH": str(archive)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert answer.stdout.strip() == str(len(LEXICON_NAMES))
