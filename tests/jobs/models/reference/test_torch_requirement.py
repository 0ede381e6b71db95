"""A missing torch is told before anything is read."""

import importlib.util

import pytest

from jobs.command_line import main


@pytest.mark.parametrize(
    "words", [["train-reference", "packed", "out"], ["ablate", "a", "b", "out"]]
)
def test_a_missing_torch_is_one_line_with_the_extras_name(
    monkeypatch: pytest.MonkeyPatch, words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    found = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util,
        "find_spec",
        lambda name, *rest: None if name == "torch" else found(name, *rest),
    )
    assert main(words) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert "pip install 'corpusmill[reference]'" in line
