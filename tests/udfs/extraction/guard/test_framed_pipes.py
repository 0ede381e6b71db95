"""Frames survive pipes of any size and any interruption."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Iterator

import pytest

from udfs.extraction.guard.framed_pipes import (
    DeadlineError,
    PipeClosedError,
    read_frame,
    wait_readable,
    write_frame,
)


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    reading, writing = os.pipe()
    os.set_blocking(reading, False)
    os.set_blocking(writing, False)
    yield reading, writing
    for descriptor in (reading, writing):
        with contextlib.suppress(OSError):
            os.close(descriptor)


def soon(seconds: float = 10.0) -> float:
    return time.monotonic() + seconds


@pytest.mark.parametrize("size", [0, 1, 65_536, 5_000_000])
def test_a_frame_comes_out_as_it_went_in(pipe: tuple[int, int], size: int) -> None:
    reading, writing = pipe
    payload = os.urandom(size)
    header = {"url": "https://例え.jp/", "none": None, "surrogate": "\ud800"}
    writer = threading.Thread(target=write_frame, args=(writing, header, payload, soon()))
    writer.start()
    frame = read_frame(reading, soon())
    writer.join()
    assert frame.header == header
    assert frame.payload == payload


def test_a_reader_that_is_gone_is_noticed(pipe: tuple[int, int]) -> None:
    reading, writing = pipe
    os.close(reading)
    with pytest.raises(PipeClosedError):
        write_frame(writing, {}, bytes(100), soon())


def test_a_writer_that_is_gone_is_noticed(pipe: tuple[int, int]) -> None:
    reading, writing = pipe
    os.write(writing, b"\x00\x00")
    os.close(writing)
    with pytest.raises(PipeClosedError):
        read_frame(reading, soon())


def test_deadlines_hold_on_both_sides(pipe: tuple[int, int]) -> None:
    reading, writing = pipe
    assert not wait_readable(reading, soon(0.05))
    with pytest.raises(DeadlineError):
        read_frame(reading, soon(0.05))
    with pytest.raises(DeadlineError):
        write_frame(writing, {}, bytes(10_000_000), soon(0.05))
