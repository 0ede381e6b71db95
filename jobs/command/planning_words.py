"""The words of `corpusmill submit` and `corpusmill plan`."""

from __future__ import annotations

import argparse

from jobs.command.arguments import (
    Subcommands,
    add_command,
    add_recipe_arguments,
)


def add_submit(commands: Subcommands) -> None:
    """Add the subcommand ``submit``."""
    submit = commands.add_parser(
        "submit",
        help="hand a run to EMR, EMR Serverless or Dataproc",
        description="Upload code and environment, start `corpusmill run` there and wait for its end.\n"
        "The same words and --run-id are one job, however often they are submitted.\n\n"
        "  corpusmill submit emr s3://crawl/2026/ s3://out/run --code s3://out/code --cluster j-ABC\n"
        "  corpusmill submit emr-serverless s3://crawl/ s3://out/run --code s3://out/code \\\n"
        "      --application ID --role ARN --dry-run",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    submit.add_argument("service", choices=["emr", "emr-serverless", "dataproc"])
    submit.add_argument("inputs", nargs="+", metavar="INPUT", help="s3:// (Dataproc: gs://) prefix")
    submit.add_argument("output", metavar="OUTPUT", help="prefix of the run")
    submit.add_argument(
        "--code", required=True, metavar="PREFIX", help="where package and environment are put"
    )
    submit.add_argument(
        "--dist", default="dist", metavar="FOLDER", help="made by `make dist env-archive`; dist"
    )
    submit.add_argument("--run-id", default="", metavar="TEXT", help="names this attempt")
    submit.add_argument("--dry-run", action="store_true", help="print the request, send nothing")
    submit.add_argument(
        "--redo",
        action="store_true",
        help="throw away finished work that no longer fits, as of run",
    )
    submit.add_argument(
        "--refit", action="store_true", help="fit models and bounds anew, as of run"
    )
    submit.add_argument("--no-wait", action="store_true", help="print the id and end")
    submit.add_argument(
        "--deadline-hours", type=float, default=24.0, metavar="H", help="default: 24"
    )
    submit.add_argument("--cluster", metavar="ID", help="EMR: a running cluster, j-...")
    submit.add_argument("--application", metavar="ID", help="EMR Serverless: the application")
    submit.add_argument("--role", metavar="ARN", help="EMR Serverless: role that the run takes")
    submit.add_argument("--logs", metavar="PREFIX", help="EMR Serverless: where logs are kept")
    submit.add_argument("--project", metavar="NAME", help="Dataproc: project")
    submit.add_argument("--region", metavar="NAME", help="Dataproc: region")
    submit.add_argument("--runtime", default="3.0", metavar="V", help="Dataproc: default 3.0")
    submit.add_argument(
        "--spark-conf", action="append", default=[], metavar="KEY=VALUE", help="Spark setting"
    )
    add_recipe_arguments(submit)
    submit.set_defaults(command="submit")


def add_plan(commands: Subcommands) -> None:
    """Add the subcommand ``plan``."""
    plan = commands.add_parser(
        "plan",
        help="core-hours, shuffle, disk and a cluster for a run: an estimate",
        description="Estimate what a run over INPUT would take, from figures measured on one machine\n"
        "(docs/scaling.md). Lists INPUT; nothing is read or run.\n\n"
        "  corpusmill plan s3://crawl/2026/ --documents 1e9",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    plan.add_argument("input", metavar="INPUT", help="file, folder, glob or s3:// prefix")
    plan.add_argument(
        "--documents", type=float, required=True, metavar="N", help="documents in INPUT"
    )
    plan.add_argument(
        "--document-bytes",
        type=float,
        default=2600,
        metavar="B",
        help="mean size of an extracted text in UTF-8; default: 2600, a web page",
    )
    plan.add_argument("--hours", type=float, default=12, metavar="H", help="wanted; default: 12")
    plan.set_defaults(command="plan")


def add_dedup_plan(commands: Subcommands) -> None:
    """Add ``dedup plan``."""
    plan = add_command(
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
