"""BERT and RoBERTa as an ONNX graph, from weights by their hub names, without torch.

The graphs are those of `transformers`: FineWeb-Edu's classifier and its Chinese kin are BERT with pooler
(dense and tanh over the first token) and one output; XLM-RoBERTa is RoBERTa with another vocabulary. Without
a classifier among the weights the last hidden state is the output.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from onnx import ModelProto

from jobs.models.conversion.graph_builder import GraphBuilder, Weights


@dataclass(frozen=True)
class BertShape:
    """What the weights do not tell.

    Attributes:
        layers: Of the encoder.
        heads: Of attention.
        epsilon: Added to the variance by norms.
        activation: One of ``ACTIVATIONS``.
        padding: The token that RoBERTa's positions pass over: its first position is one above it. None is
            BERT, whose positions begin at 0.
    """

    layers: int
    heads: int
    epsilon: float = 1e-12
    activation: str = "gelu"
    padding: int | None = None


def bert_graph(
    weights: Weights, shape: BertShape, values: Sequence[float] | None = None
) -> tuple[ModelProto, set[str]]:
    """Build the graph.

    Args:
        weights: By hub names without the prefix ``bert.`` or ``roberta.``.
        shape: What they do not tell.
        values: The grades of classes; None: the classifier has one output, or there is none.

    Returns:
        The graph and the names of the weights in it.

    Raises:
        KeyError: A weight is missing.
    """
    builder = GraphBuilder(weights, shape.heads, shape.epsilon)
    hidden = _embed(builder, shape)
    bias = builder.padding_bias()
    width = weights["embeddings.LayerNorm.weight"].shape[0]
    for number in range(shape.layers):
        hidden = _layer(builder, hidden, bias, shape, width, f"encoder.layer.{number}")
    if not any(name.startswith("classifier.") for name in weights):
        model = builder.finish(hidden, "last_hidden_state", ["batch", "tokens", width])
        return model, builder.used
    roberta = shape.padding is not None
    pooler, last = (
        ("classifier.dense", "classifier.out_proj") if roberta else ("pooler.dense", "classifier")
    )
    pooled = builder.add("Tanh", [builder.dense(builder.first_token(hidden), pooler)], "pooled")
    grade = builder.grade(builder.dense(pooled, last), values)
    return builder.finish(grade, "grade", ["batch", 1]), builder.used


def _embed(builder: GraphBuilder, shape: BertShape) -> str:
    words = builder.add(
        "Gather", [builder.weight("embeddings.word_embeddings.weight"), "input_ids"], "words"
    )
    places = (
        builder.positions() if shape.padding is None else _places_beyond(builder, shape.padding)
    )
    positions = builder.add(
        "Gather",
        [builder.weight("embeddings.position_embeddings.weight"), places],
        "position_vectors",
    )
    # A text alone is of type 0 throughout.
    kinds = builder.weight("embeddings.token_type_embeddings.weight")
    kind = builder.add("Gather", [kinds, builder.integers("zero", 0)], "token_type")
    placed = builder.add("Add", [words, positions], "placed")
    return builder.norm(builder.add("Add", [placed, kind], "embedded"), "embeddings.LayerNorm")


def _places_beyond(builder: GraphBuilder, padding: int) -> str:
    """RoBERTa's positions, int64[batch, tokens]: tokens that are not padding are counted from 1."""
    pad = builder.integers("padding_token", padding)
    same = builder.add("Equal", ["input_ids", pad], "is_padding")
    seen = builder.add("Cast", [builder.add("Not", [same], "is_text")], "text_ones", to=7)
    counted = builder.add("CumSum", [seen, builder.integers("step", 1)], "counted")
    return builder.add("Add", [builder.add("Mul", [counted, seen], "counts"), pad], "places")


def _layer(
    builder: GraphBuilder, hidden: str, bias: str, shape: BertShape, width: int, name: str
) -> str:
    query, key, value = (
        builder.split_heads(builder.dense(hidden, f"{name}.attention.self.{part}"), width)
        for part in ("query", "key", "value")
    )
    joined = builder.attend(query, key, value, bias, width, name)
    attended = _residual(builder, hidden, joined, f"{name}.attention.output")
    wide = builder.dense(attended, f"{name}.intermediate.dense")
    active = builder.activation(wide, shape.activation, name)
    return _residual(builder, attended, active, f"{name}.output")


def _residual(builder: GraphBuilder, base: str, value: str, name: str) -> str:
    dense = builder.dense(value, f"{name}.dense")
    return builder.norm(builder.add("Add", [base, dense], f"{name}.sum"), f"{name}.LayerNorm")
