"""A finished run → report.json and report.html: what left and why, for machines and for people."""

from __future__ import annotations

import argparse
import sys

from jobs.command.opening import open_recipe, open_run
from jobs.command.running import run
from jobs.recipes.recipe import Recipe
from jobs.report import write_report
from jobs.report.duplicate_sources import alarm_sentence
from jobs.report.nothing_kept import nothing_kept_sentence
from jobs.report.report_model import SourceLoss
from jobs.runtime.contract.stage import RunContext
from jobs.runtime.store import storage


def report_run(context: RunContext, recipe: Recipe) -> str:
    """Write both reports from the published datasets and return the path of report.html.

    Raises:
        InputError: The run is not finished.
        AccountingError: Kept, dropped and quarantined together are not what came in.
    """
    facts = write_report(context, recipe)
    for loss in facts["duplicates"]["alarms"]:
        context.reporter.note(f"ALARM {alarm_sentence(SourceLoss.model_validate(loss))}")
    empty = nothing_kept_sentence(facts)
    if empty is not None:
        context.reporter.note(empty)
    return storage.join(context.output, "report.html")


def report_command(arguments: argparse.Namespace) -> str | None:
    """Answer `corpusmill report` with the path of the report."""
    recipe = open_recipe(arguments, arguments.run)
    with open_run(arguments, arguments.run, made=True) as context:
        return report_run(context, recipe)


if __name__ == "__main__":  # spark-submit jobs/report_run.py
    from jobs.report_run import report_command  # what Spark ships must not belong to __main__

    sys.exit(run("report", report_command))
