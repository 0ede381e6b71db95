"""The whole chain beside datatrove's FineWeb example, on WARC: `python -m bench.pipeline.fineweb [--quick]`.

`corpusmill run` with its defaults in local mode on one core, perplexity models trained in the run, and
again with those models given; datatrove's example on its local executor with one worker, without its
language filter and lists of addresses (``run_datatrove_fineweb.py``). Both read the same four WARC files
of gzipped records. Processor time of all processes, medians; kernels warm from a run that is not counted.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import shutil
import statistics
import tempfile
from collections.abc import Callable
from pathlib import Path

from bench.extraction.page_sets import wcxb_pages
from bench.former_build import HERE, command_of
from bench.measuring import Cost, measured_command, print_result
from bench.peer_environment import peer_environment
from bench.shared_folder import DATA

FILES = 4
REQUIREMENTS = ("datatrove[io,processing]==0.10.*", "spacy", "lxml_html_clean")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="an eighth of the pages")
    parser.add_argument("--rounds", type=int, default=3, help="runs of each; the median counts")
    arguments = parser.parse_args()
    pages = [content for content, _ in wcxb_pages(None)]
    pages += [path.read_bytes() for path in sorted((DATA / "html").rglob("*.html"))]
    pages = pages[:: 8 if arguments.quick else 1]
    python, version = peer_environment("datatrove", REQUIREMENTS)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        sources, few = folder / "warc", folder / "few"
        write_warc_files(sources, pages)
        write_warc_files(few, pages[:: len(pages) // 40])
        trained, given, output = folder / "trained", folder / "given", folder / "datatrove"
        models = ("--perplexity-model", str(trained / "models" / "perplexity"))
        example = str(Path(__file__).with_name("run_datatrove_fineweb.py"))
        systems: dict[str, Callable[[], tuple[Cost, int]]] = {
            "corpusmill": lambda: ours(sources, trained),
            "corpusmill, models given": lambda: ours(sources, given, *models),
            f"datatrove_{version} FineWeb example": lambda: theirs(
                [str(python), example, str(sources), str(output)], output
            ),
        }
        ours(few, trained)
        found: dict[str, list[tuple[Cost, int]]] = {name: [] for name in systems}
        for _ in range(arguments.rounds):
            for name, work in systems.items():
                found[name].append(work())
    middle = {
        name: statistics.median(cost.cpu_s for cost, _ in runs) for name, runs in found.items()
    }
    size = sum(map(len, pages))
    for name, runs in found.items():
        print_result(
            "the whole chain on WARC, one core",
            name,
            len(pages),
            size,
            cpu_s=round(middle[name], 1),
            wall_s=round(statistics.median(cost.wall_s for cost, _ in runs), 1),
            peak_rss_mb=round(max(cost.peak_rss_mb for cost, _ in runs)),
            times_ours=round(middle[name] / middle["corpusmill"], 2),
            kept=runs[0][1],
            load=round(os.getloadavg()[0], 1),
        )


def ours(sources: Path, output: Path, *further: str) -> tuple[Cost, int]:
    """Cost and documents kept of a run from nothing."""
    shutil.rmtree(output, ignore_errors=True)
    words = ["run", str(sources), str(output), "--master", "local[1]", "--quiet", *further]
    cost = measured_command(command_of(HERE, "jobs.command_line", *words))
    manifest = json.loads((output / "corpus" / "_manifest.json").read_text())
    return cost, manifest["accounts"]["rows_out"]


def theirs(command: list[str], output: Path) -> tuple[Cost, int]:
    """The same for datatrove."""
    shutil.rmtree(output, ignore_errors=True)
    output.mkdir()
    cost = measured_command(command)
    return cost, json.loads((output / "kept.json").read_text())


def write_warc_files(folder: Path, pages: list[bytes]) -> None:
    """Write pages as responses into some files of gzipped records."""
    folder.mkdir()
    for number in range(FILES):
        with (folder / f"pages-{number}.warc.gz").open("wb") as file:
            for page in range(number, len(pages), FILES):
                file.write(gzip.compress(response(page, pages[page]), 6))


def response(page: int, content: bytes) -> bytes:
    answer = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n" + content
    head = (
        "WARC/1.0\r\nWARC-Type: response\r\n"
        f"WARC-Record-ID: <urn:uuid:00000000-0000-0000-0000-{page:012d}>\r\n"
        f"WARC-Target-URI: https://site{page}.example/\r\n"
        "WARC-Date: 2026-01-01T00:00:00Z\r\n"
        "Content-Type: application/http; msgtype=response\r\n"
        f"Content-Length: {len(answer)}\r\n\r\n"
    )
    return head.encode() + answer + b"\r\n\r\n"


if __name__ == "__main__":
    main()
