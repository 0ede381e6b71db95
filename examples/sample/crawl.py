"""The whole crawl: gather the documents, pack the containers, write files and expectations."""

from __future__ import annotations

import gzip
import io
import json
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from examples.sample.ordinary import ordinary_documents
from examples.sample.page_templates import CHROME_PHRASES
from examples.sample.planted_broken import BROKEN_JSONL_FILE, broken_documents
from examples.sample.planted_copies import copied_documents
from examples.sample.planted_given import given_documents
from examples.sample.planted_lookalikes import encoded_pages, lookalike_documents
from examples.sample.planted_noise import noise_documents
from examples.sample.planted_novel import novel_documents
from examples.sample.planted_unsafe import unsafe_documents
from examples.sample.planting import JSONL_FILE, PARQUET_FILE, WARC_FILE, WET_FILE
from examples.sample.prose import load_prose
from examples.sample.sample_document import Expectation, SampleDocument
from examples.sample.warc_writer import write_warc, write_wet

OUTCOMES_HEADER = """\
# What the default recipe has to do with each document of the sample crawl.
# Written by `python -m examples.make_sample --expected-outcomes FILE`; do not edit by hand.
# examples/README.md explains the fields. An empty url: find the document by its file.
"""


def sample_documents() -> list[SampleDocument]:
    """Return every document of the crawl, always in the same order."""
    return [
        *ordinary_documents(),
        *novel_documents(),
        *copied_documents(),
        *noise_documents(),
        *unsafe_documents(),
        *given_documents(),
        *lookalike_documents(),
        *encoded_pages(),
        *_lines_beside_the_broken_one(),
        *broken_documents(),
    ]


def _lines_beside_the_broken_one() -> list[SampleDocument]:
    """Return the good lines of the JSONL file whose last line is cut off."""
    expectation = Expectation("beside_broken_line")
    return [
        SampleDocument(
            f"https://line-by-line.example/{prose.slug}",
            BROKEN_JSONL_FILE,
            "jsonl",
            "en",
            prose.text.encode(),
            expectation,
        )
        for prose in load_prose("broken_line", "en")
    ]


def crawl_files(documents: Sequence[SampleDocument]) -> dict[str, bytes]:
    """Pack documents into the files of the crawl.

    Args:
        documents: All documents; those of one container are stored in the order given.

    Returns:
        File content by path relative to the crawl's folder, sorted by path.
    """
    by_file: dict[str, list[SampleDocument]] = defaultdict(list)
    for document in documents:
        by_file[document.file].append(document)
    return {file: _file_content(file, by_file[file]) for file in sorted(by_file)}


def _file_content(file: str, documents: Sequence[SampleDocument]) -> bytes:
    if file == WARC_FILE:
        return write_warc(documents)
    if file == WET_FILE:
        return write_wet(documents)
    if file == JSONL_FILE:
        return gzip.compress(b"".join(map(_json_line, documents)), mtime=0)
    if file == BROKEN_JSONL_FILE:
        return b"".join(_json_line(each) if each.url else each.content for each in documents)
    if file == PARQUET_FILE:
        return _parquet(documents)
    if len(documents) != 1:
        raise ValueError(
            f"{len(documents)} documents share the file {file}, which holds one; "
            f"give each its own path: {[each.url for each in documents]}"
        )
    return documents[0].content


def _json_line(document: SampleDocument) -> bytes:
    record = {"text": document.content.decode(), "url": document.url}
    return json.dumps(record, ensure_ascii=False).encode() + b"\n"


def _parquet(documents: Sequence[SampleDocument]) -> bytes:
    table = pa.table(
        {
            "text": pa.array([each.content.decode() for each in documents], pa.string()),
            "url": pa.array([each.url for each in documents], pa.string()),
        }
    )
    buffer = io.BytesIO()
    pq.write_table(table, buffer, compression="zstd", row_group_size=8)
    return buffer.getvalue()


def write_crawl(folder: Path) -> list[Path]:
    """Write the crawl's files below `folder` and return their paths, sorted.

    Raises:
        FileExistsError: The folder holds other files, which would become part of the crawl.
    """
    files = crawl_files(sample_documents())
    found = (path for path in folder.rglob("*") if path.is_file())
    others = sorted(path for path in found if path.relative_to(folder).as_posix() not in files)
    if others:
        raise FileExistsError(
            f"{folder} holds {len(others)} files that are not of this crawl, among them {others[0]}; "
            "delete the folder or give another one"
        )
    for file, content in files.items():
        path = folder / file
        path.parent.mkdir(parents=True, exist_ok=True)
        # A file that is as it was keeps its time: a run over it has nothing to do.
        if not path.exists() or path.read_bytes() != content:
            path.write_bytes(content)
    return [folder / file for file in files]


def expected_outcomes(documents: Sequence[SampleDocument]) -> str:
    """Return the expectations as YAML: `site_chrome`, then one entry a document."""
    lines = [OUTCOMES_HEADER, "site_chrome:"]
    lines += [f"  - {_scalar(phrase)}" for phrase in CHROME_PHRASES]
    lines.append("documents:")
    for document in documents:
        expectation = document.expectation
        fields: dict[str, str | tuple[str, ...]] = {
            "url": document.url,
            "file": document.file,
            "kind": document.kind,
            "language": document.language,
            "case": expectation.case,
            "outcome": expectation.outcome,
            "reasons": expectation.reasons,
            "statuses": expectation.statuses,
            "group": expectation.group,
            "contains": expectation.contains,
            "absent": expectation.absent,
            "demo_reasons": expectation.demo_reasons,
        }
        always = ("url", "file")
        shown = {name: value for name, value in fields.items() if value or name in always}
        entry = [f"{name}: {_scalar(value)}" for name, value in shown.items()]
        lines += ["  - " + entry[0], *("    " + line for line in entry[1:])]
    return "\n".join(lines) + "\n"


def _scalar(value: str | tuple[str, ...]) -> str:
    # JSON is YAML, and needs no YAML library here.
    return json.dumps(value, ensure_ascii=False)
