#!/usr/bin/env bash
# numba 0.68.1 (PyPI): the cache on disk of a function that takes a NamedTuple serves machine code made for
# another order of its fields.
#
# A function in one file reads `pair.low` of a NamedTuple defined in another. The fields are swapped in the
# other file, and a new process calls the function. A good guess says: the type of the argument is part of
# the cache's key, so it is compiled again. Seen: the cache is hit, and `low` gives what is in `high`.
# (That a changed constant or callee in another file is not noticed is in numba's documentation.)
# Fails if that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check numba==0.68.1 numpy==2.4.6
cd "$folder"
cat > caller.py <<'PYTHON'
import numba

@numba.njit(cache=True)
def low_of(pair):
    return pair.low
PYTHON
cat > main.py <<'PYTHON'
from caller import low_of
from pair import Pair
print(low_of(Pair(low=1, high=2)), sum(low_of.stats.cache_hits.values()))
PYTHON
printf 'from typing import NamedTuple\nclass Pair(NamedTuple):\n    low: int\n    high: int\n' > pair.py
first=$("$folder/venv/bin/python" main.py)
printf 'from typing import NamedTuple\nclass Pair(NamedTuple):\n    high: int\n    low: int\n' > pair.py
rm -rf __pycache__/pair.*
second=$("$folder/venv/bin/python" main.py)
echo "low and cache hits, fields in the first order: $first; after the swap: $second"
test "$first" = "1 0"
test "$second" = "2 1"
echo "as described"
