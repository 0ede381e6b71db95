#!/usr/bin/env bash
# numpy 2.4.6 (PyPI): np.unique of a million different 64-bit integers takes more than five times as long as
# sorting them and comparing neighbours.
#
# A good guess says: it sorts and compares, as its documentation's "sorted unique elements" suggests and as it
# does when counts are asked for, too, so that asking for less is never slower. Seen: without further outputs
# integers go through a hash table first and are sorted afterwards; for hashes, of which hardly one repeats,
# np.unique(a) is even slower than np.unique(a, return_counts=True). Processor seconds, best of three.
# Fails if that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check numpy==2.4.6
"$folder/venv/bin/python" - <<'PYTHON'
import time
import numpy as np

hashes = np.random.default_rng(0).integers(0, 2**64, 1_200_000, dtype=np.uint64)

def best(work):
    seconds = []
    for _ in range(3):
        started = time.process_time()
        work()
        seconds.append(time.process_time() - started)
    return min(seconds)

def by_sorting():
    ordered = np.sort(hashes)
    return ordered[np.append(True, ordered[1:] != ordered[:-1])]

assert np.array_equal(by_sorting(), np.unique(hashes))
unique, counted, sorting = (
    best(work)
    for work in (
        lambda: np.unique(hashes),
        lambda: np.unique(hashes, return_counts=True),
        by_sorting,
    )
)
print(f"numpy {np.__version__}: unique {unique:.3f} s, with counts {counted:.3f} s, by sorting {sorting:.3f} s")
assert unique > 5 * sorting
assert unique > counted
print("as described")
PYTHON
