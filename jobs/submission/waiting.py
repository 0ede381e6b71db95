"""Ask a service again and again what became of a job, less often the longer it lasts."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import ClassVar, Protocol

from jobs.runtime.errors import StageError

FIRST_PAUSE = 5.0
LONGEST_PAUSE = 60.0
GROWTH = 1.5
LOG_LINES = 60


class Service(Protocol):
    """A service that runs jobs."""

    done: ClassVar[frozenset[str]]
    failed: ClassVar[frozenset[str]]

    def submit(self) -> str:
        """Start the job, or find the one of the same token, and return its id."""

    def state(self, identifier: str) -> tuple[str, str]:
        """Return a job's state and what the service says about it."""

    def driver_log(self, identifier: str) -> str:
        """Return the driver's log, or where it is to be found."""


def wait_for(
    service: Service,
    identifier: str,
    *,
    deadline_seconds: float,
    note: Callable[[str], None],
    sleep: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> None:
    """Return when the job is done.

    Raises:
        StageError: It failed (the end of the driver's log is in the message), or the deadline passed.
    """
    started, pause, before = clock(), FIRST_PAUSE, ""
    while True:
        state, detail = service.state(identifier)
        if state != before:
            note(f"{identifier} is {state} after {clock() - started:.0f} s")
            before = state
        if state in service.done:
            return
        if state in service.failed:
            log = "\n".join(service.driver_log(identifier).splitlines()[-LOG_LINES:])
            raise StageError(
                f"{identifier} ended as {state}: {detail or 'no reason given'}. The end of the driver's "
                f"log:\n{log}\nFinished stages are kept: submit again with another --run-id to go on."
            )
        if clock() - started + pause > deadline_seconds:
            raise StageError(
                f"{identifier} is still {state} after {clock() - started:.0f} s, the deadline. It goes on "
                "running there: submit the same words again to wait on, or cancel it in the service."
            )
        sleep(pause)
        pause = min(LONGEST_PAUSE, pause * GROWTH)
