"""The benchmarks of a run, read and checked before Spark starts, with what a person said of matches."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass

from jobs.contamination.reading import items_digest, read_benchmarks
from jobs.contamination.review_table import Mark, read_marks
from jobs.runtime.contract.fingerprint import digest
from jobs.runtime.errors import SettingsError
from udfs.contamination.items import BenchmarkItem


@dataclass(frozen=True)
class GivenBenchmarks:
    """Items and marks; what a run's documents are compared with.

    Attributes:
        items: Of all benchmarks.
        marks: Of a review.
        fingerprint: Of the items.
        review_fingerprint: Of the marks.
        tables: States of tables of a lake that items were read from.
    """

    items: tuple[BenchmarkItem, ...]
    marks: tuple[Mark, ...]
    fingerprint: str
    review_fingerprint: str
    tables: tuple[str, ...] = ()

    @classmethod
    def of(
        cls, given: Sequence[str], review: str | None = None, tables: Sequence[str] = ()
    ) -> GivenBenchmarks | None:
        """Read what a command was given; None without benchmarks.

        Raises:
            InputError: A benchmark or the review cannot be used.
            SettingsError: A mapping is faulty, or a review came without benchmarks.
        """
        if not given:
            if review is not None:
                raise SettingsError(
                    f"--review {review} marks items of benchmarks: give --benchmarks, too"
                )
            return None
        items = read_benchmarks(given)
        marks = read_marks(review) if review is not None else ()
        told = items_digest(items), digest(sorted(marks))
        return cls(tuple(items), marks, *told, tuple(tables))


def open_benchmarks(
    arguments: argparse.Namespace, tables: Sequence[str] = ()
) -> GivenBenchmarks | None:
    """Return the benchmarks that the command line gives.

    Args:
        arguments: Of the command line, tables of a lake in it brought here (``fetched_tables``).
        tables: States of these.

    Raises:
        CorpusmillError: They cannot be used.
    """
    return GivenBenchmarks.of(arguments.benchmarks, arguments.review, tables)
