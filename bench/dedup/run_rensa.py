"""Runs in rensa's environment: its in-memory deduplicator over word 5-grams, 128 permutations, at 0.7.

``python run_rensa.py SOURCE OUTPUT [corpus]`` writes the ids kept to OUTPUT/kept.json, and asked for a
corpus also the rows kept, as Parquet.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from rensa import RMinHash, RMinHashDeduplicator

PERMUTATIONS, THRESHOLD, BANDS = 128, 0.7, 16
WORD = re.compile(r"\w+")


def main() -> None:
    """Read, sign, add one after the other, write, as its documentation shows."""
    source, output, *options = sys.argv[1:]
    deduplicator = RMinHashDeduplicator(
        threshold=THRESHOLD, num_perm=PERMUTATIONS, use_lsh=True, num_bands=BANDS
    )
    kept = []
    for path in sorted(Path(source).glob("*.parquet")):
        table = pq.read_table(path)
        before = len(kept)
        for row in table.to_pylist():
            words = WORD.findall(row["text"].lower())
            signature = RMinHash(num_perm=PERMUTATIONS, seed=42)
            signature.update([" ".join(words[i : i + 5]) for i in range(max(1, len(words) - 4))])
            if deduplicator.add(str(row["id"]), signature):
                kept.append(row["id"])
        if options:
            rows = table.filter(pc.is_in(table["id"], pa.array(kept[before:], pa.int64())))
            pq.write_table(rows, Path(output, path.name), compression="zstd")
    Path(output, "kept.json").write_text(json.dumps(kept))


if __name__ == "__main__":
    main()
