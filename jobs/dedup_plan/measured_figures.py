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
# `--spark-only`, 100,000 documents, zstd: 674 B shuffled a document, of which 512 were band rows (16 B of key
# and order key, Spark's row around them, edges merged), 27 the exact pass (24 B of hash and id), and
# the rest sketches and shingle sets of doubtful documents, components, a tenth being copies.
SHUFFLED_BYTES_PER_BAND: Final = 25.6
SHUFFLED_BYTES_FOR_EXACT: Final = 27
EDGE_BYTES_PER_DOCUMENT: Final = 135
# Assumed: a tenth of the documents are near-duplicates with one edge each, and some meet by accident.
EDGES_PER_DOCUMENT: Final = 0.12
JOIN_ROW_BYTES: Final = 24  # id and order key, and what Spark puts around them
# Columns of signatures/ besides keys and sketch: id, order key, 128-bit text hash, lengths.
FIXED_SIGNATURE_BYTES: Final = 40

# bench.preset_recall: share of 20,000 pairs of known similarity that six permutations in one band find.
SIX_PERMUTATIONS_RECALL: Final = {
    0.5: 0.0158, 0.6: 0.0445, 0.7: 0.1158, 0.75: 0.1783, 0.8: 0.2663, 0.9: 0.5336, 0.95: 0.7321,
}  # fmt: skip
