"""Two finished runs → what differs between them; no Spark."""

from __future__ import annotations

import sys

from jobs.command_line import main
from jobs.inspection.compare import compare_runs, comparison_json, comparison_text
from jobs.inspection.run_tables import RunTables


def compare(first: str, second: str, *, as_json: bool) -> str:
    """Return the comparison to print.

    Raises:
        InputError: A run has no report.
    """
    comparison = compare_runs(RunTables(first), RunTables(second))
    return comparison_json(comparison) if as_json else comparison_text(comparison)


if __name__ == "__main__":
    sys.exit(main(["compare", *sys.argv[1:]]))
