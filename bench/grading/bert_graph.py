"""BERT as an ONNX graph, written from weights by their hub names, without torch.

The graph is that of FineWeb-Edu's classifier and its Chinese kin (Snowflake arctic-embed, BERT-base):
embeddings, encoder layers, pooler (dense and tanh over the first token), one regression output. Without
a classifier among the weights the last hidden state is the output. For tests with tiny random weights,
and for benches with weights that a package ships.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
from onnx import ModelProto, TensorProto, checker, helper, numpy_helper

Weights = Mapping[str, npt.NDArray[np.float32]]


def random_weights(
    vocabulary: int, width: int, layers: int, positions: int, seed: int = 0
) -> dict[str, npt.NDArray[np.float32]]:
    """Weights of a small BERT with a regression head, by their hub names."""
    generator = np.random.default_rng(seed)

    def normal(*shape: int) -> npt.NDArray[np.float32]:
        return generator.normal(0, 0.3, shape).astype(np.float32)

    def dense(name: str, outputs: int, inputs: int) -> dict[str, npt.NDArray[np.float32]]:
        return {f"{name}.weight": normal(outputs, inputs), f"{name}.bias": normal(outputs)}

    def norm(name: str) -> dict[str, npt.NDArray[np.float32]]:
        return {f"{name}.weight": 1 + normal(width), f"{name}.bias": normal(width)}

    weights = {
        "embeddings.word_embeddings.weight": normal(vocabulary, width),
        "embeddings.position_embeddings.weight": normal(positions, width),
        "embeddings.token_type_embeddings.weight": normal(2, width),
        **norm("embeddings.LayerNorm"),
        **dense("pooler.dense", width, width),
        **dense("classifier", 1, width),
    }
    for layer in range(layers):
        name = f"encoder.layer.{layer}"
        for part in ("query", "key", "value"):
            weights |= dense(f"{name}.attention.self.{part}", width, width)
        weights |= dense(f"{name}.attention.output.dense", width, width)
        weights |= norm(f"{name}.attention.output.LayerNorm")
        weights |= dense(f"{name}.intermediate.dense", 4 * width, width)
        weights |= dense(f"{name}.output.dense", width, 4 * width)
        weights |= norm(f"{name}.output.LayerNorm")
    return weights


def bert_graph(weights: Weights, heads: int, epsilon: float = 1e-12) -> ModelProto:
    """Build the graph; weights by hub names without the prefix ``bert.``."""
    return _Builder(weights, heads, epsilon).build()


class _Builder:
    def __init__(self, weights: Weights, heads: int, epsilon: float) -> None:
        self.weights, self.heads, self.epsilon = weights, heads, epsilon
        self.nodes: list[object] = []
        self.constants: dict[str, npt.NDArray[np.generic]] = {}

    def build(self) -> ModelProto:
        layers = 1 + max(int(k.split(".")[2]) for k in self.weights if k.startswith("encoder."))
        hidden = self.embed()
        self.add("Unsqueeze", ["attention_mask", self.integers("axes12", [1, 2])], "mask4")
        self.add("Cast", ["mask4"], "mask_float", to=TensorProto.FLOAT)
        self.add("Sub", [self.number("one", 1.0), "mask_float"], "hidden_places")
        self.add("Mul", ["hidden_places", self.number("low", -1e9)], "mask_bias")
        for layer in range(layers):
            hidden = self.layer(hidden, f"encoder.layer.{layer}")
        classifier = "classifier.weight" in self.weights
        output = self.classify(hidden) if classifier else hidden
        name, shape = (
            ("logits", ["batch", 1])
            if classifier
            else ("last_hidden_state", ["batch", "tokens", None])
        )
        self.add("Identity", [output], name)
        inputs = [
            helper.make_tensor_value_info(entry, TensorProto.INT64, ["batch", "tokens"])
            for entry in ("input_ids", "attention_mask", "token_type_ids")
        ]
        outputs = [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)]
        constants = [numpy_helper.from_array(value, key) for key, value in self.constants.items()]
        graph = helper.make_graph(self.nodes, "bert", inputs, outputs, constants)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)])
        model.ir_version = 9
        checker.check_model(model)
        return model

    def embed(self) -> str:
        self.add("Shape", ["input_ids"], "length", start=1, end=2)
        self.add("Squeeze", ["length"], "length_scalar")
        zero, one = self.integers("zero", 0), self.integers("step", 1)
        self.add("Range", [zero, "length_scalar", one], "positions")
        parts = []
        for part, places in (
            ("word", "input_ids"), ("position", "positions"), ("token_type", "token_type_ids")
        ):  # fmt: skip
            table = self.weight(f"embeddings.{part}_embeddings.weight")
            parts.append(self.add("Gather", [table, places], f"{part}_vectors"))
        self.add("Add", parts[:2], "word_position")
        self.add("Add", ["word_position", parts[2]], "embedded")
        return self.norm("embedded", "embeddings.LayerNorm")

    def layer(self, hidden: str, name: str) -> str:
        width = self.weights[f"{name}.output.dense.weight"].shape[0]
        size = width // self.heads
        split = self.integers("split", [0, 0, self.heads, size])
        parts = {}
        for part, order in (
            ("query", [0, 2, 1, 3]),
            ("key", [0, 2, 3, 1]),
            ("value", [0, 2, 1, 3]),
        ):
            dense = self.dense(hidden, f"{name}.attention.self.{part}")
            shaped = self.add("Reshape", [dense, split], f"{name}.{part}.shaped")
            parts[part] = self.add("Transpose", [shaped], f"{name}.{part}.turned", perm=order)
        scores = self.add("MatMul", [parts["query"], parts["key"]], f"{name}.products")
        scaled = self.add("Mul", [scores, self.number("scale", size**-0.5)], f"{name}.scaled")
        masked = self.add("Add", [scaled, "mask_bias"], f"{name}.masked")
        shares = self.add("Softmax", [masked], f"{name}.shares", axis=-1)
        mixed = self.add("MatMul", [shares, parts["value"]], f"{name}.mixed")
        turned = self.add("Transpose", [mixed], f"{name}.back", perm=[0, 2, 1, 3])
        joined = self.add(
            "Reshape", [turned, self.integers("join", [0, 0, width])], f"{name}.joined"
        )
        attended = self.residual(hidden, joined, f"{name}.attention.output")
        wide = self.dense(attended, f"{name}.intermediate.dense")
        active = self.add("Gelu", [wide], f"{name}.gelu")
        return self.residual(attended, active, f"{name}.output")

    def classify(self, hidden: str) -> str:
        first = self.add("Gather", [hidden, self.integers("zero", 0)], "first_token", axis=1)
        pooled = self.add("Tanh", [self.dense(first, "pooler.dense")], "pooled")
        return self.dense(pooled, "classifier")

    def residual(self, base: str, value: str, name: str) -> str:
        dense = self.dense(value, f"{name}.dense")
        return self.norm(self.add("Add", [base, dense], f"{name}.sum"), f"{name}.LayerNorm")

    def dense(self, value: str, name: str) -> str:
        matrix = f"{name}.transposed"
        self.constants[matrix] = np.ascontiguousarray(self.weights[f"{name}.weight"].T)
        product = self.add("MatMul", [value, matrix], f"{name}.product")
        return self.add("Add", [product, self.weight(f"{name}.bias")], f"{name}.dense")

    def norm(self, value: str, name: str) -> str:
        scale, shift = self.weight(f"{name}.weight"), self.weight(f"{name}.bias")
        return self.add(
            "LayerNormalization", [value, scale, shift], f"{name}.norm", epsilon=self.epsilon
        )

    def add(self, kind: str, inputs: list[str], output: str, **attributes: object) -> str:
        self.nodes.append(helper.make_node(kind, inputs, [output], **attributes))
        return output

    def weight(self, name: str) -> str:
        self.constants[name] = np.asarray(self.weights[name], np.float32)
        return name

    def number(self, name: str, value: float) -> str:
        self.constants[name] = np.array(value, np.float32)
        return name

    def integers(self, name: str, value: int | list[int]) -> str:
        self.constants[name] = np.array(value, np.int64)
        return name


def bert_reference(
    weights: Weights, heads: int, ids: list[int], epsilon: float = 1e-12
) -> npt.NDArray[np.float64]:
    """The same model on one window in plain numpy: an oracle that shares no code with the graph."""
    from scipy.special import erf, softmax

    w = {name: value.astype(np.float64) for name, value in weights.items()}

    def dense(x: npt.NDArray[np.float64], name: str) -> npt.NDArray[np.float64]:
        return x @ w[f"{name}.weight"].T + w[f"{name}.bias"]

    def norm(x: npt.NDArray[np.float64], name: str) -> npt.NDArray[np.float64]:
        centred = x - x.mean(-1, keepdims=True)
        spread = np.sqrt((centred**2).mean(-1, keepdims=True) + epsilon)
        return centred / spread * w[f"{name}.weight"] + w[f"{name}.bias"]

    x = w["embeddings.word_embeddings.weight"][ids]
    x = x + w["embeddings.position_embeddings.weight"][: len(ids)]
    x = norm(x + w["embeddings.token_type_embeddings.weight"][0], "embeddings.LayerNorm")
    size = x.shape[1] // heads
    layer = 0
    while f"encoder.layer.{layer}.output.dense.weight" in w:
        name = f"encoder.layer.{layer}"
        q, k, v = (dense(x, f"{name}.attention.self.{part}") for part in ("query", "key", "value"))
        mixed = []
        for head in range(heads):
            part = slice(head * size, (head + 1) * size)
            mixed.append(softmax(q[:, part] @ k[:, part].T / size**0.5, axis=-1) @ v[:, part])
        attended = dense(np.concatenate(mixed, -1), f"{name}.attention.output.dense")
        x = norm(x + attended, f"{name}.attention.output.LayerNorm")
        wide = dense(x, f"{name}.intermediate.dense")
        wide = wide * 0.5 * (1 + erf(wide / 2**0.5))
        x = norm(x + dense(wide, f"{name}.output.dense"), f"{name}.output.LayerNorm")
        layer += 1
    if "classifier.weight" not in w:
        return x
    return dense(np.tanh(dense(x[0], "pooler.dense")), "classifier")
