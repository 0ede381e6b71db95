"""The blocks of a WARC file (ISO 28500:2017), read so that a wrong one hides none behind it.

A length is believed when a record, or the end, follows where it says. Where none does, the block ends
before the next record that does begin; what belongs to no record is a fault of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from jobs.ingest.http_payload import MAXIMUM_HEAD, header_fields
from jobs.ingest.unpacking import CUT_OFF, Stretch

_VERSION = re.compile(rb"WARC/\d{1,2}\.\d{1,3}[ \t]*\r?\n")
# A line of the version and a named field behind it: less may stand in a page about WARC.
_RECORD_START = rb"(?<![^\n])WARC/\d{1,2}\.\d{1,3}[ \t]*\r?\n(?:WARC-|Content-)[A-Za-z\-]{1,40}:"
_NEXT_RECORD = re.compile(_RECORD_START)
_END_OF_HEAD = re.compile(rb"(?P<end>\r?\n\r?\n)|" + _RECORD_START)
_LONGEST_START = 80
_END_OF_BLOCK = re.compile(rb"\r\n\r\n|\n\n|WARC/\d|[\r\n\x00]*\Z")
_LINES_BEHIND = (b"\r\n\r\n", b"\n\n", b"\r\n", b"\n")
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
        place: Where in the file it begins, for people; None behind a damage of what has no members.
    """

    headers: dict[str, str] = field(default_factory=dict)
    content: bytes = b""
    size: int = 0
    fault: str = ""
    note: str = ""
    place: str | None = None

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
            where = window.place_in_file()
            block = replace(_read_block(window, limit), place=where)
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
    end = window.find(_END_OF_HEAD, MAXIMUM_HEAD, after=1)
    head = window.peek(MAXIMUM_HEAD if end is None else end.at)
    headers = header_fields(head.splitlines()[1:], "utf-8")
    if end is None or not end.match.group("end"):
        window.skip_to_record()
        fault = f"the headers of the record at byte {place:,} have no end"
        is_cut = window.is_ended and window.stretch.damage
        return WarcBlock(headers, fault=f"{fault}; {window.stretch.damage}" if is_cut else fault)
    window.drop(end.at + len(end.match.group()))
    declared = headers.get("content-length", "")
    length = int(declared) if _LENGTH.fullmatch(declared) else None
    block = _believed(window, headers, length, limit) if length is not None else None
    if block is None:
        block = _mended(window, headers, declared, length or 0, limit)
    if not block.fault and block.type not in DOCUMENT_TYPES | _OTHER_TYPES:
        kind = headers.get("warc-type", "")
        return WarcBlock(headers, fault=f"WARC-Type is {kind!r}, which is not read")
    return block


def _believed(
    window: _Window, headers: dict[str, str], length: int, limit: int
) -> WarcBlock | None:
    """Read a block of the declared length; None where no record, and no end, follows it."""
    if length > limit:
        if window.find(_NEXT_RECORD, limit) is not None or not window.ensure(limit):
            return None
        content = window.peek(limit)
        passed = window.drop(length)
        if passed < length:
            return WarcBlock(headers, fault=_missing(window, passed, length))
        return WarcBlock(headers, content, length)
    if window.begins_record_within(length) or not window.ensure(length):
        return None
    # An empty line behind it is its end, whatever follows.
    if not _END_OF_BLOCK.match(window.peek(_LONGEST_START, behind=length)):
        return None
    content = window.peek(length)
    window.drop(length)
    return WarcBlock(headers, content, length)


def _mended(
    window: _Window, headers: dict[str, str], declared: str, length: int, limit: int
) -> WarcBlock:
    """Read a block up to where the next record begins, or the file ends."""
    following = window.find(_NEXT_RECORD, limit)
    content = window.peek(limit if following is None else following.at)
    is_short = following is None and length > len(content)
    if is_short and (window.stretch.damage or not window.stretch.is_packed):
        window.drop(len(content))
        return WarcBlock(headers, fault=_missing(window, len(content), length))
    if following is None and 0 < length <= len(content):
        window.drop(length)  # what follows it is no record, and counted so
        return WarcBlock(headers, content[:length], length)
    window.drop(len(content))
    lines = next(filter(content.endswith, _LINES_BEHIND), b"")
    content = content.removesuffix(lines)
    if declared == str(len(content)):
        return WarcBlock(headers, content, len(content))
    note = f"Content-Length is {declared[:20] or 'missing'}, the block has {len(content):,} bytes"
    return WarcBlock(headers, content, len(content), note=note)


def _missing(window: _Window, found: int, length: int) -> str:
    damage = window.stretch.damage
    is_cut = not damage or damage.endswith(CUT_OFF)
    where = (
        "the file ends inside this record" if is_cut else "the file is damaged inside this record"
    )
    fault = f"{where}: {length - found:,} of {length:,} bytes are missing"
    return f"{fault}; {damage}" if damage else fault


class _Found(NamedTuple):
    """A match and how far from where the window stands."""

    at: int
    match: re.Match[bytes]


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

    def place_in_file(self) -> str | None:
        """Say where in the file it stands: of a member of its own the byte that a crawl's index gives."""
        starts = self.stretch.member_starts
        while starts and starts[0][0] < self.place:
            starts.popleft()
        if starts and starts[0][0] == self.place:
            return f"byte {starts[0][1]}"
        if not self.stretch.is_packed:
            return f"byte {self.stretch.start + self.place}"
        return None if self.stretch.start else f"byte {self.place}, unpacked"

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

    def peek(self, count: int, behind: int = 0) -> bytes:
        """Return the next bytes, or those behind so many others; fewer at the end."""
        self.ensure(behind + count)
        return bytes(memoryview(self._held)[self.at + behind : self.at + behind + count])

    def matches(self, pattern: re.Pattern[bytes]) -> bool:
        self.ensure(_LONGEST_START)
        return pattern.match(self._held, self.at) is not None

    def find(self, pattern: re.Pattern[bytes], within: int, after: int = 0) -> _Found | None:
        """Search the next bytes, the first of them left out or not."""
        looked_at, step = after, _KEPT_BEHIND // 4
        while looked_at < within:
            reach = min(within, looked_at + step)
            self.ensure(reach)
            # What the last step may have cut is looked at again.
            start = self.at + max(after, looked_at - _LONGEST_START)
            match = pattern.search(self._held, start, self.at + reach)
            if match is not None:
                return _Found(match.start() - self.at, match)
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

    def skip_to_record(self) -> int:
        """Pass over what is no record, one byte at the least; returns how many there were."""
        passed = self.drop(1)
        while self.ensure(1):
            found = self.find(_NEXT_RECORD, _KEPT_BEHIND)
            if found is not None:
                return passed + self.drop(found.at)
            rest = len(self._held) - self.at
            passed += self.drop(rest if self.is_ended else max(1, rest - _LONGEST_START))
        return passed

    def begins_record_within(self, count: int) -> bool:
        """Tell whether a member of its own, and a record with it, begins before so many bytes end."""
        self.ensure(count)
        starts = self.stretch.member_starts
        while starts and starts[0][0] <= self.place:
            starts.popleft()
        for start, _ in starts:
            if start >= self.place + count:
                break
            if _VERSION.match(self._held, start - self._given_up):
                return True
        return False
