"""The lines of docs/opening.md open a finished run with what others read Parquet with."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from jobs.command_line import main
from tests.conftest import REPOSITORY

PAGE = (REPOSITORY / "docs" / "opening.md").read_text(encoding="utf-8")
CORPUS, SIGNALS = PAGE.split("## Signals in SQL")
BLOCKS = re.findall(r"```python\n(.*?)```", CORPUS, re.DOTALL)
COLUMNS = {
    "pandas": lambda found: list(found.columns),
    "polars": lambda found: list(found.columns),
    "duckdb": lambda found: list(found.columns),
    "datasets": lambda found: list(found.column_names),
}


@pytest.fixture(scope="module")
def output(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("opened")
    sentence = "On day {} the keeper of the {} wrote that the wind kept everybody at home. "
    (folder / "in").mkdir()
    for place in ("ferry", "inn"):
        text = "".join(sentence.format(day, place) for day in range(12))
        (folder / "in" / f"{place}.txt").write_text(text, encoding="utf-8")
    (folder / "in" / "short.txt").write_text("Too short.", encoding="utf-8")
    assert main(["run", str(folder / "in"), str(folder / "out"), "--quiet"]) == 0
    return folder / "out"


def package(block: str) -> str:
    return re.search(r"(?:import|from) (\w+)", block)[1]  # type: ignore[index]


@pytest.mark.parametrize("block", BLOCKS, ids=package)
def test_every_line_of_the_page_gives_the_corpus(
    output: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, block: str
) -> None:
    name = package(block)
    if importlib.util.find_spec(name) is None:
        pytest.skip(f"{name} is not installed")
    monkeypatch.setenv("HF_DATASETS_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    found: dict[str, Any] = {}
    exec(block.replace("OUTPUT", str(output)), found)
    columns = COLUMNS[name](found["corpus"])
    assert {"id", "text", "source", "url", "language"} <= set(columns)
    assert len(found["corpus"]) >= 1
    if "ledger" in found:
        assert "too_few_words" in found["ledger"]["reason"]


def test_each_package_of_the_page_is_tried() -> None:
    assert {package(block) for block in BLOCKS} == set(COLUMNS)


def test_the_card_names_the_files_that_are_rows(output: Path) -> None:
    _, header, _ = (output / "README.md").read_text(encoding="utf-8").split("---\n", 2)
    configs = {config["config_name"]: config for config in yaml.safe_load(header)["configs"]}
    assert [name for name, config in configs.items() if config.get("default")] == ["corpus"]
    for name, config in configs.items():
        (files,) = config["data_files"]
        assert list(output.glob(files["path"])), name
    assert (output / "README.md").read_text(encoding="utf-8") == (
        output / "dataset_card.md"
    ).read_text(encoding="utf-8")


def test_a_readme_of_somebody_else_stays(output: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ours = (output / "README.md").read_bytes()
    (output / "README.md").write_text("My notes.", encoding="utf-8")
    assert main(["report", str(output)]) == 0
    assert (output / "README.md").read_text(encoding="utf-8") == "My notes."
    assert "README.md is not ours and stays" in capsys.readouterr().err
    (output / "README.md").write_bytes(ours)
