"""Documents of any size at default settings: Java holds them by bytes, never by thousands of rows."""

import gzip
import os
import re
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryFile

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

LIMIT_MIB = 4096  # over all processes, pages they share counted once

pytestmark = pytest.mark.slow


def sentences(seed: int, count: int) -> list[str]:
    """Sentences of ten words, unlike for each seed, cheap to make."""
    return [
        "The "
        + " ".join(
            f"{chr(97 + (seed + i * k) % 26)}ord{(seed * 31 + i * k) % 997}" for k in range(9)
        )
        + "."
        for i in range(count)
    ]


def run(*words: str) -> int:
    """Run `corpusmill`, which must succeed, and return the peak of its processes in MiB."""
    command = [sys.executable, "-m", "jobs.command_line", *words]
    peak = 0
    with TemporaryFile("w+") as said, subprocess.Popen(command, stderr=said) as process:
        while process.poll() is None:
            peak = max(peak, sum(map(proportional_mib, descendants(process.pid))))
            time.sleep(0.5)
        said.seek(0)
        assert process.returncode == 0, said.read()[-3000:]
    return peak


def descendants(root: int) -> list[int]:
    parents: dict[int, list[int]] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(path.read_text().rsplit(")", 1)[1].split()[1])
        except OSError:  # it ended in between
            continue
        parents.setdefault(parent, []).append(int(path.parent.name))
    found = [root]
    for process in found:
        found += parents.get(process, [])
    return found


def proportional_mib(process: int) -> int:
    try:
        text = Path(f"/proc/{process}/smaps_rollup").read_text()
    except OSError:
        return 0
    pss = re.search(r"^Pss:\s+(\d+)", text, re.MULTILINE)
    return int(pss.group(1)) // 1024 if pss else 0


def rows(folder: Path) -> int:
    return sum(pq.read_metadata(file).num_rows for file in folder.rglob("*.parquet"))


def test_two_thousand_pages_of_250_kb_in_warc_files(tmp_path: Path) -> None:
    (tmp_path / "crawl").mkdir()
    for number in range(4):
        with (tmp_path / "crawl" / f"{number}.warc.gz").open("wb") as stream:
            for page in range(number * 500, number * 500 + 500):
                stream.write(gzip.compress(warc_record(page), 1))
    peak = run(
        "extract",
        str(tmp_path / "crawl"),
        str(tmp_path / "out"),
        "--set",
        "extract.profile=learned",
    )
    assert rows(tmp_path / "out" / "extracted") == 2000
    assert peak < LIMIT_MIB


def warc_record(page: int) -> bytes:
    text = "".join(f"<p>{line}</p>" for line in sentences(page, 12))
    script = f"var state = {[page] * ((250_000 - len(text)) // (len(str(page)) + 2))};"
    body = f"<html><body><article>{text}</article><script>{script}</script></body></html>".encode()
    answer = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n" + body
    head = (
        f"WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: http://a.example/{page}\r\n"
        f"WARC-Record-ID: <urn:uuid:{page:036d}>\r\nWARC-Date: 2026-01-01T00:00:00Z\r\n"
        f"Content-Type: application/http; msgtype=response\r\nContent-Length: {len(answer)}\r\n\r\n"
    )
    return head.encode() + answer + b"\r\n\r\n"


def test_five_hundred_books_of_4_mb(tmp_path: Path) -> None:
    (tmp_path / "books").mkdir()
    for number in range(500):
        chapter = "\n\n".join(sentences(number, 500))
        book = "\n\n".join([chapter] * (4_000_000 // len(chapter) + 1))
        (tmp_path / "books" / f"{number}.txt").write_text(book[:4_000_000])
    peak = run("extract", str(tmp_path / "books"), str(tmp_path / "out"))
    assert rows(tmp_path / "out" / "extracted") == 500
    assert peak < LIMIT_MIB


def test_a_table_with_values_of_10_mb_in_a_column_that_nobody_asked_for(tmp_path: Path) -> None:
    (tmp_path / "table").mkdir()
    for number in range(2):
        scans = [os.urandom(1000) * 10_000 for _ in range(60)]
        columns = {
            "doc": [f"{number}-{row}" for row in range(60)],
            "body": [" ".join(sentences(number * 60 + row, 40)) for row in range(60)],
            "scan": pa.array(scans, pa.binary()),
        }
        pq.write_table(
            pa.table(columns), tmp_path / "table" / f"{number}.parquet", compression="zstd"
        )
    words = ["--id-column", "doc", "--text-column", "body"]
    peak = run("dedup", str(tmp_path / "table"), str(tmp_path / "out"), *words)
    assert rows(tmp_path / "out" / "corpus") == 120
    assert peak < LIMIT_MIB
