"""Placement of documents into rows: padding and speed by size of partition, and TRL's strategies beside."""

from __future__ import annotations

import json
import subprocess
import time
import venv
from pathlib import Path

import numpy as np
import numpy.typing as npt

from bench.measuring import print_result
from bench.shared_folder import OUTPUT
from udfs.trainer_files.packing.document_pieces import place_documents

LENGTH = 2048
PEER = "trl==1.16.0"


def drawn_lengths(documents: int) -> npt.NDArray[np.int64]:
    """Lengths as on the web: log-normal, median 490 tokens, mean some 900."""
    drawn = np.random.default_rng(3).lognormal(np.log(490), 1.1, documents)
    return np.maximum(drawn, 1).astype(np.int64)


def measure_placement(documents: int, *, peers: bool) -> None:
    """Print rows, tokens kept, padding and documents a second."""
    lengths = drawn_lengths(documents)
    _placed(lengths[:100])
    for partition in (1_000, 10_000, documents):
        rows = tokens = 0
        before = time.process_time()
        for start in range(0, documents, partition):
            own_rows, own_tokens = _placed(lengths[start : start + partition])
            rows, tokens = rows + own_rows, tokens + own_tokens
        seconds = time.process_time() - before
        _print(f"corpusmill best-fit, partitions of {partition:,}", lengths, rows, tokens, seconds)
    if peers:
        _measure_trl(lengths[:20_000])


def _placed(lengths: npt.NDArray[np.int64]) -> tuple[int, int]:
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    pieces = place_documents("best-fit", offsets, np.zeros(len(lengths), np.int64), LENGTH, 0)
    return int(pieces.row[-1]) + 1, int(pieces.length.sum())


def _measure_trl(lengths: npt.NDArray[np.int64]) -> None:
    """TRL's strategies in an environment of their own (6 GB), as ``map`` calls them."""
    python = OUTPUT / "peers" / "trl" / "bin" / "python"
    if not python.is_file():
        venv.create(python.parents[1], with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", PEER], check=True)
    script = Path(__file__).with_name("run_trl.py")
    asked = json.dumps({"length": LENGTH, "lengths": lengths.tolist()})
    done = subprocess.run([python, script], input=asked, capture_output=True, text=True, check=True)
    for name, rows, tokens, seconds in json.loads(done.stdout.splitlines()[-1]):
        _print(f"{PEER} {name}", lengths, rows, tokens, seconds)


def _print(
    system: str, lengths: npt.NDArray[np.int64], rows: int, tokens: int, seconds: float
) -> None:
    print_result(
        f"place, rows of {LENGTH}",
        system,
        len(lengths),
        0,
        rows=rows,
        tokens_kept=f"{tokens / lengths.sum():.2%}",
        padding=f"{1 - tokens / (rows * LENGTH):.4%}",
        documents_s=round(len(lengths) / seconds),
    )
