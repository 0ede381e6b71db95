"""corpus/, or a table → a tokeniser trained on a sample of it, and a report on its vocabulary."""

from __future__ import annotations

import argparse
import functools
import json
import sys
from collections.abc import Mapping
from dataclasses import asdict

import pyarrow as pa
from pyspark.sql import DataFrame

from jobs.command.opening import open_recipe, open_run
from jobs.command.running import run
from jobs.pack_corpus import corpus_source, is_run, parsed_weights, table_source
from jobs.packing.opened_tokeniser import read_tokeniser_file
from jobs.packing.tokeniser_sample import draw_own_sample, draw_sample
from jobs.runtime.errors import SettingsError
from jobs.runtime.store import storage
from udfs.trainer_files.packing.settings import PackSettings
from udfs.trainer_files.tokenising.training import FILE_NAMES, TokeniserPlan, train_tokeniser
from udfs.trainer_files.tokenising.vocabulary_report import VocabularyFacts, vocabulary_facts

REPORT_NAME = "vocabulary.json"
_SHOWN_SOURCES = 10


def train_tokenizer_command(arguments: argparse.Namespace) -> str | None:
    """Answer `corpusmill train-tokenizer` with the vocabulary's table and the tokeniser's path."""
    recipe = open_recipe(arguments)
    try:
        plan = TokeniserPlan(arguments.kind, arguments.vocabulary)
    except ValueError as error:
        raise SettingsError(f"train-tokenizer: {error}") from error
    beside = {path: read_tokeniser_file(path, recipe.pack) for path in arguments.beside}
    weights = parsed_weights(arguments.weight)
    with open_run(arguments, arguments.output) as context:
        if is_run(arguments.input):
            source = corpus_source(context, arguments.input, recipe)
        else:
            columns = (arguments.id_column, arguments.text_column)
            source = table_source(context, arguments.input, *columns, recipe)
        if source.here is not None:
            table = pa.concat_tables([chunk().table for chunk in source.here])
            sample = draw_own_sample(table, arguments.sample_megabytes, weights)
        else:
            frames = [chunk().frame for chunk in source.by_spark]
            documents = functools.reduce(DataFrame.unionByName, frames)
            sample = draw_sample(documents, arguments.sample_megabytes, weights)
    try:
        content = train_tokeniser(plan, sample.training)
    except ValueError as error:
        raise SettingsError(f"train-tokenizer: {error}") from error
    path = storage.join(storage.absolute(arguments.output), FILE_NAMES[plan.kind])
    with storage.open_output(path) as stream:
        stream.write(content)
    files = {path: read_tokeniser_file(path, PackSettings()), **beside}
    facts = {name: vocabulary_facts(file, sample.measured) for name, file in files.items()}
    told = {name: asdict(one) for name, one in facts.items()}
    report = storage.join(storage.absolute(arguments.output), REPORT_NAME)
    storage.write_text(report, json.dumps(told, ensure_ascii=False, indent=1) + "\n")
    return f"{vocabulary_text(facts)}\n{path}"


def vocabulary_text(facts: Mapping[str, VocabularyFacts]) -> str:
    """Return a table of vocabularies: bytes a token and fallback by language and source, their tokens."""
    lines: list[str] = []
    for name, one in facts.items():
        lines += [
            f"{name}: {one.size:,} tokens, {one.numbers:,} of digits, {one.white_space:,} of white space",
            "  longest: " + ", ".join(repr(token) for token in one.longest[:5]),
        ]
    names = ["/".join(name.split("/")[-2:]) for name in facts]
    lines.append(f"{'':<24} {'documents':>9}" + "".join(f"  {name[-26:]:>26}" for name in names))
    known = {name: of.documents for one in facts.values() for name, of in one.groups.items()}
    sources = [name for name in known if name.startswith("source ")]
    shown = sorted(sources, key=lambda name: (-known[name], name))[:_SHOWN_SOURCES]
    for group in [*(name for name in known if name not in sources), *shown]:
        found = [one.groups[group] for one in facts.values()]
        cells = (
            f"  {one.bytes_a_token:>6.2f} B/token {one.fallback_share:>7.2%} lone" for one in found
        )
        name = group if len(group) <= 24 else f"…{group[-23:]}"
        lines.append(f"{name:<24} {found[0].documents:>9,}" + "".join(cells))
    if len(sources) > len(shown):
        lines.append(f"{len(sources) - len(shown):,} more sources: {REPORT_NAME}")
    return "\n".join(lines)


if __name__ == "__main__":  # spark-submit jobs/train_tokenizer.py
    from jobs.train_tokenizer import (
        train_tokenizer_command,  # what Spark ships must not belong to __main__
    )

    sys.exit(run("train-tokenizer", train_tokenizer_command))
