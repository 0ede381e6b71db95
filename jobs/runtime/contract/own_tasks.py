"""Tasks that threads of this process run, where Spark and its Java would cost more than the work."""

from __future__ import annotations

import statistics
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from jobs.runtime.contract.stage_costs import StageCosts

Item = TypeVar("Item")


class OwnTasks:
    """Runs one function over many items and counts them as Spark counts its tasks.

    What the function calls has to let go of Python's lock, as compiled kernels and Arrow do.

    Attributes:
        threads: Tasks that run at a time.
    """

    def __init__(self, threads: int) -> None:
        """Take the number of tasks that run at a time, 1 or more."""
        self.threads = threads
        self._seconds: list[float] = []
        self._known = 0

    def run(self, items: Iterator[Item], work: Callable[[Item], None], known: int) -> None:
        """Hand each item to a thread that is free; return when all are done.

        Items are made one at a time, by the thread that asks for the next: never more of them are
        held than threads run. The first error ends all.

        Args:
            items: Made as they are needed.
            work: Called once an item, from any thread.
            known: How many items will come, for the progress shown; may be wrong.
        """
        taking, failed = threading.Lock(), threading.Event()
        self._known += known

        def take() -> None:
            while not failed.is_set():
                try:
                    with taking:
                        item = next(items, None)
                    if item is None:
                        return
                    started = time.monotonic()
                    work(item)
                except BaseException:
                    failed.set()
                    raise
                self._seconds.append(time.monotonic() - started)

        self._wait_for(lambda _: take(), self.threads, failed)

    def _wait_for(self, work: Callable[[int], None], threads: int, failed: threading.Event) -> None:
        with ThreadPoolExecutor(threads, "own-task") as pool:
            takers = [pool.submit(work, number) for number in range(threads)]
            try:
                for taker in takers:
                    taker.result()
            except BaseException:  # the user's Ctrl-C, too: the pool waits for what has begun
                failed.set()
                raise

    def share(self, items: Sequence[Item], work: Callable[[int, Iterator[Item]], None]) -> None:
        """Let each thread work through items that it takes one by one, and keep what it has for all of them.

        An item counts as done when the next is asked for. The first error ends all.

        Args:
            items: Taken in their order, by whichever thread asks.
            work: Called once a thread with its number and what it takes.
        """
        taking, failed, waiting = threading.Lock(), threading.Event(), iter(items)
        self._known += len(items)

        def taken() -> Iterator[Item]:
            while not failed.is_set():
                with taking:
                    item = next(waiting, None)
                if item is None:
                    return
                started = time.monotonic()
                yield item
                self._seconds.append(time.monotonic() - started)

        def work_through(number: int) -> None:
            try:
                work(number, taken())
            except BaseException:
                failed.set()
                raise

        self._wait_for(work_through, min(self.threads, max(1, len(items))), failed)

    def count(self) -> tuple[int, int]:
        """Return tasks done and tasks known."""
        done = len(self._seconds)
        return done, max(done, self._known)

    def costs(self) -> StageCosts:
        """Return the counters of all tasks so far; nothing is shuffled or spilled here."""
        seconds = self._seconds or [0.0]
        longest, median = max(seconds), statistics.median(seconds)
        return StageCosts(
            tasks=len(self._seconds),
            task_seconds=round(sum(seconds), 3),
            shuffled_bytes=0,
            spilled_bytes=0,
            longest_task_seconds=round(longest, 3),
            skew=round(longest / median, 2) if median else 0.0,
        )
