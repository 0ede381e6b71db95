"""packed/ opened by the folder or its parent; the tokeniser is the one of the ids or an error."""

from pathlib import Path

import pytest

from jobs.packing.opened_rows import open_rows
from jobs.runtime.errors import InputError, MissingRequirementError, SettingsError
from tests.packed_folder import documents, packed_folder
from tests.small_tokenisers import byte_level_json


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return packed_folder(tmp_path / "run", documents(30), documents(5, 100))


def test_the_folder_and_its_parent_are_the_same(folder: Path) -> None:
    assert open_rows(str(folder)).manifest == open_rows(str(folder / "packed")).manifest
    assert len(open_rows(str(folder)).paths("train")) == 2
    assert len(open_rows(str(folder / "packed")).paths("validation")) == 1


def test_where_nothing_was_packed_pack_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="corpusmill pack"):
        open_rows(str(tmp_path))


def test_the_tokeniser_is_found_by_its_name_and_checked(folder: Path, tmp_path: Path) -> None:
    rows = open_rows(str(folder))
    assert rows.tokeniser(None).sha256 == rows.manifest.details["tokenizer_sha256"]
    (tmp_path / "other.json").write_bytes(byte_level_json(vocabulary=300))
    with pytest.raises(SettingsError, match="was packed with"):
        rows.tokeniser(str(tmp_path / "other.json"))
    (folder / "tokenizer.json").unlink()
    with pytest.raises(MissingRequirementError, match="cannot be read"):
        rows.tokeniser(None)
