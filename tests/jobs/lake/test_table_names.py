"""A word names a table of a lake, or a path: never both."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.lake.table_names import LakeTable, is_lake_table, parse_lake_table
from jobs.runtime.errors import InputError

SPELLINGS = {
    "iceberg:lake.db.pages": LakeTable("iceberg", "lake.db.pages"),
    "iceberg:lake.a.b.pages@577": LakeTable("iceberg", "lake.a.b.pages", 577),
    "iceberg:lake.db.pages@2026-10-01": LakeTable("iceberg", "lake.db.pages", None, "2026-10-01"),
    "delta:/data/pages": LakeTable("delta", "/data/pages"),
    "delta:s3://bucket/a@b/pages@12": LakeTable("delta", "s3://bucket/a@b/pages", 12),
    "delta:pages@2026-10-01T12:30": LakeTable("delta", "pages", None, "2026-10-01T12:30"),
    "delta:main.web.pages": LakeTable("delta", "main.web.pages"),
}


@pytest.mark.parametrize(("given", "table"), SPELLINGS.items())
def test_spellings(given: str, table: LakeTable) -> None:
    assert is_lake_table(given)
    assert parse_lake_table(given) == table


@pytest.mark.parametrize(
    ("given", "sql", "catalog"),
    [
        ("iceberg:lake.db.pages", "`lake`.`db`.`pages`", "lake"),
        ("delta:/data/it`s", "delta.`file:///data/it``s`", None),
        ("delta:s3://bucket/t", "delta.`s3a://bucket/t`", None),
        ("delta:main.web.pages", "`main`.`web`.`pages`", "main"),
        ("delta:/a.b.c", "delta.`file:///a.b.c`", None),
    ],
)
def test_names_and_paths_in_sql(given: str, sql: str, catalog: str | None) -> None:
    table = parse_lake_table(given)
    assert (table.sql, table.catalog) == (sql, catalog)


@pytest.mark.parametrize(
    "given", ["lake.db.pages", "./iceberg:x", "s3://b/delta:x", "table.parquet"]
)
def test_a_path_names_no_table(given: str) -> None:
    assert not is_lake_table(given)


@pytest.mark.parametrize(
    "given", ["iceberg:", "iceberg:pages", "iceberg:db.pages", "iceberg:/a/b.c.d"]
)
def test_what_names_no_table_of_iceberg_is_told_how_to(given: str) -> None:
    with pytest.raises(InputError, match=r"write iceberg:catalog\.db\.table"):
        parse_lake_table(given)


@given(st.text(min_size=1).filter(lambda place: "@" not in place), st.integers(min_value=0))
def test_a_version_is_split_off_any_path(place: str, version: int) -> None:
    table = parse_lake_table(f"delta:{place}@{version}")
    assert (table.place, table.version) == (place, version)
