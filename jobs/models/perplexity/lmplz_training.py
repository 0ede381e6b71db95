"""Training by KenLM's ``lmplz`` where a user has it and asks for it: one machine, the same numbers."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from jobs.runtime.errors import MissingRequirementError, StageError

_MEMORY_SHARE = "40%"  # of the machine's; Spark's driver and workers want the rest


@dataclass(frozen=True)
class LmplzModel:
    """An ARPA file that lmplz wrote.

    Attributes:
        path: The file; moved away by ``write_arpa``.
        counts: N-grams of each order, from its header.
    """

    path: Path
    counts: Sequence[int]

    def write_arpa(self, path: Path) -> None:
        """Bring the file to its place."""
        shutil.move(self.path, path)


def require_lmplz(given: str | None) -> None:
    """Refuse an lmplz that is asked for and not there.

    Raises:
        MissingRequirementError: ``given`` is no program on this machine.
    """
    if given is not None and shutil.which(given) is None:
        raise MissingRequirementError(
            f"lmplz was asked for as {given}, which is no program on this machine: build it from KenLM's "
            "sources and give its path, or leave --lmplz (perplexity.lmplz) out to train without it"
        )


def train_with_lmplz(
    documents: Iterable[bytes], order: int, prune: Sequence[int], lmplz: str, folder: Path
) -> LmplzModel:
    """Train on this machine, on disk.

    Args:
        documents: Token lines of each document, at least one token altogether.
        order: 2..6.
        prune: One threshold an order.
        lmplz: The program.
        folder: Scratch on a local disk; holds the text while lmplz runs.

    Raises:
        StageError: lmplz failed; the message holds its last words.
    """
    text, arpa = folder / "lmplz.text", folder / "lmplz.arpa"
    with text.open("wb") as file:
        file.writelines(documents)
    command = [lmplz, "--order", str(order), "--prune", *map(str, prune), "--discount_fallback"]
    command += ["-S", _MEMORY_SHARE, "-T", str(folder) + os.sep, "--text", str(text)]
    done = subprocess.run([*command, "--arpa", str(arpa)], capture_output=True, check=False)
    text.unlink()
    if done.returncode != 0:
        words = done.stderr.decode("utf-8", "replace").strip().splitlines()[-3:]
        raise StageError(f"{lmplz} ended with status {done.returncode}: {' '.join(words)[-600:]}")
    return LmplzModel(arpa, _header_counts(arpa))


def _header_counts(arpa: Path) -> list[int]:
    counts = []
    with arpa.open(encoding="utf-8") as lines:
        for line in lines:
            if line.startswith("ngram "):
                counts.append(int(line.split("=")[1]))
            elif counts:
                break
    return counts
