"""The words of questions: about a finished run, recipes, models and this machine."""

from __future__ import annotations

from jobs.command.arguments import (
    Subcommands,
    add_annotators,
    add_command,
    add_recipe_arguments,
    add_session_arguments,
)


def add_inspection(commands: Subcommands) -> None:
    """Add ``whatif``, ``explain`` and ``compare``."""
    what_if = add_command(
        commands,
        "whatif",
        "what other thresholds would do to a finished run, in seconds",
        "Judge a run's signals by other rules and print what would change; no signal is recomputed and\n"
        "nothing written. Without --recipe the run's own recipe is changed by --set.\n\n"
        "  corpusmill whatif RUN --set rules.too_few_words.min=20\n"
        "  corpusmill whatif RUN --recipe fineweb --json",
    )
    what_if.add_argument("run", metavar="RUN", help="folder or prefix of a finished run")
    what_if.add_argument(
        "--samples",
        type=int,
        default=3,
        metavar="N",
        help="documents shown of each kind; default: 3",
    )
    what_if.add_argument("--json", action="store_true", help="print JSON for other programs")
    what_if.add_argument(
        "--dedup",
        action="store_true",
        help="also search for duplicates among the documents that would live: exact, but takes "
        "Spark and as long as the dedup stage",
    )
    add_recipe_arguments(what_if)
    add_session_arguments(what_if)
    what_if.set_defaults(command="whatif")
    _add_explain(commands)
    compare = add_command(
        commands,
        "compare",
        "what differs between two finished runs",
        "Totals, reasons, languages, settings and versions side by side, and documents that moved.\n\n"
        "  corpusmill compare RUN_A RUN_B",
    )
    compare.add_argument("first", metavar="RUN_A", help="folder or prefix of a finished run")
    compare.add_argument("second", metavar="RUN_B", help="the other")
    compare.add_argument("--json", action="store_true", help="print JSON for other programs")
    compare.set_defaults(command="compare")


def add_serve(commands: Subcommands) -> None:
    """Add ``serve``."""
    serve = add_command(
        commands,
        "serve",
        "a local page to look at runs with: documents, thresholds, duplicates, marks",
        "Show finished runs in a browser. Only this machine reaches the page; another --host wants a\n"
        "--token. Documents that you mark are kept in RUN/labels.parquet, which `train-grader` reads;\n"
        "nothing else is written.\n\n"
        "  corpusmill serve RUN\n"
        "  corpusmill serve RUN_A RUN_B --port 8080",
    )
    serve.add_argument(
        "runs", nargs="+", metavar="RUN", help="folder or prefix of a finished run; one or more"
    )
    serve.add_argument(
        "--host", default="127.0.0.1", metavar="ADDRESS", help="listen there; default: 127.0.0.1"
    )
    serve.add_argument("--port", type=int, default=8321, metavar="N", help="default: 8321")
    serve.add_argument(
        "--token",
        metavar="SECRET",
        help="what a visitor's first address must hold: 16 or more letters, digits, - and _",
    )
    serve.set_defaults(command="serve")
    _add_label_sample(commands)


def _add_label_sample(commands: Subcommands) -> None:
    sample = add_command(
        commands,
        "label-sample",
        "which documents to label next for a better grader",
        "Choose documents whose grade is nearest to the cut, languages and sources taking turns, none\n"
        "labelled already and none like another, and write them for a person.\n\n"
        "  corpusmill label-sample RUN                      then `corpusmill serve RUN`, to label next\n"
        "  corpusmill label-sample RUN --table labels.csv   for a spreadsheet",
    )
    sample.add_argument("run", metavar="RUN", help="folder or prefix of a run with --grader")
    sample.add_argument(
        "--number", type=int, default=200, metavar="N", help="documents at most; default: 200"
    )
    sample.add_argument(
        "--within",
        type=float,
        default=1.0,
        metavar="G",
        help="grades that one may lie from the cut, on either side; default: 1",
    )
    sample.add_argument(
        "--table",
        metavar="FILE",
        help=".parquet or .csv to write; default: RUN/label-sample.parquet, which `serve` shows",
    )
    sample.set_defaults(command="label-sample")


def add_review(commands: Subcommands) -> None:
    """Add ``contamination review``."""
    review = add_command(
        commands,
        "contamination review",
        "a table of a run's benchmark matches for your marks",
        "Write every passage that holds a benchmark item, or nearly, the most doubtful first. Fill the\n"
        "column mark with true or false; `run --review FILE` and `decontaminate --review FILE` honour it.\n\n"
        "  corpusmill contamination review RUN\n"
        "  corpusmill contamination review RUN --table marks.csv",
    )
    review.add_argument("run", metavar="RUN", help="folder or prefix of a run with --benchmarks")
    review.add_argument(
        "--table", metavar="FILE", help="CSV to write; default: RUN/contamination-review.csv"
    )
    review.set_defaults(command="contamination review")


def _add_explain(commands: Subcommands) -> None:
    explain = add_command(
        commands,
        "explain",
        "one document's whole way through a run, rule by rule",
        "Say what became of a document and why, how far it was from every line, and of which document\n"
        "it is a copy. A text the run has never seen is judged by the run's rules.\n\n"
        "  corpusmill explain RUN --id 33554437\n"
        "  corpusmill explain RUN --id post-0\n"
        "  corpusmill explain RUN --url https://example.org/page --signals\n"
        "  corpusmill explain RUN --text-file page.txt\n"
        "  corpusmill explain RUN --raw 33554437 > page.html",
    )
    explain.add_argument("run", metavar="RUN", help="folder or prefix of a finished run")
    which = explain.add_mutually_exclusive_group(required=True)
    which.add_argument(
        "--id", metavar="ID", help="as in the columns id and keeper_id, or in source_id: yours"
    )
    which.add_argument("--url", metavar="URL", help="address, or input file, of the document")
    which.add_argument("--text-file", metavar="FILE", help="UTF-8 file with the document's text")
    which.add_argument(
        "--raw",
        metavar="ID",
        help="write the document's bytes, as they were fetched, to standard output; read from its source",
    )
    explain.add_argument("--signals", action="store_true", help="list every signal")
    add_recipe_arguments(explain)
    explain.set_defaults(command="explain")


def add_information(commands: Subcommands) -> None:
    """Add ``recipes``, ``perplexity`` and ``doctor``."""
    recipes = add_command(
        commands,
        "recipes",
        "list, show and check recipes and signals",
        "  corpusmill recipes                list them\n"
        "  corpusmill recipes show NAME      print one with all inherited values and sources\n"
        "  corpusmill recipes show NAME --resolved   as YAML that inherits nothing\n"
        "  corpusmill recipes diff A B       what B decides otherwise than A (--set changes B)\n"
        "  corpusmill recipes check FILE     find all faults\n"
        "  corpusmill recipes signals        every signal a rule can name (--annotator: yours, too)",
    )
    recipes.add_argument(
        "action", nargs="?", choices=["list", "show", "diff", "check", "signals"], default="list"
    )
    recipes.add_argument("name", nargs="?", metavar="NAME|FILE", default="default")
    recipes.add_argument("other", nargs="?", metavar="OTHER", help="of diff; default: default")
    recipes.add_argument(
        "--resolved", action="store_true", help="show: YAML with the origin of each rule"
    )
    recipes.add_argument(
        "--set", action="append", default=[], dest="overrides", metavar="KEY=VALUE"
    )
    add_annotators(recipes)
    recipes.set_defaults(command="recipes")
    perplexity = add_command(
        commands,
        "perplexity",
        "what a perplexity means: loss, bits, and the cut of a run",
        "  corpusmill perplexity table            perplexity, loss and bits side by side\n"
        "  corpusmill perplexity table MODEL      held-out text of each model of a folder\n"
        "  corpusmill perplexity table RUN        percentiles, buckets and cuts of a decided run",
    )
    perplexity.add_argument("action", choices=["table"])
    perplexity.add_argument("folder", nargs="?", metavar="MODEL|RUN")
    perplexity.set_defaults(command="perplexity")
    doctor = add_command(
        commands,
        "doctor",
        "check Java, Spark, models, S3, disk",
        "Say what is here and what is missing.",
    )
    doctor.set_defaults(command="doctor")
