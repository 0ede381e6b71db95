"""Tasks of this process: all done, few held, counted, and ended by the first error."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest

from jobs.runtime.contract.own_tasks import OwnTasks


@pytest.mark.parametrize("threads", [1, 3])
def test_every_item_is_worked_on_once(threads: int) -> None:
    tasks, seen = OwnTasks(threads), []
    tasks.run(iter(range(40)), seen.append, known=40)
    assert sorted(seen) == list(range(40))
    assert tasks.count() == (40, 40)


def test_no_more_items_are_made_than_threads_run() -> None:
    held, most, lock = 0, 0, threading.Lock()

    def items() -> Iterator[int]:
        nonlocal held, most
        for number in range(30):
            with lock:
                held += 1
                most = max(most, held)
            yield number

    def work(_: int) -> None:
        nonlocal held
        time.sleep(0.002)
        with lock:
            held -= 1

    OwnTasks(2).run(items(), work, known=30)
    assert most == 2


@pytest.mark.parametrize("where", ["item", "work"])
def test_the_first_error_ends_all(where: str) -> None:
    done: list[int] = []

    def items() -> Iterator[int]:
        yield from range(5)
        if where == "item":
            raise OSError("no page can be read")
        yield from range(5, 10_000)

    def work(number: int) -> None:
        if where == "work" and number == 5:
            raise OSError("no space left")
        time.sleep(0.001)
        done.append(number)

    with pytest.raises(OSError, match="no "):
        OwnTasks(2).run(items(), work, known=10_000)
    assert len(done) < 20


def test_a_user_who_stops_waits_for_what_has_begun_only(monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[int] = []

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("concurrent.futures.Future.result", stop)
    with pytest.raises(KeyboardInterrupt):
        OwnTasks(2).run(iter(range(10_000)), lambda n: (time.sleep(0.001), done.append(n))[1], 1)
    assert len(done) < 100


def test_costs_are_those_of_the_tasks() -> None:
    tasks = OwnTasks(1)
    tasks.run(iter([0.001, 0.001, 0.05]), time.sleep, known=2)
    costs = tasks.costs()
    assert (costs.tasks, costs.shuffled_bytes, costs.spilled_bytes) == (3, 0, 0)
    assert 0.05 <= costs.longest_task_seconds <= costs.task_seconds
    assert costs.skew > 2
    assert tasks.count() == (3, 3)  # more came than had been said


def test_no_tasks_cost_nothing() -> None:
    assert OwnTasks(2).count() == (0, 0)
    assert OwnTasks(2).costs().skew == 0


def test_shared_items_are_each_taken_once_and_counted_one_by_one() -> None:
    tasks, taken, counts = OwnTasks(3), [list[int]() for _ in range(3)], []

    def work(number: int, items: Iterator[int]) -> None:
        for item in items:
            taken[number].append(item)
            counts.append(tasks.count())

    tasks.share(range(20), work)
    assert sorted(item for mine in taken for item in mine) == list(range(20))
    assert all(known == 20 and done < 20 for done, known in counts)
    assert tasks.count() == (20, 20)
    assert tasks.costs().tasks == 20


def test_an_error_ends_what_others_take() -> None:
    tasks, begun = OwnTasks(2), []

    def work(number: int, items: Iterator[int]) -> None:
        for item in items:
            begun.append(item)
            if item == 0:
                raise ValueError("the first")
            time.sleep(0.01)

    with pytest.raises(ValueError, match="the first"):
        tasks.share(range(1000), work)
    assert len(begun) < 1000
