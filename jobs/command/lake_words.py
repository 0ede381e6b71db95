"""Which arguments take a table of a lake; all others that name a file or a folder refuse one in a line."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator
from typing import Final

from jobs.runtime.errors import SettingsError

TAKEN: Final = frozenset({"input", "inputs", "labelled", "benchmarks", "to"})
LISTING: Final = frozenset({"plan", "submit"})
"""Commands that take none at all: they list files by themselves."""
PLACES: Final = frozenset({
    "against", "arms", "beside", "calibrate_on", "code", "dist", "encoder", "expected", "file", "first",
    "folder", "grader", "held_out", "inputs_from", "lmplz", "logs", "model", "output", "packed", "pages",
    "perplexity_model", "plot", "review", "run", "runs", "safety_model", "score", "second", "table",
    "text_file", "tokenizer", "unlabelled",
})  # fmt: skip
"""Arguments that name a file, a folder or a run."""
# As jobs.lake.table_names spells them, which would load Arrow before any command.
_SPELT = re.compile(r"(?:[^/=]*=)?(?:iceberg|delta):")


def require_paths(arguments: argparse.Namespace) -> None:
    """Refuse a table of a lake where a command can only use a file or a folder.

    Raises:
        SettingsError: One is given there.
    """
    for name, word in _places(arguments):
        if _SPELT.match(word):
            raise SettingsError(
                f"{word}: {arguments.command} takes no table of a lake as its argument {name}, only a file "
                "or a folder (docs/lake.md says who reads tables): export it to Parquet and give that"
            )


def _places(arguments: argparse.Namespace) -> Iterator[tuple[str, str]]:
    """Name and words of the arguments where no table may stand."""
    here = vars(arguments)
    names = PLACES | TAKEN if here.get("command") in LISTING else PLACES
    for name in sorted(names & here.keys()):
        words = here[name] if isinstance(here[name], list) else [here[name]]
        yield from ((name, word) for word in words if isinstance(word, str))
