"""A finished run → report.json and report.html: what left and why, for machines and for people."""

from __future__ import annotations

import sys

from jobs.command_line import main
from jobs.recipes.recipe import Recipe
from jobs.report import write_report
from jobs.report.duplicate_sources import alarm_sentence
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
    return storage.join(context.output, "report.html")


if __name__ == "__main__":  # spark-submit jobs/report_run.py
    sys.exit(main(["report", *sys.argv[1:]]))
