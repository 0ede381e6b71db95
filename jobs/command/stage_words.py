"""The words of `corpusmill run` and of its stages."""

from __future__ import annotations

import argparse

from jobs.command.arguments import (
    Subcommands,
    add_annotators,
    add_column_arguments,
    add_command,
    add_readers,
    finish_command,
)

MODELS = "models that a run can use; without one, its rules are left out and the report says so"


def add_run(commands: Subcommands) -> None:
    """Add ``run``."""
    run = add_command(
        commands,
        "run",
        "the whole pipeline, from raw files to corpus and report",
        "Read, extract, train perplexity, annotate, decide, dedup, grade, publish, report.\n"
        "Stages whose input, settings and code are unchanged are skipped; a killed run goes on.\n\n"
        "  corpusmill run crawl/ books/*.epub OUTPUT\n"
        "  corpusmill run crawl/ OUTPUT --recipe fineweb --set dedup.threshold=0.8",
    )
    _add_inputs(run)
    add_readers(run)
    run.add_argument("output", metavar="OUTPUT", help="folder or s3:// prefix of this run")
    add_annotators(run)
    _add_models(run)
    _add_benchmarks(run)
    _add_against(run)
    run.add_argument(
        "--redo",
        action="store_true",
        help="throw away finished work that input, settings or code no longer fit, and delete models, "
        "grades and benchmark matches that the command no longer asks for",
    )
    run.add_argument(
        "--refit",
        action="store_true",
        help="when the input has grown, fit perplexity models, shared lines, phrases of benchmarks and "
        "percentiles to all of it; without, they stay what they were and only what was added is annotated",
    )
    finish_command(run, "run")


def _add_inputs(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "inputs",
        nargs="*",
        metavar="INPUT",
        help="file, folder, glob or s3:// prefix; a list of paths (warc.paths.gz); or cc:CC-MAIN-2026-10, "
        "the WARC files of a crawl of Common Crawl (cc:CC-MAIN-2026-10/wet: its texts); or a table, "
        "iceberg:catalog.db.table or delta:PATH (docs/lake.md)",
    )
    parser.add_argument(
        "--inputs-from",
        action="append",
        default=[],
        metavar="FILE",
        help="inputs listed in FILE, one a line; may be repeated",
    )
    parser.add_argument(
        "--text-column",
        metavar="C",
        help="column of tables (Parquet, JSON lines, CSV, TSV) with text",
    )
    parser.add_argument(
        "--carry",
        metavar="A,B",
        help="further columns of tables, and partitions in paths (year=2024/), to keep as a JSON object in "
        "`metadata` down to the corpus; `all`: every one that is not read as something else",
    )


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
        "(see docs/decontamination.md) or a .yaml file; PATH may be a table, iceberg:NAME or delta:PATH; may "
        "be repeated",
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
        "who and where of every document into OUTPUT/documents",
        "List what files, folders, globs and prefixes of HTML, PDF, EPUB, text, JSON lines, Parquet and\n"
        "WARC hold, record by record, without extracting any; `corpusmill extract OUTPUT` goes on from\n"
        "there. The bytes stay where they are; --set ingest.keep_content=true copies them.",
    )
    _add_inputs(ingest)
    add_readers(ingest)
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
            "input",
            metavar="INPUT",
            help="run folder; Parquet file, folder or glob; or a table, iceberg:NAME or delta:PATH",
        )
        stage.add_argument(
            "output", metavar="OUTPUT", nargs="?", help="where results of your Parquet go"
        )
        add_column_arguments(stage, column)
        if name == "dedup":
            _add_against(stage)
            stage.add_argument("--preset", metavar="NAME", help="banding, e.g. fineweb (see docs)")
            stage.add_argument("--threshold", metavar="J", help="Jaccard similarity, 0 to 1")
        if name == "extract":
            add_readers(stage)
        if name in ("annotate", "grade"):
            _add_models(stage)
        if name == "annotate":
            add_annotators(stage)
            _add_benchmarks(stage)
        finish_command(stage, name)


def add_pack(commands: Subcommands) -> None:
    """Add ``pack``."""
    pack = add_command(
        commands,
        "pack",
        "token ids in rows of one length, in the files that trainers open",
        "Tokenise the corpus of a run, or a table of yours, and pack documents into rows whose\n"
        "boundaries are kept: packed/train and packed/validation, Parquet and whatever --format asks.\n\n"
        "  corpusmill pack RUN --tokenizer tokenizer.json\n"
        "  corpusmill pack RUN OUTPUT --tokenizer tokenizer.json --length 4096 --format megatron\n"
        "  corpusmill pack texts.parquet OUTPUT --tokenizer tokenizer.model --dry-run",
    )
    pack.add_argument(
        "input",
        metavar="RUN|TABLE",
        help="run folder; Parquet file, folder or glob; or a table, iceberg:NAME or delta:PATH",
    )
    pack.add_argument(
        "output", metavar="OUTPUT", nargs="?", help="where rows go; default: into the run"
    )
    pack.add_argument(
        "--tokenizer",
        required=True,
        metavar="FILE",
        help="tokenizer.json, tiktoken file or SentencePiece model",
    )
    add_column_arguments(pack, "text")
    _add_rows(pack)
    _add_tokens(pack)
    _add_mixture(pack)
    finish_command(pack, "pack")


def _add_rows(pack: argparse.ArgumentParser) -> None:
    rows = pack.add_argument_group("rows")
    rows.add_argument(
        "--packing",
        choices=["best-fit", "concat", "documents"],
        help="best-fit: few documents are cut; concat: a stream cut every LENGTH tokens; documents: one a "
        "row (default: best-fit)",
    )
    rows.add_argument("--length", type=int, metavar="N", help="tokens of a row (default: 2048)")
    rows.add_argument("--no-padding", action="store_true", help="leave rows shorter than N")
    rows.add_argument("--seed", type=int, metavar="N", help="of the order (default: 0)")
    rows.add_argument(
        "--format",
        action="append",
        choices=["megatron", "nanogpt", "llama2c", "datatrove", "mds", "jsonl"],
        help="also write this format, into packed-FORMAT/; may be repeated",
    )
    rows.add_argument(
        "--dry-run",
        action="store_true",
        help="count the tokens of a sample, propose a length, say sizes; write nothing",
    )


def _add_tokens(pack: argparse.ArgumentParser) -> None:
    tokens = pack.add_argument_group("tokens: a spelling, auto, or none")
    tokens.add_argument("--bos-token", metavar="T", help="before every document (default: none)")
    tokens.add_argument("--eos-token", metavar="T", help="behind every document (default: auto)")
    tokens.add_argument("--pad-token", metavar="T", help="fills rows (default: auto)")
    tokens.add_argument(
        "--special-tokens-in-text",
        action="store_true",
        help="a special token's spelling in a text becomes its id; else it stays text",
    )


def _add_mixture(pack: argparse.ArgumentParser) -> None:
    mixture = pack.add_argument_group("mixture")
    mixture.add_argument(
        "--validation",
        type=float,
        metavar="SHARE",
        help="of the documents, kept apart by a hash of their text (default: 0.01)",
    )
    mixture.add_argument(
        "--group-by", metavar="COLUMN", help="pack documents of one value side by side, e.g. url"
    )
    mixture.add_argument(
        "--mix-by", metavar="COLUMN", help="what --weight speaks of, e.g. language"
    )
    mixture.add_argument(
        "--weight",
        action="append",
        default=[],
        metavar="VALUE=EPOCHS",
        help="how often documents of this value are seen, e.g. zh=2 or en=0.5; may be repeated",
    )


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
    stage.add_argument(
        "input",
        metavar="INPUT",
        help="Parquet file, folder or glob; or a table, iceberg:NAME or delta:PATH",
    )
    stage.add_argument("output", metavar="OUTPUT", help="where results go")
    add_column_arguments(stage, "text")
    _add_benchmarks(stage)
    finish_command(stage, "decontaminate")


def add_run_stages(commands: Subcommands) -> None:
    """Add the stages that work on a run folder only."""
    for name, help_ in (
        ("decide", "judge a run's signals by the recipe's rules"),
        ("publish", "write a run's corpus, ledger of what left, and quarantine"),
        ("report", "write a run's report.json, report.html and dataset card"),
    ):
        stage = add_command(commands, name, help_, f"{help_[0].upper()}{help_[1:]}.")
        stage.add_argument("run", metavar="RUN", help="folder or prefix of the run")
        finish_command(stage, name)


def add_export(commands: Subcommands) -> None:
    """Add ``export``."""
    export = add_command(
        commands,
        "export",
        "write a run's corpus as JSON lines, in folders by values of columns, or into a table of a lake",
        "Write the documents of corpus/ once more: as zstd-compressed JSON lines (jsonl/), as Parquet in\n"
        "folders by values of columns (partitioned/language=en/…), which Spark, DuckDB and Arrow know, or,\n"
        "with --to, into a table of Iceberg or Delta by one commit: given again, it changes nothing, and a\n"
        "run that was made anew replaces its own rows.\n\n"
        "  corpusmill export RUN\n"
        "  corpusmill export RUN --partition-by language\n"
        "  corpusmill export RUN --partition-by year,format   # year: a column kept by `run --carry`\n"
        "  corpusmill export RUN --to delta:s3://lake/corpus --partition-by language\n"
        "  corpusmill export RUN --to iceberg:lake.web.corpus --spark-conf spark.sql.catalog.lake=…",
    )
    export.add_argument("run", metavar="RUN", help="folder or prefix of the run")
    export.add_argument(
        "--to",
        metavar="TABLE",
        help="iceberg:catalog.db.table or delta:PATH, made where there is none (docs/lake.md)",
    )
    export.add_argument(
        "--dataset",
        metavar="NAME",
        help="another dataset of RUN than corpus, e.g. dropped or annotated; with --to only",
    )
    export.add_argument(
        "--partition-by",
        metavar="A,B",
        help="columns of the corpus, or fields of its metadata; a path holds their values; with --to: those "
        "of a table that is made",
    )
    finish_command(export, "export")
