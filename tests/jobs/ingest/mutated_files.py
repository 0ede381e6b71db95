"""Files of every container with a known number of records, and faults put into them by chance.

Each maker returns the bytes, how many records there are, and the contents that no fault touched: a
reader must give these, and a row for each other record.
"""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

import pyarrow as pa
import pyarrow.parquet as pq

ENCODINGS = ["gzip", "x-gzip", "deflate", "br", "zstd", "chunked", "none", "utf-8", "gzip, br", ""]
MEDIA_TYPES = ["text/html", "TEXT/HTML;charset=gbk", "text/css", "image/png", "nonsense", "", ";;"]
PHRASE = "the ferry leaves at six and on market days the queue reaches back past the old chapel"


@dataclass(frozen=True)
class MutatedFile:
    """A file and what a reader owes.

    Attributes:
        content: The bytes.
        least: Rows below which a record was lost without a word.
        most: Rows above which one fault was counted several times.
        untouched: Contents that must come out with status ``ok``.
    """

    content: bytes
    least: int
    most: int
    untouched: frozenset[bytes]


def prose(random: Random, number: int) -> str:
    """A text that no other of its file equals."""
    words = random.choices(PHRASE.split(), k=random.randint(5, 120))
    return f"{number}é {' '.join(words)}"


def zstd(content: bytes) -> bytes:
    return bytes(pa.Codec("zstd").compress(content).to_pybytes())


def damaged(random: Random, content: bytes) -> bytes:
    """Bits flipped, bytes lost, or bytes of something else between, in one place."""
    if not content:
        return content
    place = random.randrange(len(content))
    length = random.choice([1, 1, 2, 9, 40])
    how = random.randrange(3)
    if how == 0:
        bit = bytes([content[place] ^ 1 << random.randrange(8)])
        return content[:place] + bit + content[place + 1 :]
    if how == 1:
        return content[:place] + content[place + length :]
    return content[:place] + random.randbytes(length) + content[place:]


PACKERS: list[Callable[[bytes], bytes]] = [bytes, gzip.compress, zstd]

# WARC


@dataclass(frozen=True)
class _WarcRecord:
    content: bytes
    page: bytes
    is_document: bool


def _warc_record(random: Random, number: int, *, mutate: bool) -> _WarcRecord:
    kind = random.choice(
        ["response"] * 4 + ["resource", "conversion", "request", "metadata", "warcinfo"]
    )
    page = f"<!doctype html><p>{prose(random, number)}</p>".encode()
    if kind == "conversion":
        page = prose(random, number).encode()
    http = [b"HTTP/1.1 200 OK", b"Content-Type: text/html"]
    if mutate:
        http = _mutated_http(random, http)
    block = page
    if kind in {"response", "request"}:
        block = random.choice([b"\r\n", b"\n"] if mutate else [b"\r\n"]).join([*http, b"", page])
    media = "application/http" if kind in {"response", "request"} else "text/html"
    fields = [
        f"WARC-Type: {kind}", f"WARC-Target-URI: https://a.example/{number}",
        f"WARC-Record-ID: <urn:uuid:{number:036d}>", "WARC-Date: 2026-01-02T03:04:05Z",
        f"Content-Type: {media}", f"Content-Length: {len(block)}",
    ]  # fmt: skip
    if mutate:
        fields = _mutated_fields(random, fields, len(block))
    head = "\r\n".join(["WARC/1.0", *fields, "", ""]).encode()
    documents = {"response", "resource", "conversion"}
    return _WarcRecord(head + block + b"\r\n\r\n", page, kind in documents)


def _mutated_http(random: Random, http: list[bytes]) -> list[bytes]:
    changes: list[Callable[[], list[bytes]]] = [
        lambda: [*http, f"Content-Encoding: {random.choice(ENCODINGS)}".encode()],
        lambda: [*http, f"Transfer-Encoding: {random.choice(ENCODINGS)}".encode()],
        lambda: [http[0], f"Content-Type: {random.choice(MEDIA_TYPES)}".encode()],
        lambda: [
            random.choice([b"HTTP/1.1 404", b"HTTP/9", b"HTTP/1.1 abc", b"ICY 200 OK"]),
            *http[1:],
        ],
        lambda: [*http, b"Content-Length: 7", b": x", b"\xff\xfe: \x00", b" folded"],
        lambda: [*http, b"Set-Cookie: " + b"x" * random.choice([10, 70_000])],
    ]
    return random.choice(changes)()


def _mutated_fields(random: Random, fields: list[str], length: int) -> list[str]:
    lies = [
        0,
        1,
        length - 1,
        length + 1,
        length + 60,
        9 * length,
        10**12,
        "-5",
        "abc",
        "",
        "0x10",
        10**30,
    ]
    changes: list[Callable[[], list[str]]] = [
        lambda: [*fields[:-1], f"Content-Length: {random.choice(lies)}"],
        lambda: fields[:-1],
        lambda: [*fields, f"WARC-Truncated: {random.choice(['length', ''])}"],
        lambda: ["WARC-Type: response" + random.choice("xé "), *fields[1:]],
        lambda: random.sample(fields, len(fields)),
        lambda: [fields[0], fields[0], *fields[1:], "é: ü", "no colon", ":"],
        lambda: fields,
    ]
    return random.choice(changes)()


def mutated_warc(seed: int) -> MutatedFile:
    """A WARC with a fault in the headers of one record, or in the bytes of one, or cut off."""
    random = Random(seed)
    count = random.randint(2, 7)
    chosen = random.randrange(count)
    how = random.choice(["headers", "bytes", "between", "cut", "none"])
    records = [
        _warc_record(random, number, mutate=how == "headers" and number == chosen)
        for number in range(count)
    ]
    pack = random.choice(PACKERS)
    parts = [pack(record.content) for record in records]
    if how == "bytes":
        parts[chosen] = damaged(random, parts[chosen])
    elif how == "between":
        noise = random.choice([b"\r\n", b"\x00" * 9, b"no record\r\n" * 3, random.randbytes(50)])
        parts[chosen] += noise
    elif how == "cut":
        parts = [*parts[:chosen], parts[chosen][: random.randrange(1, len(parts[chosen]))]]
    touched = {chosen} if how != "none" else set()
    if how in {"bytes", "between"} and pack is not gzip.compress:
        touched |= {chosen - 1, chosen + 1}  # what stands at its edge may be what was hit
    records = records[: len(parts)]
    least = sum(
        record.is_document for number, record in enumerate(records) if number not in touched
    )
    if how in {"headers", "none"}:
        least = sum(record.is_document for record in records)
    return MutatedFile(
        b"".join(parts),
        max(1, least),
        max(1, sum(record.is_document for record in records)) + 2 * (how != "none"),
        frozenset(
            record.page
            for number, record in enumerate(records)
            if record.is_document and number not in touched
        ),
    )


# JSON lines


def mutated_json_lines(seed: int) -> MutatedFile:
    """JSON lines with values of any type, in any packing and charset, one of them damaged."""
    random = Random(seed)
    count = random.randint(2, 9)
    texts = [prose(random, number) for number in range(count)]
    encoding = random.choice(["utf-8", "utf-8-sig", "cp1252", "utf-16", "utf-16-be", "utf-32-le"])
    chosen = random.randrange(count)
    how = random.choice(["value", "names", "line", "bytes", "cut", "none"])
    lines = [
        json.dumps({"id": number, "text": text}, ensure_ascii=False)
        for number, text in enumerate(texts)
    ]
    if how == "value":
        values: list[object] = [None, 7, 1e400, [], {"a": 1}, "", True, "\ud800", "x" * 5000]
        lines[chosen] = json.dumps({"id": random.choice(values), "text": random.choice(values)})
    elif how == "names":
        lines[chosen] = json.dumps({random.choice(["body_", "TEXT", ""]): "x", "url": 5})
    elif how == "line":
        torn = lines[chosen]
        lines[chosen] = random.choice(
            [
                torn[: len(torn) // 2],
                "[" * 2000,
                "null",
                "7",
                '"text"',
                "nonsense",
                "{" * 900,
                "NaN",
            ]
        )
    pack = random.choice(PACKERS)
    is_packed = pack is not bytes and encoding in {"utf-8", "cp1252"}
    parts = [(line + "\n").encode(encoding.removesuffix("-sig")) for line in lines]
    if not is_packed:
        parts = ["".join(line + "\n" for line in lines).encode(encoding)]
    parts = [pack(part) for part in parts]
    touched = {chosen} if how != "none" else set()
    least = count
    if how in {"bytes", "cut"}:
        place = random.randrange(len(parts))
        hit = (
            damaged(random, parts[place])
            if how == "bytes"
            else parts[place][: len(parts[place]) // 2]
        )
        parts = [*parts[:place], hit, *(parts[place + 1 :] if how == "bytes" else [])]
        touched = {place - 1, place, place + 1} if is_packed else set(range(count))
        touched |= set(range(place, count)) if how == "cut" else set()
        least = count - len(touched & set(range(count)))
    return MutatedFile(
        b"".join(parts),
        max(1, least),
        count + (20 if not is_packed and how == "bytes" else 2),
        frozenset(text.encode() for number, text in enumerate(texts) if number not in touched),
    )


# Parquet


def mutated_parquet(seed: int) -> MutatedFile:
    """Parquet of several row groups with columns of any type, one page damaged, or the file cut off."""
    random = Random(seed)
    count = random.randint(3, 40)
    texts = [prose(random, number) for number in range(count)]
    others = [
        pa.array(range(count)),
        pa.array([[number] for number in range(count)]),
        pa.array([b"\xff"] * count),
        pa.array([2**62 + number for number in range(count)], pa.timestamp("ns")),
        pa.array([-(2**50)] * count, pa.timestamp("s", "No/Where")),
        pa.array([None] * count),
        pa.array([{"a": number} for number in range(count)]),
    ]
    names = random.sample(["id", "url", "date", "seen", "html_", "x"], 3)
    columns = {"text": pa.array(texts), **{name: random.choice(others) for name in names}}
    sink = io.BytesIO()
    rows = random.choice([2, 5, 100])
    pq.write_table(
        pa.table(columns),
        sink,
        row_group_size=rows,
        compression=random.choice(["zstd", "snappy", "none", "gzip"]),
        write_page_checksum=True,
        use_dictionary=random.random() < 0.5,
    )
    content = sink.getvalue()
    footer = len(content) - 8 - int.from_bytes(content[-8:-4], "little")
    how = random.choice(["page", "footer", "cut", "none"])
    if how == "none":
        return MutatedFile(content, count, count, frozenset(text.encode() for text in texts))
    if how == "page":
        place = random.randrange(4, footer)
        flipped = bytes([content[place] ^ 1 << random.randrange(8)])
        return MutatedFile(
            content[:place] + flipped + content[place + 1 :],
            count,
            count,
            frozenset(_texts_outside(content, place, texts)),
        )
    if how == "footer":
        return MutatedFile(
            content[:footer] + damaged(random, content[footer:]), 1, 10**6, frozenset()
        )
    return MutatedFile(content[: random.randrange(4, len(content))], 1, 1, frozenset())


def _texts_outside(content: bytes, place: int, texts: list[str]) -> list[bytes]:
    """The texts of the row groups that a byte does not belong to."""
    metadata = pq.ParquetFile(io.BytesIO(content)).metadata
    kept: list[bytes] = []
    first = 0
    for group in range(metadata.num_row_groups):
        rows = metadata.row_group(group)
        chunks = [rows.column(number) for number in range(rows.num_columns)]
        starts = [chunk.dictionary_page_offset or chunk.data_page_offset for chunk in chunks]
        ends = [
            start + chunk.total_compressed_size for start, chunk in zip(starts, chunks, strict=True)
        ]
        if not min(starts) <= place < max(ends):
            kept += [text.encode() for text in texts[first : first + rows.num_rows]]
        first += rows.num_rows
    return kept


MAKERS = {"warc": mutated_warc, "json": mutated_json_lines, "parquet": mutated_parquet}
