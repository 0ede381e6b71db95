"""A finished run and other thresholds → what would change, in seconds; no Spark, nothing written."""

from __future__ import annotations

import sys

from jobs.command_line import main
from jobs.inspection.run_tables import RunTables
from jobs.inspection.what_if import ask_what_if
from jobs.inspection.what_if_text import what_if_json, what_if_text
from jobs.recipes.recipe import Recipe


def what_if(tables: RunTables, recipe: Recipe, samples: int, *, as_json: bool) -> str:
    """Return the answer to print.

    Raises:
        InputError: The run is not finished.
    """
    answer = ask_what_if(tables, recipe)
    return what_if_json(answer) if as_json else what_if_text(answer, tables, samples)


if __name__ == "__main__":
    sys.exit(main(["whatif", *sys.argv[1:]]))
