"""Corpora of an ablation: named, with one tokeniser and one length, or refused."""

from pathlib import Path

import pytest

from jobs.ablation.arms import open_arms
from jobs.runtime.errors import InputError, SettingsError
from tests.packed_folder import documents, packed_folder
from tests.small_tokenisers import byte_level_json
from udfs.trainer_files.packing.settings import PackSettings


def test_names_are_given_or_those_of_folders(tmp_path: Path) -> None:
    for name in ("first", "second"):
        packed_folder(tmp_path / name, documents(20))
    arms = open_arms([f"raw={tmp_path / 'first'}", str(tmp_path / "second")])
    assert [arm.name for arm in arms] == ["raw", "second"]


@pytest.mark.parametrize("count", [1, 2])
def test_one_arm_or_two_of_a_name_are_refused(tmp_path: Path, count: int) -> None:
    packed_folder(tmp_path / "run", documents(20))
    with pytest.raises(SettingsError, match="names of their own"):
        open_arms([str(tmp_path / "run")] * count)


def test_other_lengths_and_tokenisers_are_refused(tmp_path: Path) -> None:
    first = packed_folder(tmp_path / "first", documents(20))
    short = packed_folder(tmp_path / "short", documents(20), settings=PackSettings(length=32))
    other = packed_folder(
        tmp_path / "other", documents(20), tokeniser=byte_level_json(vocabulary=300)
    )
    with pytest.raises(SettingsError, match="length is 64 in first and 32 in short"):
        open_arms([str(first), str(short)])
    with pytest.raises(SettingsError, match="tokenizer_sha256"):
        open_arms([str(first), str(other)])


def test_what_is_not_packed_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="corpusmill pack"):
        open_arms([f"a={tmp_path}", f"b={tmp_path}"])
