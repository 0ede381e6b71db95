"""Published near-duplicate settings, and ours, as data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

Verification = Literal["exact", "estimate", "none"]


@dataclass(frozen=True)
class Preset:
    """One way to look for near-duplicates.

    Attributes:
        bands: LSH bands; more find more pairs and move more bytes (16 a band and document).
        rows: Values in a band; more let fewer dissimilar pairs meet.
        threshold: Jaccard similarity that the setting is meant for. Enforced where verified.
        shingle_unit: ``words`` or ``characters``.
        spaced_length: Units in a shingle.
        unspaced_length: Characters in a shingle of Chinese, Japanese, Thai ... documents.
        verification: ``none``: whatever meets in a bucket is a duplicate, and so is whatever is
            linked to it (connected components). ``estimate``, ``exact``: see DedupSettings.
        source: Where the numbers come from.
    """

    bands: int
    rows: int
    threshold: float
    shingle_unit: Literal["words", "characters"]
    spaced_length: int
    unspaced_length: int
    verification: Verification
    source: str


PRESETS: Final[dict[str, Preset]] = {
    "default": Preset(
        20, 7, 0.7, "words", 5, 8, "exact",
        "ours: 82 % of pairs at 0.7 meet directly and nearly all within their family; up to 10**9 "
        "documents",
    ),
    "large": Preset(
        32, 8, 0.7, "words", 5, 8, "exact",
        "ours: for more than some 10**9 documents, where seven rows let too many strangers meet",
    ),
    "fineweb": Preset(
        14, 8, 0.72, "words", 5, 8, "none",
        "FineWeb and FineWeb-2 (datatrove MinhashConfig: 14 buckets of 8, 5-grams; (1/14)**(1/8))",
    ),
    "redpajama-v2": Preset(
        14, 9, 0.7, "words", 13, 21, "none",
        "RedPajama-V2 (LSH 14 x 9 of 128 permutations at 0.7, 13-grams of words)",
    ),
    "slimpajama": Preset(
        9, 13, 0.8, "words", 13, 21, "none",
        "SlimPajama (13-grams of words, 9 x 13 of 128 permutations at 0.8)",
    ),
    "nemo": Preset(
        20, 13, 0.8, "characters", 24, 24, "none",
        "NeMo Curator defaults (24 characters, 20 x 13), used for Nemotron-CC and Zyda-2",
    ),
    "dolma3": Preset(
        26, 11, 0.74, "words", 5, 8, "none",
        "Dolma 3 (Duplodocus example, 26 x 11); it shingles 5 BPE tokens, here 5 words",
    ),
    "refinedweb": Preset(
        450, 20, 0.8, "words", 5, 8, "none",
        "RefinedWeb after Lee et al. 2021 (9,000 hashes in 450 buckets of 20, 5-grams of words)",
    ),
    "six-permutations": Preset(
        1, 6, 0.7, "words", 5, 8, "none",
        "six permutations in one band: finds 12 % of the pairs at 0.7, 26 % at 0.8, 53 % at 0.9",
    ),
}  # fmt: skip
