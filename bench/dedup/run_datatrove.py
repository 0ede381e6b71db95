"""Runs in datatrove's environment: its four MinHash stages on the local executor, 14 x 8, as FineWeb.

``python run_datatrove.py SOURCE OUTPUT`` writes the ids kept to OUTPUT/kept.json.
"""

from __future__ import annotations

import gzip
import json
import sys
from pathlib import Path

from datatrove.executor import LocalPipelineExecutor
from datatrove.pipeline.dedup import MinhashDedupSignature
from datatrove.pipeline.dedup.minhash import (
    MinhashConfig,
    MinhashDedupBuckets,
    MinhashDedupCluster,
    MinhashDedupFilter,
)
from datatrove.pipeline.readers import ParquetReader
from datatrove.pipeline.writers.jsonl import JsonlWriter
from datatrove.utils.hashing import HashConfig

TASKS = WORKERS = 2


def main() -> None:
    """Run the stages in turn."""
    source, output = sys.argv[1:]
    config = MinhashConfig(
        hash_config=HashConfig(hash_fc="xxhash", precision=64), num_buckets=14, hashes_per_bucket=8
    )
    reader = ParquetReader(source, text_key="text", id_key="id")
    folders = {name: f"{output}/{name}" for name in ("signatures", "buckets", "remove", "kept")}
    stages = [
        (TASKS, [reader, MinhashDedupSignature(folders["signatures"], config=config)]),
        (14, [MinhashDedupBuckets(folders["signatures"], folders["buckets"], config=config)]),
        (1, [MinhashDedupCluster(folders["buckets"], folders["remove"], config=config)]),
        (TASKS, [reader, MinhashDedupFilter(folders["remove"]), JsonlWriter(folders["kept"])]),
    ]
    for number, (tasks, pipeline) in enumerate(stages):
        LocalPipelineExecutor(
            pipeline=pipeline, tasks=tasks, workers=WORKERS, logging_dir=f"{output}/logs/{number}"
        ).run()
    kept = []
    for path in Path(folders["kept"]).glob("*.jsonl.gz"):
        with gzip.open(path, "rt") as lines:
            # Its writer leaves out what is false, the id 0 too.
            kept += [int(json.loads(line).get("id", 0)) for line in lines]
    Path(output, "kept.json").write_text(json.dumps(kept))


if __name__ == "__main__":
    main()
