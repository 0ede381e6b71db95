"""``python -m bench.dedup_command SOURCE WORK SETTINGS``: one end-to-end run, for measuring it."""

from __future__ import annotations

import sys
from pathlib import Path

from jobs.dedup import DedupSettings, find_duplicates
from jobs.runtime.session import start_session


def main() -> None:
    source, work, settings = sys.argv[1:]
    spark = start_session("bench-dedup", master="local[2]")
    documents = spark.read.parquet(Path(source).as_uri())
    find_duplicates(documents, DedupSettings.model_validate_json(settings), work)
    spark.stop()


if __name__ == "__main__":
    main()
