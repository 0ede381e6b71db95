"""The words of the command `corpusmill`: subcommands, arguments and the help that teaches them."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

import jobs
from jobs.command.arguments import add_column_arguments, add_recipe_arguments, add_session_arguments
from jobs.command.planning_words import add_plan, add_submit

MODELS = "models that a run can use; without one, its rules are left out and the report says so"

TWO_WORD_COMMANDS = {("dedup", "plan")}


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of all subcommands; the help texts are the documentation's source."""
    parser = _Parser(
        prog="corpusmill",
        description="Turn crawls and book collections into text fit to pre-train a language model, "
        "and say of every document that left why it left.",
    )
    parser.add_argument("--version", action="version", version=f"corpusmill {jobs.__version__}")
    commands = parser.add_subparsers(
        required=True, metavar="COMMAND", title="commands", parser_class=argparse.ArgumentParser
    )
    _add_run(commands)
    _add_ingest(commands)
    _add_table_stages(commands)
    _add_dedup_plan(commands)
    _add_run_stages(commands)
    _add_inspection(commands)
    _add_training(commands)
    add_submit(commands)
    add_plan(commands)
    _add_information(commands)
    return parser


class _Parser(argparse.ArgumentParser):
    """Takes a command of two words, such as `dedup plan`, for one."""

    def parse_known_args(  # type: ignore[override]
        self, args: Sequence[str] | None = None, namespace: argparse.Namespace | None = None
    ) -> tuple[argparse.Namespace, list[str]]:
        """Parse as usual; a folder with the second word's name is given as ./plan."""
        words = list(sys.argv[1:] if args is None else args)
        if tuple(words[:2]) in TWO_WORD_COMMANDS:
            words[:2] = [" ".join(words[:2])]
        return super().parse_known_args(words, namespace)


def _command(
    commands: argparse._SubParsersAction[argparse.ArgumentParser],
    name: str,
    help_: str,
    description: str,
) -> argparse.ArgumentParser:
    return commands.add_parser(
        name,
        help=help_,
        description=description,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )


def _add_run(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    run = _command(
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
    _add_against(run)
    _finish(run, "run")


def _add_against(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--against",
        action="append",
        default=[],
        metavar="RUN",
        help="output of an earlier run: its documents stay, copies of them leave here; may be repeated",
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


def _add_ingest(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    ingest = _command(
        commands,
        "ingest",
        "bytes of any source into OUTPUT/documents",
        "Read files, folders, globs and prefixes of HTML, PDF, EPUB, text, JSON lines, Parquet and WARC.",
    )
    ingest.add_argument(
        "inputs", nargs="+", metavar="INPUT", help="file, folder, glob or s3:// prefix"
    )
    ingest.add_argument("output", metavar="OUTPUT", help="folder or prefix of this run")
    _finish(ingest, "ingest")


def _add_table_stages(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    described = {
        "extract": ("text of every document, or why not", "raw documents (HTML, PDF, EPUB bytes)"),
        "annotate": ("language, cleaning and all signals", "text"),
        "dedup": ("exact and near duplicates", "text"),
        "grade": ("grade 0 to 5 by a trained grader", "text"),
    }
    for name, (help_, column) in described.items():
        stage = _command(
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
        _finish(stage, name)


def _add_dedup_plan(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    plan = _command(
        commands,
        "dedup plan",
        "what a banding finds, moves and costs, before a run",
        "Show the S-curve of a preset, or of the banding that reaches a recall with the fewest bytes:\n"
        "expected recall, false candidates, bytes shuffled and kept, core-hours. Nothing is run.\n\n"
        "  corpusmill dedup plan --threshold 0.7 --recall 0.99 --documents 1e9\n"
        "  corpusmill dedup plan --preset fineweb --documents 2e8 --plot curve.svg",
    )
    plan.add_argument("--threshold", type=float, metavar="J", help="Jaccard similarity, 0 to 1")
    choice = plan.add_mutually_exclusive_group()
    choice.add_argument(
        "--recall",
        type=float,
        metavar="R",
        help="share of the pairs from the threshold on that should meet in a bucket, e.g. 0.99",
    )
    choice.add_argument(
        "--preset", metavar="NAME", default="default", help="banding as it is, e.g. fineweb"
    )
    plan.add_argument(
        "--documents",
        type=float,
        metavar="N",
        default=1e6,
        help="size of the corpus (default: 1e6)",
    )
    plan.add_argument(
        "--document-bytes",
        type=float,
        metavar="B",
        default=2600,
        help="mean size of a text in UTF-8 (default: 2600, a web page; a book has 500,000)",
    )
    plan.add_argument("--plot", metavar="FILE.svg", help="draw the curve into a file too")
    plan.set_defaults(command="dedup plan")


def _add_run_stages(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    for name, help_ in (
        ("decide", "judge a run's signals by the recipe's rules"),
        ("publish", "write a run's corpus, ledger of what left, and quarantine"),
        ("export", "write a run's corpus as compressed JSON lines, too"),
        ("report", "write a run's report.json, report.html and dataset card"),
    ):
        stage = _command(commands, name, help_, f"{help_[0].upper()}{help_[1:]}.")
        stage.add_argument("run", metavar="RUN", help="folder or prefix of the run")
        _finish(stage, name)


def _add_inspection(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    what_if = _command(
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
    compare = _command(
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


def _add_explain(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    explain = _command(
        commands,
        "explain",
        "one document's whole way through a run, rule by rule",
        "Say what became of a document and why, how far it was from every line, and of which document\n"
        "it is a copy. A text the run has never seen is judged by the run's rules.\n\n"
        "  corpusmill explain RUN --id 33554437\n"
        "  corpusmill explain RUN --url https://example.org/page --signals\n"
        "  corpusmill explain RUN --text-file page.txt",
    )
    explain.add_argument("run", metavar="RUN", help="folder or prefix of a finished run")
    which = explain.add_mutually_exclusive_group(required=True)
    which.add_argument("--id", metavar="ID", help="as in the columns id and keeper_id")
    which.add_argument("--url", metavar="URL", help="address, or input file, of the document")
    which.add_argument("--text-file", metavar="FILE", help="UTF-8 file with the document's text")
    explain.add_argument("--signals", action="store_true", help="list every signal")
    add_recipe_arguments(explain)
    explain.set_defaults(command="explain")


def _add_training(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    train = _command(
        commands,
        "train-perplexity",
        "train KenLM models, one a language",
        "Train modified Kneser-Ney models on trusted text and write a folder for --perplexity-model.\n\n"
        "  corpusmill train-perplexity RUN                 on a run's own text, as `run` does\n"
        "  corpusmill train-perplexity books/ OUTPUT       on files of yours\n"
        "  corpusmill train-perplexity t.parquet OUTPUT --text-column body",
    )
    train.add_argument("inputs", nargs="+", metavar="INPUT", help="run folder, files or Parquet")
    train.add_argument("--text-column", metavar="C", help="INPUT is Parquet with text in column C")
    train.add_argument(
        "--lmplz", metavar="PATH", help="train by KenLM's lmplz on the driver instead of by Spark"
    )
    train.add_argument(
        "--max-tokens", metavar="N", help="sample size a language (default: 50,000,000)"
    )
    _finish(train, "train-perplexity")
    _add_grader_training(commands)


def _add_grader_training(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    train = _command(
        commands,
        "train-grader",
        "train a grader or a safety model on labelled text",
        "Train on Parquet with a text and a label, test on groups it has not seen, and write a folder\n"
        "for --grader or --safety-model with a card: F1, confusion matrix, calibration.\n\n"
        "  corpusmill train-grader graded.parquet OUTPUT                labels 0 to 5\n"
        "  corpusmill train-grader unsafe.parquet OUTPUT --kind safety  labels 0 and 1\n"
        "  corpusmill train-grader graded.parquet OUTPUT --encoder hub-export/",
    )
    train.add_argument("labelled", metavar="LABELLED", help="Parquet file, folder or glob")
    train.add_argument("output", metavar="OUTPUT", help="local folder of the model")
    train.add_argument("--kind", choices=["grade", "safety"], default="grade", help="of label")
    train.add_argument("--text-column", metavar="C", default="text", help="default: text")
    train.add_argument("--label-column", metavar="C", default="label", help="default: label")
    train.add_argument(
        "--group-column",
        metavar="C",
        help="rows of one group are never divided between training and test; default: group or host,"
        " where there is such a column",
    )
    train.add_argument(
        "--language-column", metavar="C", help="ISO 639-1 codes; default: detected from the text"
    )
    train.add_argument(
        "--encoder",
        metavar="FOLDER",
        help="ONNX encoder (model.onnx, tokenizer.json) for what the linear model doubts",
    )
    train.add_argument(
        "--window-tokens",
        type=int,
        metavar="N",
        default=256,
        help="that it reads at once; default: 256",
    )
    train.set_defaults(command="train-grader")
    _add_extractor_training(commands)


def _add_extractor_training(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    train = _command(
        commands,
        "train-extractor",
        "train the HTML reader of the profile learned",
        "Learn from pages with gold text which blocks of a page are content, test on sites it has not\n"
        "seen, and write the model, those of its folds and a card; the shipped one,\n"
        "udfs/extraction/html/learned/model.npz, was made so.\n\n"
        "  corpusmill train-extractor PAGES OUTPUT                      html/ beside ground-truth/\n"
        "  corpusmill train-extractor PAGES OUTPUT --unlabelled FOLDER  and East Asian pages",
    )
    train.add_argument("pages", metavar="PAGES", help="folder with html/ and ground-truth/")
    train.add_argument("output", metavar="OUTPUT", help="local folder of the model")
    train.add_argument(
        "--unlabelled",
        metavar="FOLDER",
        help="saved pages, a folder a site; its East Asian ones are labelled where two readers agree",
    )
    train.add_argument(
        "--trees", type=int, metavar="N", help="of the first stage; default: as shipped"
    )
    train.add_argument("--ablation", action="store_true", help="measure each group of features")
    train.add_argument("--quiet", action="store_true", help="say nothing but the card")
    train.set_defaults(command="train-extractor")


def _add_information(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    recipes = _command(
        commands,
        "recipes",
        "list, show and check recipes and signals",
        "  corpusmill recipes                list them\n"
        "  corpusmill recipes show NAME      print one with all inherited values and sources\n"
        "  corpusmill recipes check FILE     find all faults\n"
        "  corpusmill recipes signals        every signal a rule can name",
    )
    recipes.add_argument(
        "action", nargs="?", choices=["list", "show", "check", "signals"], default="list"
    )
    recipes.add_argument("name", nargs="?", metavar="NAME|FILE", default="default")
    recipes.add_argument(
        "--set", action="append", default=[], dest="overrides", metavar="KEY=VALUE"
    )
    recipes.set_defaults(command="recipes")
    perplexity = _command(
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
    doctor = _command(
        commands,
        "doctor",
        "check Java, Spark, models, S3, disk",
        "Say what is here and what is missing.",
    )
    doctor.set_defaults(command="doctor")


def _finish(parser: argparse.ArgumentParser, command: str) -> None:
    add_recipe_arguments(parser)
    add_session_arguments(parser)
    parser.set_defaults(command=command)
