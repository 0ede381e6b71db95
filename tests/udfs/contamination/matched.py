"""Items and texts for the tests of matching."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from udfs.contamination.benchmark_index import BenchmarkIndex, Frequencies, build_benchmarks
from udfs.contamination.items import BenchmarkItem
from udfs.contamination.matching import Match, match_texts
from udfs.contamination.phrase_counts import PhraseCounts, frequencies
from udfs.contamination.settings import DEFAULT_SETTINGS
from udfs.text.tokenising import tokenise

CLIPS = (
    "Natalia sold clips to 48 of her friends in April, and then she sold half as many clips in May. How many "
    "clips did Natalia sell altogether in April and May?"
)
PLANET = BenchmarkItem(
    "mmlu",
    "planet",
    "Which planet of the solar system has the largest number of moons orbiting it?",
    choices=(
        "Jupiter the gas giant",
        "Saturn with its rings",
        "Uranus on its side",
        "Neptune far out",
    ),
)
ITEMS = (
    BenchmarkItem("gsm8k", "clips", CLIPS, answer="Natalia sold 48/2 = 24 clips in May."),
    PLANET,
    BenchmarkItem(
        "cmmlu",
        "law",
        "下列关于合同成立时间的说法，符合民法典规定的是哪一项",
        choices=("承诺生效时", "要约发出时"),
    ),
    BenchmarkItem("mmlu", "sum", "What is 12 * 345 + 678 - 90 * 11 / 22 + 4?"),
)
FILLER = "The ferry left at six and nobody on the pier was surprised that it was late again. " * 4


def found(
    texts: Sequence[str], index: BenchmarkIndex, *, least: float = 1.0
) -> list[dict[str, Match]]:
    """For each text the matches by item id."""
    rows: list[dict[str, Match]] = [{} for _ in texts]
    for match in match_texts(tokenise(pa.array(list(texts), pa.large_string())), index):
        if match.strength >= least:
            rows[match.row][index.ids[match.item]] = match
    return rows


def index_of(*items: BenchmarkItem, known: Frequencies | None = None) -> BenchmarkIndex:
    """An index of items; without any, of ``ITEMS``."""
    return build_benchmarks(items or ITEMS, DEFAULT_SETTINGS, known)


def counted(texts: Sequence[str], index: BenchmarkIndex, most_documents: int = 2) -> Frequencies:
    """The frequencies of an index's phrases in some texts."""
    counts = PhraseCounts(index)
    for text in texts:
        counts.add(tokenise(pa.array([text], pa.large_string())))
    return frequencies(pa.Table.from_batches([counts.rows()]), len(texts), most_documents)
