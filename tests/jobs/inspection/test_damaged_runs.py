"""Runs of which a file was cut short or overwritten: each question says so in one sentence."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from jobs.command_line import main
from tests.sample_run import FinishedRun

pytestmark = pytest.mark.spark

MANIFEST = "_manifest.json"


def overwritten(name: str, content: bytes = b"\xff\xfe\x00") -> Callable[[Path], None]:
    return lambda run: (run / name).write_bytes(content) and None


def without(name: str, *keys: str) -> Callable[[Path], None]:
    """Take a value out of a JSON file, so that the rest of it is as it was."""

    def damage(run: Path) -> None:
        facts = json.loads((run / name).read_text())
        place = facts
        for key in keys[:-1]:
            place = place[key]
        del place[keys[-1]]
        (run / name).write_text(json.dumps(facts))

    return damage


def broken_page(dataset: str) -> Callable[[Path], None]:
    """Overwrite the pages of each Parquet file and leave its footer, and so its size, alone."""

    def damage(run: Path) -> None:
        for path in (run / dataset).rglob("*.parquet"):
            content = path.read_bytes()
            footer = int.from_bytes(content[-8:-4], "little") + 8
            pages = b"\x07" * (len(content) - footer - 4)
            path.write_bytes(content[:4] + pages + content[-footer:])

    return damage


DAMAGES = [
    overwritten(f"verdicts/{MANIFEST}"),
    overwritten(f"verdicts/{MANIFEST}", b'{"dataset": "verd'),
    without(f"verdicts/{MANIFEST}", "details", "rules"),
    overwritten(f"documents/{MANIFEST}", b""),
    overwritten("report.json", b'{"totals": '),
    without("report.json", "totals"),
    overwritten("report.json"),
    broken_page("annotated"),
    broken_page("corpus"),
    overwritten("recipe.yaml"),
    overwritten("recipe.yaml", b"rules: [[["),
]
COMMANDS = {
    "whatif": ["whatif", "{run}"],
    "explain": ["explain", "{run}", "--id", "{id}"],
    "compare": ["compare", "{run}", "{run}"],
    "perplexity": ["perplexity", "table", "{run}"],
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_every_question_answers_or_says_what_is_damaged(
    finished_run: FinishedRun,
    tmp_path: Path,
    damage: Callable[[Path], None],
    capsys: pytest.CaptureFixture[str],
) -> None:
    run = tmp_path / "run"
    shutil.copytree(finished_run.folder, run)
    number = finished_run.rows("corpus", ["id"])[0]["id"]
    damage(run)
    failed = []
    for name, words in COMMANDS.items():
        status = main([word.format(run=run, id=number) for word in words])
        said = capsys.readouterr().err
        assert status in (0, 1)
        if status:
            failed.append(name)
            assert str(run) in said or "manifest of" in said
            assert "fault of corpusmill" not in said
            assert len(said.splitlines()) == 1
    assert failed
