"""Classifiers that `transformers` saved, made into graphs of ours: the numbers are torch's."""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnxruntime
import pytest
from scipy.special import softmax

from jobs.models.conversion.classifier import convert
from tests.readers.environment import answer

pytestmark = [pytest.mark.readers, pytest.mark.timeout(3600)]

MODELS = (
    "bert-regression-F32", "bert-classes-F32", "bert-relu-F32", "bert-tanh-F16",
    "roberta-regression-F32", "xlm-regression-F32", "xlm-classes-BF16",
    "modernbert-regression-F32", "modernbert-classes-BF16", "modernbert-biases-F32",
)  # fmt: skip


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    folder = tmp_path_factory.mktemp("saved")
    return folder, answer("classifier_logits.py", folder)


@pytest.mark.parametrize("name", MODELS)
def test_grades_are_those_of_torch(saved: tuple[Path, dict[str, Any]], name: str) -> None:
    folder, answers = saved
    graph = convert(folder / name).graph.SerializeToString()
    session = onnxruntime.InferenceSession(graph, providers=["CPUExecutionProvider"])
    spread = []
    for batch in answers[name]:
        feed = {"input_ids": np.array(batch["ids"]), "attention_mask": np.array(batch["mask"])}
        (found,) = session.run(None, feed)
        expected = grades(np.array(batch["logits"]))
        assert found[:, 0] == pytest.approx(expected, abs=1e-4)
        spread.extend(expected)
    assert np.ptp(spread) > 0.1  # else every graph would do


def grades(logits: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Of logits: the one, or the mean class of 0..n-1 on the scale 0..5."""
    classes = logits.shape[1]
    if classes == 1:
        return logits[:, 0]
    mean: npt.NDArray[np.float64] = softmax(logits, axis=1) @ np.arange(classes)
    return 5 * mean / (classes - 1)


def test_every_model_that_was_saved_is_compared(saved: tuple[Path, dict[str, Any]]) -> None:
    assert saved[1].keys() == set(MODELS)
