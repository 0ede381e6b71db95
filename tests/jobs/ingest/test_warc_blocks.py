"""Blocks of a WARC: as many as others count, and none hidden behind one that is wrong."""

from __future__ import annotations

import gzip
import io
from collections.abc import Callable
from pathlib import Path

import pytest
from fastwarc.warc import ArchiveIterator

from jobs.ingest.unpacking import Stretch, compression_of, stretches
from jobs.ingest.warc_blocks import WarcBlock, read_blocks
from tests.jobs.ingest.mutated_files import mutated_warc

LIMIT = 100_000
PAGE = b"<p>The ferry leaves at six in the morning.</p>"


def record(
    number: int, block: bytes = PAGE, *, length: object = None, kind: str = "resource"
) -> bytes:
    declared = len(block) if length is None else length
    head = (
        f"WARC/1.1\r\nWARC-Type: {kind}\r\nWARC-Target-URI: https://a.example/{number}\r\n"
        f"Content-Length: {declared}\r\n\r\n"
    )
    return head.encode() + block + b"\r\n\r\n"


def blocks(content: bytes, limit: int = LIMIT) -> list[WarcBlock]:
    stream = io.BytesIO(content)
    parts = stretches(stream, compression_of(content[:4]))
    return [block for part in parts for block in read_blocks(part, limit)]


def numbers(found: list[WarcBlock]) -> list[str]:
    return [block.headers.get("warc-target-uri", "?")[-1:] for block in found]


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
@pytest.mark.parametrize(
    "length", [0, 3, len(PAGE) - 1, len(PAGE) + 1, 200, 10**6, 10**30, "-5", "abc", ""]
)
def test_a_length_that_lies_hides_no_record(pack: Callable[[bytes], bytes], length: object) -> None:
    content = [record(0), record(1, length=length), record(2), record(3)]
    found = blocks(b"".join(map(pack, content)))
    assert numbers(found) == ["0", "1", "2", "3"]
    assert [block.content for block in found] == [PAGE] * 4
    assert [bool(block.note) for block in found] == [False, True, False, False]
    assert "Content-Length is" in found[1].note


def test_a_page_about_warc_stays_one_record() -> None:
    page = b"<pre>\n\nWARC/1.0\r\nWARC-Type: response\r\nContent-Length: 5\r\n\r\nhello</pre>"
    found = blocks(record(0) + record(1, page) + record(2))
    assert [block.content for block in found] == [PAGE, page, PAGE]


def test_bytes_between_records_are_a_fault_of_their_own() -> None:
    found = blocks(record(0) + b"some bytes of something else\r\n" + record(1))
    assert numbers(found) == ["0", "?", "1"]
    assert found[1].fault.startswith("30 bytes from byte")


@pytest.mark.parametrize("between", [b"", b"\r\n", b"\n\n\n", b"\r\n" * 90, b"\x00" * 512])
def test_empty_lines_and_padding_are_none(between: bytes) -> None:
    assert numbers(blocks(record(0) + between + record(1) + between)) == ["0", "1"]


def test_a_record_without_the_end_of_its_headers_is_a_fault() -> None:
    found = blocks(record(0) + b"WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: x9")
    assert numbers(found) == ["0", "9"]
    assert "have no end" in found[1].fault


def test_starts_without_end_are_read_in_one_pass() -> None:
    start = b"WARC/1.0\r\nWARC-Type: response\r\n"
    found = blocks(start * 40_000)
    assert len(found) == 40_000
    assert all("have no end" in block.fault for block in found)


def test_lengths_above_the_limit_that_all_lie_are_read_in_one_pass() -> None:
    found = blocks(b"".join(record(n % 10, length=10**12) for n in range(20_000)), 1 << 26)
    assert {block.content for block in found[:-1]} == {PAGE}
    assert "bytes are missing" in found[-1].fault


def test_a_type_that_nobody_knows_is_a_fault_and_not_left_out() -> None:
    found = blocks(
        record(0, kind="respönse") + record(1, kind="continuation") + record(2, kind="request")
    )
    assert [bool(block.fault) for block in found] == [True, True, False]
    assert "'respönse'" in found[0].fault


def test_a_block_above_the_limit_is_held_in_part() -> None:
    large = b"x" * (LIMIT + 5000)
    found = blocks(record(0, large) + record(1))
    assert [(len(block.content), block.size) for block in found] == [
        (LIMIT, LIMIT + 5000),
        (len(PAGE), len(PAGE)),
    ]


def test_a_block_above_the_limit_that_the_file_cuts_is_a_fault() -> None:
    (found,) = blocks(record(0, b"x" * (LIMIT + 5000))[:-4000])
    assert "3,996 of 105,000 bytes are missing" in found.fault


def test_a_damaged_member_is_one_fault_that_names_its_record_where_it_can() -> None:
    noise = bytes(range(256)) * 900
    members = [gzip.compress(record(number, noise)) for number in range(4)]
    members[1] = members[1][:-8] + b"\xff" * 8  # checksum and length
    members[2] = members[2][:30] + b"\xff" * 30 + members[2][60:]
    found = blocks(b"".join(members), 1 << 20)
    assert numbers(found) == ["0", "1", "?", "3"]
    assert [bool(block.fault) for block in found] == [False, True, True, False]


def test_records_that_run_over_members_are_read() -> None:
    content = b"".join(map(record, range(9)))
    pieces = [content[place : place + 100] for place in range(0, len(content), 100)]
    assert numbers(blocks(b"".join(map(gzip.compress, pieces)))) == list("012345678")


def _counted_by_fastwarc(content: bytes) -> int:
    archive = ArchiveIterator(io.BytesIO(content), parse_http=False, auto_decode="none")
    return sum(1 for _ in archive)


def _counted_by_warcio(content: bytes) -> int:
    archiveiterator = pytest.importorskip("warcio.archiveiterator")
    records = archiveiterator.ArchiveIterator(io.BytesIO(content), no_record_parse=True)
    return sum(1 for _ in records)


@pytest.mark.parametrize("count", [_counted_by_fastwarc, _counted_by_warcio])
def test_there_are_at_least_as_many_records_as_others_read(count: Callable[[bytes], int]) -> None:
    read = 0
    for seed in range(300):
        content = mutated_warc(seed).content
        if compression_of(content[:4]) == "zstd":
            continue
        try:
            others = count(content)
        except Exception:  # a reader that gives up at the fault has nothing to compare with
            continue
        read += 1
        assert len(blocks(content)) >= others, seed
    assert read > 100


@pytest.mark.real_data
@pytest.mark.parametrize("count", [_counted_by_fastwarc, _counted_by_warcio])
def test_the_shared_archives_have_as_many_records_as_others_read(
    count: Callable[[bytes], int], shared_data: Path
) -> None:
    paths = sorted(path for path in shared_data.parent.rglob("*.warc*") if path.is_file())
    paths += sorted(shared_data.parent.rglob("*.wet*"))
    assert paths
    for path in paths:
        content = path.read_bytes()
        try:
            others = count(content)
        except OSError:
            continue
        assert len(blocks(content, 1 << 26)) == others, path.name


def test_a_stretch_is_read_to_its_end() -> None:
    stretch = Stretch(io.BytesIO(record(0) + b"WARC/1.0\r\n" + b"x" * 200_000), 0, None)
    assert len(list(read_blocks(stretch, LIMIT))) == 2
    assert stretch.part() == b""
