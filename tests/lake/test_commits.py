"""A run's rows get into a table once, whoever else writes there, and whatever columns it has."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from jobs.lake.commits import write_once
from jobs.lake.snapshots import commits, read_version, version_to_read
from jobs.lake.table_names import Format, parse_lake_table
from jobs.runtime.errors import InputError, SettingsError
from tests.lake.tables import Lake

pytestmark = pytest.mark.lake
FORMATS: list[Format] = ["iceberg", "delta"]
LANGUAGES = ("de", "en", "zh")


def documents(spark: SparkSession, first: int, count: int = 6) -> DataFrame:
    language = F.element_at(F.array(*map(F.lit, LANGUAGES)), (F.col("id") % 3 + 1).cast("int"))
    return spark.range(first, first + count, 1, 2).select(
        "id", F.concat(F.lit("text "), F.col("id")).alias("text"), language.alias("language")
    )


@pytest.mark.parametrize("format_", FORMATS)
def test_a_week_of_writers_in_one_table(lake: Lake, format_: Format) -> None:
    name = lake.spelt(format_, "pages")
    table = parse_lake_table(name)
    with lake.session() as spark:
        first = write_once(table, documents(spark, 0), "monday", "a", ["language"])
        assert first.is_new
        # The same again, from another OUTPUT too: nothing is written.
        again = write_once(table, documents(spark, 0), "monday", "a")
        elsewhere = write_once(table, documents(spark, 0), "copy of monday", "a")
        assert (again, elsewhere) == (first._replace(is_new=False),) * 2

        # Two writers at once, of different runs: both append, and nothing is lost.
        frames = {"tuesday": documents(spark, 10), "wednesday": documents(spark, 20)}
        with ThreadPoolExecutor(2) as both:
            done = both.map(lambda run: write_once(table, frames[run], run, run), frames)
            assert all(one.is_new for one in done)
        assert {commit.run for commit in lake.written(spark, name)} == {"monday", *frames}
        assert sorted(row["id"] for row in lake.rows(spark, name)) == [
            *range(6), *range(10, 16), *range(20, 26),
        ]  # fmt: skip

        # A column that is new to the table, and one of the table's own.
        spark.sql(f"ALTER TABLE {table.sql} ADD COLUMNS (checked BOOLEAN)")
        write_once(table, documents(spark, 30).withColumn("grade", F.lit(2.5)), "thursday", "t")
        by_id = {row["id"]: row for row in lake.rows(spark, name)}
        assert (by_id[30]["grade"], by_id[30]["checked"], by_id[0]["grade"]) == (2.5, None, None)

        # A run that was made anew replaces its own rows by one commit.
        states = len(commits(spark, table))
        anew = write_once(table, documents(spark, 0, count=3), "monday", "b")
        assert anew.is_new
        assert len(commits(spark, table)) == states + 1
        ids = sorted(row["id"] for row in lake.rows(spark, name) if row["run"] == "monday")
        assert ids == [0, 1, 2]
        assert sorted(row["id"] for row in lake.rows(spark, name, first.version)) == [*range(6)]
        assert read_version(spark, table, first.version).columns == [
            "id",
            "text",
            "language",
            "run",
        ]

        # Rows that somebody deleted are written when they are asked for again.
        spark.sql(f"DELETE FROM {table.sql} WHERE run = 'tuesday'")
        assert write_once(table, frames["tuesday"], "tuesday", "tuesday").is_new
        assert len([row for row in lake.rows(spark, name) if row["run"] == "tuesday"]) == 6

        partitions = {row["language"] for row in lake.rows(spark, name)}
        assert partitions == set(LANGUAGES)
        folders = {path.parent.name for path in lake.folder.rglob("*.parquet")}
        assert {f"language={code}" for code in LANGUAGES} <= folders

        with pytest.raises(InputError, match=r"column text of type string, ours is bigint"):
            write_once(table, documents(spark, 0).withColumn("text", F.col("id")), "x", "x")
        with pytest.raises(SettingsError, match="which have one"):
            write_once(table, documents(spark, 0).withColumn("run", F.lit("mine")), "x", "x")
        with pytest.raises(SettingsError, match="no such column; there are id, text"):
            write_once(table, documents(spark, 0), "x", "x", ["langauge"])


@pytest.mark.parametrize("format_", FORMATS)
def test_states_are_found_by_number_and_by_time(lake: Lake, format_: Format) -> None:
    name = lake.spelt(format_, "pages")
    table = parse_lake_table(name)
    with lake.session() as spark:
        with pytest.raises(InputError, match=f"{name} cannot be read"):
            commits(spark, table)
        versions = [
            write_once(table, documents(spark, day), f"day {day}", str(day)).version
            for day in range(2)
        ]
        known = commits(spark, table)
        assert version_to_read(table, known) == versions[1]
        assert [read_version(spark, table, version).count() for version in versions] == [6, 12]
        between = known[-1].at.isoformat(sep=" ", timespec="seconds")[:19]
        at = parse_lake_table(f"{name}@{between}")
        until = [
            commit.version for commit in known if f"{commit.at:%Y-%m-%d %H:%M:%S.%f}" <= between
        ]
        if until:
            assert version_to_read(at, known) == until[-1]
        with pytest.raises(InputError, match="its oldest state that is known is"):
            version_to_read(parse_lake_table(f"{name}@2001-01-01"), known)
        with pytest.raises(InputError, match=f"{name}@77 cannot be read"):
            read_version(spark, table, 77).count()
