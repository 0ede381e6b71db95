"""How a table of a lake is spelt where a path might stand: ``iceberg:catalog.db.table``, ``delta:PATH``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, TypeAlias

from jobs.runtime.errors import InputError
from jobs.runtime.store import storage

Format: TypeAlias = Literal["iceberg", "delta"]
# Dots alone would not do: table.parquet is a file, and a/b.c a folder as well as two names.
_SPELLING = re.compile(
    r"(?P<format>iceberg|delta):(?P<place>.+?)"
    r"(?:@(?P<version>\d+)|@(?P<time>\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d)?)?))?",
    re.DOTALL,
)
_BEGINNING = re.compile(r"(iceberg|delta):")
_NAME = re.compile(r"[\w-]+(?:\.[\w-]+){2,}")


@dataclass(frozen=True)
class LakeTable:
    """A table, and perhaps which of its states.

    Attributes:
        format: ``iceberg`` or ``delta``.
        place: Name in a catalog, of at least three parts, or the path of a table of Delta.
        version: Snapshot of Iceberg or version of Delta; None: not said.
        time: The state at this time (ISO 8601, UTC); None: not said.
    """

    format: Format
    place: str
    version: int | None = None
    time: str | None = None

    @property
    def name(self) -> str:
        """The spelling without the state."""
        return f"{self.format}:{self.place}"

    @property
    def catalog(self) -> str | None:
        """The catalog that a name begins with; None for a path."""
        return self.place.partition(".")[0] if _NAME.fullmatch(self.place) else None

    @property
    def sql(self) -> str:
        """The table in Spark SQL."""
        if self.catalog is None:
            return f"delta.{quoted(storage.spark_path(storage.absolute(self.place)))}"
        return ".".join(map(quoted, self.place.split(".")))


def is_lake_table(given: str) -> bool:
    """Say whether a user's word names a table of a lake rather than a path."""
    return _BEGINNING.match(given) is not None


def parse_lake_table(given: str) -> LakeTable:
    """Return the table that a user names.

    Args:
        given: ``iceberg:catalog.db.table``, ``delta:catalog.schema.table`` or ``delta:PATH``, each perhaps
            with ``@VERSION`` or ``@TIME`` behind it. A path that looks like a name is written ``./a.b.c``.

    Raises:
        InputError: It is spelt otherwise.
    """
    found = _SPELLING.fullmatch(given)
    if found is None:
        raise InputError(f"{given} names no table: write iceberg:catalog.db.table or delta:PATH")
    version, time = found["version"], found["time"]
    format_: Format = "iceberg" if found["format"] == "iceberg" else "delta"
    table = LakeTable(format_, found["place"], None if version is None else int(version), time)
    if table.format == "iceberg" and table.catalog is None:
        raise InputError(
            f"{given} names no table of Iceberg: write iceberg:catalog.db.table, with the catalog that "
            "--spark-conf spark.sql.catalog.CATALOG sets"
        )
    return table


def require_lake_table(given: str) -> LakeTable:
    """Return the table that a user names, which is there as far as can be told without Spark.

    Raises:
        InputError: It is spelt wrong, or its path holds no table of Delta.
    """
    table = parse_lake_table(given)
    path = storage.absolute(table.place)
    if table.catalog is None and not storage.exists(storage.join(path, "_delta_log")):
        raise InputError(f"{given}: {path} holds no table of Delta (there is no _delta_log in it)")
    return table


def quoted(part: str) -> str:
    """Return a part of a name, or a column's, as Spark SQL takes it whatever is in it."""
    return "`" + part.replace("`", "``") + "`"
