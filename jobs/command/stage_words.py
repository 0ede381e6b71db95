"""The words of `corpusmill run` and of its stages."""

from __future__ import annotations

import argparse

from jobs.command.arguments import (
    Subcommands,
    add_column_arguments,
    add_command,
    finish_command,
)

MODELS = "models that a run can use; without one, its rules are left out and the report says so"


def add_run(commands: Subcommands) -> None:
    """Add ``run``."""
    run = add_command(
        commands,
        "run",
        "the whole pipeline, from raw files to corpus and report",
        "Ingest, extract, train perplexity, annotate, decide, dedup, grade, publish, report.\n"
        "Stages whose input, settings and code are unchanged are skipped; a killed run goes on.\n\n"
        "  corpusmill run crawl/ books/*.epub OUTPUT\n"
        "  corpusmill run crawl/ OUTPUT --recipe fineweb --set dedup.threshold=0.8",
    )
    run.add_argument(
        "inputs", nargs="+", metavar="INPUT", help="file, folder, glob or s3:// prefix"
    )
    run.add_argument("output", metavar="OUTPUT", help="folder or s3:// prefix of this run")
    _add_models(run)
    _add_benchmarks(run)
    _add_against(run)
    finish_command(run, "run")


def _add_against(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--against",
        action="append",
        default=[],
        metavar="RUN",
        help="output of an earlier run: its documents stay, copies of them leave here; may be repeated",
    )


def _add_benchmarks(parser: argparse.ArgumentParser) -> None:
    benchmarks = parser.add_argument_group(
        "benchmarks", "test items that must not be trained on; documents that hold one are told"
    )
    benchmarks.add_argument(
        "--benchmarks",
        action="append",
        default=[],
        metavar="[MAPPING=]PATH",
        help="Parquet, JSON lines, JSON or CSV of a benchmark; MAPPING names its columns: gsm8k, mmlu, … "
        "(see docs/decontamination.md) or a .yaml file; may be repeated",
    )
    benchmarks.add_argument(
        "--review",
        metavar="FILE",
        help="table of `corpusmill contamination review` with your marks, true or false",
    )


def _add_models(parser: argparse.ArgumentParser) -> None:
    models = parser.add_argument_group("models", MODELS)
    models.add_argument(
        "--perplexity-model",
        metavar="FOLDER",
        help="from train-perplexity; default: trained in the run",
    )
    models.add_argument("--grader", metavar="FOLDER", help="grades documents 0 to 5")
    models.add_argument(
        "--safety-model", metavar="FOLDER", help="second opinion beside the keywords"
    )


def add_ingest(commands: Subcommands) -> None:
    """Add ``ingest``."""
    ingest = add_command(
        commands,
        "ingest",
        "bytes of any source into OUTPUT/documents",
        "Read files, folders, globs and prefixes of HTML, PDF, EPUB, text, JSON lines, Parquet and WARC.",
    )
    ingest.add_argument(
        "inputs", nargs="+", metavar="INPUT", help="file, folder, glob or s3:// prefix"
    )
    ingest.add_argument("output", metavar="OUTPUT", help="folder or prefix of this run")
    finish_command(ingest, "ingest")


def add_table_stages(commands: Subcommands) -> None:
    """Add the stages that also take Parquet of the user's own."""
    described = {
        "extract": ("text of every document, or why not", "raw documents (HTML, PDF, EPUB bytes)"),
        "annotate": ("language, cleaning and all signals", "text"),
        "dedup": ("exact and near duplicates", "text"),
        "grade": ("grade 0 to 5 by a trained grader", "text"),
    }
    for name, (help_, column) in described.items():
        stage = add_command(
            commands,
            name,
            help_,
            f"{help_[0].upper()}{help_[1:]}.\n\n"
            f"  corpusmill {name} RUN              one stage of a run folder\n"
            f"  corpusmill {name} INPUT OUTPUT     Parquet of your own, with your ids",
        )
        stage.add_argument(
            "input", metavar="INPUT", help="run folder, or Parquet file, folder or glob"
        )
        stage.add_argument(
            "output", metavar="OUTPUT", nargs="?", help="where results of your Parquet go"
        )
        add_column_arguments(stage, column)
        if name == "dedup":
            _add_against(stage)
            stage.add_argument("--preset", metavar="NAME", help="banding, e.g. fineweb (see docs)")
            stage.add_argument("--threshold", metavar="J", help="Jaccard similarity, 0 to 1")
        if name in ("annotate", "grade"):
            _add_models(stage)
        if name == "annotate":
            _add_benchmarks(stage)
        finish_command(stage, name)


def add_decontaminate(commands: Subcommands) -> None:
    """Add ``decontaminate``."""
    stage = add_command(
        commands,
        "decontaminate",
        "documents of your Parquet that hold benchmark items",
        "Compare texts with benchmarks; write every match, the rows that stay, and what the search would\n"
        "have found of planted items.\n\n"
        "  corpusmill decontaminate INPUT OUTPUT --benchmarks gsm8k=test.jsonl --benchmarks mmlu=mmlu/\n"
        "  corpusmill decontaminate INPUT OUTPUT --benchmarks own.parquet --id-column doc",
    )
    stage.add_argument("input", metavar="INPUT", help="Parquet file, folder or glob")
    stage.add_argument("output", metavar="OUTPUT", help="where results go")
    add_column_arguments(stage, "text")
    _add_benchmarks(stage)
    finish_command(stage, "decontaminate")


def add_run_stages(commands: Subcommands) -> None:
    """Add the stages that work on a run folder only."""
    for name, help_ in (
        ("decide", "judge a run's signals by the recipe's rules"),
        ("publish", "write a run's corpus, ledger of what left, and quarantine"),
        ("export", "write a run's corpus as compressed JSON lines, too"),
        ("report", "write a run's report.json, report.html and dataset card"),
    ):
        stage = add_command(commands, name, help_, f"{help_[0].upper()}{help_[1:]}.")
        stage.add_argument("run", metavar="RUN", help="folder or prefix of the run")
        finish_command(stage, name)
