"""Readers of the user's: which names they are for, and what they cost in the guarded child."""

import importlib
import sys
from collections.abc import Iterator

import pyarrow as pa
import pytest

from udfs.extract_batches import ExtractBatches
from udfs.extraction.contract import ExtractionOptions
from udfs.extraction.document_reading import extract
from udfs.extraction.guard.parser_child import ChildLimits, ParserChild
from udfs.extraction.own_readers import ending, ending_of_address

MODULE = """
import os, time
def read(content):
    word = content.split()[0].decode() if content.split() else ""
    if word == "raise":
        raise ValueError("no such note")
    if word == "number":
        return 5
    if word == "import":
        import nothing_of_the_kind
    if word == "die":
        os._exit(3)
    if word == "loop":
        while True: pass
    if word == "empty":
        return " "
    print("readers may print")
    return "# Note\\r\\n\\r\\n" + content.decode() + "\\x00\\ud800"
"""
PLACE = "own_note_reader:read"


@pytest.fixture(scope="module")
def readers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    folder = tmp_path_factory.mktemp("readers")
    (folder / "own_note_reader.py").write_text(MODULE)
    sys.path.append(str(folder))
    importlib.invalidate_caches()
    yield {"note": PLACE}
    sys.path.remove(str(folder))


@pytest.fixture(scope="module")
def child(readers: dict[str, str]) -> Iterator[ParserChild]:
    # The limit is the child's processor time: a slow machine gives it the same.
    limits = ChildLimits(cpu_seconds={"note": 1.0}, wall_factor=120.0)
    options = ExtractionOptions(max_lost_share=1)
    with ParserChild(limits, options, readers=readers) as running:
        yield running


def test_text_comes_back_without_what_no_corpus_wants(child: ParserChild) -> None:
    found = child.extract(b"Good morning.", format="note")
    assert found.status == "ok"
    assert found.text == "# Note\n\nGood morning.\ufffd"
    assert (found.format, found.extractor, found.pages) == ("note", PLACE, 1)


@pytest.mark.parametrize(
    ("content", "status", "detail"),
    [
        (b"raise", "malformed", "ValueError: no such note"),
        (b"number", "malformed", f"TypeError: {PLACE} returned int, wanted text"),
        (b"import", "malformed", "ModuleNotFoundError: No module named 'nothing_of_the_kind'"),
        (b"empty", "empty", "the reader found no text"),
        (b"", "empty", "0 bytes"),
        (b"die", "crash", "the child ended with exit code 3"),
        (b"loop", "timeout", "processor time"),
    ],
    ids=lambda value: value.decode() if isinstance(value, bytes) else "",
)
def test_what_a_reader_does_costs_its_document(
    child: ParserChild, content: bytes, status: str, detail: str
) -> None:
    found = child.extract(content, format="note")
    assert (found.status, found.text) == (status, "")
    assert detail in found.detail
    assert child.extract(b"And the next?", format="note").status == "ok"


def test_other_documents_are_read_as_ever(child: ParserChild) -> None:
    for content in (b"A plain letter, as it was written.", b"<html><body><p>A page.</p></html>"):
        assert child.extract(content) == extract(content)


def test_a_reader_that_no_child_can_import_stops_the_task_by_its_name(
    readers: dict[str, str],
) -> None:
    with (
        ParserChild(readers={**readers, "doc": "own_reader_nowhere:read"}) as broken,
        pytest.raises(RuntimeError, match="No module named 'own_reader_nowhere'"),
    ):
        broken.extract(b"text", format="doc")


def test_batches_say_for_which_rows_it_is(readers: dict[str, str]) -> None:
    batch = pa.record_batch(
        {
            "content": pa.array([b"Good morning.", b"Good evening.", b"raise"]),
            "is_text": pa.array([False, True, False]),
            "own_format": pa.array(["note", None, "note"]),
        }
    )
    function = ExtractBatches(ExtractionOptions(), readers=readers)
    (found,) = function(iter([batch]))
    assert found.column("format").to_pylist() == ["note", "text", "note"]
    assert found.column("status").to_pylist() == ["ok", "ok", "malformed"]
    assert found.column("extractor").to_pylist()[0] == PLACE


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("/a/b/Notes.RST", "rst"), ("s3://b/notes.rst.gz", "rst"), ("notes.rst.zst", "rst"),
        ("a.gz", "gz"), ("/a.rst/notes", ""), (".rst", "rst"), ("notes.", ""), ("", ""),
    ],
)  # fmt: skip
def test_endings_of_files(name: str, expected: str) -> None:
    assert ending(name) == expected


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://a.example/x/Notes.RST?raw=1.html#top", "rst"),
        ("https://a.example/notes.rst.gz", "gz"),
        ("https://a.rst", ""), ("https://[a", ""), (None, ""),
    ],
)  # fmt: skip
def test_endings_of_addresses(url: str | None, expected: str) -> None:
    assert ending_of_address(url) == expected


def test_the_parent_does_not_import_readers(child: ParserChild) -> None:
    child.extract(b"Good morning.", format="note")
    assert "own_note_reader" not in sys.modules
