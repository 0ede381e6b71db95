"""Folders as a hub export has them, with a tiny BERT of random weights and a vocabulary of letters."""

from __future__ import annotations

import json
import string
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnx
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

from jobs.models.conversion.bert_graph import BertShape, bert_graph
from tests.numpy_encoders import random_bert

WIDTH, LAYERS, HEADS, POSITIONS = 16, 2, 4, 64
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"]
CHINESE = "的一是在不了有和人这中大为上个国我以要他时来用们"


def wordpiece(letters: str = string.ascii_lowercase + string.digits) -> Tokenizer:
    """A BERT tokenizer that spells words by letters; all else is [UNK]."""
    tokens = [*SPECIAL, *letters, *(f"##{letter}" for letter in letters), *".,"]
    vocabulary = {token: number for number, token in enumerate(dict.fromkeys(tokens))}
    tokeniser = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    tokeniser.normalizer = normalizers.BertNormalizer()
    tokeniser.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokeniser.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    tokeniser.enable_truncation(8)  # as in exports of the hub: must not cut our windows
    tokeniser.enable_padding(length=8)
    return tokeniser


def write_export(
    folder: Path,
    *,
    seed: int = 0,
    classifier: bool = True,
    letters: str = string.ascii_lowercase + string.digits,
) -> dict[str, npt.NDArray[np.float32]]:
    """Write model.onnx, tokenizer.json and config.json; return the weights."""
    folder.mkdir(parents=True, exist_ok=True)
    tokeniser = wordpiece(letters)
    weights = random_bert(tokeniser.get_vocab_size(), WIDTH, LAYERS, POSITIONS, seed)
    if not classifier:
        weights = {k: v for k, v in weights.items() if not k.startswith(("classifier", "pooler"))}
    graph, _ = bert_graph(weights, BertShape(LAYERS, HEADS))
    onnx.save(graph, folder / "model.onnx")
    tokeniser.save(str(folder / "tokenizer.json"))
    config = {"model_type": "bert", "max_position_embeddings": POSITIONS}
    (folder / "config.json").write_text(json.dumps(config))
    return weights
