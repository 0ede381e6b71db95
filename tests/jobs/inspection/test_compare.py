"""Two runs compared: the same run, and one with a moved threshold."""

import json
import shutil
from pathlib import Path

import pytest

from jobs.inspection.compare import compare, compare_runs
from jobs.inspection.run_tables import RunTables
from jobs.runtime.errors import InputError
from tests.sample_run import FinishedRun

pytestmark = pytest.mark.spark


@pytest.fixture
def changed(finished_run: FinishedRun, tmp_path: Path) -> Path:
    """A copy whose report claims one document less and whose corpus lacks it."""
    copy = tmp_path / "run"
    shutil.copytree(finished_run.folder, copy)
    report = json.loads((copy / "report.json").read_text(encoding="utf-8"))
    report["totals"]["kept"] -= 1
    report["reasons"]["too_few_words"] += 1
    report["rules"][0]["asked"]["max"] = 0.5
    report["recipe"]["settings"]["dedup"]["threshold"] = 0.9
    (copy / "report.json").write_text(json.dumps(report), encoding="utf-8")
    return copy


def test_a_run_equals_itself(finished_run: FinishedRun) -> None:
    tables = RunTables(finished_run.context.output)
    comparison = compare_runs(tables, tables)
    assert all(a == b for a, b in comparison.totals.values())
    assert comparison.settings == comparison.versions == {}
    assert comparison.matched == (len(finished_run.rows("documents")), 0, 0, 0, 0)
    assert comparison.moved == (0, 0)


def test_what_differs_is_shown(finished_run: FinishedRun, changed: Path) -> None:
    text = compare(str(finished_run.folder), str(changed), as_json=False)
    line = next(line for line in text.splitlines() if "too_few_words" in line)
    assert line.endswith("+1")
    assert "dedup.threshold" in text
    facts = json.loads(compare(str(finished_run.folder), str(changed), as_json=True))
    assert facts["totals"]["kept"][0] == facts["totals"]["kept"][1] + 1
    assert facts["settings"]["dedup.threshold"] == [0.7, 0.9]


def test_a_folder_without_report_is_refused(finished_run: FinishedRun, tmp_path: Path) -> None:
    unreported = tmp_path / "run"
    shutil.copytree(finished_run.folder, unreported, ignore=shutil.ignore_patterns("report.json"))
    with pytest.raises(InputError, match="corpusmill report"):
        compare(str(finished_run.folder), str(unreported), as_json=False)
