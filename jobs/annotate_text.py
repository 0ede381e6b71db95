"""extracted/ → annotated/: cleaned text and every signal, computed once; thresholds come later."""

from __future__ import annotations

import argparse
import functools
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace

import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import StringType

from jobs.command.opening import fetched_tables, open_models, open_recipe, open_run
from jobs.command.running import run
from jobs.contamination.given_benchmarks import GivenBenchmarks, open_benchmarks
from jobs.contamination.phrase_counting import (
    CountTexts,
    count_phrases,
    own_counting,
    spark_counting,
)
from jobs.contamination.published_index import DATASET as INDEX
from jobs.contamination.published_index import PublishedIndex, index_stage
from jobs.count_shared_lines import DATASET as SHARED_LINES
from jobs.count_shared_lines import count_stage, shared_keys
from jobs.dedup.file_bitmaps import quoted
from jobs.models.run_models import perplexity_digest, safety_digest
from jobs.models.safety_lists import read_safety_lists
from jobs.recipes.recipe import Recipe
from jobs.runtime.contract.chunks import Division, files_by_chunk
from jobs.runtime.contract.driver_tables import (
    batches,
    dataset_paths,
    dataset_table,
    write_batches,
)
from jobs.runtime.contract.manifest import (
    Manifest,
    PublishedFile,
    published_files,
    require_manifest,
)
from jobs.runtime.contract.own_tasks import OwnTasks
from jobs.runtime.contract.row_accounts import RowAccounts
from jobs.runtime.contract.stage import RunContext, Stage, parquet_chunk, run_stage
from jobs.runtime.contract.table_parts import TablePart, each_part
from jobs.runtime.contract.user_tables import UserTable, open_user_table, require_apart
from jobs.runtime.errors import SettingsError
from jobs.runtime.spark.arrow_frames import map_batches
from jobs.runtime.spark.connect import send
from jobs.runtime.spark.schemas import CARRIED, EXTRACTED
from jobs.runtime.spark.shipped_code import ship
from jobs.runtime.store import storage
from jobs.runtime.store.node_copies import NodeCopy
from jobs.runtime.user_code import code_digest
from udfs.annotate_batches import AnnotateBatches
from udfs.safety.screen_lists import ScreenLists
from udfs.signals.own_annotators import ERROR

DATASET = "annotated"


def annotate_stage(
    context: RunContext,
    recipe: Recipe,
    perplexity_model: str | None,
    safety_model: str | None,
    benchmarks: GivenBenchmarks | None = None,
) -> Manifest:
    """Annotate all extracted documents of a run, chunk by chunk of these; chunks that are the same are kept.

    Args:
        context: The run.
        recipe: What is cleaned and how safety and contamination are judged.
        perplexity_model: Folder of models; None leaves perplexity null.
        safety_model: Folder of a model; None leaves its score null.
        benchmarks: What documents are compared with; None leaves contamination null.

    Raises:
        InputError: The extract stage has not run.
        StageError: Spark failed.
    """
    source = require_manifest(context.folder("extracted"), "extract")
    lists, digests = read_safety_lists(recipe.safety)
    function = annotator(recipe, perplexity_model, safety_model, lists)
    inputs = {
        "extracted": source.fingerprint,
        **digests,
        **_model_digests(perplexity_model, safety_model),
        **_code_digests(recipe.annotators),
    }
    if recipe.asks_for("shared_lines"):
        inputs[SHARED_LINES] = count_stage(context, recipe).fingerprint
        keys = send(context.spark, shared_keys(context))
        function = replace(function, shared_lines=functools.partial(getattr, keys, "value"))
    else:  # counts of an earlier run were not asked in this one
        storage.delete_tree(context.folder(SHARED_LINES))
    alone = function.shared_lines is None  # which Spark sends to its workers
    own = context.own_tasks(recipe.run.driver_megabytes) if alone else None
    if benchmarks is not None:
        index = _index_benchmarks(context, recipe, benchmarks, source)
        inputs[INDEX] = index.fingerprint
        function = replace(function, benchmarks=index)
    chunks = files_by_chunk(source)
    return run_stage(
        context,
        Stage(
            name="annotate",
            dataset=DATASET,
            module="jobs.annotate_text",
            inputs=inputs,
            configuration=_configuration(recipe, benchmarks),
            chunks=[_writer(context, recipe, function, own, part) for part in chunks.values()],
            division=Division("extracted", [*chunks]),
            account=functools.partial(_account, source.accounts.rows_out),
            details=lambda: {
                "absent_signals": absent_signals(function, benchmarks),
                **_failures(context, recipe.annotators, here=own is not None),
            },
            own_tasks=own,
        ),
    )


def _writer(
    context: RunContext,
    recipe: Recipe,
    function: AnnotateBatches,
    own: OwnTasks | None,
    files: Sequence[PublishedFile],
) -> Callable[[str], None]:
    if own is not None:
        return functools.partial(_write_annotated, context, function, own, files)
    return parquet_chunk(functools.partial(_annotated, context, recipe, function, files))


def _annotated(
    context: RunContext,
    recipe: Recipe,
    function: AnnotateBatches,
    files: Sequence[PublishedFile],
) -> DataFrame:
    extracted = context.read_files("extracted", files, carries_documents=True)
    usable = extracted.where(F.col("status") == "ok").select(*CARRIED, "text")
    if recipe.run.partitions:
        usable = usable.repartition(recipe.run.partitions)
    ship(context.spark, recipe.annotators.values())
    return map_batches(usable, function)


def _write_annotated(
    context: RunContext,
    function: AnnotateBatches,
    own_tasks: OwnTasks,
    files: Sequence[PublishedFile],
    folder: str,
) -> None:
    """Write the rows of :func:`_annotated`, made in this process, a file a part."""
    paths = dataset_paths(context, "extracted", files)
    names = [*CARRIED, "text", "status"]
    schema = function.output_schema(pa.schema([EXTRACTED.field(name) for name in names[:-1]]))

    def annotate(part: TablePart) -> None:
        usable = part.rows.filter(pc.equal(part.rows.column("status"), "ok"))
        annotated = function(batches(usable.drop_columns("status")))
        write_batches(folder, part.number, schema, annotated)

    each_part(own_tasks, paths, EXTRACTED, names, annotate)


def annotate_user_table(
    context: RunContext,
    given: str,
    id_column: str | None,
    text_column: str | None,
    recipe: Recipe,
    perplexity_model: str | None,
    safety_model: str | None,
) -> Manifest:
    """Annotate Parquet of the user's: ``annotated`` holds all columns, the text cleaned, and signals.

    Raises:
        InputError: The table cannot be used.
        StageError: Spark failed.
    """
    require_apart(given, context.output)
    table = open_user_table(context.session, given, id_column, text_column)
    lists, digests = read_safety_lists(recipe.safety)
    function = annotator(recipe, perplexity_model, safety_model, lists)
    rows = table.read(context.spark)
    wanted = rows.select(*_kept_columns(context, table, function))
    ship(context.spark, recipe.annotators.values())
    return run_stage(
        context,
        Stage(
            name="annotate",
            dataset=DATASET,
            module="jobs.annotate_text",
            inputs={
                "table": table.fingerprint,
                **digests,
                **_model_digests(perplexity_model, safety_model),
                **_code_digests(recipe.annotators),
            },
            configuration=_configuration(recipe, None),
            chunks=[parquet_chunk(lambda: map_batches(wanted, function))],
            account=functools.partial(_account, rows.count()),
            details=lambda: {
                "absent_signals": absent_signals(function),
                **_failures(context, recipe.annotators, here=False),
            },
        ),
    )


def _kept_columns(context: RunContext, table: UserTable, function: AnnotateBatches) -> list[Column]:
    """All columns of a table, its text as ``text``; what has a name of ours is ``given_NAME``."""
    ours = set(function.output_schema(pa.schema([("text", pa.string())])).names)
    columns = [F.col(quoted(table.text_column)).alias("text")]
    for field in table.schema:
        if field.name == table.text_column:
            continue
        name = field.name
        is_address = name.lower() == "url" and isinstance(field.dataType, StringType)
        if name.lower() in ours or (name.lower() == "url" and not is_address):
            name = f"given_{name}"
            context.reporter.note(f"column {field.name} of {table.given} is kept as {name}")
        columns.append(F.col(quoted(field.name)).alias(name))
    return columns


def _index_benchmarks(
    context: RunContext, recipe: Recipe, benchmarks: GivenBenchmarks, source: Manifest
) -> PublishedIndex:
    def texts() -> DataFrame:
        extracted, _ = context.read("extracted", "extract", carries_documents=True)
        return extracted.where(F.col("status") == "ok").select("id", "text")

    def each_text(tasks: OwnTasks, count: CountTexts) -> None:
        def of_part(part: TablePart) -> None:
            usable = part.rows.filter(pc.equal(part.rows.column("status"), "ok"))
            count(usable.column("id").to_numpy(), usable.column("text").combine_chunks())

        paths = dataset_paths(context, "extracted", source.files)
        each_part(tasks, paths, EXTRACTED, ["id", "text", "status"], of_part)

    own = context.own_tasks(recipe.run.driver_megabytes)
    counting = own_counting(own, each_text) if own else spark_counting(context, texts)
    inputs = {"extracted": source.fingerprint}
    documents = source.accounts.rows_out
    lines = recipe.contamination
    fitted_on = [*files_by_chunk(source)]
    counted = count_phrases(context, lines, benchmarks, inputs, documents, counting, fitted_on)
    return index_stage(context, lines, benchmarks, counted)


def _configuration(recipe: Recipe, benchmarks: GivenBenchmarks | None) -> dict[str, object]:
    settings: dict[str, object] = {**asdict(recipe.clean), "safety": asdict(recipe.safety)}
    if benchmarks is not None:
        lines = asdict(recipe.contamination)
        del lines["validation_items"]  # what is planted later changes no signal
        settings["contamination"] = lines
    return settings


def annotator(
    recipe: Recipe,
    perplexity_model: str | None,
    safety_model: str | None,
    lists: ScreenLists | None,
) -> AnnotateBatches:
    """Return what annotates with models, local or remote; shared lines and benchmarks come later."""
    perplexity, safety = (
        NodeCopy.of(folder).path if folder is not None else None
        for folder in (perplexity_model, safety_model)
    )
    own = recipe.annotators
    return AnnotateBatches(recipe.clean, perplexity, safety, recipe.safety, lists, own=own)


def _model_digests(perplexity_model: str | None, safety_model: str | None) -> dict[str, str]:
    digests = {}
    if perplexity_model is not None:
        digests["perplexity_model"] = perplexity_digest(perplexity_model)
    if safety_model is not None:
        digests["safety_model"] = safety_digest(safety_model)
    return digests


def _code_digests(annotators: Mapping[str, str]) -> dict[str, str]:
    return {f"annotator {name}": code_digest([place]) for name, place in annotators.items()}


def absent_signals(
    function: AnnotateBatches, benchmarks: GivenBenchmarks | None = None
) -> dict[str, str]:
    """Return the signals that a function leaves null, or their groups, and why."""
    absent: dict[str, str] = {}
    if benchmarks is None:
        absent["contamination"] = "no benchmarks were given (--benchmarks [MAPPING=]PATH)"
    if function.perplexity_model is None:
        absent["perplexity"] = (
            "no perplexity model was trained or given (--perplexity-model FOLDER)"
        )
    if function.shared_lines is None:
        absent["shared_lines"] = "lines are counted in runs only, where a rule asks for them"
    if function.safety_model is None:
        absent["safety.model_score"] = "no safety model was given (--safety-model FOLDER)"
        if function.safety.combination == "and":
            absent["safety.combined_score"] = absent["safety.model_score"]
    if function.safety.blocked_domains is None:
        absent["safety.blocked_url"] = (
            "no list of domains was given (--set safety.blocked_domains=FILE)"
        )
    return absent


def _failures(
    context: RunContext, annotators: Mapping[str, str], *, here: bool
) -> dict[str, dict[str, tuple[int, str]]]:
    """For each annotator of the user's that failed: documents it gave no values, and one of the reasons."""
    files = published_files(context.folder(DATASET)) if annotators else []
    columns = {name: f"{name}.{ERROR.name}" for name in annotators}
    if not files:
        return {}
    if here:
        errors = dataset_table(context, DATASET, list(columns.values()), files)
        told = {
            name: (
                pc.count(errors.column(at)).as_py(),
                min(errors.column(at).drop_null().to_pylist(), default=""),
            )
            for name, at in columns.items()
        }
    else:
        asked = [F.struct(F.count(at), F.min(at)).alias(name) for name, at in columns.items()]
        (row,) = context.read_files(DATASET, files).agg(*asked).collect()
        told = {name: tuple(row[name]) for name in columns}
    failed = {name: found for name, found in told.items() if found[0]}
    for name, (documents, reason) in failed.items():
        context.reporter.note(
            f"annotator {name} failed on {documents:,} documents, which have none of its values: {reason}"
        )
    return {"failed_annotators": failed}


def _account(rows_in: int, files: Sequence[PublishedFile]) -> RowAccounts:
    return RowAccounts(rows_in=rows_in, rows_out=sum(file.rows for file in files))


def annotate_command(arguments: argparse.Namespace) -> str:
    """Answer `corpusmill annotate` with the folder of signals."""
    recipe = open_recipe(arguments)
    models = open_models(arguments, recipe)
    if arguments.benchmarks and arguments.output is not None:
        raise SettingsError(
            "annotate compares the documents of a run with benchmarks; for Parquet of your own use "
            "`corpusmill decontaminate INPUT OUTPUT --benchmarks …`"
        )
    made = arguments.output is None
    with fetched_tables(arguments) as tables:
        benchmarks = open_benchmarks(arguments, tables)
        with open_run(arguments, arguments.output or arguments.input, made=made) as context:
            if arguments.output is None:
                annotate_stage(context, recipe, models.perplexity, models.safety, benchmarks)
            else:
                annotate_user_table(
                    context,
                    arguments.input,
                    arguments.id_column,
                    arguments.text_column,
                    recipe,
                    models.perplexity,
                    models.safety,
                )
    return context.folder(DATASET)


if __name__ == "__main__":  # spark-submit jobs/annotate_text.py
    from jobs.annotate_text import annotate_command  # what Spark ships must not belong to __main__

    sys.exit(run("annotate", annotate_command))
