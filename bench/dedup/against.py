"""`corpusmill dedup NEW OUTPUT --against OLD`: what a new crawl costs beside the search that made OLD.

``python -m bench.dedup.against [--quick] [--old N ...] [--new N] [--commit HASH] [--rounds N]`` generates for
each size of OLD one corpus of which every so-many-th document is new, deduplicates the old ones (the full
search: texts to corpus), and then the new ones against them, by this build and by a former one. One JSON
object a command: wall and processor seconds of all processes, peak memory, seconds of its search alone, and
which share of the full search it took; and one a size: whether duplicates and corpus are, row for row, those
of the former build. A corpus that lies below bench-output/ from an earlier call is taken as it is; before
all, each build runs on a small corpus, which is not counted: it may have kernels to compile.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from bench.dedup.command import OURS, median, result
from bench.dedup.synthetic_families import generate_batches
from bench.dedup.workloads import FOLDER
from bench.former_build import HERE, checked_out, command_of
from bench.measuring import Cost, measured_command, print_result

BEFORE = "ea6e460"
"""The build whose searches beside earlier runs take in all that these had signed."""

WARMING = (2_000, 200)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="10,000 old documents, 1,000 new")
    parser.add_argument("--old", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--new", type=int, default=10_000)
    parser.add_argument("--commit", default=BEFORE, help="of the former build")
    parser.add_argument("--rounds", type=int, default=1)
    arguments = parser.parse_args()
    sizes = [10_000] if arguments.quick else arguments.old
    new = 1_000 if arguments.quick else arguments.new
    builds = {OURS: HERE, f"{OURS}_{arguments.commit}": checked_out(arguments.commit)}
    warm = crawls(*WARMING)
    deduplicate(HERE, warm / "old", warm / "run-old")
    for name, build in builds.items():
        deduplicate(build, warm / "new", warm / f"run-{name}", [warm / "run-old"])
    for old in sizes:
        measure(crawls(old, new), old, new, builds, arguments.rounds)


def measure(folder: Path, old: int, new: int, builds: dict[str, Path], rounds: int) -> None:
    """One size: the full search, and the new documents against its result."""
    earlier = folder / "run-old"
    full = deduplicate(HERE, folder / "old", earlier)
    told("full", OURS, old, earlier, full, full)
    for name, build in builds.items():
        output = folder / f"run-{name}"
        costs = [deduplicate(build, folder / "new", output, [earlier]) for _ in range(rounds)]
        told("against", name, new, output, median(costs), full, old=old, rounds=rounds)
    ours, former = (result(folder / f"run-{name}") for name in builds)
    print_result(
        "dedup_against", "beside_the_former", new, 0, old=old, removed=len(ours["duplicates"]),
        **{f"same_{name}": ours[name].equals(former[name]) for name in ours},
    )  # fmt: skip


def deduplicate(build: Path, source: Path, output: Path, against: Sequence[Path] = ()) -> Cost:
    """The command of a build from nothing to the corpus."""
    shutil.rmtree(output, ignore_errors=True)
    words = ["dedup", str(source), str(output), "--quiet"]
    for earlier in against:
        words += ["--against", str(earlier)]
    # Spark's workers import what is called jobs in the working directory; the command refuses another's.
    return measured_command(
        ["env", f"--chdir={build}", *command_of(build, "jobs.command_line", *words)]
    )


def told(
    what: str, name: str, count: int, output: Path, cost: Cost, full: Cost, **facts: object
) -> None:
    """Print what a command took, beside the full search."""
    search = json.loads((output / "duplicates" / "_manifest.json").read_text())["seconds"]
    print_result(
        f"dedup_{what}", name, count, 0, **facts, **cost.fields(), search_s=search,
        wall_of_full=round(cost.wall_s / full.wall_s, 3), cpu_of_full=round(cost.cpu_s / full.cpu_s, 3),
        load=round(os.getloadavg()[0], 1),
    )  # fmt: skip


def crawls(old: int, new: int) -> Path:
    """Write ``old/`` and ``new/`` below one folder, unless an earlier call has."""
    folder = FOLDER / f"against-{old}-{new}"
    if (folder / "new").is_dir():
        return folder
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "old").mkdir(parents=True)
    step, newer = (old + new) // new, []
    for number, batch in enumerate(generate_batches(old + new)):
        is_new = pa.array(batch.table.column("id").to_numpy() % step == 0)
        newer.append(batch.table.filter(is_new))
        older = batch.table.filter(pc.invert(is_new))
        pq.write_table(older, folder / "old" / f"{number:05d}.parquet", compression="zstd")
    (folder / "writing").mkdir()
    pq.write_table(pa.concat_tables(newer), folder / "writing" / "0.parquet", compression="zstd")
    (folder / "writing").rename(folder / "new")
    return folder


if __name__ == "__main__":
    main()
