from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnxruntime
import pytest
from scipy.special import softmax

from jobs.models.conversion.classifier import convert
from tests.numpy_encoders import bert_reference, modern_bert_reference
from tests.published_models import Weights, write_published, write_safetensors
from tests.tiny_encoder import HEADS, POSITIONS

FAMILIES = ("bert", "roberta", "xlm-roberta", "modernbert")
WINDOWS = ([2, 7, 9, 3], [2, *range(5, 60), 3], [2])


def reference(weights: Weights, config: dict[str, Any], ids: list[int]) -> npt.NDArray[np.float64]:
    if config["model_type"] == "modernbert":
        return modern_bert_reference(weights, config, ids)
    return bert_reference(
        weights, HEADS, ids, padding=None if config["model_type"] == "bert" else 0
    )


def run(folder: Path, ids: list[list[int]], mask: list[list[int]]) -> npt.NDArray[np.float32]:
    graph = convert(folder).graph.SerializeToString()
    session = onnxruntime.InferenceSession(graph, providers=["CPUExecutionProvider"])
    feed = {"input_ids": np.array(ids, np.int64), "attention_mask": np.array(mask, np.int64)}
    grades: npt.NDArray[np.float32] = session.run(None, feed)[0]
    return grades


@pytest.mark.parametrize("family", FAMILIES)
def test_one_output_is_the_grade(tmp_path: Path, family: str) -> None:
    weights, config = write_published(tmp_path, family)
    for ids in WINDOWS:
        found = run(tmp_path, [ids], [[1] * len(ids)])
        assert found.shape == (1, 1)
        assert found[0] == pytest.approx(reference(weights, config, ids), abs=1e-4)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("outputs", [2, 6])
def test_of_classes_the_grade_is_what_they_lead_to_expect(
    tmp_path: Path, family: str, outputs: int
) -> None:
    weights, config = write_published(tmp_path, family, outputs)
    ids = WINDOWS[1]
    shares = softmax(reference(weights, config, ids))
    expected = sum(share * 5 * place / (outputs - 1) for place, share in enumerate(shares))
    assert run(tmp_path, [ids], [[1] * len(ids)])[0, 0] == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize("family", FAMILIES)
def test_padding_changes_nothing(tmp_path: Path, family: str) -> None:
    write_published(tmp_path, family)
    ids = WINDOWS[0]
    alone = run(tmp_path, [ids], [[1] * len(ids)])[0, 0]
    padded = run(
        tmp_path,
        [[*ids, *[0] * 40], [2, *range(5, 47), 3]],
        [[*[1] * len(ids), *[0] * 40], [1] * 44],
    )
    assert padded[0, 0] == pytest.approx(alone, abs=1e-5)


@pytest.mark.parametrize("dtype", ["F16", "BF16"])
def test_half_precision_is_read_as_it_is_stored(tmp_path: Path, dtype: str) -> None:
    weights, config = write_published(tmp_path, "xlm-roberta", dtype=dtype, files=2)
    expected = reference(weights, config, WINDOWS[0])
    assert run(tmp_path, [WINDOWS[0]], [[1] * 4])[0] == pytest.approx(expected, abs=1e-4)


def test_what_a_model_can_read_is_what_its_positions_leave(tmp_path: Path) -> None:
    for family, positions in (("bert", POSITIONS), ("roberta", POSITIONS - 1)):
        write_published(tmp_path / family, family)
        assert convert(tmp_path / family).positions == positions


class TestClasses:
    def test_are_ordered_by_the_numbers_in_their_names(self, tmp_path: Path) -> None:
        write_published(
            tmp_path, outputs=3, id2label={"0": "10 stars", "1": "2 stars", "2": "5 stars"}
        )
        assert convert(tmp_path).classes == {"2 stars": 0.0, "5 stars": 2.5, "10 stars": 5.0}

    def test_without_numbers_are_refused_until_the_order_is_given(self, tmp_path: Path) -> None:
        names = {"0": "High", "1": "Medium", "2": "Low"}
        weights, config = write_published(tmp_path, outputs=3, id2label=names)
        with pytest.raises(ValueError, match="give --classes High,Medium,Low from worst to best"):
            convert(tmp_path)
        converted = convert(tmp_path, ["Low", "Medium", "High"])
        assert converted.classes == {"Low": 0.0, "Medium": 2.5, "High": 5.0}
        session = onnxruntime.InferenceSession(converted.graph.SerializeToString())
        feed = {"input_ids": np.array([WINDOWS[0]]), "attention_mask": np.ones((1, 4), np.int64)}
        shares = softmax(reference(weights, config, WINDOWS[0]))
        assert session.run(None, feed)[0] == pytest.approx(
            shares[0] * 5 + shares[1] * 2.5, abs=1e-4
        )

    @pytest.mark.parametrize("order", [["Low"], ["Low", "Medium", "Top"], ["Low", "Low", "High"]])
    def test_of_another_model_are_refused(self, tmp_path: Path, order: list[str]) -> None:
        write_published(tmp_path, outputs=3, id2label={"0": "High", "1": "Medium", "2": "Low"})
        with pytest.raises(ValueError, match="are not the classes of"):
            convert(tmp_path, order)

    @pytest.mark.parametrize("names", [{"0": "0"}, {"0": "0", "1": "0", "2": "2"}, {"a": "0"}])
    def test_that_are_not_as_many_as_the_weights_are_refused(
        self, tmp_path: Path, names: dict[str, str]
    ) -> None:
        write_published(tmp_path, outputs=3, id2label=names)
        with pytest.raises(ValueError, match="they are of different models"):
            convert(tmp_path)


@pytest.mark.parametrize(
    ("family", "config", "message"),
    [
        ("bert", {"model_type": "deberta-v2"}, "model_type deberta-v2 is not supported, known are bert"),
        ("bert", {"model_type": None}, "model_type None is not supported"),
        ("bert", {"hidden_act": "swish"}, "hidden_act swish is not supported, known: gelu"),
        ("bert", {"position_embedding_type": "relative_key"}, "position_embedding_type relative_key is not"),
        ("bert", {"is_decoder": True}, "is_decoder True is not supported"),
        ("bert", {"problem_type": "multi_label_classification"}, "problem_type multi_label_classification"),
        ("bert", {"quantization_config": {"bits": 4}}, "quantization_config"),
        ("bert", {"num_attention_heads": 5}, "hidden_size 16 is no multiple of num_attention_heads 5"),
        ("bert", {"num_hidden_layers": None}, "has no number num_hidden_layers"),
        ("bert", {"num_hidden_layers": 3}, "lacks the weight encoder.layer.2.attention.self.query.weight"),
        ("bert", {"num_hidden_layers": 1}, "has 16 weights that a bert of its config.json does not read"),
        ("modernbert", {"hidden_activation": "silu"}, "hidden_activation silu is not supported"),
        ("modernbert", {"classifier_pooling": "max"}, "classifier_pooling max is not supported"),
        ("modernbert", {"layer_types": ["full_attention"]}, "1 layer_types for 2 layers"),
        ("modernbert", {"rope_scaling": {"type": "yarn"}}, "rotary positions of type .*yarn.* are not"),
        (
            "modernbert",
            {"rope_parameters": {"full_attention": {"rope_type": "linear"}}},
            "rotary positions of type linear are not supported",
        ),
        ("modernbert", {"norm_bias": True}, "lacks the weight embeddings.norm.bias"),
        ("roberta", {"model_type": "bert"}, "has no classifier: its weights lack classifier.weight"),
    ],
)  # fmt: skip
def test_what_is_not_supported_is_named(
    tmp_path: Path, family: str, config: dict[str, Any], message: str
) -> None:
    write_published(tmp_path, family, **config)
    with pytest.raises(ValueError, match=message):
        convert(tmp_path)


def only_encoder(folder: Path) -> None:
    weights, _ = write_published(folder)
    kept = {name: value for name, value in weights.items() if not name.startswith("classifier")}
    write_safetensors(folder / "model.safetensors", kept)


def as_pickle(folder: Path) -> None:
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")


def without_a_shard(folder: Path) -> None:
    write_published(folder, files=3)
    (folder / "model.safetensors").unlink()
    (folder / "model-00002-of-00003.safetensors").unlink()


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda folder: (folder / "config.json").unlink(), "config.json cannot be read"),
        (lambda folder: (folder / "config.json").write_text("{"), "config.json is no JSON"),
        (lambda folder: (folder / "config.json").write_text("[]"), "holds no JSON object"),
        (lambda folder: (folder / "model.safetensors").unlink(), "holds no model.safetensors and no"),
        (as_pickle, "pytorch_model.bin is a pickle, which may run code and is not read"),
        (without_a_shard, "lacks model-00002-of-00003.safetensors of the 3 files"),
        (only_encoder, "has no classifier: its weights lack classifier.weight"),
    ],
)  # fmt: skip
def test_a_partial_folder_is_refused_by_what_it_lacks(
    tmp_path: Path, damage: Callable[[Path], object], message: str
) -> None:
    write_published(tmp_path)
    damage(tmp_path)
    with pytest.raises(ValueError, match=message) as refused:
        convert(tmp_path)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("content", ["{", "{}", json.dumps({"weight_map": 3})])
def test_a_faulty_index_is_refused(tmp_path: Path, content: str) -> None:
    write_published(tmp_path, files=2)
    (tmp_path / "model.safetensors.index.json").write_text(content)
    with pytest.raises(ValueError, match="is no index of weights"):
        convert(tmp_path)
