"""The words of `corpusmill index` and `corpusmill trace`."""

from __future__ import annotations

from jobs.command.arguments import (
    Subcommands,
    add_column_arguments,
    add_command,
    finish_command,
)


def add_tracing(commands: Subcommands) -> None:
    """Add ``index`` and ``trace``."""
    index = add_command(
        commands,
        "index",
        "an index by which `trace` finds who holds a phrase",
        "Index the texts of a run, what was kept and what left, into RUN/phrase_index; or those of\n"
        "Parquet of your own. No text is copied: the index points to where it lies.\n\n"
        "  corpusmill index RUN\n"
        "  corpusmill index TABLE OUTPUT --id-column doc --text-column body\n"
        "  corpusmill index TABLE NEW --against OUTPUT     new files only; a question reads both",
    )
    index.add_argument(
        "input",
        metavar="RUN|TABLE",
        help="run folder; Parquet file, folder or glob; or a table, iceberg:NAME or delta:PATH",
    )
    index.add_argument(
        "output", metavar="OUTPUT", nargs="?", help="where the index of your Parquet goes"
    )
    add_column_arguments(index, "text")
    index.add_argument(
        "--against",
        action="append",
        default=[],
        metavar="INDEX",
        help="a former index to go on from: files that it holds are not indexed again; may be repeated",
    )
    finish_command(index, "index")
    _add_trace(commands)


def _add_trace(commands: Subcommands) -> None:
    trace = add_command(
        commands,
        "trace",
        "which documents hold a phrase or an answer's words, kept and left",
        "Say which documents hold a phrase, whatever its case, punctuation and line breaks, and what became\n"
        "of each; of a model's answer, its longest spans that documents hold. Phrases of 9 words and more\n"
        "miss no document.\n\n"
        '  corpusmill trace RUN "combined with chlorpromazine for diabetes"\n'
        "  corpusmill trace RUN --file answer.txt\n"
        '  corpusmill trace RUN "a phrase" --dropped --source "*forum*" --json',
    )
    trace.add_argument("run", metavar="RUN|INDEX", help="run folder, or folder of an index")
    trace.add_argument("phrase", metavar="PHRASE", nargs="?", help="words in a row")
    trace.add_argument("--file", metavar="FILE", help="UTF-8 file with a model's answer")
    status = trace.add_mutually_exclusive_group()
    status.add_argument("--kept", action="store_true", help="show documents of the corpus only")
    status.add_argument(
        "--dropped",
        action="store_true",
        help="show only what left: by a rule, as a copy, unreadable",
    )
    trace.add_argument(
        "--source",
        metavar="GLOB",
        help="show only documents whose file or address fits, e.g. *forum*",
    )
    trace.add_argument(
        "--limit", type=int, default=20, metavar="N",
        help="documents shown, of each span too; all are counted; default: 20",
    )  # fmt: skip
    trace.add_argument("--json", action="store_true", help="print JSON for other programs")
    trace.set_defaults(command="trace")
