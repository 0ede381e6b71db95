"""What a page costs the whole chain: `python -m bench.extraction.whole_chain [--quick] [--rounds N]`.

`corpusmill run` on pages in Parquet, one core: this build with its default profile, and an earlier one
(--former) with `balanced`, its default, and with `learned`; on a part of the pages and on all of them, in
turns, kernels warm from a run that is not counted. Processor time of all processes. Starts, the training
of the run's own models and other fixed costs would hide the pages' on so few of them: the difference
between the two sizes is what a page more costs, and the figure for a crawl. The sample that perplexity
models train on is cut to what the smaller part fills, as a crawl fills its 50 million tokens: on so few
pages training would else grow with each of them. Beside it the Parquet that a run writes, models left
out, for a byte of the pages.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import tempfile
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from bench.extraction.page_sets import wcxb_pages
from bench.former_build import HERE, ISSUE_15, checked_out, command_of
from bench.measuring import Cost, measured_command, print_result
from bench.shared_folder import DATA

SAMPLE_TOKENS = 50_000
PARTS = 4
"""The smaller run has every fourth page."""


class System(NamedTuple):
    """A build with a profile."""

    name: str
    build: Path
    profile: str


class Chain(NamedTuple):
    """A run of the whole chain: its cost, and the bytes of Parquet it wrote, models left out."""

    cost: Cost
    written: int


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a quarter of the pages")
    parser.add_argument("--rounds", type=int, default=3, help="runs of each; the median counts")
    parser.add_argument("--former", default=ISSUE_15, metavar="COMMIT")
    arguments = parser.parse_args()
    former = checked_out(arguments.former)
    systems = [
        System("corpusmill", HERE, "learned"),
        System(f"{arguments.former} learned", former, "learned"),
        System(f"{arguments.former} balanced", former, "balanced"),
    ]
    pages = [content for content, _ in wcxb_pages(None)]
    pages += [path.read_bytes() for path in sorted((DATA / "html").rglob("*.html"))]
    pages = pages[:: PARTS if arguments.quick else 1]
    with tempfile.TemporaryDirectory() as scratch:
        for system in systems:
            run(system, pages[:20], Path(scratch))
        compare(systems, pages, arguments.rounds, Path(scratch))


def compare(systems: list[System], pages: list[bytes], rounds: int, folder: Path) -> None:
    part = pages[::PARTS]
    further = len(pages) - len(part)
    found: dict[System, list[tuple[Chain, Chain]]] = {system: [] for system in systems}
    for _ in range(rounds):
        for system in systems:
            found[system].append((run(system, part, folder), run(system, pages, folder)))
    by_page = {
        system: statistics.median(
            (more.cost.cpu_s - less.cost.cpu_s) / further for less, more in chains
        )
        for system, chains in found.items()
    }
    ours = by_page[systems[0]]
    size = sum(map(len, pages))
    for system, chains in found.items():
        print_result(
            "extraction: corpusmill run on HTML, one core",
            system.name,
            len(pages),
            size,
            cpu_s=round(statistics.median(more.cost.cpu_s for _, more in chains), 1),
            wall_s=round(statistics.median(more.cost.wall_s for _, more in chains), 1),
            ms_per_further_page=round(1000 * by_page[system], 2),
            times_ours=round(by_page[system] / ours, 2),
            parquet_per_raw_byte=round(chains[0][1].written / size, 4),
            load=round(os.getloadavg()[0], 1),
        )


def run(system: System, pages: list[bytes], folder: Path) -> Chain:
    """Run the whole command on pages that it reads from Parquet."""
    source, output = folder / "pages.parquet", folder / "run"
    table = pa.table(
        {
            "id": pa.array([f"page-{number}" for number in range(len(pages))]),
            "url": pa.array([f"https://site{number}.example/" for number in range(len(pages))]),
            "html": pa.array(pages, pa.binary()),
        }
    )
    pq.write_table(table, source)
    shutil.rmtree(output, ignore_errors=True)
    words = ["run", str(source), str(output), "--master", "local[1]", "--quiet"]
    words += ["--set", f"perplexity.max_tokens_per_language={SAMPLE_TOKENS}"]
    words += ["--set", f"extract.profile={system.profile}"]
    cost = measured_command(command_of(system.build, "jobs.command_line", *words))
    written = sum(
        path.stat().st_size
        for path in output.rglob("*.parquet")
        if path.relative_to(output).parts[0] != "models"
    )
    return Chain(cost, written)


if __name__ == "__main__":
    main()
