"""What trainers and hubs get beside Parquet: JSON lines with the same rows, and a card."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest
import yaml

from jobs.export_corpus import export_stage
from jobs.report.dataset_card import size_class
from tests.sample_run import FinishedRun

pytestmark = pytest.mark.spark


def test_the_lines_are_the_corpus(finished_run: FinishedRun, tmp_path: Path) -> None:
    shutil.copytree(finished_run.folder, tmp_path / "run")
    manifest = export_stage(replace(finished_run.context, output=str(tmp_path / "run")))
    found = []
    for file in manifest.files:
        path = str(tmp_path / "run" / "jsonl" / file.path)
        with pa.CompressedInputStream(pa.OSFile(path), "zstd") as stream:
            found += [json.loads(line) for line in stream.read().decode("utf-8").split("\n")[:-1]]
    corpus = {
        row["id"]: {k: v for k, v in row.items() if v is not None}
        for row in finished_run.rows("corpus")
    }
    assert {row["id"]: row for row in found} == corpus
    assert manifest.accounts.rows_in == manifest.accounts.rows_out == len(found)
    assert all(file.path.endswith(".jsonl.zst") for file in manifest.files)


def test_the_card_tells_counts_languages_and_limits(finished_run: FinishedRun) -> None:
    card = (Path(finished_run.folder) / "dataset_card.md").read_text(encoding="utf-8")
    _, header, body = card.split("---\n", 2)
    facts = yaml.safe_load(header)
    assert {"en", "zh", "de"} <= set(facts["language"])
    assert facts["size_categories"] == ["n<1K"]
    kept = len(finished_run.rows("corpus", ["id"]))
    assert f"{kept} documents" in body
    assert "`too_few_words`" in body
    assert "not judged: `unsafe_agreed`" in body
    assert "| lamplight.example |" in body


@pytest.mark.parametrize(
    ("documents", "name"),
    [(0, "n<1K"), (999, "n<1K"), (1000, "1K<n<10K"), (5 * 10**8, "100M<n<1B"), (10**9, "n>1B")],
)
def test_size_classes_are_the_hubs(documents: int, name: str) -> None:
    assert size_class(documents) == name
