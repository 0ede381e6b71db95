"""ModernBERT's sequence classifier as an ONNX graph (Warner et al. 2024, as `transformers` computes it).

Rotary positions, norms before each part, gated feed-forward parts, and attention that sees all tokens in some
layers and the nearest in the others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from onnx import ModelProto, TensorProto

from jobs.models.conversion.graph_builder import HIDDEN, GraphBuilder, Weights


@dataclass(frozen=True)
class ModernBertShape:
    """What the weights do not tell.

    Attributes:
        local_layers: Of each layer whether it sees the nearest tokens alone.
        heads: Of attention.
        epsilon: Added to the variance by norms.
        activation: Of the feed-forward parts, one of ``ACTIVATIONS``.
        head_activation: Of the classifier's dense layer.
        reach: Tokens to either side that a local layer sees.
        global_base: Base of the rotary frequencies of the layers that see all.
        local_base: The same of local layers.
        mean: Whether the classifier reads the mean of the tokens instead of the first.
        norm_bias: Whether norms have a shift; the others likewise for dense layers.
        attention_bias: See ``norm_bias``.
        mlp_bias: See ``norm_bias``.
        head_bias: See ``norm_bias``.
    """

    local_layers: tuple[bool, ...]
    heads: int
    epsilon: float
    activation: str
    head_activation: str
    reach: int
    global_base: float
    local_base: float
    mean: bool
    norm_bias: bool
    attention_bias: bool
    mlp_bias: bool
    head_bias: bool


def modern_bert_graph(
    weights: Weights, shape: ModernBertShape, values: Sequence[float] | None = None
) -> tuple[ModelProto, set[str]]:
    """Build the graph; arguments, result and error are those of ``bert_graph``, the prefix is ``model.``."""
    builder = GraphBuilder(weights, shape.heads, shape.epsilon)
    layers = _Layers(builder, shape, weights["embeddings.norm.weight"].shape[0])
    hidden = layers.embed()
    for number in range(len(shape.local_layers)):
        hidden = layers.layer(hidden, number)
    hidden = builder.norm(hidden, "final_norm", bias=shape.norm_bias)
    pooled = builder.mean_token(hidden) if shape.mean else builder.first_token(hidden)
    dense = builder.dense(pooled, "head.dense", bias=shape.head_bias)
    active = builder.activation(dense, shape.head_activation, "head")
    normed = builder.norm(active, "head.norm", bias=shape.norm_bias)
    grade = builder.grade(builder.dense(normed, "classifier"), values)
    return builder.finish(grade, "grade", ["batch", 1]), builder.used


class _Layers:
    def __init__(self, builder: GraphBuilder, shape: ModernBertShape, width: int) -> None:
        self.builder, self.shape, self.width = builder, shape, width
        positions = builder.positions()
        self.whole_bias = builder.padding_bias()
        self.near_bias = builder.add("Add", [self.whole_bias, self.distant(positions)], "near_bias")
        places = builder.add("Cast", [positions], "places", to=TensorProto.FLOAT)
        self.places = builder.add("Unsqueeze", [places, builder.integers("axis1", [1])], "column")
        self.angles = {
            False: self.rotary(shape.global_base, "global"),
            True: self.rotary(shape.local_base, "local"),
        }

    def embed(self) -> str:
        table = self.builder.weight("embeddings.tok_embeddings.weight")
        words = self.builder.add("Gather", [table, "input_ids"], "words")
        return self.builder.norm(words, "embeddings.norm", bias=self.shape.norm_bias)

    def distant(self, positions: str) -> str:
        """What hides tokens out of reach, float32[tokens, tokens]."""
        add = self.builder.add
        axis0, axis1 = self.builder.integers("axis0", [0]), self.builder.integers("axis1", [1])
        rows = add("Unsqueeze", [positions, axis1], "rows")
        columns = add("Unsqueeze", [positions, axis0], "columns")
        apart = add("Abs", [add("Sub", [rows, columns], "steps")], "apart")
        far = add("Greater", [apart, self.builder.integers("reach", self.shape.reach)], "is_far")
        ones = add("Cast", [far], "far_ones", to=TensorProto.FLOAT)
        return add("Mul", [ones, self.builder.number("hidden", HIDDEN)], "far_bias")

    def rotary(self, base: float, name: str) -> tuple[str, str]:
        """Cosines and sines of every position, float32[tokens, size]."""
        size = self.width // self.shape.heads
        frequencies = 1.0 / base ** (np.arange(0, size, 2, dtype=np.float32) / size)
        row = self.builder.numbers(f"{name}.frequencies", frequencies[None, :])
        angles = self.builder.add("Mul", [self.places, row], f"{name}.half_angles")
        whole = self.builder.add("Concat", [angles, angles], f"{name}.angles", axis=-1)
        cosine = self.builder.add("Cos", [whole], f"{name}.cosine")
        return cosine, self.builder.add("Sin", [whole], f"{name}.sine")

    def rotated(self, value: str, angles: tuple[str, str]) -> str:
        add = self.builder.add
        first, second = self.builder.parts(value, 2)
        turned = add(
            "Concat", [add("Neg", [second], f"{second}.negative"), first], f"{value}.half", axis=-1
        )
        along = add("Mul", [value, angles[0]], f"{value}.along")
        across = add("Mul", [turned, angles[1]], f"{value}.across")
        return add("Add", [along, across], f"{value}.rotated")

    def layer(self, hidden: str, number: int) -> str:
        builder, shape, name = self.builder, self.shape, f"layers.{number}"
        # The embeddings are normed already: the first layer has no norm of its own.
        normed = (
            builder.norm(hidden, f"{name}.attn_norm", bias=shape.norm_bias) if number else hidden
        )
        mixed = builder.dense(normed, f"{name}.attn.Wqkv", bias=shape.attention_bias)
        query, key, value = (
            builder.split_heads(part, self.width) for part in builder.parts(mixed, 3)
        )
        local = shape.local_layers[number]
        angles, bias = self.angles[local], self.near_bias if local else self.whole_bias
        query, key = self.rotated(query, angles), self.rotated(key, angles)
        joined = builder.attend(query, key, value, bias, self.width, name)
        out = builder.dense(joined, f"{name}.attn.Wo", bias=shape.attention_bias)
        attended = builder.add("Add", [hidden, out], f"{name}.attended")
        normed = builder.norm(attended, f"{name}.mlp_norm", bias=shape.norm_bias)
        wide, gate = builder.parts(builder.dense(normed, f"{name}.mlp.Wi", bias=shape.mlp_bias), 2)
        active = builder.activation(wide, shape.activation, name)
        gated = builder.add("Mul", [active, gate], f"{name}.gated")
        fed = builder.dense(gated, f"{name}.mlp.Wo", bias=shape.mlp_bias)
        return builder.add("Add", [attended, fed], f"{name}.out")
