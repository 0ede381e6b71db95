"""The whole pipeline, stage by stage: `python -m bench.pipeline.stages [--quick]`.

--quick runs the sample crawl; without it the shared folder of real documents is run as well. A line
for each stage (wall time from the manifests) and one for the whole command (Spark's start, processor
time and memory of all processes included).
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from bench.measuring import measured_command, print_result
from bench.shared_folder import DATA
from examples.sample.crawl import write_crawl
from jobs.runtime.contract.manifest import read_manifest

REAL_FOLDERS = ("html", "pdf", "epub", "text", "near_dup")
DATASETS = (
    "documents", "extracted", "models", "annotated", "verdicts", "duplicates", "corpus",
)  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="only the sample crawl")
    quick = parser.parse_args().quick
    with tempfile.TemporaryDirectory() as scratch:
        sample = Path(scratch, "sample")
        write_crawl(sample)
        run("sample", [str(sample)], Path(scratch, "sample-run"))
        if not quick and DATA.is_dir():
            inputs = [str(DATA / name) for name in REAL_FOLDERS]
            run("real documents", inputs, Path(scratch, "real-run"))


def run(workload: str, inputs: Sequence[str], output: Path) -> None:
    command = [sys.executable, "-m", "jobs.command_line", "run", *inputs, str(output)]
    cost = measured_command(command)
    documents = read_manifest(str(output / "documents"))
    assert documents is not None
    size = documents.details["source_bytes"]
    for dataset in DATASETS:
        manifest = read_manifest(str(output / dataset))
        assert manifest is not None
        rows, seconds = manifest.accounts.rows_in, manifest.seconds
        print_result(
            f"pipeline: {workload}, {manifest.stage}",
            "corpusmill",
            rows,
            size,
            wall_s=seconds,
            docs_per_s=round(rows / seconds, 1),
        )
    print_result(
        f"pipeline: {workload}, whole command",
        "corpusmill",
        documents.rows,
        size,
        **cost.fields(),
        docs_per_s=round(documents.rows / cost.wall_s, 1),
    )


if __name__ == "__main__":
    main()
