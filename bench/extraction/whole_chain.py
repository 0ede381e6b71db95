"""What the profile of extraction costs the whole chain: `python -m bench.extraction.whole_chain [--quick]`.

`corpusmill run` on pages in Parquet, one core, with `balanced` and with `learned`, on a part of the pages
and on all of them; kernels warm from a run that is not counted. Processor time of all processes. Spark's
start, the training of the run's own models and other fixed costs would hide the pages' on so few of them:
the difference between the two sizes is what a page more costs, and the figure for a crawl. The sample that
perplexity models train on is cut to what the smaller part fills, as a crawl fills its 50 million tokens:
on so few pages training would else grow with each of them.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from bench.extraction.page_sets import wcxb_pages
from bench.measuring import Cost, measured_command, print_result
from bench.shared_folder import DATA

PROFILES = ("balanced", "learned")
SAMPLE_TOKENS = 50_000
PARTS = 4
"""The smaller run has every fourth page."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a quarter of the pages")
    quick = parser.parse_args().quick
    pages = [content for content, _ in wcxb_pages(None)]
    pages += [path.read_bytes() for path in sorted((DATA / "html").rglob("*.html"))]
    pages = pages[:: PARTS if quick else 1]
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        run(pages[:20], folder / "warm-balanced", "balanced")
        run(pages[:20], folder / "warm-learned", "learned")
        compare(pages, folder)


def compare(pages: list[bytes], folder: Path) -> None:
    sizes = {"part": pages[::PARTS], "all": pages}
    costs: dict[str, dict[str, Cost]] = {profile: {} for profile in PROFILES}
    for size, chosen in sizes.items():
        for profile in PROFILES:
            costs[profile][size] = run(chosen, folder / f"{size}-{profile}", profile)
    more = len(sizes["all"]) - len(sizes["part"])
    by_page = {
        profile: (found["all"].cpu_s - found["part"].cpu_s) / more
        for profile, found in costs.items()
    }
    for profile, found in costs.items():
        print_result(
            "extraction: corpusmill run on HTML, one core",
            f"corpusmill {profile}",
            len(pages),
            sum(map(len, pages)),
            cpu_s_part=round(found["part"].cpu_s, 1),
            **found["all"].fields(),
            ms_per_further_page=round(1000 * by_page[profile], 2),
            times_balanced=round(by_page["balanced"] / by_page[profile], 2),
        )


def run(pages: list[bytes], folder: Path, profile: str) -> Cost:
    """Run the whole command on pages that it reads from Parquet."""
    folder.mkdir()
    table = pa.table(
        {
            "id": pa.array([f"page-{number}" for number in range(len(pages))]),
            "url": pa.array([f"https://site{number}.example/" for number in range(len(pages))]),
            "html": pa.array(pages, pa.binary()),
        }
    )
    pq.write_table(table, folder / "pages.parquet")
    command = [sys.executable, "-m", "jobs.command_line", "run", str(folder / "pages.parquet")]
    command += [str(folder / "run"), "--master", "local[1]", "--quiet"]
    command += ["--set", f"perplexity.max_tokens_per_language={SAMPLE_TOKENS}"]
    return measured_command([*command, "--set", f"extract.profile={profile}"])


if __name__ == "__main__":
    main()
