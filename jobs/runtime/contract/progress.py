"""An honest line or bar a stage: tasks done of tasks known, time left, and what came out at the end."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Literal

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    TaskProgressColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from jobs.runtime.amounts import counted, duration

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from jobs.runtime.contract.manifest import Manifest
    from jobs.runtime.contract.own_tasks import OwnTasks
    from jobs.runtime.spark.job_groups import CountTasks

POLL_SECONDS = 0.5
PLAIN_LINE_SECONDS = 5.0
WORTH_SAYING = 5.0  # times the median; less is the ordinary spread of documents
LONG_TASK = 30.0  # seconds
WORTH_NAMING = 0.01  # of a run's time
STAGE_WIDTH = 23  # of the longest name, count-benchmark-phrases


LogFormat = Literal["text", "json"]


class Reporter:
    """Tells a person what the run is doing: a rich bar on a terminal, plain or JSON lines elsewhere.

    Everything goes to stderr, so that stdout stays clean for what a command is asked to print.
    """

    def __init__(self, *, quiet: bool = False, log_format: LogFormat = "text") -> None:
        """Say nothing but errors when quiet; write one JSON object a line for log collectors."""
        self._console = Console(stderr=True, quiet=quiet, highlight=False, soft_wrap=True)
        self._json = log_format == "json"
        self._seconds: dict[str, float] = {}
        self._groups = 0

    @contextmanager
    def stage(
        self, spark: SparkSession | None, name: str, own_tasks: OwnTasks | None = None
    ) -> Iterator[str]:
        """Show progress of all Spark jobs that the block starts; yield the name of their group.

        Without a session it is that of ``own_tasks``; without these nothing is shown: what this
        process does alone takes seconds.
        """
        self._groups += 1
        group = f"corpusmill {name} {self._groups}"
        if own_tasks is not None:
            with self._shown(own_tasks.count, name):
                yield group
        elif spark is not None:
            from jobs.runtime.spark.job_groups import job_group

            with job_group(spark, group, f"corpusmill {name}") as count, self._shown(count, name):
                yield group
        else:
            yield ""

    @contextmanager
    def _shown(self, count: CountTasks, name: str) -> Iterator[None]:
        """Show progress while the block runs."""
        stop = threading.Event()
        bar = self._console.is_terminal and not self._json
        watcher = threading.Thread(
            target=self._watch_bar if bar else self._watch_lines,
            args=(count, name, stop),
            daemon=True,
        )
        watcher.start()
        try:
            yield
        finally:
            stop.set()
            watcher.join()

    def note(self, text: str) -> None:
        """Print one line of information."""
        self._line(text, "note", text=text)

    def skipped(self, name: str, manifest: Manifest, *, is_older: bool = False) -> None:
        """Say that a stage is up to date, or ``is_older``: that it stays as it was fitted to fewer rows."""
        rows = manifest.accounts.rows_out
        why = f"unchanged, {counted(rows, 'row')} kept"
        if is_older:
            why = f"kept as it was fitted to {counted(rows, 'row')}, --refit fits it to all"
        self._line(
            f"{name:<{STAGE_WIDTH}} {why}",
            "skipped",
            stage=name,
            rows=rows,
        )

    def finished(self, manifest: Manifest, seconds: float) -> None:
        """Say where a stage's rows went, how long it took now, and what slowed it down.

        The rate is that of all the work in it, also of chunks that were there.
        """
        accounts = manifest.accounts
        self._seconds[manifest.stage] = self._seconds.get(manifest.stage, 0.0) + seconds
        rate = accounts.rows_in / manifest.seconds if manifest.seconds else 0.0
        text = (
            f"{manifest.stage:<{STAGE_WIDTH}} {accounts.rows_in:>9,} in  {accounts.rows_out:>9,} out  "
            f"{accounts.rows_dropped:>7,} dropped  {accounts.rows_quarantined:>6,} quarantined  "
            f"{seconds:>7.1f} s  {rate:>8,.0f} rows/s"
        )
        costs = manifest.costs
        facts = {**accounts.model_dump(), "costs": costs and costs.model_dump()}
        self._line(text, "finished", stage=manifest.stage, seconds=round(seconds, 3), **facts)
        if costs is not None and costs.spilled_bytes:
            self.note(
                f"{'':<{STAGE_WIDTH}} {costs.spilled_bytes:,} bytes did not fit memory and went to disk: "
                "give executors more, or run.partitions a higher number"
            )
        if (
            costs is not None
            and costs.skew > WORTH_SAYING
            and costs.longest_task_seconds > LONG_TASK
        ):
            self.note(
                f"{'':<{STAGE_WIDTH}} the longest task took {costs.skew:.0f} times the median one "
                f"({costs.longest_task_seconds:.0f} s): one file or one large document holds it up"
            )

    def where_time_went(self) -> None:
        """Say at the end of a run which share of its time each stage took."""
        total = sum(self._seconds.values())
        if not total:
            return
        shares = sorted(self._seconds.items(), key=lambda item: -item[1])
        text = ", ".join(
            f"{name} {100 * seconds / total:.0f} %"
            for name, seconds in shares
            if seconds >= WORTH_NAMING * total
        )
        self._line(
            f"{'time went to':<{STAGE_WIDTH}} {text}; {duration(total)} in all",
            "time",
            seconds=self._seconds,
        )

    def _line(self, line: str, event: str, /, **facts: object) -> None:
        if self._json:
            now = datetime.now(timezone.utc).isoformat(timespec="milliseconds")
            line = json.dumps({"time": now, "event": event, **facts}, ensure_ascii=False)
        self._console.print(line, markup=False)

    def _watch_bar(self, count: CountTasks, name: str, stop: threading.Event) -> None:
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            TaskProgressColumn(),
            TimeRemainingColumn(),
        )
        with Progress(
            *columns, TimeElapsedColumn(), console=self._console, transient=True
        ) as progress:
            bar = progress.add_task(f"{name:<{STAGE_WIDTH}}", total=None)
            while not stop.wait(POLL_SECONDS):
                done, total = count()
                progress.update(bar, completed=done, total=total or None)

    def _watch_lines(self, count: CountTasks, name: str, stop: threading.Event) -> None:
        started = time.monotonic()
        while not stop.wait(PLAIN_LINE_SECONDS):
            done, total = count()
            seconds = time.monotonic() - started
            counts = f"{done} of {counted(total, 'task')}" if total else "starting"
            text = f"{name:<{STAGE_WIDTH}} {counts}, {duration(seconds)}"
            left = seconds * (total - done) / done if done else None
            if left is not None and left > PLAIN_LINE_SECONDS:
                text += f", about {duration(left)} left of the tasks known so far"
            facts = {"tasks_done": done, "tasks": total, "seconds": round(seconds, 1)}
            self._line(text, "progress", stage=name, seconds_left=left, **facts)
