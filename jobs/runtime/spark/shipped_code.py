"""Code of the user's on every executor of a session."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from collections.abc import Collection
from pathlib import Path

from pyspark.sql import SparkSession

from jobs.runtime.spark.connect import send_module
from jobs.runtime.user_code import pack


def ship(spark: SparkSession, places: Collection[str]) -> None:
    """Let the session's workers import modules that are not installed; parser children find them, too.

    Args:
        spark: The session; it keeps them until it ends.
        places: ``MODULE:FUNCTION``, importable here.
    """
    if not places:
        return
    folder = tempfile.mkdtemp(prefix="corpusmill-")
    # Executors ask for the file when their first task wants it, which may be any time.
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    archive = pack(places, Path(folder))
    if archive is not None:
        send_module(spark, archive)
