"""Frames over pipes between a parent and its child: lengths, a JSON header, raw bytes. No pickle.

A frame is 8 bytes of length of what follows, 4 bytes of length of the header, the header as JSON, and
the payload. Nothing that a parser writes can be mistaken for code, and a reader knows from the first
bytes how much is to come.
"""

from __future__ import annotations

import json
import os
import select
import struct
import time
from typing import Any, NamedTuple

_LENGTHS = struct.Struct(">QI")
_CHUNK = 1 << 20


class Frame(NamedTuple):
    """A message: small facts in the header, the bytes in the payload."""

    header: dict[str, Any]
    payload: bytes


class PipeClosedError(Exception):
    """The other end is gone."""


class DeadlineError(Exception):
    """The other end did not take or give the bytes in time."""


def encode_frame(header: dict[str, Any], payload: bytes) -> list[bytes]:
    """Build the parts of a frame; the payload is not copied.

    Args:
        header: Whatever JSON can write.
        payload: Raw bytes.

    Returns:
        Byte strings to be written one after the other.
    """
    encoded = json.dumps(header, separators=(",", ":")).encode("ascii")
    return [_LENGTHS.pack(4 + len(encoded) + len(payload), len(encoded)) + encoded, payload]


def write_frame(descriptor: int, header: dict[str, Any], payload: bytes, deadline: float) -> None:
    """Write a frame to a non-blocking pipe.

    Args:
        descriptor: The writing end.
        header: See ``encode_frame``.
        payload: See ``encode_frame``.
        deadline: ``time.monotonic()`` value at which to give up.

    Raises:
        PipeClosedError: The reader is gone.
        DeadlineError: The reader does not read.
    """
    for part in encode_frame(header, payload):
        view = memoryview(part)
        while view:
            try:
                written = os.write(descriptor, view[:_CHUNK])
            except BlockingIOError:
                _wait(select.POLLOUT, descriptor, deadline)
            except BrokenPipeError as error:
                raise PipeClosedError from error
            else:
                view = view[written:]


def wait_readable(descriptor: int, deadline: float) -> bool:
    """Wait until bytes or the end of the stream arrive.

    Args:
        descriptor: The reading end.
        deadline: ``time.monotonic()`` value.

    Returns:
        False when the deadline passed first.
    """
    try:
        _wait(select.POLLIN, descriptor, deadline)
    except DeadlineError:
        return False
    return True


def _wait(event: int, descriptor: int, deadline: float) -> None:
    # poll, not select: a Spark worker may have more than 1,024 descriptors open.
    poller = select.poll()
    poller.register(descriptor, event)
    remaining = deadline - time.monotonic()
    if remaining <= 0 or not poller.poll(remaining * 1000):
        raise DeadlineError


def read_frame(descriptor: int, deadline: float | None = None) -> Frame:
    """Read one frame.

    Args:
        descriptor: The reading end; non-blocking when a deadline is given.
        deadline: ``time.monotonic()`` value, or None to wait for ever (the child's side).

    Returns:
        The frame.

    Raises:
        PipeClosedError: The stream ended before or within a frame.
        DeadlineError: It stalled.
    """
    total, header_length = _LENGTHS.unpack(_read_exactly(descriptor, _LENGTHS.size, deadline))
    header = json.loads(_read_exactly(descriptor, header_length, deadline))
    return Frame(header, _read_exactly(descriptor, total - 4 - header_length, deadline))


def _read_exactly(descriptor: int, length: int, deadline: float | None) -> bytes:
    parts: list[bytes] = []
    missing = length
    while missing:
        try:
            part = os.read(descriptor, min(missing, _CHUNK))
        except BlockingIOError:
            _wait(select.POLLIN, descriptor, deadline if deadline is not None else float("inf"))
            continue
        if not part:
            raise PipeClosedError
        parts.append(part)
        missing -= len(part)
    return parts[0] if len(parts) == 1 else b"".join(parts)
