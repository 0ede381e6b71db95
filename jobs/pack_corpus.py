"""corpus/, or a table → packed/: token ids in rows of one length, and the files that trainers open."""

from __future__ import annotations

import argparse
import functools
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import DataType, IntegerType, LongType, StringType

from jobs.command.opening import open_recipe, open_run
from jobs.command.running import run
from jobs.packing.opened_tokeniser import OpenedTokeniser, open_tokeniser
from jobs.packing.ordered_documents import count_documents, ordered_documents, packing_columns
from jobs.packing.packing_estimate import estimate_text
from jobs.packing.row_files import (
    COUNTS_NAME,
    QUARANTINED,
    TRAIN,
    VALIDATION,
    WRITTEN,
    RowWriter,
    files_of,
    read_facts,
)
from jobs.packing.trainer_formats import format_stages, require_formats
from jobs.recipes.recipe import Recipe
from jobs.runtime.contract.chunks import by_bytes
from jobs.runtime.contract.manifest import (
    Manifest,
    PublishedFile,
    published_files,
    read_manifest,
    require_manifest,
)
from jobs.runtime.contract.row_accounts import RowAccounts
from jobs.runtime.contract.stage import RunContext, Stage, run_stage
from jobs.runtime.contract.user_tables import open_user_table, require_apart
from jobs.runtime.errors import InputError, SettingsError
from jobs.runtime.spark.arrow_frames import map_with_schema
from jobs.runtime.spark.parquet_frames import read_parquet
from jobs.runtime.store import storage
from udfs.trainer_files.packing.packed_groups import ID, TEXT
from udfs.trainer_files.packing.row_facts import added_facts
from udfs.trainer_files.packing.settings import PackSettings
from udfs.trainer_files.tokenising.identity_check import (
    CHECKED_CHARACTERS,
    EngineChoice,
    choose_engine,
)

DATASET = "packed"
CHECKED_DOCUMENTS = 1_000
ID_TYPES: dict[DataType, pa.DataType] = {
    LongType(): pa.int64(),
    IntegerType(): pa.int32(),
    StringType(): pa.string(),
}


@dataclass(frozen=True)
class PackSource:
    """The documents to pack.

    Attributes:
        fingerprint: Of what they are.
        documents: Their number.
        chunks: Readers of parts that a killed run goes on from, with the columns of ``packing_columns``.
    """

    fingerprint: str
    documents: int
    chunks: Sequence[Callable[[], DataFrame]]


def corpus_source(context: RunContext, folder: str, recipe: Recipe) -> PackSource:
    """Return the corpus of a run.

    Raises:
        InputError: It was not published, or a column that the settings name is not there.
    """
    corpus = storage.join(storage.absolute(folder), "corpus")
    manifest = require_manifest(corpus, "publish")

    def documents(files: Sequence[PublishedFile]) -> DataFrame:
        paths = [storage.join(corpus, file.path) for file in files]
        rows = read_parquet(context.spark, paths, carries_documents=True)
        return packing_columns(rows, "id", "text", recipe.pack)

    files = [file for file in manifest.files if file.path.endswith(".parquet")]
    if not manifest.rows:
        raise InputError(f"{corpus} holds no document: there is nothing to pack")
    chunks = by_bytes(files, lambda file: file.bytes, recipe.run.chunk_gigabytes)
    return PackSource(
        manifest.fingerprint,
        manifest.rows,
        [functools.partial(documents, chunk) for chunk in chunks],
    )


def table_source(
    context: RunContext, given: str, id_column: str | None, text_column: str | None, recipe: Recipe
) -> PackSource:
    """Return a Parquet table of the user's.

    Raises:
        InputError: It cannot be used, or holds no document.
    """
    require_apart(given, context.output)
    table = open_user_table(context.spark, given, id_column, text_column)
    rows = table.read(context.spark)
    documents = packing_columns(rows, table.id_column, table.text_column, recipe.pack)
    count = rows.count()
    if not count:
        raise InputError(f"{given} holds no document: there is nothing to pack")
    return PackSource(table.fingerprint, count, [lambda: documents])


def pack_stage(
    context: RunContext, source: PackSource, tokeniser: OpenedTokeniser, recipe: Recipe
) -> Manifest:
    """Tokenise and pack documents into ``packed/train`` and ``packed/validation``.

    Raises:
        AccountingError: A document was lost or doubled.
        InputError: The ids have a type that rows cannot name.
        StageError: Spark failed.
    """
    settings = recipe.pack
    packing = _Packing(context, tokeniser, settings)
    return run_stage(
        context,
        Stage(
            name="pack",
            dataset=DATASET,
            module="jobs.pack_corpus",
            inputs={"documents": source.fingerprint, "tokenizer": tokeniser.file.sha256},
            configuration={**_row_settings(settings), "tokenizer": tokeniser.fingerprint()},
            chunks=[functools.partial(packing.write, chunk) for chunk in source.chunks],
            account=functools.partial(packing.account, source.documents),
            details=packing.details,
        ),
    )


def _row_settings(settings: PackSettings) -> dict[str, Any]:
    """What changes the rows; the other formats are made of them."""
    return {key: value for key, value in asdict(settings).items() if key != "formats"}


class _Packing:
    """Writes the chunks of one pack stage and counts what lies in its folder afterwards."""

    def __init__(
        self, context: RunContext, tokeniser: OpenedTokeniser, settings: PackSettings
    ) -> None:
        self._context = context
        self._tokeniser = tokeniser
        self._settings = settings
        self._choice: EngineChoice | None = None
        self._folder = context.folder(DATASET)

    def write(self, documents: Callable[[], DataFrame], folder: str) -> None:
        """Write one chunk."""
        frame = documents()
        choice = self._chosen(frame)
        counts = count_documents(frame, self._settings)
        training, _ = counts.partitions(self._settings)
        shared = self._context.spark.sparkContext.broadcast(self._tokeniser.file)
        writer = RowWriter(
            tokeniser=functools.partial(getattr, shared, "value"),
            engine=choice.name,
            settings=self._settings,
            frame=self._tokeniser.frame,
            id_type=_id_type(frame),
            folder=folder,
            training_partitions=training,
            facts={
                **self._tokeniser.facts(),
                **_row_settings(self._settings),
                "engine": choice.name,
            },
        )
        rows = ordered_documents(frame, self._settings, counts)
        map_with_schema(rows, writer, WRITTEN).collect()
        storage.write_text(
            storage.join(folder, COUNTS_NAME), json.dumps(counts.as_json(), ensure_ascii=False)
        )

    def _chosen(self, frame: DataFrame) -> EngineChoice:
        if self._choice is None:
            texts = frame.where(F.length(TEXT) > 0).select(
                F.substring(TEXT, 1, CHECKED_CHARACTERS).alias(TEXT)
            )
            # pandas and Arrow would refuse a batch for one text that is no UTF-8; a row says "?".
            sample = [str(row[TEXT]) for row in texts.limit(CHECKED_DOCUMENTS).collect()]
            self._choice = choose_engine(
                self._tokeniser.file,
                sample,
                special_tokens_in_text=self._settings.special_tokens_in_text,
            )
            if self._choice.warning is not None:
                self._context.reporter.note(f"pack: {self._choice.warning}")
        return self._choice

    def account(self, documents: int, files: Sequence[PublishedFile]) -> RowAccounts:
        """Count documents from what the files say of themselves."""
        facts = self._facts(files)
        return RowAccounts(
            rows_in=documents,
            rows_out=int(facts.get("documents", 0)),
            rows_dropped=sum(counts["left_out"] for counts in self._counts(files)),
            rows_quarantined=sum(file.rows for file in files_of(QUARANTINED, files)),
        )

    def details(self) -> dict[str, Any]:
        """Facts for the manifest."""
        files = published_files(self._folder)
        told = read_facts(self._folder, files_of(TRAIN, files) + files_of(VALIDATION, files))
        return {
            **self._tokeniser.facts(),
            "tokenizer": self._tokeniser.path,
            "engine": sorted({one["engine"] for one in told}),
            "settings": _row_settings(self._settings),
            "splits": {
                split: added_facts(one["facts"] for one in told if one["split"] == split)
                for split in (TRAIN, VALIDATION)
            },
            "left_out": sum(counts["left_out"] for counts in self._counts(files)),
            "epochs": _epochs(self._settings, self._counts(files)),
        }

    def _facts(self, files: Sequence[PublishedFile]) -> dict[str, Any]:
        told = read_facts(self._folder, files_of(TRAIN, files) + files_of(VALIDATION, files))
        return added_facts(one["facts"] for one in told)

    def _counts(self, files: Sequence[PublishedFile]) -> list[dict[str, Any]]:
        names = [file.path for file in files if file.path.split("/")[-1] == COUNTS_NAME]
        texts = [storage.read_text(storage.join(self._folder, name)) for name in names]
        return [json.loads(text) for text in texts if text is not None]


def _epochs(
    settings: PackSettings, counts: Sequence[dict[str, Any]]
) -> dict[str, dict[str, float]]:
    """What weights did: documents to train on of each value, and how often they are seen on average."""
    known: dict[str, list[int]] = {}
    for one in counts:
        for value, (documents, seen) in one["by_mix"].items():
            held = known.setdefault(value, [0, 0])
            held[0] += documents
            held[1] += seen
    return {
        value: {
            "weight": float(settings.weights.get(value, 1.0)),
            "documents": documents,
            "epochs": round(seen / documents, 4) if documents else 0.0,
        }
        for value, (documents, seen) in sorted(known.items())
    }


def _id_type(frame: DataFrame) -> pa.DataType:
    found = frame.schema[ID].dataType
    if found not in ID_TYPES:
        raise InputError(
            f"--id-column has type {found.simpleString()}; rows name their documents by bigint, int or "
            "string"
        )
    return ID_TYPES[found]


def pack_command(arguments: argparse.Namespace) -> str | None:
    """Answer `corpusmill pack` with where the rows are and what they hold, or an estimate."""
    arguments.overrides += _overrides(arguments)
    run_folder = _is_run(arguments.input)
    recipe = open_recipe(arguments, arguments.input if run_folder else None)
    tokeniser = open_tokeniser(arguments.tokenizer, recipe.pack)
    require_formats(recipe.pack, tokeniser)
    output = arguments.output or (arguments.input if run_folder else None)
    if output is None:
        raise SettingsError(f"{arguments.input} is no run folder: give OUTPUT, where its rows go")
    with open_run(arguments, output) as context:
        if run_folder:
            source = corpus_source(context, arguments.input, recipe)
        else:
            columns = (arguments.id_column, arguments.text_column)
            source = table_source(context, arguments.input, *columns, recipe)
        if arguments.dry_run:
            return estimate_text(source.chunks, tokeniser, recipe.pack)
        manifest = pack_stage(context, source, tokeniser, recipe)
        format_stages(context, manifest, tokeniser, recipe.pack)
    return _summary(context.folder(DATASET), manifest)


def _is_run(folder: str) -> bool:
    corpus = storage.join(storage.absolute(folder), "corpus")
    return not storage.absolute(folder).endswith(".parquet") and read_manifest(corpus) is not None


def _overrides(arguments: argparse.Namespace) -> list[str]:
    given = {
        "strategy": arguments.packing,
        "length": arguments.length,
        "seed": arguments.seed,
        "bos_token": arguments.bos_token,
        "eos_token": arguments.eos_token,
        "pad_token": arguments.pad_token,
        "special_tokens_in_text": True if arguments.special_tokens_in_text else None,
        "padded": False if arguments.no_padding else None,
        "validation": arguments.validation,
        "group_by": arguments.group_by,
        "mix_by": arguments.mix_by,
        "weights": _weights(arguments.weight) or None,
        "formats": arguments.format or None,
    }
    # JSON is YAML, and says where a token such as [EOS] begins and ends.
    return [f"pack.{key}={json.dumps(value)}" for key, value in given.items() if value is not None]


def _weights(given: Sequence[str]) -> dict[str, float]:
    weights = {}
    for text in given:
        value, separator, weight = text.rpartition("=")
        try:
            weights[value] = float(weight)
        except ValueError:
            separator = ""
        if not separator:
            raise SettingsError(f"--weight {text}: write VALUE=EPOCHS, for example --weight zh=2")
    return weights


def _summary(folder: str, manifest: Manifest) -> str:
    lines = []
    for split, facts in manifest.details["splits"].items():
        if facts:
            share = facts["padding"] / max(1, facts["tokens"] + facts["padding"])
            lines.append(
                f"{split:<12} {facts['documents']:>12,} documents  {facts['tokens']:>15,} tokens  "
                f"{facts['rows']:>11,} rows  {share:.4%} padding  {facts['cut_documents']:,} documents cut"
            )
    for value, row in manifest.details["epochs"].items():
        lines.append(
            f"{value:<12} {row['documents']:>12,} documents  seen {row['epochs']:g} times "
            f"(weight {row['weight']:g})"
        )
    return "\n".join([*lines, folder])


if __name__ == "__main__":  # spark-submit jobs/pack_corpus.py
    from jobs.pack_corpus import pack_command  # what Spark ships must not belong to __main__

    sys.exit(run("pack", pack_command))
