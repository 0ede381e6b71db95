from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.perplexity_models import train_pair
from udfs.perplexity.folder import read_model

ENGLISH = ["the cat sat on the mat.", "a dog in paris ate a croissant.", "summer at the beach."]
CHINESE = ["猫坐在垫子上。", "巴黎的狗吃了一个羊角面包。", "夏天的海滩。"]


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pairs")
    train_pair(folder, "en", ENGLISH)
    train_pair(folder, "zh", CHINESE)
    return folder


def test_folder_of_pairs_is_a_model_of_each_language(pairs: Path) -> None:
    model = read_model(pairs)
    assert sorted(model.languages) == ["en", "zh"]
    assert model.folds == 1
    assert read_model(pairs).digest == model.digest
    assert sorted(read_model(pairs, verify=False).languages) == ["en", "zh"]


def test_one_pair_is_named_by_its_language_model(pairs: Path) -> None:
    model = read_model(pairs / "zh.arpa.bin")
    assert list(model.languages) == ["zh"]
    assert model.folder == pairs


def test_halves_of_two_languages_do_not_make_a_pair(pairs: Path, tmp_path: Path) -> None:
    shutil.copy(pairs / "en.arpa.bin", tmp_path / "zh.arpa.bin")
    shutil.copy(pairs / "zh.sp.model", tmp_path / "zh.sp.model")
    with pytest.raises(
        ValueError, match=r"zh\.arpa\.bin knows \d+% of the pieces of zh\.sp\.model"
    ):
        read_model(tmp_path)


def test_half_a_pair_is_refused(tmp_path: Path) -> None:
    (tmp_path / "en.arpa.bin").write_bytes(b"x")
    with pytest.raises(ValueError, match=r"has no en\.sp\.model beside it"):
        read_model(tmp_path)


def test_pair_without_a_language_is_refused(tmp_path: Path) -> None:
    for name in ("wikipedia-5gram.arpa.bin", "wikipedia-5gram.sp.model"):
        (tmp_path / name).write_bytes(b"x")
    with pytest.raises(ValueError, match="does not tell its language"):
        read_model(tmp_path)


def test_pair_cut_short_is_refused(pairs: Path, tmp_path: Path) -> None:
    for name in ("en.arpa.bin", "en.sp.model"):
        shutil.copy(pairs / name, tmp_path / name)
    whole = (tmp_path / "en.arpa.bin").read_bytes()
    (tmp_path / "en.arpa.bin").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ValueError, match=r"cannot read the language model en\.arpa\.bin"):
        read_model(tmp_path)
