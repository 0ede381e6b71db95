"""Folders of tiny classifiers as the hub has them: config, tokenizer, weights as safetensors, card."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from tests.numpy_encoders import random_bert, random_modern_bert
from tests.tiny_encoder import HEADS, LAYERS, POSITIONS, WIDTH, wordpiece

Weights = dict[str, npt.NDArray[np.float32]]
PREFIXES = {
    "bert": "bert.",
    "roberta": "roberta.",
    "xlm-roberta": "roberta.",
    "modernbert": "model.",
}
CARD = "---\nlicense: apache-2.0\nlanguage:\n- en\n---\n# A grader\n"
MODERN = {
    "local_attention": 8, "global_attn_every_n_layers": 2, "global_rope_theta": 16_000.0,
    "local_rope_theta": 100.0, "hidden_activation": "gelu", "norm_eps": 1e-5,
}  # fmt: skip


def write_published(
    folder: Path,
    family: str = "bert",
    outputs: int = 1,
    *,
    dtype: str = "F32",
    files: int = 1,
    **config: Any,
) -> tuple[Weights, dict[str, Any]]:
    """Write a classifier; return its weights without their prefix, as they were rounded, and its config."""
    folder.mkdir(parents=True, exist_ok=True)
    tokeniser = wordpiece()
    size = tokeniser.get_vocab_size()
    if family == "modernbert":
        weights = random_modern_bert(size, WIDTH, LAYERS, outputs)
    else:
        weights = random_bert(size, WIDTH, LAYERS, POSITIONS, 0, outputs, roberta=family != "bert")
    if outputs == 1:  # grades between 0 and 5, where nothing is cut off
        last = "classifier.bias" if family in ("bert", "modernbert") else "classifier.out_proj.bias"
        weights[last] = np.array([2.5], np.float32)
    written = {
        "model_type": family, "hidden_size": WIDTH, "num_hidden_layers": LAYERS, "num_attention_heads": HEADS,
        "max_position_embeddings": POSITIONS, "pad_token_id": 0, "vocab_size": size,
        **(MODERN if family == "modernbert" else {"hidden_act": "gelu", "layer_norm_eps": 1e-12}),
        **config,
    }  # fmt: skip
    (folder / "config.json").write_text(json.dumps(written))
    tokeniser.save(str(folder / "tokenizer.json"))
    (folder / "README.md").write_text(CARD)
    (folder / "LICENSE").write_text("Apache License 2.0")
    own = ("classifier", "head")
    named = {
        name if name.startswith(own) else PREFIXES[family] + name: w for name, w in weights.items()
    }
    if files == 1:
        write_safetensors(folder / "model.safetensors", named, dtype)
    else:
        write_shards(folder, named, dtype, files)
    return {name: rounded(value, dtype) for name, value in weights.items()}, written


def write_shards(folder: Path, weights: Weights, dtype: str, files: int) -> None:
    names = sorted(weights)
    where = {
        name: f"model-{1 + at % files:05}-of-{files:05}.safetensors"
        for at, name in enumerate(names)
    }
    for file in sorted(set(where.values())):
        part = {name: weights[name] for name in names if where[name] == file}
        write_safetensors(folder / file, part, dtype)
    (folder / "model.safetensors.index.json").write_text(json.dumps({"weight_map": where}))


def write_safetensors(
    path: Path, weights: Mapping[str, npt.NDArray[np.float32]], dtype: str = "F32"
) -> None:
    """Write a file by the format's description: length of the header, header, tensors."""
    header: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    body = b""
    for name, value in weights.items():
        content = encoded(value, dtype)
        header[name] = {
            "dtype": dtype, "shape": list(value.shape), "data_offsets": [len(body), len(body) + len(content)],
        }  # fmt: skip
        body += content
    told = json.dumps(header).encode()
    path.write_bytes(len(told).to_bytes(8, "little") + told + body)


def encoded(value: npt.NDArray[np.float32], dtype: str) -> bytes:
    if dtype == "BF16":
        return np.ascontiguousarray(
            value.view(np.uint16).reshape(*value.shape, 2)[..., 1]
        ).tobytes()
    return value.astype({"F64": "<f8", "F32": "<f4", "F16": "<f2"}[dtype]).tobytes()


def rounded(value: npt.NDArray[np.float32], dtype: str) -> npt.NDArray[np.float32]:
    """What is left of float32 in a type."""
    if dtype == "BF16":
        return (value.view(np.uint32) & 0xFFFF0000).view(np.float32)
    return value.astype(np.float16).astype(np.float32) if dtype == "F16" else value
