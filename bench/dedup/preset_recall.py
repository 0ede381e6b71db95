"""Measured recall of every preset's banding on pairs of known similarity, theory beside.

``python -m bench.dedup.preset_recall [--write]`` prints one JSON object a line; ``--write`` renews
tests/golden/dedup/preset_recall.tsv, which a test reproduces. Pairs are random sets of shingle hashes
with an exact Jaccard similarity, so nothing but the hashing is measured. Seconds, without Spark.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from bench.measuring import print_result
from jobs.dedup.presets import PRESETS
from udfs.dedup.banding import Banding, meeting_probability
from udfs.dedup.minhash import band_keys, permutations, signatures
from udfs.dedup.shingles import Shingles

SIMILARITIES = (0.5, 0.6, 0.7, 0.75, 0.8, 0.9, 0.95)
UNION = 200  # shingles of both documents together: every similarity above is a whole number of them
HASHES_DRAWN = 800_000_000  # work per preset and similarity: fewer pairs for long signatures
MOST_PAIRS = 20_000
SEED = 20
GOLDEN = Path(__file__).resolve().parents[2] / "tests" / "golden" / "dedup" / "preset_recall.tsv"
HEADER = "preset\tbands\trows\tsimilarity\tpairs\tfound\tmeasured\ttheory"


class Measured(NamedTuple):
    """How many of ``pairs`` pairs of one similarity a preset's banding brings together."""

    preset: str
    bands: int
    rows: int
    similarity: float
    pairs: int
    found: int

    @property
    def theory(self) -> float:
        """The probability of each."""
        banding = Banding(self.bands, self.rows)
        return float(meeting_probability(self.similarity, banding))

    def line(self) -> str:
        """A row of the golden table."""
        figures = f"{self.similarity}\t{self.pairs}\t{self.found}"
        share = f"{self.found / self.pairs:.4f}\t{self.theory:.4f}"
        return f"{self.preset}\t{self.bands}\t{self.rows}\t{figures}\t{share}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="renew the golden table")
    write = parser.parse_args().write
    found = [row for name in PRESETS for row in measure(name)]
    for row in found:
        print_result("preset_recall", row.preset, row.pairs, 0, **row._asdict(), theory=row.theory)
    if write:
        GOLDEN.write_text("\n".join([HEADER, *(row.line() for row in found)]) + "\n")


def measure(name: str) -> Iterator[Measured]:
    """Measure one preset at every similarity."""
    preset = PRESETS[name]
    values = preset.bands * preset.rows
    count = min(MOST_PAIRS, HASHES_DRAWN // (2 * UNION * values))
    drawn = permutations(values)
    for similarity in SIMILARITIES:
        left, right = pairs_of(similarity, count)
        keys = [
            band_keys(signatures(side, drawn), preset.bands, preset.rows) for side in (left, right)
        ]
        found = int((keys[0] == keys[1]).any(axis=1).sum())
        yield Measured(name, preset.bands, preset.rows, similarity, count, found)


def pairs_of(similarity: float, count: int) -> tuple[Shingles, Shingles]:
    """``count`` pairs of shingle sets with exactly this Jaccard similarity."""
    generator = np.random.default_rng([SEED, round(similarity * 1000)])
    # 200 of 2**32 values: one pair in 200,000 has a repeated one, which moves J by 0.005 there.
    hashes = generator.integers(0, 1 << 32, (count, UNION), dtype=np.uint32)
    common = round(similarity * UNION)
    half = common + (UNION - common) // 2
    left = hashes[:, :half]
    right = np.concatenate([hashes[:, :common], hashes[:, half:]], axis=1)
    return _rows(left), _rows(right)


def _rows(hashes: npt.NDArray[np.uint32]) -> Shingles:
    offsets = np.arange(len(hashes) + 1, dtype=np.int64) * hashes.shape[1]
    return Shingles(np.ascontiguousarray(hashes).ravel(), offsets)


if __name__ == "__main__":
    main()
