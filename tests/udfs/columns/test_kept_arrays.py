from pathlib import Path

import numpy as np
import pytest

from udfs.columns.kept_arrays import Arrays, kept_arrays, state_of
from udfs.text.character_classes import CODE_POINTS, character_tables


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "corpusmill"


class Builder:
    def __init__(self) -> None:
        self.calls = 0

    def __call__(self) -> Arrays:
        self.calls += 1
        return {"numbers": np.arange(5, dtype=np.int16), "names": np.array(["a", "bc"])}


def numbers_and_names(arrays: Arrays) -> tuple[list[int], list[str]]:
    assert all(type(array) is np.ndarray for array in arrays.values())
    assert not any(array.flags.writeable for array in arrays.values())
    assert arrays["numbers"].dtype == np.int16
    return arrays["numbers"].tolist(), arrays["names"].tolist()


EXPECTED = ([0, 1, 2, 3, 4], ["a", "bc"])


def test_arrays_are_built_once_and_read_back(cache: Path) -> None:
    build = Builder()
    assert numbers_and_names(kept_arrays("some", "state", build)) == EXPECTED
    assert numbers_and_names(kept_arrays("some", "state", build)) == EXPECTED
    assert build.calls == 1
    assert [folder.name.startswith("some-") for folder in cache.iterdir()] == [True]


def test_another_state_never_meets_them(cache: Path) -> None:
    build = Builder()
    kept_arrays("some", "state", build)
    kept_arrays("some", "another", build)
    assert build.calls == 2


@pytest.mark.parametrize("content", [b"", b"\x93NUMPY broken", b"x" * 2000])
def test_a_damaged_file_is_made_anew(cache: Path, content: bytes) -> None:
    build = Builder()
    kept_arrays("some", "state", build)
    next(cache.rglob("numbers.npy")).write_bytes(content)
    assert numbers_and_names(kept_arrays("some", "state", build)) == EXPECTED
    assert numbers_and_names(kept_arrays("some", "state", build)) == EXPECTED
    assert build.calls == 2


def test_a_folder_that_cannot_be_written_costs_only_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    blocker = tmp_path / "file"
    blocker.write_text("not a folder")
    monkeypatch.setenv("XDG_CACHE_HOME", str(blocker))
    build = Builder()
    assert numbers_and_names(kept_arrays("some", "state", build)) == EXPECTED
    assert numbers_and_names(kept_arrays("some", "state", build)) == EXPECTED
    assert build.calls == 2


def test_the_state_tells_modules_apart() -> None:
    one, other = state_of("udfs.columns.kept_arrays"), state_of("udfs.text.character_classes")
    assert one != other
    assert one != state_of("udfs.columns.kept_arrays", distribution="numpy")


def test_the_tables_of_characters_are_kept_and_read_back(cache: Path) -> None:
    built = character_tables.__wrapped__()
    read = character_tables.__wrapped__()
    assert read.class_of.shape == (CODE_POINTS,)
    for name in built._fields:
        assert np.array_equal(getattr(built, name), getattr(read, name)), name
