"""Batches of raw documents: any order, any split and any retry give the same rows."""

from __future__ import annotations

import random
from typing import Any

import pyarrow as pa
import pytest

from tests.document_builders import deflate_bomb, pdf_of_contents, pdf_of_lines, simple_epub, stream
from udfs.extract_batches import COLUMNS, ExtractBatches
from udfs.extraction.contract import ExtractionOptions, ProfileName
from udfs.extraction.guard.quarantine import content_hash
from udfs.extraction.html.profiles import HTML_PROFILES

SENTENCE = "Whoever cannot say what was in the data cannot say why the model lies about it. "
POST = "<div class='post'><div class='post-body'>{}</div></div>"
CHINESE = "数据质量差，模型就会一本正经地胡说八道。"
DOCUMENTS: list[bytes] = [
    f"<html lang=en><title>On data</title><body><p>{SENTENCE * 9}</p></body></html>".encode(),
    f"<html><title>On data</title><body><p>{SENTENCE * 9}</p></body></html>".encode(),  # near copy
    f"<html><body id='phpbb'>{POST.format(SENTENCE) * 4}</body></html>".encode(),
    f"<html lang=zh><meta charset=gbk><body><p>{CHINESE * 40}</p></body></html>".encode("gbk"),
    b"<html><body>" + b"<p>some words " * 60_000,
    pdf_of_lines([[(72, 700 - 14 * row, SENTENCE.strip()) for row in range(9)]] * 2),
    pdf_of_contents([stream(deflate_bomb(10_000_000), b"/Filter /FlateDecode")]),
    simple_epub(f"<h1>One</h1><p>{SENTENCE * 3}</p>", f"<p>{SENTENCE * 5}</p>"),
    (CHINESE * 20).encode("big5", "ignore"),
    SENTENCE.encode() * 20,
    b"",
    bytes(1000),
]


def rows_of(documents: list[bytes], size: int, profile: ProfileName) -> dict[bytes, Any]:
    table = pa.table({"content": pa.array(documents, pa.binary())})
    batches = table.to_batches(max_chunksize=size)
    function = ExtractBatches(ExtractionOptions(profile=profile))
    rows = [row for batch in function(iter(batches)) for row in batch.to_pylist()]
    assert len(rows) == len(documents)
    return dict(zip(documents, rows, strict=True))


@pytest.mark.parametrize("profile", sorted(HTML_PROFILES))
def test_order_split_and_retry_do_not_matter(profile: ProfileName) -> None:
    expected = rows_of(DOCUMENTS, len(DOCUMENTS), profile)
    assert sum(row["status"] == "ok" for row in expected.values()) >= 8
    for seed, size in ((1, 1), (2, 5)):
        shuffled = random.Random(seed).sample(DOCUMENTS, len(DOCUMENTS))
        assert rows_of(shuffled, size, profile) == expected


def test_columns_are_as_declared() -> None:
    function = ExtractBatches(ExtractionOptions())
    schema = pa.schema([("id", pa.int64()), ("content", pa.binary())])
    batch = pa.record_batch([[7, 8], [DOCUMENTS[0], b""]], schema=schema)
    (found,) = function(iter([batch]))
    assert found.schema.names == ["id", *COLUMNS] == function.output_schema(schema).names
    first, second = found.to_pylist()
    assert (first["status"], first["extractor"], first["content_hash"]) == (
        "ok",
        "learned",
        None,
    )
    assert (second["status"], second["content_hash"]) == ("empty", content_hash(b""))


def test_known_fatal_documents_are_not_parsed() -> None:
    page = DOCUMENTS[0].replace(b"On data", b"A page that another task lost")
    options = ExtractionOptions(html_max_bytes=1 << 20)
    function = ExtractBatches(options, {content_hash(page): ("timeout", "15.1 s")})
    (found,) = function(iter([pa.record_batch({"content": [page, DOCUMENTS[0]]})]))
    assert found.column("status").to_pylist() == ["timeout", "ok"]
    assert found.column("detail").to_pylist()[0] == "15.1 s"
