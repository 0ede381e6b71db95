"""The blocks of a WARC file (ISO 28500:2017), read so that a wrong one hides none behind it.

A length is believed when a record, or the end, follows where it says. Where none does, the block ends
before the next record that does begin; what belongs to no record is a fault of its own.
"""

from __future__ import annotations

import bisect
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from jobs.ingest.http_payload import MAXIMUM_HEAD, header_fields
from jobs.ingest.unpacking import Stretch

_VERSION = re.compile(rb"WARC/\d{1,2}\.\d{1,3}[ \t]*\r?\n")
# A line of the version and a named field behind it: less may stand in a page about WARC.
_NEXT_RECORD = re.compile(
    rb"(?<![^\n])WARC/\d{1,2}\.\d{1,3}[ \t]*\r?\n(?:WARC-|Content-)[A-Za-z\-]{1,40}:"
)
_CUT = "the file ends inside this record"
_LONGEST_START = 80
_END_OF_HEAD = re.compile(rb"\r?\n\r?\n")
_END_OF_BLOCK = re.compile(rb"\r\n\r\n|\n\n|WARC/\d|[\r\n\x00]*\Z")
_END_OF_RECORD = re.compile(rb"\r?\n(?:\r?\n)?\Z")
_LENGTH = re.compile(r"\d{1,18}")
_BETWEEN_RECORDS = b"\r\n\x00"
_KEPT_BEHIND = 1 << 20
_OTHER_TYPES = frozenset(["warcinfo", "request", "metadata", "revisit"])
DOCUMENT_TYPES = frozenset(["response", "resource", "conversion"])


@dataclass(frozen=True)
class WarcBlock:
    """A record of a WARC file.

    Attributes:
        headers: Its own fields, by name in lower case.
        content: Its block; of one above the limit the beginning.
        size: Bytes that the block has, whether held or not.
        fault: What makes it unusable; empty for a good one.
        note: What was odd about it and could be mended.
    """

    headers: dict[str, str] = field(default_factory=dict)
    content: bytes = b""
    size: int = 0
    fault: str = ""
    note: str = ""

    @property
    def type(self) -> str:
        """``response``, ``request``, ... in lower case; empty for bytes that are no record."""
        return self.headers.get("warc-type", "").lower()


def read_blocks(stretch: Stretch, limit: int) -> Iterator[WarcBlock]:
    """Yield the records of a stretch, and a block with a fault for each damage in it.

    Args:
        stretch: Unpacked bytes: the first record, or what is left of one, in front.
        limit: Bytes of a block that are held.
    """
    window = _Window(stretch)
    while window.skip(_BETWEEN_RECORDS):
        place = window.place
        if window.matches(_VERSION):
            block = _read_block(window, limit)
            yield block
            if stretch.damage and block.fault.endswith(stretch.damage):
                return
        else:
            skipped = window.skip_to_record()
            # Behind a damage these are the rest of what it cost, which is counted already.
            if place or not stretch.start:
                yield WarcBlock(fault=f"{skipped:,} bytes from byte {place:,} on are no record")
    if stretch.damage:
        yield WarcBlock(fault=stretch.damage)


def _read_block(window: _Window, limit: int) -> WarcBlock:
    place = window.place
    end = window.find(_END_OF_HEAD, MAXIMUM_HEAD)
    head = window.peek(MAXIMUM_HEAD if end is None else end.start() - window.at)
    headers = header_fields(head.splitlines()[1:], "utf-8")
    if end is None:
        window.skip_to_record(_LONGEST_START)
        fault = f"the headers of the record at byte {place:,} have no end"
        is_cut = window.is_ended and window.stretch.damage
        return WarcBlock(headers, fault=f"{fault}; {window.stretch.damage}" if is_cut else fault)
    window.at = end.end()
    declared = headers.get("content-length", "").strip()
    length = int(declared) if _LENGTH.fullmatch(declared) else None
    block = _believed(window, headers, length, limit) if length is not None else None
    if block is None:
        block = _mended(window, headers, declared, limit)
    if not block.fault and block.type not in DOCUMENT_TYPES | _OTHER_TYPES:
        kind = headers.get("warc-type", "")
        return WarcBlock(headers, fault=f"WARC-Type is {kind!r}, which is not read")
    return block


def _believed(
    window: _Window, headers: dict[str, str], length: int, limit: int
) -> WarcBlock | None:
    """Read a block of the declared length; None where no record, and no end, follows it."""
    if length > limit:
        content = window.peek(limit)
        if _NEXT_RECORD.search(content) or len(content) < limit:
            return None
        return _oversize(window, headers, length, content)
    if window.begins_record_within(length) or not window.ensure(length):
        return None
    behind = window.peek(length + _LONGEST_START)[length:]
    # An empty line behind it is its end, whatever follows.
    if not _END_OF_BLOCK.match(behind):
        return None
    content = window.peek(length)
    window.at += length
    return WarcBlock(headers, content, length)


def _oversize(window: _Window, headers: dict[str, str], length: int, content: bytes) -> WarcBlock:
    skipped = window.drop(length)
    if skipped < length:
        return WarcBlock(headers, fault=_missing(window, skipped, length))
    return WarcBlock(headers, content, length)


def _mended(window: _Window, headers: dict[str, str], declared: str, limit: int) -> WarcBlock:
    """Read a block up to where the next record begins."""
    following = window.find(_NEXT_RECORD, limit)
    content = window.peek(limit if following is None else following.start() - window.at)
    wanted = int(declared) if _LENGTH.fullmatch(declared) else 0
    is_packed = bool(window.stretch.member_starts)
    if following is None and wanted > len(content) and (window.stretch.damage or not is_packed):
        window.drop(limit)
        return WarcBlock(headers, fault=_missing(window, len(content), wanted))
    if following is None and 0 < wanted <= len(content):
        content = content[:wanted]  # what follows it is no record and counted so
        window.at += wanted
        return WarcBlock(headers, content, wanted)
    window.drop(len(content))
    content = (
        content.removesuffix(b"\n").removesuffix(b"\r").removesuffix(b"\n").removesuffix(b"\r")
    )
    note = ""
    if declared != str(len(content)):
        note = (
            f"Content-Length is {declared[:20] or 'missing'}, the block has {len(content):,} bytes"
        )
    return WarcBlock(headers, content, len(content), note=note)


def _missing(window: _Window, found: int, length: int) -> str:
    fault = f"{_CUT}: {length - found:,} of {length:,} bytes are missing"
    return f"{fault}; {window.stretch.damage}" if window.stretch.damage else fault


class _Window:
    """The part of a stretch that is looked at: what is behind it is given up as it moves on."""

    def __init__(self, stretch: Stretch) -> None:
        self.stretch = stretch
        self.at = 0
        self.is_ended = False
        self._held = bytearray()
        self._given_up = 0

    @property
    def place(self) -> int:
        """Where in the stretch it stands, in unpacked bytes."""
        return self._given_up + self.at

    def ensure(self, count: int) -> bool:
        """Read on until there are so many bytes, if there are."""
        if self.at > _KEPT_BEHIND:
            del self._held[: self.at]
            self._given_up += self.at
            self.at = 0
        while len(self._held) - self.at < count and not self.is_ended:
            part = self.stretch.part()
            self.is_ended = not part
            self._held += part
        return len(self._held) - self.at >= count

    def peek(self, count: int) -> bytes:
        """Return the next bytes, fewer at the end."""
        self.ensure(count)
        return bytes(memoryview(self._held)[self.at : self.at + count])

    def matches(self, pattern: re.Pattern[bytes]) -> bool:
        self.ensure(_LONGEST_START)
        return pattern.match(self._held, self.at) is not None

    def find(self, pattern: re.Pattern[bytes], within: int) -> re.Match[bytes] | None:
        """Search the next bytes; the places of the match are those of ``at``."""
        looked_at, step = 0, _KEPT_BEHIND // 4
        while looked_at < within:
            reach = min(within, looked_at + step)
            self.ensure(reach)
            start = max(self.at, self.at + looked_at - _LONGEST_START)
            found = pattern.search(self._held, start, self.at + reach)
            if found is not None:
                return found
            if self.is_ended and len(self._held) - self.at <= reach:
                return None
            looked_at, step = reach, 2 * step
        return None

    def skip(self, values: bytes) -> bool:
        """Pass over bytes of these values; False where the end comes behind them."""
        while self.ensure(1):
            rest = self._held[self.at : self.at + _LONGEST_START]
            self.at += len(rest) - len(rest.lstrip(values))
            if rest.lstrip(values):
                return True
        return False

    def drop(self, count: int) -> int:
        """Pass over so many bytes; returns how many there were."""
        dropped = 0
        while dropped < count and self.ensure(1):
            step = min(count - dropped, len(self._held) - self.at)
            self.at += step
            dropped += step
        return dropped

    def skip_to_record(self, first: int = 1) -> int:
        """Pass over what is no record, at the least some bytes; returns how many there were."""
        passed = self.drop(first)
        while self.ensure(1):
            found = self.find(_NEXT_RECORD, _KEPT_BEHIND)
            if found is not None:
                return passed + self.drop(found.start() - self.at)
            rest = len(self._held) - self.at
            passed += self.drop(rest if self.is_ended else max(1, rest - _LONGEST_START))
        return passed

    def begins_record_within(self, count: int) -> bool:
        """Tell whether a member of its own, and a record with it, begins before so many bytes end."""
        self.ensure(count)
        first = bisect.bisect_right(self.stretch.member_starts, self.place)
        for start in self.stretch.member_starts[first:]:
            place = start - self._given_up
            if place >= self.at + count:
                break
            if _VERSION.match(self._held, place):
                return True
        return False
