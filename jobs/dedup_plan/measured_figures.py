"""The measured figures that estimates rest on, in one place, each with the command that measures it.

Two virtual cores of a shared server (x86-64, 2.6 kB a document); take them for the order of
magnitude. `python -m bench.dedup --spark-only` measures a run of the kind anew.
"""

from __future__ import annotations

from typing import Final

# 100,000 documents in a warm session, processor seconds of Java and Python together: Parquet read, Arrow
# to Python and back, shingles, 140 permutations, Parquet written took 6.7 s (docs/scaling.md).
SIGNED_BYTES_PER_CORE_SECOND: Final = 38e6
# The same corpus searched in Spark (`--spark-only`), second run of a session: all sub-stages behind the
# signatures, 20.4 s for 2,000,000 band rows; halved for what sorts and spills in a large corpus.
BAND_ROWS_PER_CORE_SECOND: Final = 49_000
# That run shuffled 1,025 B a document; this is what band rows and text hashes do not explain: overhead
# of rows, merged edges, sketches of doubtful pairs, components, a tenth of the documents being copies.
EDGE_BYTES_PER_DOCUMENT: Final = 673
# Columns of signatures/ besides keys and sketch: id, order key, 128-bit text hash, lengths.
FIXED_SIGNATURE_BYTES: Final = 40
# 16 B of key and order key a band; 24 B of hash and id for the exact pass, as Spark's rows hold them.
SHUFFLED_BYTES_PER_BAND: Final = 16
SHUFFLED_BYTES_FOR_EXACT: Final = 32

# bench.preset_recall: share of 20,000 pairs of known similarity that six permutations in one band find.
SIX_PERMUTATIONS_RECALL: Final = {
    0.5: 0.0158, 0.6: 0.0445, 0.7: 0.1158, 0.75: 0.1783, 0.8: 0.2663, 0.9: 0.5336, 0.95: 0.7321,
}  # fmt: skip
