"""Documents that killed parsers in earlier chunks and runs, kept in the run's work folder."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict

from pyspark.sql import functions as F

from jobs.runtime.contract.stage import RunContext
from jobs.runtime.store import storage
from udfs.extraction.contract import ExtractionOptions
from udfs.extraction.guard.quarantine import FATAL_STATUSES, MAXIMUM_KNOWN, Failure, reader_versions


def known_failures(context: RunContext, options: ExtractionOptions) -> dict[str, Failure]:
    """Return status and detail by content hash of what these options and reader versions met."""
    text = storage.read_text(_path(context, options))
    return (
        {}
        if text is None
        else {key: (found[0], found[1]) for key, found in json.loads(text).items()}
    )


def remember_failures(context: RunContext, options: ExtractionOptions, folder: str) -> None:
    """Add the fatal documents of a folder of extracted Parquet files.

    They are skipped by later chunks, by a resumed run, and when the input has grown; with other
    options or other versions of the readers every document gets a new chance.
    """
    rows = (
        context.spark.read.parquet(storage.spark_read_path(folder))
        .where(F.col("status").isin(*FATAL_STATUSES))
        .select("content_hash", "status", "detail")
        .dropDuplicates(["content_hash"])
        .orderBy("content_hash")
        .limit(MAXIMUM_KNOWN)
        .collect()
    )
    if rows:
        found = {row["content_hash"]: (row["status"], row["detail"]) for row in rows}
        text = json.dumps({**known_failures(context, options), **found}, sort_keys=True)
        storage.write_text(_path(context, options), text)


def _path(context: RunContext, options: ExtractionOptions) -> str:
    decisive = json.dumps([asdict(options), reader_versions()], sort_keys=True)
    key = hashlib.sha256(decisive.encode()).hexdigest()[:16]
    return storage.join(context.folder("_work/extract"), f"fatal-{key}.json")
