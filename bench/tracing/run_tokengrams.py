"""Runs in tokengrams's environment: ``python run_tokengrams.py FOLDER VOCABULARY`` sorts tokens.bin."""

from __future__ import annotations

import sys
from pathlib import Path

from tokengrams import MemmapIndex


def main() -> None:
    """Build the table of suffixes beside the tokens."""
    folder, vocabulary = Path(sys.argv[1]), int(sys.argv[2])
    tokens, suffixes = str(folder / "tokens.bin"), str(folder / "suffixes.bin")
    MemmapIndex.build(tokens, suffixes, vocab=vocabulary)


if __name__ == "__main__":
    main()
