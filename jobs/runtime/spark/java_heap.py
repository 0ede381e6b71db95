"""Java's heap in local mode: how large this machine lets it be, and how to tell that it was too small."""

from __future__ import annotations

import functools
import os
import subprocess
from pathlib import Path

from py4j.protocol import Py4JError
from pyspark.sql import SparkSession

from jobs.runtime.spark.connect import through_connect

MEBIBYTE = 1 << 20
HEAP_A_CORE = 1 << 30  # one task's shuffles, row groups and Arrow batches
SMALLEST_HEAP = 5 << 29
# The rest is for Python workers, parser children and the page cache, which hold the texts.
SHARE_OF_MEMORY = 4
_COPIES_OF_A_ROW_GROUP = 3  # its pages unpacked, values on their way, and what Spark itself needs
_OUT_OF_MEMORY_EXIT = 52  # org.apache.spark.util.SparkExitCode.OOM
_MEMORY_LIMITS = (
    Path("/sys/fs/cgroup/memory.max"),
    Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"),
)
_SIGNS = (
    "OutOfMemoryError",
    "Java heap space",
    "GC overhead limit exceeded",
    # Spark's name for it: a column of one batch that the heap has no room for.
    "Cannot reserve additional contiguous bytes",
)


def local_heap(cores: int, memory: int) -> str:
    """Return ``spark.driver.memory`` for local mode: a GiB a core, of a quarter of the memory.

    Args:
        cores: Tasks at a time, 1 or more.
        memory: Bytes that this process and its children may use.
    """
    heap = min(cores * HEAP_A_CORE, memory // SHARE_OF_MEMORY)
    return f"{max(heap, SMALLEST_HEAP) // MEBIBYTE}m"


def usable_memory() -> int:
    """Return the bytes of memory of this machine, or of the container that the process is in."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    for path in _MEMORY_LIMITS:
        try:
            limit = path.read_text().strip()
        except OSError:
            continue
        if limit.isdigit():  # else "max"
            memory = min(memory, int(limit))
    return memory


def tasks_within_heap(spark: SparkSession, task_bytes: int) -> int | None:
    """Return how many tasks of this size local mode can run at a time; None for as many as cores.

    Args:
        spark: The session; on a cluster, or behind a server of Connect, heaps are its matter.
        task_bytes: What a task cannot help holding at once, e.g. its largest row group.
    """
    if through_connect(spark):
        return None
    key, heap = heap_setting(spark)
    if key != "spark.driver.memory":
        return None
    fitting = _bytes(heap) // (_COPIES_OF_A_ROW_GROUP * max(task_bytes, 1))
    return max(1, fitting) if fitting < spark.sparkContext.defaultParallelism else None


def memory_advice(spark: SparkSession, error: Exception) -> str | None:
    """Return one sentence on what to set when ``error`` is for want of memory, else None.

    A server of Connect is somebody else's to set.
    """
    if through_connect(spark):
        return None
    text = str(error)
    ended = java_exit(spark)
    if not any(sign in text for sign in _SIGNS) and ended != _OUT_OF_MEMORY_EXIT:
        return None
    key, given = heap_setting(spark)
    fewer = "--master local[1]" if key == "spark.driver.memory" else "spark.executor.cores"
    return (
        f"Java ran out of memory with {key}={given}: give it more (--spark-conf {key}={_doubled(given)}), "
        f"or run fewer tasks at a time ({fewer})"
    )


@functools.lru_cache(maxsize=1)
def heap_setting(spark: SparkSession) -> tuple[str, str]:
    """Return name and value of the setting that bounds a task's heap.

    Asked once when Spark starts: a Java that died of it can no longer be asked.
    """
    local = (spark.sparkContext.master or "").startswith("local")
    key = "spark.driver.memory" if local else "spark.executor.memory"
    return key, spark.sparkContext.getConf().get(key) or "1g"  # Spark's own default


def java_exit(spark: SparkSession) -> int | None:
    """Return the exit status of the Java that this process started; None while it runs."""
    process = getattr(spark.sparkContext._gateway, "proc", None)
    if process is None or not _is_deaf(spark):
        return None
    try:
        return int(process.wait(timeout=5))
    except subprocess.TimeoutExpired:
        return None


def _is_deaf(spark: SparkSession) -> bool:
    try:
        spark.sparkContext._jsc.sc().isStopped()
    except (Py4JError, OSError):
        return True
    return False


def _doubled(memory: str) -> str:
    digits = memory.rstrip("bBkKmMgGtT")
    return f"{2 * int(digits)}{memory[len(digits) :]}"


def _bytes(memory: str) -> int:
    digits = memory.rstrip("bBkKmMgGtT")
    unit = (
        memory[len(digits) :].lower()[:1] or "m"
    )  # Spark counts in mebibytes where no unit is given
    return int(digits) << {"b": 0, "k": 10, "m": 20, "g": 30, "t": 40}[unit]
