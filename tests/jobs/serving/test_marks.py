"""Marks of people: kept beside the run, read by train-grader, written for the next run to obey."""

import csv
import io
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import yaml

from jobs.inspection.label_tables import LABELS_NAME
from jobs.inspection.run_tables import RunTables
from jobs.models.grader.labelled_table import LabelledColumns, read_labelled
from jobs.recipes.exclusions import excluding_rules
from jobs.recipes.recipe import ExcludeSettings
from jobs.runtime.errors import InputError
from jobs.serving.marks import (
    SCHEMA,
    Mark,
    csv_of,
    exclusions_of,
    labelled_of,
    marks_by_id,
    read_marks,
    set_mark,
)
from tests.jobs.finished_run import HOSTILE_URL
from tests.jobs.serving.looked_at_run import HOSTILE, make_run, rows


@pytest.fixture(scope="module")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_run(tmp_path_factory.mktemp("marks") / "run")


@pytest.fixture
def folder(untouched: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(untouched, tmp_path / "run"))


@pytest.fixture
def tables(folder: Path) -> RunTables:
    return RunTables(str(folder))


def test_a_mark_is_kept_changed_and_taken_away(tables: RunTables) -> None:
    assert read_marks(tables.output).num_rows == 0
    set_mark(tables, HOSTILE, Mark("unsure", ""))
    set_mark(tables, HOSTILE, Mark("wrong", "é\n<b>"))
    assert marks_by_id(read_marks(tables.output)) == {HOSTILE: Mark("wrong", "é\n<b>")}
    set_mark(tables, HOSTILE, None)
    assert read_marks(tables.output).num_rows == 0


def test_marks_made_at_once_are_all_kept(tables: RunTables) -> None:
    numbers = [place << 25 for place in range(16)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: set_mark(tables, number, Mark("good", "")), numbers))
    assert sorted(marks_by_id(read_marks(tables.output))) == numbers
    assert not list(Path(tables.output).glob(f".{LABELS_NAME}*"))  # no drafts are left


def test_what_is_no_mark_is_told(tables: RunTables) -> None:
    with pytest.raises(InputError, match="mark=bad: wanted one of good, unsure, wrong"):
        set_mark(tables, HOSTILE, Mark("bad", ""))
    with pytest.raises(InputError, match="at most 2,000"):
        set_mark(tables, HOSTILE, Mark("good", "x" * 2001))


def test_a_file_of_that_name_that_is_none_of_ours_is_left_alone(
    tables: RunTables, folder: Path
) -> None:
    pq.write_table(SCHEMA.empty_table().select(["id"]), folder / LABELS_NAME)
    with pytest.raises(InputError, match="no file of marks"):
        set_mark(tables, HOSTILE, Mark("good", ""))
    (folder / LABELS_NAME).write_bytes(b"PAR1")
    with pytest.raises(InputError, match="damaged"):
        read_marks(tables.output)


def test_train_grader_reads_the_file_and_the_export(
    tables: RunTables, folder: Path, tmp_path: Path
) -> None:
    judged = sorted(rows(folder, "annotated"))[:240]
    for place, number in enumerate(judged[:3]):
        set_mark(tables, number, Mark(("good", "wrong", "unsure")[place], ""))
    one = pq.read_table(folder / LABELS_NAME).to_pylist()
    many = [
        {**one[n % 3], "host": f"host{n}", "text": f"{one[n % 3]['text']} {n}"} for n in range(240)
    ]
    pq.write_table(SCHEMA.empty_table().from_pylist(many, SCHEMA), folder / LABELS_NAME)
    labelled = read_labelled(str(folder / LABELS_NAME), LabelledColumns(), "grade")
    assert set(labelled.labels.tolist()) == {5.0, 2.5, 0.0}
    assert len(set(labelled.groups.tolist())) == 240
    export = tmp_path / "labelled.parquet"
    export.write_bytes(labelled_of(read_marks(str(folder))))
    exported = pq.read_table(export)
    assert set(exported.column("label").to_pylist()) == {5.0, 0.0}
    assert exported.num_rows == 160


def test_a_spreadsheet_runs_no_formula_of_a_document(tables: RunTables) -> None:
    set_mark(tables, HOSTILE, Mark("wrong", "=HYPERLINK(1)"))
    text = csv_of(read_marks(tables.output)).decode("utf-8-sig")
    (row,) = csv.DictReader(io.StringIO(text))
    assert row["note"] == "'=HYPERLINK(1)"
    assert row["url"] == HOSTILE_URL
    assert row["id"] == str(HOSTILE)


def test_only_what_is_wrong_is_excluded_by_address_or_by_file_and_row(
    tables: RunTables, tmp_path: Path
) -> None:
    without_address = 3 << 25  # of the fourth host, which is none
    set_mark(tables, HOSTILE, Mark("wrong", "a script"))
    set_mark(tables, without_address, Mark("wrong", ""))
    set_mark(tables, 8 << 25, Mark("good", ""))
    path = tmp_path / "exclusions.yaml"
    path.write_bytes(exclusions_of(read_marks(tables.output)))
    assert yaml.safe_load(path.read_text())["documents"][0] == {
        "url": HOSTILE_URL, "note": "a script",
    }  # fmt: skip
    (rule,) = excluding_rules(ExcludeSettings(file=str(path)))
    assert rule.listed is not None
    assert rule.listed.urls == (HOSTILE_URL,)
    assert rule.listed.records == (("crawl/html/blog/2021/page0003.html", 0),)
