"""`corpusmill dedup` with its corpus written, beside the build of a former commit and rensa.

``python -m bench.dedup.command [--quick] [--documents N] [--rounds N] [--commit HASH]`` runs the three on
the same generated files, one after the other in each round. Every one starts anew from Parquet and ends
with the kept rows in Parquet. One JSON object a run, and one a program: medians over the rounds of wall
seconds, of processor seconds of all processes (Python, its workers, Java) and of peak memory; recall and
wrong removals beside; and whether duplicates and corpus are, row for row, those of the former build. That
one is checked out below bench-output/ and runs in this environment; a run of both that compiles kernels is
not counted.
"""

from __future__ import annotations

import argparse
import dataclasses
import os
import shutil
import statistics
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from bench.dedup.peers import run_peer
from bench.dedup.synthetic_families import generate
from bench.dedup.truth import family_truth, score_removed
from bench.dedup.workloads import FOLDER, write_corpus
from bench.former_build import HERE, ISSUE_15, checked_out, command_of
from bench.measuring import Cost, measured_command, print_result

OURS = "corpusmill"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="10,000 documents, one round")
    parser.add_argument("--documents", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--commit", default=ISSUE_15, help="of the former build")
    arguments = parser.parse_args()
    count = 10_000 if arguments.quick else arguments.documents
    rounds = 1 if arguments.quick else arguments.rounds
    source = write_corpus(count)
    builds = {OURS: HERE, f"{OURS}_{arguments.commit}": checked_out(arguments.commit)}
    costs: dict[str, list[Cost]] = {}
    removed: dict[str, npt.NDArray[np.int64]] = {}

    def count_in(name: str, cost: Cost) -> None:
        costs.setdefault(name, []).append(cost)
        print_result("dedup_command_run", name, count, 0, **cost.fields())

    for number in range(rounds + 1):
        for name, build in builds.items():
            cost = run_build(build, source, FOLDER / name)
            if number:
                count_in(name, cost)
        if number:
            rensa = run_peer("rensa", source, FOLDER, "corpus")
            count_in(rensa.system, rensa.cost)
            removed[rensa.system] = rensa.removed(count)
    tables = {name: result(FOLDER / name) for name in builds}
    removed |= {name: found["duplicates"].column("id").to_numpy() for name, found in tables.items()}
    ours, former = tables.values()
    report(count, costs, removed)
    print_result(
        "dedup_command", "beside_the_former", count, 0,
        **{f"same_{name}": ours[name].equals(former[name]) for name in ours},
    )  # fmt: skip


def run_build(build: Path, source: Path, output: Path) -> Cost:
    """The command of a build from nothing to the corpus."""
    shutil.rmtree(output, ignore_errors=True)
    words = ("dedup", str(source), str(output), "--quiet")
    return measured_command(command_of(build, "jobs.command_line", *words))


def result(output: Path) -> dict[str, pa.Table]:
    """Rows of duplicates and corpus by id; what is told of a column beside its type does not count."""
    tables = {}
    for name in ("duplicates", "corpus"):
        files = sorted((output / name).rglob("*.parquet"))
        table = pa.concat_tables([pq.read_table(file) for file in files], promote_options="default")
        plain = pa.schema([field.with_nullable(True) for field in table.schema.remove_metadata()])
        tables[name] = table.cast(plain).sort_by("id").combine_chunks()
    return tables


def report(
    count: int, costs: dict[str, list[Cost]], removed: dict[str, npt.NDArray[np.int64]]
) -> None:
    """Print the medians with the accuracy, and how many times less ours takes."""
    corpus = generate(count)
    truth = family_truth(pa.concat_arrays(corpus.table["text"].chunks), corpus.family)
    medians = {name: median(found) for name, found in costs.items()}
    for name, cost in medians.items():
        print_result(
            "dedup_command", name, count, int(corpus.table["text"].nbytes), rounds=len(costs[name]),
            **cost.fields(), **score_removed(truth, removed[name], 0.7),
            wall_of_ours=round(medians[OURS].wall_s / cost.wall_s, 3),
            cpu_of_ours=round(medians[OURS].cpu_s / cost.cpu_s, 3),
            load=round(os.getloadavg()[0], 1),
        )  # fmt: skip


def median(costs: list[Cost]) -> Cost:
    """Each figure's median."""
    names = [field.name for field in dataclasses.fields(Cost)]
    return Cost(*(statistics.median(getattr(cost, name) for cost in costs) for name in names))


if __name__ == "__main__":
    main()
