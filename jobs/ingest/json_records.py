"""Records of JSON files: an object a line in any charset, or an array of objects."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from typing import Any

from jobs.ingest.settings import IngestSettings
from jobs.ingest.source_record import SourceRecord, field_record, too_big
from jobs.ingest.unpacking import Stretch
from udfs.extraction.charsets.decoding import decode
from udfs.extraction.charsets.wide_unicode import unmarked_wide_codec

UTF8_MARK = b"\xef\xbb\xbf"
_MOST_EMPTY_RECORDS = 10_000
"""Records without a field in a row; more are a file of something else, or made to fill a quarantine."""
_MOST_LOST_LINES = 1 << 20
"""Lines without an object in a row; an id has no room for as many as a small packed file can hold."""
# How the first bracket, and a byte order mark before it, looks in the wide encodings.
_WIDE_STARTS = {
    b"\xff\xfe\x00\x00": "utf-32",
    b"\x00\x00\xfe\xff": "utf-32",
    b"\xff\xfe": "utf-16",
    b"\xfe\xff": "utf-16",
    b"{\x00\x00\x00": "utf-32-le",
    b"\x00\x00\x00{": "utf-32-be",
    b"{\x00": "utf-16-le",
    b"\x00{": "utf-16-be",
}


def wide_encoding(head: bytes) -> str | None:
    """Return the encoding of two or four bytes a character that a file begins in, if any."""
    begun = (name for start, name in _WIDE_STARTS.items() if head.startswith(start))
    return next(begun, None) or unmarked_wide_codec(head)


def as_utf8(stream: io.BufferedReader, encoding: str | None) -> io.BufferedReader:
    """Return the stream of a JSON file in UTF-8, or in a charset of one byte a bracket.

    Args:
        stream: The file at its start.
        encoding: As ``wide_encoding`` tells it.
    """
    if encoding is None:
        if stream.peek(len(UTF8_MARK)).startswith(UTF8_MARK):
            stream.read(len(UTF8_MARK))
        return stream
    text = io.TextIOWrapper(stream, encoding, errors="replace", newline="\n")
    return io.BufferedReader(_Recoded(text))


class _Recoded(io.RawIOBase):
    """Bytes of a text in UTF-8, read on as they are asked for."""

    def __init__(self, text: io.TextIOWrapper) -> None:
        self._text = text
        self._rest = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if not self._rest:
            self._rest = self._text.read(1 << 16).encode("utf-8", "replace")
        count = min(len(buffer), len(self._rest))
        buffer[:count], self._rest = self._rest[:count], self._rest[count:]
        return count


def json_object(line: bytes) -> dict[str, Any] | None:
    """Return the object that a line holds, in UTF-8 or a legacy charset; None where it holds none."""
    try:
        value = json.loads(line)
    except UnicodeDecodeError:
        return json_object(decode(line).text.encode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def looks_like_json_lines(head: bytes) -> bool:
    """Tell a file of JSON lines by its first lines.

    Args:
        head: Its first bytes, in UTF-8 or a charset that keeps ASCII.
    """
    lines = [line for line in head.split(b"\n")[:20] if line.strip()]
    if any(line.lstrip().startswith(b"{") and json_object(line) is not None for line in lines):
        return True
    # A record may be torn, or longer than the head: then all that shows of it is how an object begins.
    return bool(lines) and all(map(begins_like_object, lines))


def begins_like_object(text: bytes) -> bool:
    """Tell whether a text begins with a bracket, a name in quotes and a colon."""
    text = text.lstrip()
    if not text.startswith(b"{"):
        return False
    name = text[1:].lstrip()
    if not name.startswith(b'"'):
        return False
    try:
        _, end = json.JSONDecoder().raw_decode(name[:1000].decode("utf-8", "replace"))
    except ValueError:
        return False
    return name[:1000].decode("utf-8", "replace")[end:].lstrip().startswith(":")


def looks_like_json_array(head: bytes) -> bool:
    """Tell a JSON array of objects by its beginning."""
    text = head.lstrip()
    return text.startswith(b"[") and begins_like_object(text[1:])


def json_array_records(
    stretch: Stretch, encoding: str | None, settings: IngestSettings
) -> Iterator[SourceRecord]:
    """Yield the records of an array of objects; it has to fit the limit of a document as a whole."""
    stream = as_utf8(io.BufferedReader(stretch), encoding)
    content = stream.read(settings.max_document_bytes + 1)
    if len(content) > settings.max_document_bytes:
        yield too_big("a JSON array of more bytes than are read at once: give JSON lines", settings)
        return
    try:
        values = json.loads(content)
    except UnicodeDecodeError:
        values = json.loads(decode(content).text)
    for number, fields in enumerate(values, start=1):
        if isinstance(fields, dict):
            yield field_record(fields, f"element {number}", settings)
        else:
            detail = f"element {number} is no JSON object"
            yield SourceRecord(status="malformed", detail=detail)


def json_line_records(
    stretch: Stretch, encoding: str | None, settings: IngestSettings
) -> Iterator[SourceRecord]:
    """Yield one record a line that is not blank; a line that is no object is malformed.

    Args:
        stretch: The file up to its end or a damage, which is a record, too.
        encoding: As ``wide_encoding`` tells it.
        settings: Limits and field names.

    Raises:
        ValueError: Objects without any field follow each other by the thousand, or lines that are no
            objects by the million.
    """
    stream = as_utf8(io.BufferedReader(stretch), encoding)
    limit = settings.max_document_bytes * 2  # escapes make JSON longer than the text it holds
    number = empty = lost = 0
    where = f" behind byte {stretch.start:,}" if stretch.start else ""
    is_damage_told = False
    while line := stream.readline(limit + 1):
        number += 1
        if len(line) > limit:
            yield too_big(f"line {number}{where} has more than {limit:,} bytes", settings)
            while line and not line.endswith(b"\n"):
                line = stream.readline(limit)
            continue
        if not line.strip():
            continue
        fields = json_object(line)
        empty = empty + 1 if fields == {} else 0
        if empty > _MOST_EMPTY_RECORDS:
            raise ValueError(f"{empty:,} empty objects in a row up to line {number:,}")
        lost = lost + 1 if fields is None else 0
        if lost > _MOST_LOST_LINES:
            raise ValueError(f"{lost:,} lines in a row are no objects, up to line {number:,}")
        if fields is not None:
            yield field_record(fields, f"line {number}{where}", settings)
        elif not line.endswith(b"\n") and stretch.damage:
            is_damage_told = True
            yield SourceRecord(status="malformed", detail=f"line {number}{where}: {stretch.damage}")
        elif number > 1 or not where:
            yield SourceRecord(status="malformed", detail=f"line {number}{where} is no JSON object")
        # The first line behind a damage is the rest of the one that it tore, which is told already.
    if stretch.damage and not is_damage_told:
        yield SourceRecord(status="malformed", detail=stretch.damage)
