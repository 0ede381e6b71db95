"""A finished run → report.json and report.html: what left and why, for machines and for people."""

from __future__ import annotations

import sys

from jobs.command_line import main
from jobs.recipes.recipe import Recipe
from jobs.report import write_report
from jobs.runtime import storage
from jobs.runtime.stage import RunContext


def report_run(context: RunContext, recipe: Recipe) -> str:
    """Write both reports from the published datasets and return the path of report.html.

    Raises:
        InputError: The run is not finished.
        AccountingError: Kept, dropped and quarantined together are not what came in.
    """
    write_report(context, recipe)
    return storage.join(context.output, "report.html")


if __name__ == "__main__":  # spark-submit jobs/report_run.py
    sys.exit(main(["report", *sys.argv[1:]]))
