"""sources → documents/: the bytes of any source as rows with stable ids."""

from __future__ import annotations

import argparse
import functools
import sys
from collections.abc import Sequence

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from jobs.command.opening import open_recipe, open_run
from jobs.command.running import run
from jobs.ingest.read_batches import DocumentReader
from jobs.ingest.source_files import SourceFile, list_sources, sources_fingerprint
from jobs.recipes.recipe import Recipe
from jobs.runtime.contract.chunks import by_bytes
from jobs.runtime.contract.document_ids import ROW_BITS
from jobs.runtime.contract.manifest import Manifest, PublishedFile
from jobs.runtime.contract.row_accounts import RowAccounts
from jobs.runtime.contract.stage import RunContext, Stage, parquet_chunk, run_stage, status_accounts
from jobs.runtime.errors import AccountingError
from jobs.runtime.spark.arrow_frames import frame_of_table, map_with_schema
from jobs.runtime.spark.schemas import DOCUMENTS, SOURCE_FILES

DATASET = "documents"
BYTES_PER_TASK = 64 << 20


def ingest_stage(context: RunContext, inputs: Sequence[str], recipe: Recipe) -> Manifest:
    """Read all inputs into ``documents/`` and return its manifest.

    Raises:
        InputError: An input names nothing, or a file changed while it was read.
        StageError: Spark failed.
    """
    sources = list_sources(inputs, context.output)
    chunks = by_bytes(sources, lambda file: file.size, recipe.run.chunk_gigabytes)
    writers = [
        parquet_chunk(functools.partial(_documents, context.spark, chunk, recipe))
        for chunk in chunks
    ]
    return run_stage(
        context,
        Stage(
            name="ingest",
            dataset=DATASET,
            module="jobs.ingest_documents",
            inputs={"sources": sources_fingerprint(sources)},
            configuration=recipe.ingest.model_dump(),
            chunks=writers,
            account=functools.partial(_account, context, len(sources)),
            details=lambda: {
                "source_files": len(sources),
                "source_bytes": sum(file.size for file in sources),
            },
        ),
    )


def _documents(spark: SparkSession, sources: Sequence[SourceFile], recipe: Recipe) -> DataFrame:
    total = sum(file.size for file in sources)
    cores = spark.sparkContext.defaultParallelism
    tasks = recipe.run.partitions or min(len(sources), max(4 * cores, total // BYTES_PER_TASK))
    # The largest files first and dealt out in turn: no task gets all the big books.
    ordered = sorted(sources, key=lambda file: (-file.size, file.number))
    table = pa.Table.from_pylist([vars(file) for file in ordered], schema=SOURCE_FILES)
    files = frame_of_table(spark, table).repartition(int(tasks))
    return map_with_schema(files, DocumentReader(recipe.ingest), DOCUMENTS)


def _account(context: RunContext, sources: int, files: Sequence[PublishedFile]) -> RowAccounts:
    documents = context.read_files(DATASET, files)
    seen = documents.select(F.shiftright("id", ROW_BITS).alias("file")).distinct().count()
    if seen != sources:
        raise AccountingError(f"ingest read {seen} of {sources} files; nothing was published")
    return status_accounts(documents)


def ingest_command(arguments: argparse.Namespace) -> str | None:
    """Answer `corpusmill ingest`."""
    recipe = open_recipe(arguments)
    with open_run(arguments, arguments.output) as context:
        ingest_stage(context, arguments.inputs, recipe)
    return None


if __name__ == "__main__":  # spark-submit jobs/ingest_documents.py
    from jobs.ingest_documents import ingest_command  # what Spark ships must not belong to __main__

    sys.exit(run("ingest", ingest_command))
