"""Runs in datatrove's environment: its FineWeb example on WARC files, one task at a time.

``python run_datatrove_fineweb.py SOURCE OUTPUT`` writes the number of documents kept to
OUTPUT/kept.json. Left out, to its advantage: the language filter, whose model is a download of its own,
and lists of blocked addresses, which are one too.
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
from datatrove.pipeline.extractors import Trafilatura
from datatrove.pipeline.filters import (
    C4QualityFilter,
    FineWebQualityFilter,
    GopherQualityFilter,
    GopherRepetitionFilter,
    URLFilter,
)
from datatrove.pipeline.formatters import PIIFormatter
from datatrove.pipeline.readers import JsonlReader, WarcReader
from datatrove.pipeline.writers.jsonl import JsonlWriter
from datatrove.utils.hashing import HashConfig


def main() -> None:
    """Run the stages in turn."""
    source, output = sys.argv[1:]
    config = MinhashConfig(
        hash_config=HashConfig(hash_fc="sha1", precision=64), num_buckets=14, hashes_per_bucket=8
    )
    base, signatures, buckets, remove, kept = (
        f"{output}/{name}" for name in ("base", "signatures", "buckets", "remove", "kept")
    )
    filters = [
        WarcReader(source, glob_pattern="*.warc.gz"),
        URLFilter(use_integrated_lists=False),
        Trafilatura(favour_precision=True),
        GopherRepetitionFilter(),
        GopherQualityFilter(),
        C4QualityFilter(filter_no_terminal_punct=False),
        FineWebQualityFilter(),
        JsonlWriter(base),
    ]
    read = JsonlReader(base)
    stages = [
        (1, filters),
        (1, [read, MinhashDedupSignature(signatures, config=config)]),
        (14, [MinhashDedupBuckets(signatures, buckets, config=config)]),
        (1, [MinhashDedupCluster(buckets, remove, config=config)]),
        (1, [read, MinhashDedupFilter(remove), PIIFormatter(), JsonlWriter(kept)]),
    ]
    for number, (tasks, pipeline) in enumerate(stages):
        LocalPipelineExecutor(
            pipeline=pipeline, tasks=tasks, workers=1, logging_dir=f"{output}/logs/{number}"
        ).run()
    documents = 0
    for path in Path(kept).glob("*.jsonl.gz"):
        with gzip.open(path, "rt") as lines:
            documents += sum(1 for _ in lines)
    Path(output, "kept.json").write_text(json.dumps(documents))


if __name__ == "__main__":
    main()
