"""sources → documents/: who and where of every document, with stable ids; the bytes stay where they are."""

from __future__ import annotations

import argparse
import functools
import json
import sys
from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.command.opening import open_recipe, open_run
from jobs.command.running import run
from jobs.ingest.read_batches import DocumentLister
from jobs.ingest.source_files import (
    SourceFile,
    list_sources,
    require_inputs,
    sources_fingerprint,
    write_plan,
)
from jobs.ingest.source_groups import source_groups, with_plan
from jobs.ingest.source_lists import read_list
from jobs.ingest.source_tasks import source_tasks
from jobs.recipes.recipe import Recipe
from jobs.runtime.contract.chunks import Division
from jobs.runtime.contract.document_ids import ROW_BITS
from jobs.runtime.contract.driver_tables import dataset_table, table_chunk, works_here
from jobs.runtime.contract.manifest import Manifest, PublishedFile
from jobs.runtime.contract.row_accounts import RowAccounts
from jobs.runtime.contract.stage import RunContext, Stage, parquet_chunk, run_stage, status_accounts
from jobs.runtime.errors import AccountingError, InputError
from jobs.runtime.spark.arrow_frames import map_with_schema
from jobs.runtime.spark.schemas import DOCUMENTS, DOCUMENTS_WITH_CONTENT, EXTRACTED
from udfs.columns.batch_columns import in_schema

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
    here, division = False, None
    if extracted is not None and not recipe.ingest.keep_content:
        here = works_here(context, recipe.run.driver_megabytes, extracted)
        one = functools.partial(_listed_table if here else _listed, context, extracted)
        writers = [table_chunk(one) if here else parquet_chunk(one)]
    else:
        groups = source_groups(context.folder(DATASET), sources, recipe.run.chunk_gigabytes)
        reads = [parquet_chunk(functools.partial(_read, context, part, recipe)) for part in groups]
        writers = [with_plan(part, read) for part, read in zip(groups, reads, strict=True)]
        division = Division("sources", [sources_fingerprint(part) for part in groups])
    return run_stage(
        context,
        Stage(
            name="ingest",
            dataset=DATASET,
            module="jobs.ingest_documents",
            inputs={"sources": sources_fingerprint(sources)},
            configuration=recipe.ingest.model_dump(),
            chunks=writers,
            account=functools.partial(reading_accounts, context, DATASET, len(sources), here=here),
            details=functools.partial(_details, context, sources, recipe),
            in_driver=here,
            division=division,
        ),
    )


def _listed(context: RunContext, extracted: Manifest) -> DataFrame:
    told = [field.name for field in EXTRACTED.field("record").type]
    columns = [F.col(f"record.{name}" if name in told else name) for name in DOCUMENTS.names]
    return context.read_files("extracted", extracted.files).select(*columns)


def _listed_table(context: RunContext, extracted: Manifest) -> pa.Table:
    """The rows of :func:`_listed`, made in this process."""
    told = {field.name: f"record.{field.name}" for field in EXTRACTED.field("record").type}
    names = [told.get(name, name) for name in DOCUMENTS.names]
    rows = dataset_table(context, "extracted", names, extracted.files)
    return in_schema(rows.rename_columns(DOCUMENTS.names), DOCUMENTS)


def _read(context: RunContext, sources: Sequence[SourceFile], recipe: Recipe) -> DataFrame:
    files = source_tasks(context.spark, sources, recipe.run.partitions)
    kept = DOCUMENTS_WITH_CONTENT if recipe.ingest.keep_content else DOCUMENTS
    return map_with_schema(files, DocumentLister(recipe.ingest, kept), kept)


def reading_accounts(
    context: RunContext, dataset: str, sources: int, files: Sequence[PublishedFile], *, here: bool
) -> RowAccounts:
    """Return the accounts of a dataset made of sources, each of which must have given a row.

    Args:
        context: The run.
        dataset: ``documents`` or ``extracted``, whose rows that ingest refused are left out.
        sources: Files that were to be read.
        files: Of the dataset.
        here: Whether this process counts, or Spark.

    Raises:
        AccountingError: A source gave none.
    """
    names = ["id", "status", *(["stage"] if dataset == "extracted" else [])]
    if here:
        table = dataset_table(context, dataset, names, files)
        numbers = pc.shift_right(table.column("id"), ROW_BITS)
        seen = pc.count_distinct(numbers).as_py()
        if "stage" in names:
            table = table.filter(pc.equal(table.column("stage"), "extract"))
        usable = pc.sum(pc.equal(table.column("status"), "ok")).as_py() or 0
        accounts = RowAccounts(
            rows_in=len(table), rows_out=usable, rows_quarantined=len(table) - usable
        )
    else:
        rows = context.read_files(dataset, files)
        seen = rows.select(F.shiftright("id", ROW_BITS).alias("file")).distinct().count()
        accounts = status_accounts(rows.where("stage = 'extract'") if "stage" in names else rows)
    if seen != sources:
        raise AccountingError(
            f"{dataset} holds documents of {seen} of {sources} files; nothing was published"
        )
    return accounts


def _details(
    context: RunContext, sources: Sequence[SourceFile], recipe: Recipe
) -> dict[str, object]:
    write_plan(context.folder(DATASET), sources)
    return {
        "source_files": len(sources),
        "source_bytes": sum(file.size for file in sources),
        "settings": recipe.ingest.model_dump(),
    }


def take_inputs(arguments: argparse.Namespace) -> None:
    """Add what ``--inputs-from`` lists to the inputs, and columns that are named to the recipe's changes.

    Raises:
        InputError: There is no input at all, or a list cannot be read.
    """
    for path in arguments.inputs_from:
        arguments.inputs += read_list(path)
    if not arguments.inputs:
        raise InputError(
            "no INPUT was given: name files, folders, globs or prefixes, or --inputs-from FILE"
        )
    if arguments.text_column is not None:
        column = json.dumps([arguments.text_column])
        arguments.overrides += [f"ingest.text_fields={column}", "ingest.html_fields=[]"]
    if arguments.carry is not None:
        names = [name.strip() for name in arguments.carry.split(",")]
        arguments.overrides.append(f"ingest.carry={json.dumps(names)}")


def ingest_command(arguments: argparse.Namespace) -> str | None:
    """Answer `corpusmill ingest` with the folder of documents."""
    take_inputs(arguments)
    recipe = open_recipe(arguments)
    require_inputs(arguments.inputs, arguments.output, recipe.ingest.paths_prefix)
    with open_run(arguments, arguments.output) as context:
        sources = list_sources(arguments.inputs, context.output, recipe.ingest.paths_prefix)
        ingest_stage(context, sources, recipe)
    return context.folder(DATASET)


if __name__ == "__main__":  # spark-submit jobs/ingest_documents.py
    from jobs.ingest_documents import ingest_command  # what Spark ships must not belong to __main__

    sys.exit(run("ingest", ingest_command))
