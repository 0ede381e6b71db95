"""A session of Spark Connect: started, asked what its server sees, and what it has in a SparkContext's place.

Through Connect this process has no Java: no context, job groups, broadcasts, RDDs or counters. What jobs need
of these is here, for both kinds of sessions.
"""

from __future__ import annotations

import pickle
import socket
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeAlias, TypeVar, cast
from urllib.parse import urlsplit

import pyarrow as pa
from pyspark.errors import PySparkException
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

import jobs
from jobs.runtime.errors import MissingRequirementError, SettingsError
from jobs.runtime.spark.arrow_frames import map_with_schema
from jobs.runtime.store import storage

if TYPE_CHECKING:
    from pyspark import Broadcast

    Sent: TypeAlias = "Broadcast[Any] | Held"

T = TypeVar("T")
SCHEME: Final = "sc://"
_DEFAULT_PORT: Final = 15002
_WAIT_SECONDS: Final = 10.0
_SEEN: Final = pa.schema([("version", pa.string()), ("sees", pa.bool_())])
_TOLD: Final = pa.schema([("told", pa.binary())])


def through_connect(spark: SparkSession) -> bool:
    """Say whether a session is one of Spark Connect."""
    return type(spark).__module__.startswith("pyspark.sql.connect.")


def connected(url: str, settings: Mapping[str, str], usual: Mapping[str, str]) -> SparkSession:
    """Return a session of a Connect server.

    Args:
        url: ``sc://HOST:PORT``.
        settings: The user's, for this session; those of the server itself are not ours to set.
        usual: Ours, where the server knows them and the user says nothing else.

    Raises:
        MissingRequirementError: A package that Connect needs is not installed.
        SettingsError: The server does not answer, or a setting is set where it starts.
    """
    _require_listening(url)
    try:
        spark = SparkSession.builder.remote(url).getOrCreate()
        for key, value in usual.items():
            _set(spark, key, value)
        refused = [key for key, value in settings.items() if not _set(spark, key, value)]
    except ImportError as error:
        raise MissingRequirementError(
            f"--master {url} needs what Spark Connect's clients need ({' '.join(str(error).split())}): "
            'pip install "pyspark[connect]"'
        ) from error
    except PySparkException as error:
        why = " ".join(str(error).split())[:300]
        raise SettingsError(f"--master {url}: its Spark Connect server refuses: {why}") from error
    if refused:
        raise SettingsError(
            f"--spark-conf {', '.join(refused)}: is set where the Connect server starts, no session can"
        )
    return spark


def _require_listening(url: str) -> None:
    """Ask the port itself: PySpark tries for ten minutes before it says that nobody is there."""
    place = urlsplit(url)
    try:
        port = place.port or _DEFAULT_PORT
        socket.create_connection((place.hostname or "", port), _WAIT_SECONDS).close()
    except (OSError, ValueError) as error:
        raise SettingsError(
            f"--master {url}: no Spark Connect server answers there ({error}). Give sc://HOST:PORT of one "
            "that runs; Spark's sbin/start-connect-server.sh starts one"
        ) from error


def _set(spark: SparkSession, key: str, value: str) -> bool:
    if spark.conf.isModifiable(key) or key.startswith("spark.sql.catalog."):
        spark.conf.set(key, value)
        return True
    return False


def require_same_files(spark: SparkSession, folder: str) -> None:
    """Ask a Connect server whether its workers have our code and see OUTPUT.

    Args:
        spark: A session of it.
        folder: OUTPUT, in which this process has written something.

    Raises:
        MissingRequirementError: Their Python lacks corpusmill, or has another version of it.
        SettingsError: They do not see the folder.
    """
    probe = map_with_schema(spark.range(1), _Look(folder), _SEEN)
    try:
        (found,) = probe.collect()
    except PySparkException as error:
        if "ModuleNotFoundError" not in str(error):
            raise
        lines = [line for line in str(error).splitlines() if "ModuleNotFoundError" in line]
        raise MissingRequirementError(
            f"workers of the Connect server lack our code ({lines[-1].strip()}): install corpusmill "
            f"{jobs.__version__} for their Python"
        ) from error
    if found.version != jobs.__version__:
        raise MissingRequirementError(
            f"workers of the Connect server have corpusmill {found.version}, this process "
            f"{jobs.__version__}: install the same"
        )
    if not found.sees:
        raise SettingsError(
            f"{folder} is on this machine and not on that of the Connect server, which would write into a "
            "folder of its own: give an OUTPUT that both see, such as s3://"
        )


@dataclass(frozen=True)
class _Look:
    """Says which version of ours a worker has, and whether it sees a folder."""

    folder: str

    def __call__(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            sees = storage.exists(self.folder)
            yield pa.RecordBatch.from_pylist(
                [{"version": jobs.__version__, "sees": sees}] * len(batch), _SEEN
            )


@dataclass(frozen=True)
class Held:
    """Stands in for a broadcast: the value travels with each function that holds it."""

    value: Any


def send(spark: SparkSession, value: object) -> Sent:
    """Send a value to every worker, once where Spark has broadcasts; ``.value`` gives it there."""
    return Held(value) if through_connect(spark) else spark.sparkContext.broadcast(value)


def send_module(spark: SparkSession, archive: Path) -> None:
    """Let workers import what an archive holds."""
    if through_connect(spark):
        cast("Any", spark).addArtifacts(str(archive), pyfile=True)
    else:
        spark.sparkContext.addPyFile(str(archive))


def tasks_at_a_time(spark: SparkSession) -> int:
    """Return how many tasks the session's cluster runs at a time, as far as Spark knows."""
    if not through_connect(spark):
        return int(spark.sparkContext.defaultParallelism)
    # Of a range without a number of partitions Spark makes as many.
    return spark.range(1 << 20).select(F.spark_partition_id()).distinct().count()


def run_apart(
    spark: SparkSession, function: Callable[[T], Mapping[str, Any]], items: Sequence[T]
) -> dict[str, Any]:
    """Call a function once an item, each in a task of its own, and return what it told of all of them."""
    number = max(1, len(items))
    tasks = spark.range(0, len(items), 1, number)  # a row a partition
    done = map_with_schema(tasks, _Apart(function, list(items)), _TOLD)
    told: dict[str, Any] = {}
    for row in done.collect():
        told.update(pickle.loads(row.told))
    return told


@dataclass(frozen=True)
class _Apart:
    """Calls a function for the items whose numbers it is given."""

    function: Callable[[Any], Mapping[str, Any]]
    items: Sequence[Any]

    def __call__(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            told = [self.function(self.items[number]) for number in batch.column(0).to_pylist()]
            yield pa.RecordBatch.from_pydict(
                {"told": [pickle.dumps(dict(one)) for one in told]}, _TOLD
            )
