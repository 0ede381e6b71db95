"""Sources of held-out documents: those of the corpus that the rows are of, and no other's."""

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from jobs.ablation.packed_training import held_out_rows
from jobs.ablation.row_sources import segment_sources
from jobs.packing.opened_rows import OpenedRows, open_rows
from jobs.runtime.contract.fingerprint import digest
from jobs.runtime.contract.manifest import MANIFEST_NAME, Manifest, published_files
from jobs.runtime.contract.row_accounts import RowAccounts
from tests.packed_folder import documents, packed_folder

SOURCES = ["https://en.example.org/page", None, None]
PATHS = ["/in/crawl.warc", "/in/books/one.epub", "/in/books/two.epub"]


def run_with_corpus(folder: Path, *, packed_of: str) -> OpenedRows:
    """Three held-out documents, 20 to 22, and the corpus that they may be of."""
    packed_folder(folder, documents(20), documents(3, 100))
    corpus = folder / "corpus"
    corpus.mkdir()
    table = pa.table({"id": [20, 21, 22], "url": SOURCES, "source": PATHS})
    pq.write_table(table, corpus / "part.parquet")
    manifest = Manifest(
        dataset="corpus", stage="publish", fingerprint="as it is", fingerprints={},
        accounts=RowAccounts(rows_in=3, rows_out=3), seconds=0.0, created_at="",
        files=published_files(str(corpus)), versions={},
    )  # fmt: skip
    (corpus / MANIFEST_NAME).write_text(manifest.model_dump_json())
    path = folder / "packed" / MANIFEST_NAME
    told = json.loads(path.read_text())
    inputs = {"documents": packed_of, "tokenizer": told["details"]["tokenizer_sha256"]}
    path.write_text(json.dumps({**told, "fingerprints": {"inputs": digest(inputs)}}))
    return open_rows(str(folder))


def test_they_are_named_as_the_report_names_them(tmp_path: Path) -> None:
    packed = run_with_corpus(tmp_path / "run", packed_of="as it is")
    rows = held_out_rows(packed, 1 << 20)
    found = zip(
        [document.as_py() for row in rows for document in row.documents],
        segment_sources(packed, rows),
        strict=True,
    )
    assert set(found) == {(20, "en.example.org"), (21, "books"), (22, "books")}


@pytest.mark.parametrize("packed_of", ["as it was", "another table"])
def test_ids_of_another_table_have_none(tmp_path: Path, packed_of: str) -> None:
    packed = run_with_corpus(tmp_path / "run", packed_of=packed_of)
    rows = held_out_rows(packed, 1 << 20)
    assert set(segment_sources(packed, rows)) == {None}


def test_rows_without_a_corpus_beside_them_have_none(tmp_path: Path) -> None:
    packed = open_rows(str(packed_folder(tmp_path / "run", documents(20), documents(3, 100))))
    assert segment_sources(packed, held_out_rows(packed, 1 << 20)) == [None] * 3
