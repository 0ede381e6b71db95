"""A published classifier as an ONNX graph of one output, its grade; what is not supported is named."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from onnx import ModelProto

from jobs.models.conversion.bert_graph import BertShape, bert_graph
from jobs.models.conversion.fetch_choice import class_grades
from jobs.models.conversion.graph_builder import ACTIVATIONS
from jobs.models.conversion.modern_bert_graph import ModernBertShape, modern_bert_graph
from jobs.models.conversion.published_model import CONFIG_NAME
from jobs.models.conversion.safetensors_file import Checkpoint

PREFIXES: Final = {
    "bert": "bert.", "roberta": "roberta.", "xlm-roberta": "roberta.", "modernbert": "model.",
}  # fmt: skip
"""``model_type`` of a config → what its weights' names begin with."""
CLASSIFIERS: Final = {
    "bert": "classifier", "roberta": "classifier.out_proj", "xlm-roberta": "classifier.out_proj",
    "modernbert": "classifier",
}  # fmt: skip
IGNORED: Final = re.compile(r"embeddings\.position_ids$|.*rotary_emb\.inv_freq$|pooler\.")
"""Places and frequencies that are computed, and the pooler of a RoBERTa whose head does without."""
REQUIRED: Final = (
    "num_hidden_layers",
    "num_attention_heads",
    "hidden_size",
    "max_position_embeddings",
)


@dataclass(frozen=True)
class Classifier:
    """A classifier made into a graph.

    Attributes:
        graph: One output, float32[batch, 1]: the grade before it is cut to 0..5.
        model_type: As its config calls it.
        classes: The grade of each class by its name, from worst to best; empty: the head has one output.
        positions: Tokens that it can read at once, special tokens included.
    """

    graph: ModelProto
    model_type: str
    classes: Mapping[str, float]
    positions: int


def convert(folder: Path, worst_to_best: Sequence[str] = ()) -> Classifier:
    """Make the graph of a classifier from its config and weights.

    Args:
        folder: With ``config.json`` and safetensors.
        worst_to_best: Names of all classes in the order of their worth; empty: names that hold one
            number each (``LABEL_0``, ``3 stars``) are ordered by it, other names are refused.

    Raises:
        ValueError: If a file is missing or faulty, or the model is of a kind that is not supported;
            the text names what and says what to do.
    """
    config = read_config(folder)
    family = str(config.get("model_type"))
    if family not in PREFIXES:
        raise ValueError(
            f"{folder / CONFIG_NAME}: model_type {family} is not supported, known are {', '.join(PREFIXES)}:"
            " export it by optimum-cli (docs/grading.md)"
        )
    _refuse(folder, config)
    weights = Checkpoint(folder, PREFIXES[family])
    head = f"{CLASSIFIERS[family]}.weight"
    if head not in weights:
        raise ValueError(
            f"{folder} has no classifier: its weights lack {head}. Give a model of text classification, or"
            " train a head by `corpusmill train-grader --encoder`"
        )
    outputs = len(weights[head])
    names = _labels(folder, config, outputs) if outputs > 1 else []
    classes = class_grades(str(folder), names, worst_to_best) if names else {}
    by_output = [classes[name] for name in names] or None
    try:
        if family == "modernbert":
            graph, used = modern_bert_graph(weights, _modern_shape(folder, config), by_output)
        else:
            graph, used = bert_graph(weights, _bert_shape(config, family), by_output)
    except KeyError as error:
        raise ValueError(
            f"{folder} lacks the weight {error.args[0]} that {CONFIG_NAME} makes needful: its files are of"
            " different models, or some are missing; download it again"
        ) from error
    left = sorted(name for name in weights if name not in used and not IGNORED.match(name))
    if left:
        raise ValueError(
            f"{folder} has {len(left)} weights that a {family} of its {CONFIG_NAME} does not read, the first"
            f" is {left[0]}: it is of another make, and its grades would be wrong"
        )
    padding = _padding(config, family)
    positions = int(config["max_position_embeddings"]) - (0 if padding is None else padding + 1)
    return Classifier(graph, family, classes, positions)


def read_config(folder: Path) -> dict[str, Any]:
    """Read ``config.json``.

    Raises:
        ValueError: If it is missing, no JSON object, or lacks a number that every model has.
    """
    path = folder / CONFIG_NAME
    try:
        config = json.loads(path.read_text("utf-8"))
    except OSError as error:
        raise ValueError(
            f"{path} cannot be read ({error.strerror}): give the folder of a model with {CONFIG_NAME},"
            " tokenizer.json and safetensors"
        ) from error
    except ValueError as error:
        raise ValueError(f"{path} is no JSON ({error}): download it again") from error
    if not isinstance(config, dict):
        raise ValueError(f"{path} holds no JSON object: download it again")
    if str(config.get("model_type")) in PREFIXES:
        missing = [name for name in REQUIRED if not isinstance(config.get(name), int)]
        if missing:
            raise ValueError(f"{path} has no number {', '.join(missing)}: download it again")
    return config


def _labels(folder: Path, config: Mapping[str, Any], outputs: int) -> list[str]:
    named = config.get("id2label") or {str(number): f"LABEL_{number}" for number in range(outputs)}
    try:
        names = [str(named[str(number)]) for number in range(outputs)]
    except (KeyError, TypeError) as error:
        raise ValueError(
            f"{folder / CONFIG_NAME}: id2label names {len(named)} classes, the weights have {outputs}:"
            " they are of different models"
        ) from error
    if len(set(names)) != outputs or len(named) != outputs:
        raise ValueError(
            f"{folder / CONFIG_NAME}: id2label names {len(set(named.values()))} different classes, the"
            f" weights have {outputs}: they are of different models"
        )
    return names


def _refuse(folder: Path, config: Mapping[str, Any]) -> None:
    """Refuse settings that would make the graph another function."""
    known = ", ".join(ACTIVATIONS)
    wanted: list[tuple[str, str, Sequence[object]]] = [
        ("hidden_act", known, [None, *ACTIVATIONS]),
        ("hidden_activation", known, [None, *ACTIVATIONS]),
        ("classifier_activation", known, [None, *ACTIVATIONS]),
        ("position_embedding_type", "absolute", [None, "absolute"]),
        ("is_decoder", "false", [None, False]),
        ("problem_type", "regression, single_label_classification",
         [None, "regression", "single_label_classification"]),
        ("classifier_pooling", "cls, mean", [None, "cls", "mean"]),
        ("quantization_config", "none", [None]),
    ]  # fmt: skip
    for name, told, values in wanted:
        if config.get(name) not in values:
            raise ValueError(
                f"{folder / CONFIG_NAME}: {name} {config[name]} is not supported, known: {told}. Export the"
                " model by optimum-cli (docs/grading.md)"
            )
    if config["hidden_size"] % config["num_attention_heads"]:
        raise ValueError(
            f"{folder / CONFIG_NAME}: hidden_size {config['hidden_size']} is no multiple of"
            f" num_attention_heads {config['num_attention_heads']}: download it again"
        )


def _padding(config: Mapping[str, Any], family: str) -> int | None:
    if family not in ("roberta", "xlm-roberta"):
        return None
    padding = config.get("pad_token_id")
    return 1 if padding is None else int(padding)


def _bert_shape(config: Mapping[str, Any], family: str) -> BertShape:
    return BertShape(
        config["num_hidden_layers"],
        config["num_attention_heads"],
        float(config.get("layer_norm_eps", 1e-12)),
        config.get("hidden_act") or "gelu",
        _padding(config, family),
    )


def _modern_shape(folder: Path, config: Mapping[str, Any]) -> ModernBertShape:
    layers = config["num_hidden_layers"]
    every = int(config.get("global_attn_every_n_layers", 3))
    kinds = config.get("layer_types") or [
        "sliding_attention" if number % every else "full_attention" for number in range(layers)
    ]
    if len(kinds) != layers:
        raise ValueError(
            f"{folder / CONFIG_NAME}: {len(kinds)} layer_types for {layers} layers: download it again"
        )
    return ModernBertShape(
        local_layers=tuple(kind == "sliding_attention" for kind in kinds),
        heads=config["num_attention_heads"],
        epsilon=float(config.get("norm_eps", 1e-5)),
        activation=config.get("hidden_activation") or "gelu",
        head_activation=config.get("classifier_activation") or "gelu",
        reach=int(config.get("local_attention", 128)) // 2,
        global_base=_rotary_base(folder, config, "full_attention", "global_rope_theta", 160_000.0),
        local_base=_rotary_base(folder, config, "sliding_attention", "local_rope_theta", 10_000.0),
        mean=config.get("classifier_pooling") == "mean",
        norm_bias=bool(config.get("norm_bias", False)),
        attention_bias=bool(config.get("attention_bias", False)),
        mlp_bias=bool(config.get("mlp_bias", False)),
        head_bias=bool(config.get("classifier_bias", False)),
    )


def _rotary_base(
    folder: Path, config: Mapping[str, Any], kind: str, older: str, default: float
) -> float:
    """The base of one kind of layers, as `transformers` 5 writes it or as 4 did."""
    described = (config.get("rope_parameters") or {}).get(kind) or {}
    form = described.get("rope_type", "default")
    if form != "default" or config.get("rope_scaling"):
        raise ValueError(
            f"{folder / CONFIG_NAME}: rotary positions of type {config.get('rope_scaling') or form} are not"
            " supported, known: default. Export the model by optimum-cli (docs/grading.md)"
        )
    return float(described.get("rope_theta", config.get(older) or default))
