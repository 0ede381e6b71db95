"""Where the documents of packed rows come from: asked of the run that the rows were packed in."""

from __future__ import annotations

from collections.abc import Sequence

from jobs.inspection.run_tables import RunTables
from jobs.models.reference.row_stream import PackedRow
from jobs.packing.opened_rows import OpenedRows
from jobs.report.source_table import shared_folder, source_name
from jobs.runtime.contract.fingerprint import digest

CORPUS = "corpus"


def segment_sources(packed: OpenedRows, rows: Sequence[PackedRow]) -> list[str | None]:
    """Return the source of each segment's document, named as the report names it.

    Args:
        packed: What the rows are of. Those that were packed beside the corpus that they are of have
            sources; of others nobody knows which table the ids are of.
        rows: Some of its rows; the sources' common folder is that of their documents.

    Returns:
        One a segment, in the rows' order; None where it is not known.

    Raises:
        InputError: The corpus cannot be read.
    """
    tables = RunTables(packed.folder.rpartition("/")[0])
    documents = [document.as_py() for row in rows for document in row.documents]
    if not tables.has(CORPUS) or not _is_of(packed, tables.manifest(CORPUS).fingerprint):
        return [None] * len(documents)
    found = tables.rows(CORPUS, set(documents), ["url", "source"])
    paths = sorted(row["source"] or "" for row in found.values())
    folder = shared_folder(paths[0], paths[-1]) if paths else ""
    return [source_name(found[one]["url"], found[one]["source"], folder) for one in documents]


def _is_of(packed: OpenedRows, corpus: str) -> bool:
    """Say whether rows were packed of a corpus as it is now."""
    tokeniser = packed.manifest.details["tokenizer_sha256"]
    inputs = digest({"documents": corpus, "tokenizer": tokeniser})
    return packed.manifest.fingerprints.get("inputs") == inputs
