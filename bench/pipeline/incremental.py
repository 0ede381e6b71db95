"""What a run costs that has grown by a file in a hundred: `python -m bench.pipeline.incremental [--pages N]`.

Real pages in 101 Parquet files, the default recipe with models of its own, in local mode. A hundred files
are run; then all 101 into the same OUTPUT, again with nothing changed, once more with `--refit`; and all 101
into a fresh OUTPUT. Each line has the processor seconds of all processes by dataset, those of the ones that
are made from texts (`TEXTS`) beside those of the first run. The last two count rows that differ from the run
over all.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from pyspark.sql import SparkSession

from bench.extraction.page_sets import wcxb_pages
from bench.measuring import print_result
from bench.shared_folder import DATA, require_data
from bench.stage_cpu import StageCpu
from jobs.inspection.run_tables import RunTables
from jobs.models.run_models import RunModels
from jobs.recipes.loading import load_recipe
from jobs.run_pipeline import run_pipeline
from jobs.runtime.contract.stage import RunContext

FILES = 100
TEXTS = ("extracted", "models", "annotated", "signatures")
DATASETS = ("extracted", "annotated", "corpus", "dropped", "quarantined", "duplicates")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pages", type=int, default=None, help="default: all 1,958")
    require_data()
    pages = [content for content, _ in wcxb_pages(None)]
    pages += [path.read_bytes() for path in sorted((DATA / "html").rglob("*.html"))]
    pages = pages[: parser.parse_args().pages]
    with tempfile.TemporaryDirectory() as scratch:
        measure(pages, Path(scratch))


def measure(pages: list[bytes], folder: Path) -> None:
    first = 0.0
    crawl = folder / "crawl"
    for files, output, step, refit in (
        (1, "warm", "", False),  # kernels
        (FILES, "run", "first run", False),
        (FILES + 1, "run", "and one file", False),
        (FILES + 1, "run", "unchanged", False),
        (FILES + 1, "run", "refit", True),
        (FILES + 1, "all", "one run over all", False),
    ):
        for number in range(files):
            if not (crawl / f"{number:03d}.parquet").exists():
                write(crawl, pages, number)
        seconds = run(crawl, folder / output, refit=refit)
        texts = sum(seconds.get(name, 0.0) for name in TEXTS)
        first = first or (texts if step else 0.0)
        if step:
            documents = RunTables(str(folder / output)).manifest("documents").rows
            print_result(
                f"incremental: {step}",
                "corpusmill",
                documents,
                sum(map(len, pages)),
                cpu_s=round(sum(seconds.values()), 1),
                text_cpu_s=round(texts, 1),
                text_of_first=round(texts / first, 3),
                by_dataset=seconds,
                load=round(os.getloadavg()[0], 1),
            )
        if step == "and one file":
            grown = states(folder / "run")
    fresh = states(folder / "all")
    for step, found in (("and one file", grown), ("refit", states(folder / "run"))):
        differing = {
            name: sum(fresh[name].get(key) != found[name].get(key) for key in {*fresh[name], *found[name]})
            for name in DATASETS
        }  # fmt: skip
        print_result(
            f"incremental: {step} beside one run over all",
            "corpusmill",
            len(pages),
            0,
            differing=differing,
        )


def write(crawl: Path, pages: list[bytes], number: int) -> None:
    """Write one of the files: every 101st page, so that all files are alike."""
    chosen = range(number, len(pages), FILES + 1)
    table = pa.table(
        {
            "id": [f"page-{page}" for page in chosen],
            "url": [f"https://site{page}.example/" for page in chosen],
            "html": pa.array([pages[page] for page in chosen], pa.binary()),
        }
    )
    crawl.mkdir(exist_ok=True)
    pq.write_table(table, crawl / f"{number:03d}.parquet")


def run(crawl: Path, output: Path, *, refit: bool) -> dict[str, float]:
    """Run the whole chain without Spark and return the processor seconds of each dataset."""

    def no_spark() -> SparkSession:
        raise AssertionError("Spark was asked for")

    reporter = StageCpu()
    # Of any size without Spark: what is measured is the work, not Java's start.
    recipe = load_recipe("default", ["run.driver_megabytes=4096"])
    context = RunContext(
        no_spark, str(output), reporter, local=True, threads=os.cpu_count() or 1, refit=refit
    )
    run_pipeline(context, [str(crawl)], recipe, RunModels())
    return reporter.seconds


def states(output: Path) -> dict[str, dict[int, object]]:
    """What each dataset says of each document, by id."""
    tables, found = RunTables(str(output)), {}
    for name in DATASETS:
        paths = [output / name / file.path for file in tables.manifest(name).files]
        rows = [row for path in paths for row in pq.ParquetFile(path).read().to_pylist()]
        found[name] = {row["id"]: row for row in rows}
    return found


if __name__ == "__main__":
    main()
