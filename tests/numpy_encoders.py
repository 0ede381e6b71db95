"""BERT, RoBERTa and ModernBERT on one window in plain numpy: oracles that share no code with the graphs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import erf, softmax

Weights = Mapping[str, npt.NDArray[np.float32]]
Floats = npt.NDArray[np.float64]


class _Random:
    """Weights by their hub names, no two alike."""

    def __init__(self, seed: int, width: int) -> None:
        self.generator, self.width = np.random.default_rng(seed), width
        self.made: dict[str, npt.NDArray[np.float32]] = {}

    def normal(self, name: str, *shape: int, about: float = 0.0) -> None:
        self.made[name] = (about + self.generator.normal(0, 0.3, shape)).astype(np.float32)

    def dense(self, name: str, outputs: int, inputs: int, *, bias: bool = True) -> None:
        self.normal(f"{name}.weight", outputs, inputs)
        if bias:
            self.normal(f"{name}.bias", outputs)

    def norm(self, name: str, *, bias: bool = True) -> None:
        self.normal(f"{name}.weight", self.width, about=1.0)
        if bias:
            self.normal(f"{name}.bias", self.width)


def random_bert(
    vocabulary: int,
    width: int,
    layers: int,
    positions: int,
    seed: int = 0,
    outputs: int = 1,
    *,
    roberta: bool = False,
) -> dict[str, npt.NDArray[np.float32]]:
    """Weights of a small classifier, by their hub names without a prefix."""
    made = _Random(seed, width)
    made.normal("embeddings.word_embeddings.weight", vocabulary, width)
    made.normal("embeddings.position_embeddings.weight", positions, width)
    made.normal("embeddings.token_type_embeddings.weight", 1 if roberta else 2, width)
    made.norm("embeddings.LayerNorm")
    made.dense("classifier.dense" if roberta else "pooler.dense", width, width)
    made.dense("classifier.out_proj" if roberta else "classifier", outputs, width)
    for layer in range(layers):
        name = f"encoder.layer.{layer}"
        for part in ("query", "key", "value"):
            made.dense(f"{name}.attention.self.{part}", width, width)
        made.dense(f"{name}.attention.output.dense", width, width)
        made.norm(f"{name}.attention.output.LayerNorm")
        made.dense(f"{name}.intermediate.dense", 4 * width, width)
        made.dense(f"{name}.output.dense", width, 4 * width)
        made.norm(f"{name}.output.LayerNorm")
    return made.made


def random_modern_bert(
    vocabulary: int, width: int, layers: int, outputs: int, seed: int = 0
) -> dict[str, npt.NDArray[np.float32]]:
    """Weights of a small classifier without biases, by their hub names without a prefix."""
    made = _Random(seed, width)
    made.normal("embeddings.tok_embeddings.weight", vocabulary, width)
    made.norm("embeddings.norm", bias=False)
    for layer in range(layers):
        name = f"layers.{layer}"
        if layer:
            made.norm(f"{name}.attn_norm", bias=False)
        made.dense(f"{name}.attn.Wqkv", 3 * width, width, bias=False)
        made.dense(f"{name}.attn.Wo", width, width, bias=False)
        made.norm(f"{name}.mlp_norm", bias=False)
        made.dense(f"{name}.mlp.Wi", 4 * width, width, bias=False)
        made.dense(f"{name}.mlp.Wo", width, 2 * width, bias=False)
    made.norm("final_norm", bias=False)
    made.dense("head.dense", width, width, bias=False)
    made.norm("head.norm", bias=False)
    made.dense("classifier", outputs, width)
    return made.made


class _Pass:
    def __init__(self, weights: Weights, epsilon: float) -> None:
        self.w = {name: value.astype(np.float64) for name, value in weights.items()}
        self.epsilon = epsilon

    def dense(self, x: Floats, name: str) -> Floats:
        return np.asarray(x @ self.w[f"{name}.weight"].T + self.w.get(f"{name}.bias", 0.0))

    def norm(self, x: Floats, name: str) -> Floats:
        centred = x - x.mean(-1, keepdims=True)
        spread = np.sqrt((centred**2).mean(-1, keepdims=True) + self.epsilon)
        return np.asarray(
            centred / spread * self.w[f"{name}.weight"] + self.w.get(f"{name}.bias", 0.0)
        )


def gelu(x: Floats) -> Floats:
    return np.asarray(x * 0.5 * (1 + erf(x / 2**0.5)))


def bert_reference(
    weights: Weights, heads: int, ids: list[int], epsilon: float = 1e-12, padding: int | None = None
) -> Floats:
    """Logits, float64[outputs]; with ``padding``, RoBERTa's; without a classifier a vector a token."""
    run = _Pass(weights, epsilon)
    x = run.w["embeddings.word_embeddings.weight"][ids]
    first = 0 if padding is None else padding + 1
    x = x + run.w["embeddings.position_embeddings.weight"][first : first + len(ids)]
    x = run.norm(x + run.w["embeddings.token_type_embeddings.weight"][0], "embeddings.LayerNorm")
    size = x.shape[1] // heads
    layer = 0
    while f"encoder.layer.{layer}.output.dense.weight" in run.w:
        name = f"encoder.layer.{layer}"
        q, k, v = (
            run.dense(x, f"{name}.attention.self.{part}") for part in ("query", "key", "value")
        )
        mixed = []
        for head in range(heads):
            part = slice(head * size, (head + 1) * size)
            mixed.append(softmax(q[:, part] @ k[:, part].T / size**0.5, axis=-1) @ v[:, part])
        attended = run.dense(np.concatenate(mixed, -1), f"{name}.attention.output.dense")
        x = run.norm(x + attended, f"{name}.attention.output.LayerNorm")
        wide = gelu(run.dense(x, f"{name}.intermediate.dense"))
        x = run.norm(x + run.dense(wide, f"{name}.output.dense"), f"{name}.output.LayerNorm")
        layer += 1
    if padding is not None:
        return run.dense(np.tanh(run.dense(x[0], "classifier.dense")), "classifier.out_proj")
    if "classifier.weight" not in run.w:
        return x
    return run.dense(np.tanh(run.dense(x[0], "pooler.dense")), "classifier")


def modern_bert_reference(weights: Weights, config: Mapping[str, Any], ids: list[int]) -> Floats:
    """Logits, float64[outputs], of a model without biases that reads the first token."""
    run, heads = _Pass(weights, 1e-5), config["num_attention_heads"]
    x = run.norm(run.w["embeddings.tok_embeddings.weight"][ids], "embeddings.norm")
    size, places = x.shape[1] // heads, np.arange(len(ids))
    far = np.abs(places[:, None] - places) > config["local_attention"] // 2
    for layer in range(config["num_hidden_layers"]):
        local = layer % config["global_attn_every_n_layers"] > 0
        base = config["local_rope_theta" if local else "global_rope_theta"]
        turn = np.exp(1j * places[:, None] * base ** -(np.arange(0, size, 2) / size))
        name = f"layers.{layer}"
        normed = run.norm(x, f"{name}.attn_norm") if layer else x
        q, k, v = np.split(run.dense(normed, f"{name}.attn.Wqkv"), 3, axis=1)
        mixed = []
        for head in range(heads):
            low, high = (
                slice(head * size + at, head * size + at + size // 2) for at in (0, size // 2)
            )
            # A pair of numbers is one complex number that is turned by the angle of its place.
            one, other = ((part[:, low] + 1j * part[:, high]) * turn for part in (q, k))
            scores = np.where(far & local, -np.inf, (one @ other.conj().T).real / size**0.5)
            mixed.append(softmax(scores, axis=-1) @ v[:, head * size : (head + 1) * size])
        x = x + run.dense(np.concatenate(mixed, -1), f"{name}.attn.Wo")
        wide, gate = np.split(
            run.dense(run.norm(x, f"{name}.mlp_norm"), f"{name}.mlp.Wi"), 2, axis=1
        )
        x = x + run.dense(gelu(wide) * gate, f"{name}.mlp.Wo")
    pooled = gelu(run.dense(run.norm(x, "final_norm")[0], "head.dense"))
    return run.dense(run.norm(pooled, "head.norm"), "classifier")
