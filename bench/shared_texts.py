"""Texts of the shared folder for the comparison with other tools, extracted once and kept as Parquet."""

from __future__ import annotations

import gzip
from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from udfs.extract_document import extract
from udfs.language.signals import detect

FOLDERS = ("html", "pdf", "text", "epub", "wcxb_dev/html")
SUFFIXES = {".html", ".htm", ".gz", ".pdf", ".txt", ".epub"}
LANGUAGES = ("en", "zh")
SCHEMA = pa.schema([("path", pa.string()), ("language", pa.string()), ("text", pa.string())])


def real_texts(data: Path, cache: Path, folders: Sequence[str] = FOLDERS) -> pa.Table:
    """Extract every document of the shared folder that is English or Chinese.

    Args:
        data: The shared folder.
        cache: Parquet file to read, or to write when it is not there.
        folders: Those of ``data`` that are looked through.

    Returns:
        Columns path (below ``data``), language (``en`` or ``zh``), text; sorted by path.
    """
    if not cache.is_file():
        cache.parent.mkdir(parents=True, exist_ok=True)
        paths, texts = zip(*_extracted(data, folders), strict=True)
        languages = detect(pa.array(texts)).field("language")
        table = pa.table([pa.array(paths), languages, pa.array(texts)], schema=SCHEMA)
        pq.write_table(table.filter(pc.is_in(languages, pa.array(LANGUAGES))), cache)
    return pq.read_table(cache)


def sampled(table: pa.Table, wanted: dict[str, int]) -> pa.Table:
    """Take every n-th text of each language so that about ``wanted`` remain."""
    languages = table.column("language").to_pylist()
    chosen: list[int] = []
    for language, most in wanted.items():
        rows = [row for row, found in enumerate(languages) if found == language]
        step = max(1, len(rows) // most)
        chosen += rows[::step][:most]
    return table.take(sorted(chosen))


def _extracted(data: Path, folders: Sequence[str]) -> Iterator[tuple[str, str]]:
    for folder in folders:
        for path in sorted((data / folder).rglob("*")):
            if path.is_file() and path.suffix.lower() in SUFFIXES:
                content = path.read_bytes()
                if path.suffix == ".gz":
                    content = gzip.decompress(content)
                text = extract(content, None).text
                if text.strip():
                    yield str(path.relative_to(data)), text
