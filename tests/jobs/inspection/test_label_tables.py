import csv
import io

import pyarrow as pa
import pytest

from jobs.inspection.label_sample import SCHEMA
from jobs.inspection.label_tables import csv_of, group_of


@pytest.mark.parametrize(
    ("url", "host"),
    [("https://a.example/x", "a.example"), (None, "file.jsonl"), ("https://[a/", "file.jsonl")],
)  # fmt: skip
def test_the_group_is_the_host_or_the_file(url: str | None, host: str) -> None:
    assert group_of(url, "file.jsonl") == host


def test_a_spreadsheet_gets_no_formula() -> None:
    row = dict.fromkeys(SCHEMA.names) | {"id": 7, "text": "=HYPERLINK(1)"}
    told = csv_of(pa.Table.from_pylist([row], SCHEMA)).decode("utf-8-sig")
    (found,) = csv.DictReader(io.StringIO(told))
    assert found["text"] == "'=HYPERLINK(1)"
