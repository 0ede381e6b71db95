"""Tables of texts and their indexes, made by this process without Spark."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NoReturn

import pyarrow as pa
import pyarrow.parquet as pq

from jobs.index_phrases import index_stage
from jobs.recipes.loading import load_recipe
from jobs.runtime.contract.manifest import Manifest
from jobs.runtime.contract.progress import Reporter
from jobs.runtime.contract.row_accounts import RowAccounts
from jobs.runtime.contract.stage import RunContext
from jobs.runtime.contract.user_tables import open_user_table
from jobs.tracing.indexed_documents import table_documents
from jobs.tracing.layout import open_index
from tests.jobs.finished_run import write_manifest


def no_spark() -> NoReturn:
    raise AssertionError("Spark was asked for")


def own_context(output: Path, threads: int = 2) -> RunContext:
    """A run that has no Spark."""
    return RunContext(no_spark, str(output), Reporter(quiet=True), local=True, threads=threads)


def write_texts(
    folder: Path, texts: Sequence[str | None], *, files: int = 1, rows_a_group: int = 7
) -> str:
    """Write texts whose ids are their places, dealt out to files; return the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    size = max(1, -(-len(texts) // files))
    for number in range(files):
        part = range(number * size, min(len(texts), (number + 1) * size))
        table = pa.table({
            "id": pa.array(part, pa.int64()),
            "text": pa.array([texts[place] for place in part], pa.string()),
            "url": pa.array([f"https://example.org/{place}" for place in part], pa.string()),
        })  # fmt: skip
        pq.write_table(table, folder / f"part-{number}.parquet", row_group_size=rows_a_group)
    return str(folder)


def write_grades(run: Path, grades: Mapping[int, float | None]) -> None:
    """Publish ``quality/`` of a finished run."""
    (run / "quality").mkdir()
    rows = [{"id": number, "quality": {"grade": grade}} for number, grade in grades.items()]
    quality = pa.struct([("grade", pa.float32())])
    schema = pa.schema([("id", pa.int64()), ("quality", quality)])
    pq.write_table(pa.Table.from_pylist(rows, schema), run / "quality" / "part-0.parquet")
    accounts = RowAccounts(rows_in=len(rows), rows_out=len(rows))
    write_manifest(run / "quality", "quality", "grade", accounts, 1.0, {})


def index_table(table: str, output: Path, against: Sequence[str] = ()) -> Manifest:
    """Index a table as `corpusmill index TABLE OUTPUT` does."""
    context = own_context(output)
    source = table_documents(open_user_table(context.session, table, None, None))
    return index_stage(context, load_recipe("default"), source, [open_index(a) for a in against])
