"""Tables of texts for the index of phrases: real ones cut into documents, and generated ones."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from bench.dedup.workloads import write_corpus
from bench.shared_folder import DATA, OUTPUT
from bench.shared_texts import real_texts
from jobs.runtime.spark.row_groups import row_group_rows

FOLDER = OUTPUT / "tracing"
CHARACTERS = {"en": 4_600, "zh": 1_600}  # of a document: about 4.6 kB each
ROW_GROUP = 256
SCANNED = 60_000  # documents of which every phrase is known


class BenchTable(NamedTuple):
    """A table on disk: its name, folder, and what it holds."""

    name: str
    folder: Path
    documents: int
    text_bytes: int

    def texts(self) -> pa.ChunkedArray:
        """The texts of the first documents, by id: as many as a full scan goes through."""
        found, rows = [], 0
        for path in sorted(self.folder.glob("*.parquet")):
            found.append(pq.read_table(path, columns=["text"]).column(0))
            rows += len(found[-1])
            if rows >= SCANNED:
                break
        return pa.chunked_array([chunk for column in found for chunk in column.chunks])[:SCANNED]


def real_table(language: str) -> BenchTable:
    """Cut the real texts of a language into documents and write them."""
    table = real_texts(DATA, OUTPUT / "real_texts.parquet")
    size = CHARACTERS[language]
    pieces = [
        text[first : first + size]
        for text in table.filter(pc.equal(table["language"], language)).column("text").to_pylist()
        for first in range(0, len(text), size)
    ]
    folder = FOLDER / f"texts-{language}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    rows = pa.table({"id": range(len(pieces)), "text": pieces})
    pq.write_table(rows, folder / "part-0.parquet", compression="zstd", row_group_size=ROW_GROUP)
    return _told(f"real_{language}", folder)


def generated_table(documents: int) -> BenchTable:
    """Write documents with Zipf-distributed words, families of near-duplicates among them.

    They lie in row groups of 20,000, as tables of others may.
    """
    return _told("generated", write_corpus(documents))


def regrouped_table(table: BenchTable) -> BenchTable:
    """Write the same documents in row groups as large as those of a run's datasets."""
    folder = FOLDER / "texts-regrouped"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for path in sorted(table.folder.glob("*.parquet")):
        rows = pq.read_table(path)
        size = row_group_rows(rows)
        pq.write_table(rows, folder / path.name, compression="zstd", row_group_size=size)
    return _told("regrouped", folder)


def _told(name: str, folder: Path) -> BenchTable:
    rows, size = 0, 0
    for path in folder.glob("*.parquet"):
        texts = pq.read_table(path, columns=["text"]).column(0)
        rows += len(texts)
        size += pc.sum(pc.binary_length(texts)).as_py()
    return BenchTable(name, folder, rows, size)
