"""The parts that encoders have in common, as nodes of an ONNX graph."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from onnx import ModelProto, NodeProto, TensorProto, helper, numpy_helper

Weights = Mapping[str, npt.NDArray[np.float32]]

OPSET: Final = 20
"""The first with Gelu, whose exact form every onnxruntime since 1.17 knows."""
FORMAT: Final = 9
ACTIVATIONS: Final[Mapping[str, tuple[str, Mapping[str, str]]]] = {
    "gelu": ("Gelu", {}),
    "gelu_new": ("Gelu", {"approximate": "tanh"}),
    "gelu_pytorch_tanh": ("Gelu", {"approximate": "tanh"}),
    "relu": ("Relu", {}),
}
"""Names in a config → operator and its attributes."""
HIDDEN: Final = -1e9
"""Added to the scores of places that must not be seen; finite, so that a row of nothing else gives no NaN."""


class GraphBuilder:
    """Collects nodes and constants; every method returns the name of a value.

    Values of text are float32 of shape [batch, tokens, width], after :meth:`split_heads` [batch, heads,
    tokens, size].

    Args:
        weights: By their names; asked for one at a time.
        heads: Of attention.
        epsilon: Added to the variance by norms.
    """

    def __init__(self, weights: Weights, heads: int, epsilon: float) -> None:
        self._weights, self._heads, self._epsilon = weights, heads, epsilon
        self._nodes: list[NodeProto] = []
        self._constants: dict[str, TensorProto] = {}
        self.used: set[str] = set()

    def add(self, kind: str, inputs: Sequence[str], output: str, **attributes: Any) -> str:
        """Add an operator with one output."""
        self._nodes.append(helper.make_node(kind, inputs, [output], **attributes))
        return output

    def parts(self, value: str, count: int) -> list[str]:
        """Cut the last axis in equal parts."""
        names = [f"{value}.part{number}" for number in range(count)]
        self._nodes.append(helper.make_node("Split", [value], names, axis=-1, num_outputs=count))
        return names

    def weight(self, name: str) -> str:
        """A weight as it is."""
        return self._constant(name, self._weight(name))

    def number(self, name: str, value: float) -> str:
        """A float32 constant."""
        return self._constant(name, np.array(value, np.float32))

    def numbers(self, name: str, values: npt.ArrayLike) -> str:
        """A float32 constant of any shape."""
        return self._constant(name, np.asarray(values, np.float32))

    def integers(self, name: str, value: int | Sequence[int]) -> str:
        """An int64 constant."""
        return self._constant(name, np.array(value, np.int64))

    def dense(self, value: str, name: str, *, bias: bool = True) -> str:
        """Multiply by a weight of shape [outputs, inputs]."""
        matrix = self._constant(f"{name}.transposed", self._weight(f"{name}.weight").T)
        product = self.add("MatMul", [value, matrix], f"{name}.product")
        if not bias:
            return product
        return self.add("Add", [product, self.weight(f"{name}.bias")], f"{name}.dense")

    def norm(self, value: str, name: str, *, bias: bool = True) -> str:
        """Layer normalisation over the last axis."""
        inputs = [value, self.weight(f"{name}.weight")]
        if bias:
            inputs.append(self.weight(f"{name}.bias"))
        return self.add("LayerNormalization", inputs, f"{name}.norm", epsilon=self._epsilon)

    def activation(self, value: str, kind: str, name: str) -> str:
        """One of ``ACTIVATIONS``."""
        operator, attributes = ACTIVATIONS[kind]
        return self.add(operator, [value], f"{name}.active", **attributes)

    def positions(self) -> str:
        """Places 0, 1, … of the tokens, int64[tokens]."""
        self.add("Shape", ["input_ids"], "length", start=1, end=2)
        self.add("Squeeze", ["length"], "length_scalar")
        zero, one = self.integers("zero", 0), self.integers("step", 1)
        return self.add("Range", [zero, "length_scalar", one], "positions")

    def padding_bias(self) -> str:
        """What hides padding from attention, float32[batch, 1, 1, tokens]."""
        self.add("Unsqueeze", ["attention_mask", self.integers("axes12", [1, 2])], "mask4")
        self.add("Cast", ["mask4"], "mask_float", to=TensorProto.FLOAT)
        self.add("Sub", [self.number("one", 1.0), "mask_float"], "hidden_places")
        return self.add("Mul", ["hidden_places", self.number("hidden", HIDDEN)], "padding_bias")

    def split_heads(self, value: str, width: int) -> str:
        """Deal the width to the heads."""
        shape = self.integers("by_head", [0, 0, self._heads, width // self._heads])
        shaped = self.add("Reshape", [value, shape], f"{value}.shaped")
        return self.add("Transpose", [shaped], f"{value}.turned", perm=[0, 2, 1, 3])

    def attend(self, query: str, key: str, value: str, bias: str, width: int, name: str) -> str:
        """Attention of split heads, joined again."""
        turned = self.add("Transpose", [key], f"{name}.keys", perm=[0, 1, 3, 2])
        scores = self.add("MatMul", [query, turned], f"{name}.scores")
        scale = self.number("scale", (width // self._heads) ** -0.5)
        scaled = self.add("Mul", [scores, scale], f"{name}.scaled")
        masked = self.add("Add", [scaled, bias], f"{name}.masked")
        shares = self.add("Softmax", [masked], f"{name}.shares", axis=-1)
        mixed = self.add("MatMul", [shares, value], f"{name}.mixed")
        back = self.add("Transpose", [mixed], f"{name}.back", perm=[0, 2, 1, 3])
        return self.add("Reshape", [back, self.integers("joined", [0, 0, width])], f"{name}.joined")

    def first_token(self, value: str) -> str:
        """The vectors of the first tokens, float32[batch, width]."""
        return self.add("Gather", [value, self.integers("zero", 0)], "first_token", axis=1)

    def mean_token(self, value: str) -> str:
        """The mean vectors of the tokens that are no padding, float32[batch, width]."""
        self.add("Unsqueeze", ["attention_mask", self.integers("axis2", [2])], "mask3")
        self.add("Cast", ["mask3"], "weights3", to=TensorProto.FLOAT)
        axis = self.integers("axis1", [1])
        self.add("Mul", [value, "weights3"], "seen")
        self.add("ReduceSum", ["seen", axis], "sum_of_seen", keepdims=0)
        self.add("ReduceSum", ["weights3", axis], "number_of_seen", keepdims=0)
        return self.add("Div", ["sum_of_seen", "number_of_seen"], "mean_token")

    def grade(self, outputs: str, values: Sequence[float] | None) -> str:
        """One number a text: the one output, or the grade that its classes lead to expect.

        Args:
            outputs: float32[batch, classes].
            values: The grade of each class; None: one output, which is the grade.
        """
        if values is None:
            return outputs
        shares = self.add("Softmax", [outputs], "class_shares", axis=-1)
        column = self.numbers("class_grades", np.array(values)[:, None])
        return self.add("MatMul", [shares, column], "expected_grade")

    def finish(self, value: str, name: str, shape: Sequence[str | int]) -> ModelProto:
        """The graph whose output is a value.

        Args:
            value: As any method gave it.
            name: Of the output.
            shape: Of the output; texts are free sizes.
        """
        self.add("Identity", [value], name)
        inputs = [
            helper.make_tensor_value_info(entry, TensorProto.INT64, ["batch", "tokens"])
            for entry in ("input_ids", "attention_mask")
        ]
        output = helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
        graph = helper.make_graph(
            self._nodes, "encoder", inputs, [output], list(self._constants.values())
        )
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)])
        model.ir_version = FORMAT
        return model

    def _weight(self, name: str) -> npt.NDArray[np.float32]:
        self.used.add(name)
        return self._weights[name]

    def _constant(self, name: str, value: npt.NDArray[np.generic]) -> str:
        if name not in self._constants:
            self._constants[name] = numpy_helper.from_array(
                np.ascontiguousarray(value).reshape(value.shape), name
            )
        return name
