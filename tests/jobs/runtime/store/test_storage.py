"""Storage: listings, globs, whole-or-nothing writes, spellings of paths."""

import os
from pathlib import Path

import pyarrow.fs as pafs
import pytest

from jobs.runtime.errors import InputError, MissingRequirementError
from jobs.runtime.store import storage


def fill(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)


def names(entries: list[storage.FileEntry], folder: Path) -> list[str]:
    return [entry.path.removeprefix(f"{folder}/") for entry in entries]


def test_a_folder_gives_its_files_sorted_and_leaves_bookkeeping_out(tmp_path: Path) -> None:
    fill(tmp_path, "b.html", "a/z.pdf", ".html", "_posts/p.md")
    fill(tmp_path, ".git/config", "_SUCCESS", "a/.x.crc", "_temporary/0/t", "_manifest.json")
    fill(tmp_path, "chunk-1/_sources.arrow", "chunk-1/_chunk.json", f"_manifest.json.{'0f' * 16}")
    fill(tmp_path, "_started_81", "a/_committed_81", "_metadata", "a/_common_metadata")
    found = names(storage.find_files(str(tmp_path)), tmp_path)
    assert found == [".html", "_posts/p.md", "a/z.pdf", "b.html"]


def test_a_dataset_is_listed_as_spark_lists_it(tmp_path: Path) -> None:
    fill(tmp_path, "part-0.parquet", "chunk-0/part-1.parquet", ".part-0.parquet.crc", "_SUCCESS")
    found = names(storage.list_files(str(tmp_path)), tmp_path)
    assert found == ["chunk-0/part-1.parquet", "part-0.parquet"]


def test_a_hidden_parent_does_not_hide_what_was_named(tmp_path: Path) -> None:
    folder = tmp_path / "_work"
    fill(folder, "a.html")
    assert names(storage.find_files(str(folder)), folder) == ["a.html"]


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("*.html", ["a.html"]),
        ("**/*.html", ["a.html", "deep/b.html", "deep/er/c.html"]),
        ("deep/*.html", ["deep/b.html"]),
        ("deep/?.html", ["deep/b.html"]),
        ("[a-b].html", ["a.html"]),
    ],
)
def test_a_glob_works_as_in_a_shell(tmp_path: Path, pattern: str, expected: list[str]) -> None:
    fill(tmp_path, "a.html", "a.txt", "deep/b.html", "deep/er/c.html")
    assert names(storage.find_files(f"{tmp_path}/{pattern}"), tmp_path) == expected


def test_a_name_that_looks_like_a_glob_is_a_name_first(tmp_path: Path) -> None:
    fill(tmp_path, "a[1].html", "a1.html")
    assert names(storage.find_files(f"{tmp_path}/a[1].html"), tmp_path) == ["a[1].html"]


@pytest.mark.parametrize("missing", ["nothing", "*.html", "no/such/*.html"])
def test_an_input_that_names_nothing_is_an_error_with_its_name(
    tmp_path: Path, missing: str
) -> None:
    with pytest.raises(InputError, match=r"nothing|html"):
        storage.find_files(f"{tmp_path}/{missing}")


def test_a_text_is_replaced_whole(tmp_path: Path) -> None:
    path = str(tmp_path / "deep" / "x.json")
    storage.write_text(path, "one")
    storage.write_text(path, "二")
    assert storage.read_text(path) == "二"
    assert os.listdir(tmp_path / "deep") == ["x.json"]


def test_a_missing_text_is_none(tmp_path: Path) -> None:
    assert storage.read_text(str(tmp_path / "x")) is None


def test_a_folder_in_the_way_is_an_error_that_names_the_path(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(MissingRequirementError, match=r"file/x\.json"):
        storage.write_text(str(tmp_path / "file" / "x.json"), "y")


@pytest.mark.parametrize(
    ("given", "spark"),
    [
        ("s3://bucket/key", "s3a://bucket/key"),
        ("s3a://bucket/key", "s3a://bucket/key"),
        ("gs://bucket/key", "gs://bucket/key"),
        ("/data/a b", "file:///data/a b"),
    ],
)
def test_sparks_spelling(given: str, spark: str) -> None:
    assert storage.spark_path(given) == spark


def test_patterns_are_escaped_for_reading() -> None:
    assert storage.spark_read_path("/d/[x]{y}*") == r"file:///d/\[x\]\{y\}\*"


def test_delete_tree_does_not_mind_absence(tmp_path: Path) -> None:
    fill(tmp_path, "d/x")
    for _ in range(2):
        storage.delete_tree(str(tmp_path / "d"))
    assert not (tmp_path / "d").exists()


def test_an_opened_file_reads_lines_and_seeks(tmp_path: Path) -> None:
    fill(tmp_path, "x")
    (tmp_path / "x").write_bytes(b"one\ntwo\n")
    with storage.open_input(str(tmp_path / "x")) as stream:
        assert stream.readline() == b"one\n"
        stream.seek(0)
        assert stream.read() == b"one\ntwo\n"


class TestObjectStore:
    """Prefix logic on a folder that stands in for a bucket; a real store is the cluster tests' matter."""

    @pytest.fixture(autouse=True)
    def bucket(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        store = pafs.SubTreeFileSystem(str(tmp_path), pafs.LocalFileSystem())

        def opened(path: str) -> tuple[pafs.FileSystem, str]:
            if "refused" in path:
                raise MissingRequirementError(f"{path} cannot be used: check credentials")
            return store, path.split("://", 1)[1]

        def written(path: str, text: str, *, replaces: str | None) -> str:
            (tmp_path / path.split("://", 1)[1]).write_text(text)
            return "etag"

        monkeypatch.setattr(storage, "s3_file_system", opened)
        monkeypatch.setattr(storage, "put_object", written)
        fill(tmp_path / "crawl", "2026/a.warc.gz", "2026/b.html", "2025/c.html")
        return tmp_path / "crawl"

    @pytest.mark.parametrize("scheme", ["s3://", "s3a://"])
    def test_a_prefix_lists_in_the_spelling_given(self, scheme: str) -> None:
        found = [entry.path for entry in storage.find_files(f"{scheme}crawl/2026")]
        assert found == [f"{scheme}crawl/2026/a.warc.gz", f"{scheme}crawl/2026/b.html"]

    def test_a_glob_and_a_single_object(self) -> None:
        found = [entry.path for entry in storage.find_files("s3://crawl/*/*.html")]
        assert found == ["s3://crawl/2025/c.html", "s3://crawl/2026/b.html"]
        (one,) = storage.find_files("s3://crawl/2026/b.html")
        with storage.open_input(one.path) as stream:
            assert stream.read() == b"2026/b.html"

    def test_small_files_are_written_read_and_deleted(self, bucket: Path) -> None:
        storage.write_text("s3://crawl/out.json", "{}")
        assert storage.read_text("s3a://crawl/out.json") == "{}"
        storage.delete_tree("s3://crawl/out.json")
        assert not (bucket / "out.json").exists()

    def test_a_store_that_refuses_is_named_with_what_to_check(self) -> None:
        with pytest.raises(MissingRequirementError, match=r"s3://refused/x.*credentials"):
            storage.find_files("s3://refused/x")
