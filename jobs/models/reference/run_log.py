"""Records of a training as JSON lines; what came after the checkpoint is cut when it goes on."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

LOG_NAME: Final = "log.jsonl"
SAMPLES_NAME: Final = "samples.jsonl"


class StepLog:
    """Lines of JSON in a file, each with the number of steps that were done when it was written."""

    def __init__(self, path: Path, steps: int) -> None:
        """Open the log of a training that goes on after some steps.

        Args:
            path: The file.
            steps: Steps that the checkpoint has seen; what the killed process wrote later goes.
        """
        self._path = path
        kept = [line for line in read_log(path) if line["step"] <= steps]
        text = "".join(_line(line) for line in kept)
        # Another process may read while we write.
        fresh = path.with_suffix(".tmp")
        fresh.write_text(text, "utf-8")
        os.replace(fresh, path)

    def write(self, **facts: Any) -> None:
        """Add a line; it is on its way to the disk when this returns."""
        with self._path.open("a", encoding="utf-8") as stream:
            stream.write(_line(facts))


def read_log(path: Path) -> Iterator[dict[str, Any]]:
    """Return the lines of a file, none where there is no file; one that a crash cut short is left out."""
    if not path.exists():
        return
    for text in path.read_text("utf-8").splitlines():
        try:
            line = json.loads(text)
        except ValueError:
            continue
        yield line


def _line(facts: dict[str, Any]) -> str:
    return json.dumps(facts, ensure_ascii=False, sort_keys=True) + "\n"
