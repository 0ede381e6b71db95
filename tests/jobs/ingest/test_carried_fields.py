"""What a table holds beside the text goes down to the corpus as JSON."""

from __future__ import annotations

import datetime
import io
import json
from collections.abc import Mapping
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.ingest.carried_fields import carried, with_partitions
from jobs.ingest.record_readers import read_records
from jobs.ingest.settings import IngestSettings
from jobs.ingest.source_record import SourceRecord

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)  # fmt: skip


def records(content: bytes, *carry: str) -> list[SourceRecord]:
    settings = IngestSettings(carry=carry)
    return list(read_records(io.BytesIO(content), len(content), settings))


def metadata(content: bytes, *carry: str) -> list[object]:
    found = [record.metadata for record in records(content, *carry)]
    return [None if one is None else json.loads(one) for one in found]


def parquet(table: pa.Table) -> bytes:
    sink = io.BytesIO()
    pq.write_table(table, sink)
    return sink.getvalue()


LINES = (
    b'{"id": "a", "text": "one", "score": 1.5, "tags": ["x", null], "a.b c": {"deep": 1}}\n'
    b'{"id": "b", "text": "two", "score": null, "extra": "\xe7\x81\xaf"}\n'
)


def test_without_being_asked_nothing_is_carried() -> None:
    assert metadata(LINES) == [None, None]


def test_all_carries_what_is_not_read_as_something_else() -> None:
    assert metadata(LINES, "all") == [
        {"score": 1.5, "tags": ["x", None], "a.b c": {"deep": 1}},
        {"extra": "灯"},
    ]


def test_named_columns_are_carried_also_those_that_are_read() -> None:
    assert metadata(LINES, "score", "a.b c", "id") == [
        {"score": 1.5, "a.b c": {"deep": 1}, "id": "a"},
        {"id": "b"},
    ]


def test_a_text_beside_a_page_is_one_column_more() -> None:
    line = b'{"html": "<p>x</p>", "text": "given"}\n{"html": "<p>y</p>"}\n'
    assert metadata(line, "all") == [{"text": "given"}, None]


def test_a_row_of_parquet_keeps_values_that_json_does_not_know() -> None:
    table = pa.table({
        "text": ["a"],
        "when": pa.array([datetime.datetime(2026, 1, 2, 3)], pa.timestamp("us")),
        "day": [datetime.date(2026, 1, 2)],
        "price": [Decimal("1.10")],
        "nothing": pa.array([float("nan")]),
        "bytes": [b"\xff\x00"],
        "vector": [[1.0, float("inf")]],
    })  # fmt: skip
    assert metadata(parquet(table), "all") == [
        {
            "when": "2026-01-02T03:00:00",
            "day": "2026-01-02",
            "price": "1.10",
            "nothing": "nan",
            "bytes": "/wA=",
            "vector": [1.0, "inf"],
        }
    ]


def test_only_columns_that_are_asked_for_are_read_from_parquet() -> None:
    table = pa.table({"text": ["a"], "score": [1], "other": [2]})
    assert metadata(parquet(table), "score") == [{"score": 1}]


def test_a_row_of_csv_carries_its_fields() -> None:
    assert metadata(b"id,text,score\n1,one,2\n2,two,\n3,three,4\n", "all") == [
        {"score": "2"}, None, {"score": "4"},
    ]  # fmt: skip


def test_a_record_that_cannot_be_used_keeps_what_it_carries() -> None:
    (record,) = records(b'{"id": 1, "score": 2}\n', "all")
    assert (record.status, record.metadata) == ("malformed", '{"score": 2}')


def test_half_a_surrogate_pair_is_replaced() -> None:
    assert metadata(b'{"text": "a", "odd": "\\ud83d"}\n', "all") == [{"odd": "?"}]


@pytest.mark.parametrize("levels", [101, 600, 900])
def test_a_value_nested_like_a_bomb_costs_its_record_and_no_other(levels: int) -> None:
    bomb = "[" * levels + "]" * levels
    lines = [
        '{"text": "a", "odd": 1}',
        f'{{"text": "b", "odd": {bomb}}}',
        f'{{"text": "c", "url": {bomb}}}',
        '{"text": "d", "odd": 2}',
    ]
    found = records("\n".join(lines).encode(), "odd")
    assert [record.status for record in found[::3]] == ["ok", "ok"]
    assert (found[1].status, found[1].detail) == ("malformed", "line 2 is nested too deeply")
    assert [record.metadata for record in found[::3]] == ['{"odd": 1}', '{"odd": 2}']


def test_a_value_of_a_hundred_levels_is_carried() -> None:
    deep = "[" * 100 + "]" * 100
    assert metadata(f'{{"text": "b", "odd": {deep}}}\n'.encode(), "odd") == [
        {"odd": json.loads(deep)}
    ]


@pytest.mark.parametrize(
    ("source", "carry", "found"),
    [
        ("data/year=2024/lang=zh%2DHans/part-0.parquet", ("all",), {"year": "2024", "lang": "zh-Hans"}),
        ("data/year=2024/lang=zh/part-0.parquet", ("lang",), {"lang": "zh"}),
        ("data/year=2024/part-0.parquet", (), None),
        ("data/year=__HIVE_DEFAULT_PARTITION__/part-0.parquet", ("all",), None),
        ("data/x=1.parquet", ("all",), None),
        ("daten/jahr=2024/größe=3/年=2025/x.parquet", ("größe", "年"), {"größe": "3", "年": "2025"}),
    ],
)  # fmt: skip
def test_partitions_in_a_path_are_carried(
    source: str, carry: tuple[str, ...], found: Mapping[str, str] | None
) -> None:
    told = with_partitions(None, source, carry)
    assert (None if told is None else json.loads(told)) == found


def test_a_column_wins_over_a_partition_of_its_name() -> None:
    assert with_partitions('{"year": 3}', "a/year=2024/b", ("all",)) == '{"year": 3}'


@given(st.dictionaries(st.text(), JSON, max_size=5))
def test_what_is_carried_reads_back_as_it_was(fields: dict[str, object]) -> None:
    told = carried(fields, set(), ("all",))
    kept = {name: value for name, value in fields.items() if value is not None}
    assert (json.loads(told) if told else {}) == kept
