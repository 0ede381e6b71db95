"""The command `corpusmill`, started from its own folder whatever else is called `jobs` or `udfs`.

A folder of the user's on PYTHONPATH may hold packages of these names, too. They would be imported
here, in the Python workers that Spark starts and in the parser child, instead of ours.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

HOME = str(Path(__file__).parent)


def main() -> int:
    """Run the command with corpusmill's own packages before all others; see ``jobs.command_line``."""
    sys.path.insert(0, HOME)
    if os.environ.get(
        "PYTHONPATH"
    ):  # what workers look through; without it, they see what is installed
        os.environ["PYTHONPATH"] = os.pathsep.join([HOME, os.environ["PYTHONPATH"]])
    from jobs.command_line import main as run_command

    return run_command()
