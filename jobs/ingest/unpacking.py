"""Packed files below their packing: a damaged gzip member or zstd frame costs itself, not what follows.

A file is a row of stretches, each of bytes that belong together. A stretch ends where the file does or
where it is damaged; the next begins with the first member behind the damage that can be unpacked.
"""

from __future__ import annotations

import io
import re
import zlib
from collections import deque
from collections.abc import Iterator
from typing import Any, BinaryIO

import pyarrow as pa

GZIP_MAGIC = b"\x1f\x8b"
ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
MOST_DAMAGES = 1000
"""Damaged places of a file that are stepped over; what follows more of them is not read."""
LARGE_WINDOW = "Frame requires too much memory"
"""How Arrow says that a zstd stream is in order but needs more memory than it allows."""
CUT_OFF = "the file ends inside it"
"""How the damage of a file ends that is cut off in a gzip member."""
_MOST_STARTS = 1 << 16
_CUT = "Truncated compressed stream"
_PIECE = 1 << 16
_TRIED = 1 << 14
_MEMBER_STARTS = {
    # Magic, deflate, no reserved flag; after the time the level and the system (RFC 1952, section 2.3.1).
    "gzip": re.compile(rb"\x1f\x8b\x08[\x00-\x1f].{4}[\x00\x02\x04][\x00-\x0d\xff]", re.DOTALL),
    "zstd": re.compile(re.escape(ZSTD_MAGIC)),
}
_LONGEST_START = 10


def compression_of(head: bytes) -> str | None:
    """Return ``gzip``, ``zstd`` or None, by the first bytes of a file."""
    if head.startswith(GZIP_MAGIC):
        return "gzip"
    return "zstd" if head.startswith(ZSTD_MAGIC) else None


class Stretch(io.RawIOBase):
    """Unpacked bytes up to a damage or the file's end.

    Attributes:
        start: Where in the file it begins, in bytes.
        damage: What ended it, known when all is read; empty where the file ends in order.
        damaged_at: Where in the file the member begins that is damaged.
        is_packed: Whether the file has checks of its own, so that an end in order is an end.
        member_starts: Where gzip members begin, in the stretch and in the file, the latest that were read.
    """

    def __init__(self, stream: BinaryIO, start: int, compression: str | None) -> None:
        stream.seek(start)
        self.start = self.damaged_at = start
        self.damage = ""
        self.is_packed = compression is not None
        self.member_starts: deque[tuple[int, int]] = deque(maxlen=_MOST_STARTS)
        self._stream = stream
        self._parts = {None: self._plain, "gzip": self._gzip, "zstd": self._zstd}[compression]()
        self._rest = b""

    def readable(self) -> bool:
        """Say that it can be read."""
        return True

    def part(self) -> bytes:
        """Return the next bytes, however many come at once; none at the end."""
        rest, self._rest = self._rest, b""
        return rest or next(self._parts, b"")

    def readinto(self, buffer: Any) -> int:
        """Fill a buffer as far as one part goes."""
        part = self.part()
        count = min(len(buffer), len(part))
        buffer[:count], self._rest = part[:count], part[count:]
        return count

    def _plain(self) -> Iterator[bytes]:
        while part := self._stream.read(_PIECE):
            yield part

    def _gzip(self) -> Iterator[bytes]:
        place, given, raw = self.start, 0, b""
        while raw := raw or self._stream.read(_PIECE):
            content = raw.lstrip(b"\x00")  # padding behind a member
            place += len(raw) - len(content)
            raw = content
            if not raw:
                continue
            self.damaged_at = place
            self.member_starts.append((given, place))
            member = zlib.decompressobj(wbits=31)
            try:
                while not member.eof:
                    raw = raw or self._stream.read(_PIECE)
                    part = member.decompress(raw, _PIECE) if raw else member.flush()
                    if not raw and not part and not member.eof:
                        raise EOFError(CUT_OFF)
                    rest = member.unused_data if member.eof else member.unconsumed_tail
                    place += len(raw) - len(rest)
                    given += len(part)
                    raw = rest
                    if part:
                        yield part
            except (zlib.error, EOFError) as error:
                self.damage = f"gzip member at byte {self.damaged_at:,}: {error}"
                return

    def _zstd(self) -> Iterator[bytes]:
        frames, given = _FramePieces(self._stream, self.start), 0
        unpacked = frames.unpacked()
        try:
            while part := unpacked.read(_PIECE):
                given += len(part)
                yield part
        except (OSError, pa.ArrowException) as error:
            is_first = not self.start and not given
            if (
                LARGE_WINDOW in str(error)
                and is_first
                and _next_member(self._stream, 1, "zstd") is None
            ):
                raise
            self.damage = f"zstd near byte {frames.place:,}: {error}"
            # The frame that begins this piece may be whole: the one before it may have no end.
            self.damaged_at = max(self.start, frames.place - 1)
        if self.damage:
            yield from self._last_bytes(given)

    def _last_bytes(self, given: int) -> Iterator[bytes]:
        """Yield what Arrow unpacked in the reading that failed, of which it gives nothing."""
        self._stream.seek(self.start)
        unpacked = _FramePieces(self._stream, self.start).unpacked()
        try:
            while given:
                given -= len(unpacked.read(min(given, _PIECE)))
            while byte := unpacked.read(1):
                yield byte
        except (OSError, pa.ArrowException):
            return


class _FramePieces:
    """A zstd file read in pieces of which each holds at most one frame's beginning, in front."""

    def __init__(self, stream: BinaryIO, start: int) -> None:
        self.place = start
        self.closed = False
        self._stream = stream
        self._held = b""
        self._given = 0

    def read(self, count: int = -1) -> bytes:
        self.place += self._given
        wanted = _TRIED if count < 0 else min(count, _TRIED)
        while len(self._held) < wanted + _LONGEST_START and (more := self._stream.read(_PIECE)):
            self._held += more
        frame = self._held.find(ZSTD_MAGIC, 1, wanted + _LONGEST_START - 1)
        piece = self._held[: wanted if frame < 0 else frame]
        self._held = self._held[len(piece) :]
        self._given = len(piece)
        return piece

    def close(self) -> None:
        """Leave the file open: Arrow closes what it is given, but the file's owner goes on with it."""

    def unpacked(self) -> pa.NativeFile:
        return pa.CompressedInputStream(pa.PythonFile(self, "r"), "zstd")


def stretches(stream: BinaryIO, compression: str | None) -> Iterator[Stretch]:
    """Yield the stretches of a file; each is to be read to its end before the next is asked for.

    Args:
        stream: The file, seekable.
        compression: As ``compression_of`` tells.

    Raises:
        OSError: A zstd stream needs more memory than is allowed.
        ValueError: More than ``MOST_DAMAGES`` places are damaged.
    """
    start = 0
    for _ in range(MOST_DAMAGES):
        stretch = Stretch(stream, start, compression)
        yield stretch
        if not stretch.damage or compression is None:
            return
        following = _next_member(stream, stretch.damaged_at + 1, compression)
        if following is None:
            return
        start = following
    raise ValueError(f"{MOST_DAMAGES:,} places are damaged; nothing is read from byte {start:,} on")


def _next_member(stream: BinaryIO, place: int, compression: str) -> int | None:
    """Return where the next member begins; None where there is none."""
    pattern = _MEMBER_STARTS[compression]
    stream.seek(place)
    held, at = stream.read(_PIECE), 0
    while True:
        found = pattern.search(held, at)
        at = found.start() if found else max(at, len(held) - _LONGEST_START + 1)
        if len(held) - at < _TRIED and (more := stream.read(_PIECE)):
            held, place, at = held[at:] + more, place + at, 0
        elif found is None:
            return None
        elif compression == "gzip" or _is_frame(held[at : at + _TRIED]):
            return place + at
        else:
            at += 1


def _is_frame(piece: bytes) -> bool:
    """Tell whether bytes with the magic of a zstd frame in front can be unpacked as far as they go."""
    try:
        with pa.CompressedInputStream(pa.BufferReader(piece), "zstd") as unpacked:
            while unpacked.read(_PIECE):
                pass
    except (OSError, pa.ArrowException) as error:
        return _CUT in str(error)
    return True
