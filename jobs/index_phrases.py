"""A run, or a table → phrase_index/: which documents hold a phrase, what was kept and what left alike.

`corpusmill trace` asks it; see docs/tracing.md.
"""

from __future__ import annotations

import argparse
import functools
import sys
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from jobs.command.opening import open_recipe, open_run
from jobs.command.running import run
from jobs.recipes.recipe import Recipe
from jobs.runtime.contract.chunks import GIGABYTE, by_bytes
from jobs.runtime.contract.driver_tables import MEBIBYTE, read_columns
from jobs.runtime.contract.fingerprint import digest
from jobs.runtime.contract.manifest import Manifest, PublishedFile, read_manifest, require_run
from jobs.runtime.contract.own_tasks import OwnTasks
from jobs.runtime.contract.row_accounts import RowAccounts
from jobs.runtime.contract.stage import RunContext, Stage, StageWork, run_stage
from jobs.runtime.contract.user_tables import open_user_table, require_apart
from jobs.runtime.errors import InputError
from jobs.runtime.spark.han_variants import han_variants
from jobs.runtime.store import storage
from jobs.tracing.indexed_documents import (
    CORPUS,
    IndexedDocuments,
    read_fates,
    run_documents,
    table_documents,
    text_bytes,
)
from jobs.tracing.layout import (
    DATASET,
    QUARANTINED,
    PhraseIndex,
    Segment,
    TextFile,
    bucket_bits,
    han_letters,
    hash_bits,
    numbered,
    open_index,
)
from jobs.tracing.own_build import MOST_ROWS, OwnBuild
from jobs.tracing.spark_build import build_with_spark
from udfs.text.folding import fold_table

OWN_TIMES = 16
"""Times ``run.driver_megabytes`` that this process indexes at a time: it holds postings, not texts."""
MOST_SEGMENTS = 32
"""Segments that this process makes: a question asks each of them."""


def index_stage(
    context: RunContext,
    recipe: Recipe,
    source: IndexedDocuments,
    against: Sequence[PhraseIndex] = (),
) -> Manifest:
    """Bring the index of phrases up to date.

    Args:
        context: The run, or the folder that the index of a table goes to.
        recipe: How the work is cut.
        source: The documents.
        against: Indexes to go on from: files that they hold are not indexed again.

    Raises:
        AccountingError: A document was lost or doubled; nothing is published.
        InputError: A file of a former index changed.
        StageError: Spark failed.
    """
    files, known = _new_files(source, against)
    build = _Build(context, recipe, source, files)
    return run_stage(
        context,
        Stage.of_work(
            *build.chunks(),
            name="index",
            dataset=DATASET,
            module="jobs.index_phrases",
            inputs={
                **source.inputs,
                **{f"against {one.home}": one.manifest.fingerprint for one in against},
            },
            configuration={"han": digest(han_variants())},
            account=functools.partial(build.account, source.documents - known),
            details=lambda: {
                "datasets": source.datasets,
                "against": {one.home: one.manifest.fingerprint for one in against},
                "han": han_letters(han_variants()),
                "documents_of_former": known,
            },
        ),
    )


def _new_files(
    source: IndexedDocuments, against: Sequence[PhraseIndex]
) -> tuple[tuple[TextFile, ...], int]:
    """The files that no former index holds, and the rows of those that one does."""
    held = {
        segment.path(file): file
        for index in against
        for segment in index.segments
        for file in segment.files
        if not file.dataset  # the texts of a run are its own
    }
    changed = [f.path for f in source.files if f.path in held and held[f.path].bytes != f.bytes]
    if changed:
        raise InputError(
            f"{changed[0]} changed since it was indexed: leave --against away, or give an index that is newer"
        )
    new = tuple(file for file in source.files if file.path not in held)
    return new, sum(file.rows for file in source.files if file.path in held)


class _Build:
    """The chunks of one index and what is counted of them afterwards."""

    def __init__(
        self,
        context: RunContext,
        recipe: Recipe,
        source: IndexedDocuments,
        files: Sequence[TextFile],
    ) -> None:
        self._context = context
        self._recipe = recipe
        self._source = source
        self._files = files
        self._folder = context.folder(DATASET)

    def chunks(self) -> list[StageWork]:
        """Return what writes the segments: this process where it can hold their postings, else Spark."""
        own = self._recipe.run.driver_megabytes * MEBIBYTE * OWN_TIMES
        chunks = by_bytes(self._files, lambda file: file.bytes, own / GIGABYTE)
        if self._works_here(chunks, own):
            tasks = OwnTasks(self._context.threads)
            return [
                StageWork(functools.partial(self._write_here, tasks, chunk), tasks, len(chunk))
                for chunk in chunks
            ]
        gigabytes = self._recipe.run.chunk_gigabytes
        chunks = by_bytes(self._files, lambda file: file.bytes, gigabytes)
        return [
            StageWork(functools.partial(self._write_by_spark, chunk), files=len(chunk))
            for chunk in chunks
        ]

    def _works_here(self, chunks: Sequence[Sequence[TextFile]], most: float) -> bool:
        table = self._source.table
        plain = self._context.local and (table is None or table.arrow is not None)
        few = len(chunks) <= MOST_SEGMENTS and all(
            sum(file.bytes for file in chunk) <= most and sum(f.rows for f in chunk) <= MOST_ROWS
            for chunk in chunks
        )
        return not self._files or (plain and few)

    def _write_by_spark(self, files: Sequence[TextFile], folder: str) -> None:
        segment = self._segment(folder, files)
        build_with_spark(self._context, self._source, segment, han_variants())
        self._finish(segment)

    def _write_here(self, tasks: OwnTasks, files: Sequence[TextFile], folder: str) -> None:
        segment = self._segment(folder, files)
        fates = None if self._source.table is not None else read_fates(self._context)
        OwnBuild(self._source, fates, segment, _table()).write(tasks)
        self._finish(segment)

    def _segment(self, folder: str, files: Sequence[TextFile]) -> Segment:
        size = sum(file.bytes for file in files)
        segment = Segment(
            folder=folder,
            home=self._context.output,
            bits=bucket_bits(size),
            hash_bits=hash_bits(size, sum(file.rows for file in files)),
            text_bytes=0,
            columns=(self._source.id_column, self._source.text_column),
            files=numbered(files),
        )
        paths = [segment.path(file) for file in segment.files]
        return replace(segment, text_bytes=text_bytes(paths, self._source.text_column))

    def _finish(self, segment: Segment) -> None:
        if self._source.table is not None:
            self._source.table.require_unchanged()
        segment.write()

    def account(self, documents: int, files: Sequence[PublishedFile]) -> RowAccounts:
        """Count what became of the documents from the files themselves."""
        names = [file.path for file in files if "documents-" in file.path]
        paths = [storage.join(self._folder, name) for name in names]
        status = (
            read_columns(paths, ["status"]).column("status") if paths else pa.chunked_array([[]])
        )
        quarantined = pc.sum(pc.equal(status, QUARANTINED)).as_py() or 0 if paths else 0
        return RowAccounts(
            rows_in=documents,
            rows_out=len(status) - quarantined,
            rows_quarantined=quarantined,
        )


@functools.cache
def _table() -> npt.NDArray[np.int32]:
    return fold_table(han_variants())


def index_command(arguments: argparse.Namespace) -> str | None:
    """Answer `corpusmill index` with what the index holds."""
    own_table = arguments.output is not None
    if not own_table and read_manifest(storage.join(arguments.input, CORPUS)) is None:
        require_run(storage.absolute(arguments.input))
        raise InputError(
            f"{arguments.input} has no published corpus: finish the run, or give OUTPUT, where the index of "
            "your Parquet goes"
        )
    recipe = open_recipe(arguments, None if own_table else arguments.input)
    output = arguments.output if own_table else arguments.input
    against = [open_index(given) for given in arguments.against]
    with open_run(arguments, output) as context:
        if own_table:
            require_apart(arguments.input, output)
            columns = (arguments.id_column, arguments.text_column)
            source = table_documents(open_user_table(context.session, arguments.input, *columns))
        else:
            source = run_documents(context)
        manifest = index_stage(context, recipe, source, against)
    return _summary(manifest)


def _summary(manifest: Manifest) -> str:
    accounts = manifest.accounts
    return (
        f"{accounts.rows_out:,} documents with their texts, {accounts.rows_quarantined:,} in quarantine; "
        f"{manifest.bytes:,} bytes"
    )


if __name__ == "__main__":  # spark-submit jobs/index_phrases.py
    from jobs.index_phrases import index_command  # what Spark ships must not belong to __main__

    sys.exit(run("index", index_command))
