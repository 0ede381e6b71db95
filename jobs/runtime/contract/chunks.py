"""Cut a stage's input into chunks that can be resumed one by one."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

Item = TypeVar("Item")

GIGABYTE = 1 << 30


def by_bytes(
    items: Iterable[Item], size: Callable[[Item], int], chunk_gigabytes: float
) -> list[list[Item]]:
    """Return consecutive groups of items of about ``chunk_gigabytes`` each; at least one group.

    An item larger than the limit has a group of its own.
    """
    limit = chunk_gigabytes * GIGABYTE
    groups: list[list[Item]] = [[]]
    held = 0
    for item in items:
        if groups[-1] and held + size(item) > limit:
            groups.append([])
            held = 0
        groups[-1].append(item)
        held += size(item)
    return groups
