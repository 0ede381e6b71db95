"""sources → documents/: who and where of every document, with stable ids; the bytes stay where they are."""

from __future__ import annotations

import argparse
import functools
import sys
from collections.abc import Sequence

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.command.opening import open_recipe, open_run
from jobs.command.running import run
from jobs.ingest.read_batches import DocumentLister, DocumentReader
from jobs.ingest.source_files import SourceFile, list_sources, sources_fingerprint, write_plan
from jobs.ingest.source_tasks import source_tasks
from jobs.recipes.recipe import Recipe
from jobs.runtime.contract.chunks import by_bytes
from jobs.runtime.contract.document_ids import ROW_BITS
from jobs.runtime.contract.manifest import Manifest, PublishedFile
from jobs.runtime.contract.row_accounts import RowAccounts
from jobs.runtime.contract.stage import RunContext, Stage, parquet_chunk, run_stage, status_accounts
from jobs.runtime.errors import AccountingError
from jobs.runtime.spark.arrow_frames import map_with_schema
from jobs.runtime.spark.schemas import DOCUMENTS, DOCUMENTS_WITH_CONTENT, EXTRACTED

DATASET = "documents"


def ingest_stage(
    context: RunContext,
    sources: Sequence[SourceFile],
    recipe: Recipe,
    extracted: Manifest | None = None,
) -> Manifest:
    """List the documents of all sources in ``documents/`` and return its manifest.

    Args:
        context: The run.
        sources: Files, as ``list_sources`` numbers them.
        recipe: Limits and names of fields; whether the bytes are kept.
        extracted: Of the extraction that read these sources by these settings: they are not read again.

    Raises:
        StageError: Spark failed, or a file changed while it was read.
    """
    if extracted is not None and not recipe.ingest.keep_content:
        frames = [functools.partial(_listed, context, extracted)]
    else:
        parts = by_bytes(sources, lambda file: file.size, recipe.run.chunk_gigabytes)
        frames = [functools.partial(_read, context, part, recipe) for part in parts]
    return run_stage(
        context,
        Stage(
            name="ingest",
            dataset=DATASET,
            module="jobs.ingest_documents",
            inputs={"sources": sources_fingerprint(sources)},
            configuration=recipe.ingest.model_dump(),
            chunks=[parquet_chunk(frame) for frame in frames],
            account=functools.partial(_account, context, len(sources)),
            details=functools.partial(_details, context, sources, recipe),
        ),
    )


def _listed(context: RunContext, extracted: Manifest) -> DataFrame:
    told = [field.name for field in EXTRACTED.field("record").type]
    columns = [F.col(f"record.{name}" if name in told else name) for name in DOCUMENTS.names]
    return context.read_files("extracted", extracted.files).select(*columns)


def _read(context: RunContext, sources: Sequence[SourceFile], recipe: Recipe) -> DataFrame:
    files = source_tasks(context.spark, sources, recipe.run.partitions)
    if recipe.ingest.keep_content:
        return map_with_schema(files, DocumentReader(recipe.ingest), DOCUMENTS_WITH_CONTENT)
    return map_with_schema(files, DocumentLister(recipe.ingest), DOCUMENTS)


def _account(context: RunContext, sources: int, files: Sequence[PublishedFile]) -> RowAccounts:
    documents = context.read_files(DATASET, files)
    require_all_read("ingest", documents, sources)
    return status_accounts(documents)


def require_all_read(stage: str, documents: DataFrame, sources: int) -> None:
    """Check that every source gave a row.

    Args:
        stage: Who read them.
        documents: A row a document, with its ``id``.
        sources: Files that were to be read.

    Raises:
        AccountingError: One gave none.
    """
    seen = documents.select(F.shiftright("id", ROW_BITS).alias("file")).distinct().count()
    if seen != sources:
        raise AccountingError(f"{stage} read {seen} of {sources} files; nothing was published")


def _details(
    context: RunContext, sources: Sequence[SourceFile], recipe: Recipe
) -> dict[str, object]:
    write_plan(context.folder(DATASET), sources)
    return {
        "source_files": len(sources),
        "source_bytes": sum(file.size for file in sources),
        "settings": recipe.ingest.model_dump(),
    }


def ingest_command(arguments: argparse.Namespace) -> str | None:
    """Answer `corpusmill ingest`."""
    recipe = open_recipe(arguments)
    with open_run(arguments, arguments.output) as context:
        ingest_stage(context, list_sources(arguments.inputs, context.output), recipe)
    return None


if __name__ == "__main__":  # spark-submit jobs/ingest_documents.py
    from jobs.ingest_documents import ingest_command  # what Spark ships must not belong to __main__

    sys.exit(run("ingest", ingest_command))
