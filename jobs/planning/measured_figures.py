"""The measured figures that estimates rest on, in one place, each with the command that measures it.

Two virtual cores of a shared server (x86-64, 2.6 kB a document); take them for the order of
magnitude. `python -m bench.dedup.end_to_end --spark-only` measures a run of the kind anew.
"""

from __future__ import annotations

from typing import Final

# `--growth 10000000 --spark-only`: 26 GB of text in 316 s of two cores, Parquet read, Arrow to Python and
# back, shingles, 140 permutations, Parquet written. One core alone does 52 MB/s (bench.dedup.signing).
SIGNED_BYTES_PER_CORE_SECOND: Final = 41e6
# The same run: 338 s of two cores behind the signatures for 200,000,000 band rows, 296,000 a core-second;
# halved for what grows with the logarithm of the corpus and for the network, which one machine has not.
BAND_ROWS_PER_CORE_SECOND: Final = 148_000
# A band row is 16 B of key and order key and Spark's row around them. In zstd it takes 12.7 B where a
# partition holds several rows of a document (up to some million documents), 15.6 B where it does not.
SHUFFLED_BYTES_PER_BAND: Final = 15.6
# 24 B of hash and id.
SHUFFLED_BYTES_FOR_EXACT: Final = 27
# Edges merged, sketches of linked documents, components, shingle sets of doubtful documents (152 of them),
# a tenth of the documents being copies: `--growth 1000000 --spark-only`.
OTHER_BYTES_PER_DOCUMENT: Final = 225
# Assumed: a tenth of the documents are near-duplicates with one edge each, and some meet by accident.
EDGES_PER_DOCUMENT: Final = 0.12
JOIN_ROW_BYTES: Final = 24  # id and order key, and what Spark puts around them
# Columns of signatures/ besides keys and sketch: id, order key, 128-bit text hash, lengths.
FIXED_SIGNATURE_BYTES: Final = 40

# bench.dedup.preset_recall: share of 20,000 pairs of known similarity that six permutations in one band find.
SIX_PERMUTATIONS_RECALL: Final = {
    0.5: 0.0158, 0.6: 0.0445, 0.7: 0.1158, 0.75: 0.1783, 0.8: 0.2663, 0.9: 0.5336, 0.95: 0.7321,
}  # fmt: skip
