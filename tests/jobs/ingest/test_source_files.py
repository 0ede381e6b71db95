"""Source files: numbers, names as given, fingerprints, ids."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.ingest.source_files import (
    list_sources,
    require_inputs,
    sources_fingerprint,
    write_plan,
)
from jobs.runtime.contract.document_ids import document_id
from jobs.runtime.errors import InputError
from jobs.runtime.store import storage


def make(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)


def test_files_come_in_the_order_of_their_numbers_and_are_named_as_the_user_did(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(tmp_path, "b/2.html", "b/1.html", "a/3.html")
    monkeypatch.chdir(tmp_path)
    files = list_sources(["b", "a/"])
    assert [file.number for file in files] == sorted(file.number for file in files)
    assert {file.name: file.source for file in files} == {
        "b/1.html": "b/1.html",
        "b/2.html": "b/2.html",
        "a/3.html": "a/3.html",
    }


def test_a_file_named_twice_counts_once_by_its_first_name(tmp_path: Path) -> None:
    make(tmp_path, "a.html", "b.html")
    files = list_sources([str(tmp_path / "b.html"), str(tmp_path)])
    assert sorted(file.name for file in files) == ["b.html", f"{tmp_path.name}/a.html"]


def test_an_added_file_renumbers_no_other_wherever_it_sorts(tmp_path: Path) -> None:
    make(tmp_path, *(f"in/{letter}.html" for letter in "bdfh"))
    before = {file.path: file.number for file in list_sources([str(tmp_path / "in")])}
    make(tmp_path, *(f"in/{letter}.html" for letter in "aceg"), "in/deeper/b.html")
    after = {file.path: file.number for file in list_sources([str(tmp_path / "in")])}
    assert len(set(after.values())) == 9
    assert before.items() < after.items()


def test_the_same_folder_has_the_same_numbers_elsewhere(tmp_path: Path) -> None:
    for place in ("here/crawl", "there/deeper/crawl"):
        make(tmp_path, f"{place}/a.html", f"{place}/b/c.html")
    numbers = [
        {file.name: file.number for file in list_sources([str(tmp_path / given)])}
        for given in ("here/crawl", "there/deeper/crawl/", "here/crawl/**/*.html")
    ]
    assert numbers[0] == numbers[1] == numbers[2]
    assert set(numbers[0]) == {"crawl/a.html", "crawl/b/c.html"}


def test_a_changed_file_changes_the_fingerprint(tmp_path: Path) -> None:
    make(tmp_path, "a.html")
    before = sources_fingerprint(list_sources([str(tmp_path)]))
    assert sources_fingerprint(list_sources([str(tmp_path)])) == before
    (tmp_path / "a.html").write_text("longer than before")
    assert sources_fingerprint(list_sources([str(tmp_path)])) != before


@given(st.integers(0, 2**38 - 1), st.integers(0, 2**25 - 1))
def test_an_id_gives_back_its_file_and_row_and_is_never_negative(file: int, row: int) -> None:
    identifier = document_id(file, row)
    assert divmod(identifier, 1 << 25) == (file, row)
    assert 0 <= identifier < 1 << 63


@pytest.mark.parametrize(("file", "row"), [(2**38, 0), (0, 2**25), (-1, 0)])
def test_an_id_without_room_is_an_error(file: int, row: int) -> None:
    with pytest.raises(InputError, match="Split the file"):
        document_id(file, row)


def test_what_a_run_writes_below_its_input_is_no_source(tmp_path: Path) -> None:
    make(tmp_path, "a.html", "out/.corpusmill.lock", "out/corpus/part.parquet", "outer/b.html")
    files = list_sources([str(tmp_path)], str(tmp_path / "out"))
    assert sorted(Path(file.path).name for file in files) == ["a.html", "b.html"]


def test_an_output_reached_by_a_link_is_known_too(tmp_path: Path) -> None:
    make(tmp_path, "in/a.html", "in/out/x.html")
    (tmp_path / "link").symlink_to(tmp_path / "in")
    files = list_sources([str(tmp_path / "link")], str(tmp_path / "in" / "out"))
    assert [Path(file.path).name for file in files] == ["a.html"]


def test_a_link_to_a_parent_folder_multiplies_nothing(tmp_path: Path) -> None:
    make(tmp_path, "in/a.html", "in/deep/b.html", "other/c.html")
    (tmp_path / "in" / "deep" / "up").symlink_to(tmp_path / "in")
    (tmp_path / "in" / "aside").symlink_to(tmp_path / "other")  # no loop: as if it lay there
    files = list_sources([str(tmp_path / "in")])
    assert sorted(Path(file.path).name for file in files) == ["a.html", "b.html", "c.html"]


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        (b"caf\xe9.html", "caf\\xe9.html"),
        (b"\xff\xfe", "\\xff\\xfe"),
        (b"a\\xe9b\xe9", "a\\\\xe9b\\xe9"),
        (b"plain\\xe9", "plain\\xe9"),
    ],
)
@pytest.mark.parametrize("folder", ["in", "back\\slash", "\\\\twice", "\\xe9"])
def test_a_file_whose_name_is_not_utf_8_is_read_and_shown_escaped(
    tmp_path: Path, folder: str, name: bytes, shown: str
) -> None:
    place = tmp_path / folder
    place.mkdir()
    Path(os.fsdecode(os.fsencode(place) + b"/" + name)).write_bytes(b"page")
    (source,) = list_sources([str(place)])
    assert source.path == f"{place}/{shown}"
    assert source.name == f"{folder}/{shown}"
    with storage.open_input(source.path) as stream:
        assert stream.read() == b"page"
    assert storage.file_entry(source.path).size == 4


def test_a_folder_whose_own_name_is_not_utf_8_is_refused_in_one_sentence(tmp_path: Path) -> None:
    folder = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9"))
    folder.mkdir()
    (folder / "a.html").write_bytes(b"page")
    with pytest.raises(InputError, match="must be UTF-8"):
        list_sources([str(folder)])
    with pytest.raises(InputError, match="must be UTF-8"):
        require_inputs([str(folder / "a.html")], str(tmp_path / "out"))


def test_while_a_killed_run_has_no_list_numbers_are_kept_by_its_chunks(tmp_path: Path) -> None:
    make(tmp_path, "a/part-0.html", "b/part-0.html")
    first, second = (str(tmp_path / name / "part-0.html") for name in "ab")
    output = str(tmp_path / "run")
    (alone,) = list_sources([second], output)
    write_plan(storage.join(output, "extracted", "chunk-1"), [alone])
    files = {file.path: file.number for file in list_sources([second, first], output)}
    assert files == {second: alone.number, first: alone.number + 1}
