"""The measured figures that estimates rest on, in one place, each with the command that measures it.

Two virtual cores of a shared server (x86-64, 2.6 kB a document); take them for the order of
magnitude. `python -m bench.dedup` prints them anew.
"""

from __future__ import annotations

from typing import Final

# bench.dedup, sub-stage "signatures": Parquet read, Arrow to Python and back, shingles, 140
# permutations, Parquet written.
SIGNED_BYTES_PER_CORE_SECOND: Final = 26e6
# bench.dedup --growth without the driver's search, all sub-stages behind "signatures": exact copies,
# band edges, verification, components, screening, result; by band row (one band of one document).
BAND_ROWS_PER_CORE_SECOND: Final = 0.5e6
# The same run: bytes shuffled beyond the band rows and text hashes (merged edges, sketches of doubtful
# pairs, components), a tenth of the documents being copies.
EDGE_BYTES_PER_DOCUMENT: Final = 120
# Columns of signatures/ besides keys and sketch: id, order key, 128-bit text hash, lengths.
FIXED_SIGNATURE_BYTES: Final = 40
# 16 B of key and order key a band; 24 B of hash and id for the exact pass, as Spark's rows hold them.
SHUFFLED_BYTES_PER_BAND: Final = 16
SHUFFLED_BYTES_FOR_EXACT: Final = 32

# bench.preset_recall: share of 20,000 pairs of known similarity that six permutations in one band find.
SIX_PERMUTATIONS_RECALL: Final = {
    0.5: 0.0158, 0.6: 0.0445, 0.7: 0.1158, 0.75: 0.1783, 0.8: 0.2663, 0.9: 0.5336, 0.95: 0.7321,
}  # fmt: skip
