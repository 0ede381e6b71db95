"""What a person said of matches: true or false, by what the passage says and never by where it lies."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from typing import Final

from udfs.contamination.benchmark_index import BenchmarkIndex

TRUE_MARKS: Final = frozenset(["true", "t", "yes", "y", "1"])
FALSE_MARKS: Final = frozenset(["false", "f", "no", "n", "0"])


def reviewed_index(
    index: BenchmarkIndex, marks: Iterable[tuple[str, str, str, bool]]
) -> BenchmarkIndex:
    """The index with a person's marks.

    Args:
        index: What documents are compared with.
        marks: (benchmark, item, key of the passage, whether it is a leak).
    """
    said = {(f"{benchmark}/{item}", key): leak for benchmark, item, key, leak in marks}
    return dataclasses.replace(
        index,
        denied=frozenset(place for place, leak in said.items() if not leak),
        affirmed=frozenset(place for place, leak in said.items() if leak),
    )
