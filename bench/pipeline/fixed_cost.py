"""What a small run costs, beside an earlier build: `python -m bench.pipeline.fixed_cost [COMMIT]`.

Both builds (COMMIT, by default the one that issue 15 was measured at, and the code here) run the sample
crawl in turns: a fresh run, the same again, one moved threshold, the report alone. Each line is the
median of the repetitions, over all processes. With --demo also what `make demo` does when pip is done,
once, kernels not compiled.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
from collections.abc import Sequence
from pathlib import Path

from bench.former_build import HERE, ISSUE_15, checked_out, command_of
from bench.measuring import Cost, measured_command, print_result
from examples.sample.crawl import write_crawl

MOVED = ("--set", "rules.too_few_words.min=60")
DOCUMENTS = 199
# What stands between pip and the report: then an archive of Spark's classes was made beside the kernels.
DEMO = {"then": ("warm", "run"), "now": ("kernels", "run")}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("commit", nargs="?", default=ISSUE_15, help="the earlier build")
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument("--demo", action="store_true", help="also from an empty cache of kernels")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        sample = folder / "sample"
        write_crawl(sample)
        size = sum(path.stat().st_size for path in sample.rglob("*") if path.is_file())
        builds = {"then": checked_out(arguments.commit), "now": HERE}
        if arguments.demo:
            for name, build in builds.items():
                report(f"demo, {name}", [demo(build, DEMO[name], sample, folder / name)], size)
        compare(builds, sample, folder, size, arguments.repetitions)


def compare(
    builds: dict[str, Path], sample: Path, folder: Path, size: int, repetitions: int
) -> None:
    costs: dict[str, list[Cost]] = {}
    for repetition in range(repetitions + 1):
        for name, build in builds.items():
            output = str(folder / f"{name}-{repetition}")
            run = ["run", str(sample), output]
            for step, words in (
                ("run", run),
                ("unchanged", run),
                ("moved threshold", [*run, *MOVED]),
                ("report", ["report", output]),
            ):
                cost = measured(build, ["jobs.command_line", *words])
                if repetition:  # the first one may still compile
                    costs.setdefault(f"{step}, {name}", []).append(cost)
    for step, found in costs.items():
        report(step, found, size)


def demo(build: Path, steps: Sequence[str], sample: Path, cache: Path) -> Cost:
    words = {
        "warm": ["jobs.upkeep.warm_kernels"],
        "kernels": ["jobs.upkeep.warm_kernels", "--kernels-only"],
        "run": ["jobs.command_line", "run", str(sample), str(cache / "demo")],
    }
    fresh = {"NUMBA_CACHE_DIR": str(cache / "kernels"), "XDG_CACHE_HOME": str(cache / "cache")}
    costs = [measured(build, words[step], fresh) for step in steps]
    return Cost(
        sum(cost.wall_s for cost in costs),
        sum(cost.cpu_s for cost in costs),
        max(cost.peak_rss_mb for cost in costs),
    )


def measured(build: Path, words: Sequence[str], more: dict[str, str] | None = None) -> Cost:
    """Run a module of one build."""
    module, *rest = words
    return measured_command(command_of(build, module, *rest, variables=more))


def report(step: str, costs: Sequence[Cost], size: int) -> None:
    wall = statistics.median(cost.wall_s for cost in costs)
    processor = statistics.median(cost.cpu_s for cost in costs)
    peak = max(cost.peak_rss_mb for cost in costs)
    facts = Cost(wall, processor, peak).fields()
    print_result(
        f"fixed cost: {step}", "corpusmill", DOCUMENTS, size, **facts, repetitions=len(costs),
        load=round(os.getloadavg()[0], 1),
    )  # fmt: skip


if __name__ == "__main__":
    main()
