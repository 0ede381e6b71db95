"""An honest line or bar a stage: tasks done of tasks known, and what came out at the end."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from jobs.runtime.manifest import Manifest

POLL_SECONDS = 0.5
PLAIN_LINE_SECONDS = 5.0


class Reporter:
    """Tells a person what the run is doing: a rich bar on a terminal, plain lines elsewhere.

    Everything goes to stderr, so that stdout stays clean for what a command is asked to print.
    """

    def __init__(self, *, quiet: bool = False) -> None:
        self._console = Console(stderr=True, quiet=quiet, highlight=False, soft_wrap=True)

    @contextmanager
    def stage(self, spark: SparkSession, name: str) -> Iterator[None]:
        """Show progress of all Spark jobs that the block starts."""
        context = spark.sparkContext
        context.setJobGroup(name, f"corpusmill {name}")
        stop = threading.Event()
        watch = self._watch_bar if self._console.is_terminal else self._watch_lines
        watcher = threading.Thread(target=watch, args=(spark, name, stop), daemon=True)
        watcher.start()
        try:
            yield
        finally:
            stop.set()
            watcher.join()
            context.setJobGroup("corpusmill", "corpusmill")

    def note(self, text: str) -> None:
        """Print one line of information."""
        self._console.print(text, markup=False)

    def skipped(self, name: str, manifest: Manifest) -> None:
        """Say that a stage is up to date."""
        self.note(f"{name:<16} unchanged, {manifest.accounts.rows_out:,} rows kept as they are")

    def finished(self, manifest: Manifest) -> None:
        """Say where a stage's rows went and how long it took."""
        accounts = manifest.accounts
        rate = accounts.rows_in / manifest.seconds if manifest.seconds else 0.0
        self.note(
            f"{manifest.stage:<16} {accounts.rows_in:>9,} in  {accounts.rows_out:>9,} out  "
            f"{accounts.rows_dropped:>7,} dropped  {accounts.rows_quarantined:>6,} quarantined  "
            f"{manifest.seconds:>7.1f} s  {rate:>8,.0f} rows/s"
        )

    def _watch_bar(self, spark: SparkSession, name: str, stop: threading.Event) -> None:
        columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn())
        with Progress(
            *columns, TimeElapsedColumn(), console=self._console, transient=True
        ) as progress:
            bar = progress.add_task(f"{name:<16}", total=None)
            while not stop.wait(POLL_SECONDS):
                done, total = tasks_done(spark, name)
                progress.update(bar, completed=done, total=total or None)

    def _watch_lines(self, spark: SparkSession, name: str, stop: threading.Event) -> None:
        started = time.monotonic()
        while not stop.wait(PLAIN_LINE_SECONDS):
            done, total = tasks_done(spark, name)
            seconds = time.monotonic() - started
            self.note(f"{name:<16} {done} of {total} tasks, {seconds:.0f} s")


def tasks_done(spark: SparkSession, group: str) -> tuple[int, int]:
    """Return tasks done and tasks known of a job group; (0, 0) when Spark no longer answers."""
    try:
        tracker = spark.sparkContext.statusTracker()
        done = total = 0
        for job in tracker.getJobIdsForGroup(group):
            info = tracker.getJobInfo(job)
            for stage_id in info.stageIds if info else ():
                stage = tracker.getStageInfo(stage_id)
                if stage is not None:
                    done += stage.numCompletedTasks
                    total += stage.numTasks
    except Exception:  # a progress line must never end a run
        return 0, 0
    return done, total
