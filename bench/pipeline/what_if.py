"""Seconds of a what-if question over a million documents: ``python -m bench.pipeline.what_if RUN``."""

from __future__ import annotations

import argparse
import shutil
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from bench.measuring import print_result
from jobs.inspection.run_tables import RunTables
from jobs.inspection.what_if import ask_what_if
from jobs.recipes.stored_recipe import recipe_of_run
from jobs.runtime.contract.manifest import PublishedFile, published_files

FILE_ROWS = 250_000
REPEATS = 5


def main() -> None:
    """Repeat a finished run's signals up to the wanted number of documents and ask a question."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", help="a finished run, for example of make demo")
    parser.add_argument("--documents", type=int, default=1_000_000)
    parser.add_argument("--set", default="rules.too_few_words.min=80", help="the question")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        enlarged = enlarge(given.run, Path(folder) / "run", given.documents)
        recipe = recipe_of_run(given.run, None, [given.set])
        seconds = []
        for _ in range(REPEATS):
            started = time.perf_counter()
            answer = ask_what_if(RunTables(enlarged), recipe)
            seconds.append(time.perf_counter() - started)
        signals = sum(file.stat().st_size for file in Path(enlarged, "annotated").iterdir())
        print_result(
            "what_if",
            "corpusmill",
            len(answer.ids),
            signals,
            rules=len(answer.then.rules),
            gained=len(answer.gained),
            lost=len(answer.lost),
            seconds_first=round(seconds[0], 2),
            seconds_median=round(float(np.median(seconds)), 2),
        )


def enlarge(run: str, folder: Path, documents: int) -> str:
    """Copy a run with its judged documents repeated; texts, which no question reads, are left out."""
    shutil.copytree(run, folder, ignore=shutil.ignore_patterns("corpus", "models", "_work"))
    for dataset in ("annotated", "verdicts"):
        files = RunTables(run).manifest(dataset).files
        tables = [pq.read_table(Path(run) / dataset / file.path) for file in files if file.rows]
        rows = pa.concat_tables(tables)
        rows = rows.drop_columns([name for name in ("text",) if name in rows.column_names])
        _rewrite(folder / dataset, rows.sort_by("id"), documents)
    return str(folder)


def _rewrite(folder: Path, rows: pa.Table, documents: int) -> None:
    for file in folder.rglob("*.parquet"):
        file.unlink()
    for start in range(0, documents, FILE_ROWS):
        wanted = np.arange(start, min(start + FILE_ROWS, documents))
        table = rows.take(wanted % rows.num_rows)
        place = table.column_names.index("id")
        table = table.set_column(place, "id", pa.array(wanted))
        pq.write_table(table, folder / f"part-{start:09d}.parquet")
    _publish(folder, published_files(str(folder)))


def _publish(folder: Path, files: list[PublishedFile]) -> None:
    tables = RunTables(str(folder.parent))
    manifest = tables.manifest(folder.name).model_copy(update={"files": files})
    (folder / "_manifest.json").write_text(manifest.model_dump_json(), encoding="utf-8")


if __name__ == "__main__":
    main()
