"""Lists of inputs, crawls by their name, and tables in text: what a user gives in the place of documents."""

from __future__ import annotations

import gzip
import io
import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.command_line import main
from jobs.ingest.delimited_records import delimiter_of, looks_like_list
from jobs.ingest.record_readers import read_records
from jobs.ingest.settings import IngestSettings
from jobs.ingest.source_files import list_sources, require_inputs
from jobs.ingest.source_lists import list_of
from jobs.ingest.source_record import SourceRecord
from jobs.runtime.errors import InputError

SETTINGS = IngestSettings()


def records(content: bytes, settings: IngestSettings = SETTINGS) -> list[SourceRecord]:
    return list(read_records(io.BytesIO(content), len(content), settings))


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """A store laid out as Common Crawl's, with two files of each kind."""
    crawl = tmp_path / "store" / "crawl-data" / "CC-MAIN-2026-10"
    for kind in ("warc", "wet"):
        names = [f"crawl-data/CC-MAIN-2026-10/{kind}/{number}.{kind}.gz" for number in range(2)]
        for name in names:
            (tmp_path / "store" / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / "store" / name).write_bytes(b"x")
        listed = "".join(f"{name}\n" for name in reversed(names))
        (crawl / f"{kind}.paths.gz").write_bytes(gzip.compress(listed.encode()))
    return tmp_path / "store"


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        ("cc:CC-MAIN-2026-10", "warc"),
        ("cc:CC-MAIN-2026-10/wet", "wet"),
        ("crawl-data/CC-MAIN-2026-10/wet.paths.gz", "wet"),
    ],
)
def test_a_crawl_and_its_lists_are_spelled_out(
    store: Path, monkeypatch: pytest.MonkeyPatch, given: str, kind: str
) -> None:
    monkeypatch.chdir(store)
    require_inputs([given], str(store / "out"), str(store))
    found = [file.path for file in list_sources([given], None, f"{store}/")]
    folder = store / "crawl-data" / "CC-MAIN-2026-10" / kind
    assert sorted(found) == [str(folder / f"{number}.{kind}.gz") for number in (0, 1)]


def test_paths_of_a_list_may_stand_for_themselves(store: Path, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text("A page.", encoding="utf-8")
    (tmp_path / "own.paths").write_text(f"# ours\n\n{page}\n", encoding="utf-8")
    (file,) = list_sources([str(tmp_path / "own.paths")], None, str(store))
    assert file.path == str(page)


@pytest.mark.parametrize("given", ["cc:CC-MAIN-2026-10/wat", "cc:"])
def test_a_crawl_has_pages_and_their_texts(given: str) -> None:
    with pytest.raises(InputError, match=rf"{given} names no files: .* or cc:NAME/wet"):
        list_of(given, "s3://commoncrawl/")


@pytest.mark.parametrize("given", ["cc:CC-MAIN-1999-01", "none.paths.gz"])
def test_a_list_that_is_not_there_is_told_before_a_run(store: Path, given: str) -> None:
    with pytest.raises(InputError, match=r"no such file"):
        require_inputs([given], str(store / "out"), str(store))


@pytest.mark.parametrize("content", [b"", b"# nothing\n", b"\xff\xfe", b"\x1f\x8bbroken"])
def test_a_list_of_nothing_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "own.paths").write_bytes(content)
    with pytest.raises(InputError, match="a list of inputs"):
        list_sources([str(tmp_path / "own.paths")])


def test_inputs_come_from_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "pages").mkdir()
    for name in ("a", "b", "c"):
        (tmp_path / "pages" / f"{name}.txt").write_text(name, encoding="utf-8")
    (tmp_path / "list.txt").write_text("pages/b.txt\npages/a.*\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    words = ("--set", "rules=[]", "--set", "dedup.max_driver_documents=9", "--quiet")
    assert main(["run", "out", "--inputs-from", "list.txt", *words]) == 0
    tables = [pq.ParquetFile(file).read() for file in Path("out/documents").glob("*.parquet")]
    found = sorted(row["source"] for table in tables for row in table.to_pylist())
    assert found == [str(tmp_path / "pages" / "a.txt"), "pages/b.txt"]


def test_a_run_without_any_input_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "out"]) == 1
    assert "no INPUT was given" in capsys.readouterr().err


@pytest.mark.parametrize(
    "content",
    [
        b"crawl-data/CC-MAIN/a.warc.gz\ncrawl-data/CC-MAIN/b.warc.gz\n",
        b"https://a.example/\nhttps://b.example/page\n",
        gzip.compress(b"s3://a/x.parquet\ns3://a/y.parquet"),
        b"".join(b"crawl-data/%06d.wet.gz\n" % number for number in range(9000)),
    ],
    ids=["paths", "addresses", "packed", "long"],
)
def test_a_list_given_by_mistake_is_known(content: bytes) -> None:
    (record,) = records(content)
    assert record.status == "unsupported"
    assert record.detail is not None
    assert "--inputs-from FILE" in record.detail


@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip"])
def test_a_table_in_text_is_read_by_its_column(delimiter: str, packed: bool) -> None:
    rows = [["key", "body text", "url"], ["1", '"two\nlines; of, text\t"', "u1"], ["2", "", "u2"]]
    rows.append(["4", "Grüße", "u4"])
    content = "\ufeff" + "".join(delimiter.join(row) + "\r\n" for row in rows)
    data = gzip.compress(content.encode()) if packed else content.encode()
    settings = IngestSettings(text_fields=("body text",), id_fields=("key",))
    found = records(data, settings)
    assert [(one.source_id, one.status, one.content, one.url) for one in found] == [
        ("1", "ok", b"two\nlines; of, text\t", "u1"),
        ("2", "malformed", b"", "u2"),
        ("4", "ok", "Grüße".encode(), "u4"),
    ]


def test_a_row_of_another_length_far_below_costs_itself() -> None:
    rows = [f"{number},a text" for number in range(20_000)]
    rows.insert(15_000, "one,two,three")
    found = records("\n".join(["id,text", *rows]).encode())
    assert sum(record.status == "ok" for record in found) == 20_000
    (bad,) = [record for record in found if record.status != "ok"]
    assert (bad.status, bad.detail) == ("malformed", "line 15002: 3 fields, 2 names")


def test_a_table_without_a_known_column_says_what_to_give() -> None:
    (record,) = records(b"key,story\n1,once\n2,twice\n")
    assert record.status == "unsupported"
    assert record.detail == (
        "CSV with the columns key, story: name the one with text by --text-column"
    )


def test_the_column_is_named_on_the_command_line(tmp_path: Path) -> None:
    text = " ".join(f"On day {day} the keeper stayed at home with his dog." for day in range(9))
    (tmp_path / "t.csv").write_text(f"key,story\n1,{text}\n2,no\n", encoding="utf-8")
    words = ("--text-column", "story", "--set", "rules=[]", "--quiet")
    assert main(["run", str(tmp_path / "t.csv"), str(tmp_path / "out"), *words]) == 0
    report = json.loads((tmp_path / "out" / "report.json").read_text(encoding="utf-8"))
    assert report["totals"] == {"documents_in": 2, "kept": 2, "dropped": 0, "quarantined": 0}


@pytest.mark.parametrize(
    "text",
    [
        "Dear Sir, Madam\nwe write, again\nand again, in vain\n",
        "Title\nA line, with a comma\nAnother, with one\n",
        "one\ttwo\nthree four\nfive\tsix\n",
        "See https://a.example/ for more.\nAnd https://b.example/\n",
        "https://a.example/\n",
        "a,b\n1,2\n",
        "a,a\n1,2\n3,4\n",
    ],
)
def test_prose_is_no_table_and_no_list(text: str) -> None:
    assert delimiter_of(text.encode(), whole=True) is None
    assert not looks_like_list(text.encode())
    assert [record.status for record in records(text.encode())] == ["ok"]


@given(st.binary(max_size=400))
def test_any_bytes_are_looked_at_without_an_error(content: bytes) -> None:
    delimiter_of(content, whole=True)
    looks_like_list(content)
