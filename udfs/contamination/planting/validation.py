"""What the matcher finds of items that are planted in real documents: recall, stated and not assumed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa

from udfs.contamination.benchmark_index import BenchmarkIndex
from udfs.contamination.items import BenchmarkItem
from udfs.contamination.matching import match_texts
from udfs.contamination.planting.changes import PlantedChange, planted
from udfs.text.tokenising import tokenise

LENGTHS: Final = ((5, "under 5"), (8, "5 to 7"), (12, "8 to 11"), (20, "12 to 19"))
LONGEST: Final = "20 and more"
_HOST_CHARACTERS: Final = 6000  # a larger host costs time and makes nothing harder to find


@dataclass(frozen=True)
class PlantCount:
    """Plants of one kind and what became of them.

    Attributes:
        change: Name of the change.
        benchmark: Name of the set.
        tokens: Length class of the question, e.g. ``8 to 11``.
        planted: Documents with such an item.
        found: Those in which it was found as what it is; a copy with other numbers as a `variant`.
        as_variant: Those in which it was only found as a variant of itself.
        decidable: Plants of items that can be found at all.
        whole: Nothing of the question is missing or replaced.
    """

    change: str
    benchmark: str
    tokens: str
    planted: int
    found: int
    as_variant: int
    decidable: int
    whole: bool = False


def draw_items(items: Sequence[BenchmarkItem], most: int, chance: np.random.Generator) -> list[int]:
    """Numbers of at most ``most`` items of each benchmark, drawn by chance."""
    numbers: dict[str, list[int]] = defaultdict(list)
    for number, item in enumerate(items):
        numbers[item.benchmark].append(number)
    return [int(number) for of in numbers.values() for number in chance.permutation(of)[:most]]


def validate(
    items: Sequence[BenchmarkItem],
    index: BenchmarkIndex,
    hosts: Sequence[str],
    drawn: Sequence[int],
    changes: Sequence[PlantedChange],
    decidable: Sequence[bool],
    chance: np.random.Generator,
) -> list[PlantCount]:
    """Plant items in every way that applies to them and judge the documents as those of a run are.

    Args:
        items: All items of the index.
        index: What the documents are compared with.
        hosts: Texts without an item; at least one.
        drawn: Numbers of the items to plant.
        changes: The ways of writing one.
        decidable: Of each item.
        chance: Draws hosts and changes.
    """
    classes = lengths(items, drawn)
    counts: dict[tuple[str, str, str], list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for change in changes:
        chosen = [number for number in drawn if change.applies(items[number])]
        texts = [_planted(hosts, change.write(items[number], chance), chance) for number in chosen]
        found = _found(texts, index)
        for row, number in enumerate(chosen):
            place = (change.name, items[number].benchmark, classes[number])
            label = found[row].get(number)
            right = label is not None and (change.variant or not label)
            add = (1, int(right), int(label is True and not right), int(decidable[number]))
            counts[place] = [old + new for old, new in zip(counts[place], add, strict=True)]
    whole = {change.name: change.whole for change in changes}
    return [
        PlantCount(change, benchmark, tokens, planted, found, as_variant, able, whole[change])
        for (change, benchmark, tokens), (planted, found, as_variant, able) in counts.items()
    ]


def _planted(hosts: Sequence[str], text: str, chance: np.random.Generator) -> str:
    return planted(hosts[int(chance.integers(len(hosts)))][:_HOST_CHARACTERS], text)


def _found(texts: Sequence[str], index: BenchmarkIndex) -> list[dict[int, bool]]:
    """For each text the items in it; True for a variant."""
    found: list[dict[int, bool]] = [{} for _ in texts]
    if texts:
        for match in match_texts(tokenise(pa.array(texts, pa.large_string())), index):
            if match.strength >= 1:
                found[match.row][match.item] = bool(match.variant)
    return found


def lengths(items: Sequence[BenchmarkItem], drawn: Sequence[int]) -> dict[int, str]:
    """Length class of the question of each drawn item, by its tokens."""
    questions = pa.array([items[number].question for number in drawn], pa.large_string())
    sizes = np.diff(tokenise(questions).token_offsets)
    return {
        number: next((name for limit, name in LENGTHS if size < limit), LONGEST)
        for number, size in zip(drawn, sizes, strict=True)
    }
