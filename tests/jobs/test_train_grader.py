from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from jobs.command_line import main
from jobs.serving.marks import LABELS, labelled_of
from jobs.serving.marks import SCHEMA as MARKS
from udfs.grading.grader import open_grader
from udfs.safety.signals import open_safety_model

WORDS = {
    5: "theorem proof lemma exercise chapter solution definition example",
    1: "sale discount cart shipping offer deal price checkout",
}


def labelled_table(path: Path, rows: int = 400, high: int = 5) -> Path:
    """Two kinds of text from forty hosts; the label is in the words."""
    generator = np.random.default_rng(11)
    good = np.arange(rows) % 2 == 0
    labels = np.where(good, high, 0 if high == 1 else 1)
    texts = [
        " ".join([*generator.choice(WORDS[5 if is_good else 1].split(), 6), "the", "of", str(row)])
        for row, is_good in enumerate(good)
    ]
    hosts = [f"host{row % 40}.example" for row in range(rows)]
    table = {"text": texts, "label": labels.tolist(), "host": hosts, "language": ["en"] * rows}
    pq.write_table(pa.table(table), path)
    return path


def test_a_trained_grader_is_a_folder_that_runs_take(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = labelled_table(tmp_path / "labelled.parquet")
    output = tmp_path / "grader"
    command = ["train-grader", str(source), str(output), "--language-column", "language"]
    assert main(command) == 0
    assert sorted(path.name for path in output.iterdir()) == [
        "calibration.svg", "card.md", "model.json", "weights.npz",
    ]  # fmt: skip
    page = capsys.readouterr().out
    assert "F1 at >= 2" in page
    assert page.strip() == (output / "card.md").read_text().strip()
    assert ET.parse(output / "calibration.svg").getroot().tag.endswith("svg")
    grader = open_grader(str(output))
    assert grader.linear.card.training["test"]["f1"] > 0.95
    assert grader.linear.card.training["groups"] == 40
    assert grader.languages == ("en",)
    first = (output / "model.json").read_bytes()
    assert main(command) == 0
    assert (output / "model.json").read_bytes() == first


def test_a_safety_model_comes_from_the_same_command(tmp_path: Path) -> None:
    source = labelled_table(tmp_path / "labelled.parquet", high=1)
    output = tmp_path / "safety"
    assert main(["train-grader", str(source), str(output), "--kind", "safety"]) == 0
    test = json.loads((output / "model.json").read_text())["training"]["test"]
    assert (test["precision"], test["recall"], test["cut"]) == (1.0, 1.0, 0.5)
    assert len(test["confusion_matrix"]) == 2
    open_safety_model(str(output))


def test_marks_of_the_local_page_are_such_a_table(tmp_path: Path) -> None:
    table = pq.read_table(labelled_table(tmp_path / "labelled.parquet"))
    marks = ["good" if label == 5 else "wrong" for label in table.column("label").to_pylist()]
    rows = [
        {"id": number, "mark": mark, "label": LABELS[mark], "text": text, "host": host}
        for number, (mark, text, host) in enumerate(
            zip(marks, table["text"].to_pylist(), table["host"].to_pylist(), strict=True)
        )
    ]
    kept = pa.Table.from_pylist(rows, MARKS)
    pq.write_table(kept, tmp_path / "labels.parquet")
    (tmp_path / "basket.parquet").write_bytes(labelled_of(kept))
    for name in ("labels.parquet", "basket.parquet"):
        output = tmp_path / f"of-{name}"
        assert main(["train-grader", str(tmp_path / name), str(output)]) == 0
        card = open_grader(str(output)).linear.card.training
        assert card["groups"] == 40  # the column host is what is not divided
        assert card["test"]["f1"] > 0.95


@pytest.mark.parametrize(
    ("columns", "options", "message"),
    [
        ({"text": ["a"] * 300}, [], "--label-column label: no such column"),
        ({"text": ["a"] * 300, "label": [3] * 300}, [], "all 300 labels are 3"),
        ({"text": ["a"] * 300, "label": [7] + [3] * 299}, [], "1 of 300 labels are not between 0 and 5"),
        ({"text": ["a"] * 300, "label": [None] + [3] * 299}, [], "the first is None"),
        ({"text": ["a"] * 300, "label": [2, 0, 1] * 100}, ["--kind", "safety"], "or give --kind grade"),
        ({"text": ["a"] * 300, "label": ["good"] * 300}, [], "is string, wanted numbers"),
        ({"text": [1] * 300, "label": [1, 2] * 150}, [], "is int64, wanted string"),
        ({"text": ["a", "b"] * 20, "label": [1, 2] * 20}, [], "has 40 labelled rows, wanted at least 200"),
        ({"text": ["a", "b"] * 150, "label": [1, 2] * 150}, [], "its 2 groups cannot be divided"),
        ({"txet": ["a"], "label": [1]}, [], "did you mean 'txet'"),
    ],
)  # fmt: skip
def test_a_table_that_cannot_be_trained_on_is_refused_by_name(
    columns: dict[str, list[object]],
    options: list[str],
    message: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    pq.write_table(pa.table(columns), tmp_path / "t.parquet")
    assert main(["train-grader", str(tmp_path / "t.parquet"), str(tmp_path / "out"), *options]) == 1
    assert message.lower() in capsys.readouterr().err.lower()


def test_missing_and_broken_tables_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "broken.parquet").write_bytes(b"PAR1 not really")
    for name, message in (("absent", "absent"), ("broken.parquet", "cannot be read as Parquet")):
        assert main(["train-grader", str(tmp_path / name), str(tmp_path / "out")]) == 1
        assert message in capsys.readouterr().err


@pytest.mark.parametrize("output", ["s3://bucket/model", "{folder}"])
def test_an_output_that_is_no_model_is_left_alone(
    output: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "thesis.txt").write_text("ten years of work")
    assert main(["train-grader", "x.parquet", output.format(folder=tmp_path)]) == 1
    assert "folder" in capsys.readouterr().err
    assert (tmp_path / "thesis.txt").exists()


def test_an_encoder_makes_it_a_cascade(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from tests.tiny_encoder import write_export

    source = labelled_table(tmp_path / "labelled.parquet", rows=240)
    write_export(tmp_path / "export", classifier=False)
    output = tmp_path / "grader"
    command = ["train-grader", str(source), str(output), "--encoder", str(tmp_path / "export")]
    assert main([*command, "--window-tokens", "48"]) == 0
    page = capsys.readouterr().out
    assert page.index("## linear") < page.index("## encoder") < page.index("## cascade")
    assert "Share of test documents that the encoder grades" in page
    grader = open_grader(str(output))
    assert grader.linear is not None
    assert grader.encoder is not None
    assert grader.encoder.card.max_tokens == 48
    assert main([*command, "--kind", "safety"]) == 1
    assert main([*command[:-1], str(tmp_path / "absent")]) == 1
    assert "cannot be read" in capsys.readouterr().err
