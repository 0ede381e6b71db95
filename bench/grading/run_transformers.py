"""In the peer's own environment: makes an encoder of 22 M random weights, or grades texts with it.

``run_transformers.py make FOLDER TEXTS`` trains a WordPiece vocabulary on the texts and saves a BERT of
all-MiniLM-L6-v2's shape with one output. ``run_transformers.py WAY FOLDER TEXTS OUTPUT`` grades by ``single``
(transformers, a text at a time), ``batched`` (batches of 32 of like length, padded) or ``sentence``
(vectors of sentence-transformers, which are no grades), on one thread, and writes processor seconds and
scores as JSON.
"""

import json
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForSequenceClassification, AutoTokenizer

WINDOW_TOKENS = 512
BATCH = 32


def main() -> None:
    torch.set_num_threads(1)
    torch.manual_seed(0)
    way, folder, texts = sys.argv[1], sys.argv[2], json.loads(Path(sys.argv[3]).read_text("utf-8"))
    if way == "make":
        make(folder, texts)
        return
    grade = sentence(folder) if way == "sentence" else transformers(folder, way)
    grade(texts[:8])
    started = time.process_time()
    scores = grade(texts)
    found = {"cpu_s": time.process_time() - started, "scores": scores}
    Path(sys.argv[4]).write_text(json.dumps(found), "utf-8")


def make(folder: str, texts: list[str]) -> None:
    from tokenizers import BertWordPieceTokenizer
    from transformers import BertConfig, BertForSequenceClassification, BertTokenizerFast

    words = BertWordPieceTokenizer()
    words.train_from_iterator(texts, vocab_size=30_522)
    words.save_model(folder)
    tokenizer = BertTokenizerFast(str(Path(folder) / "vocab.txt"), model_max_length=WINDOW_TOKENS)
    tokenizer.save_pretrained(folder)
    config = BertConfig(
        hidden_size=384, num_hidden_layers=6, num_attention_heads=12, intermediate_size=1536,
        num_labels=1, max_position_embeddings=512,
    )  # fmt: skip
    model = BertForSequenceClassification(config).eval()
    torch.nn.init.normal_(model.classifier.weight, std=0.5)
    torch.nn.init.constant_(model.classifier.bias, 0.0)
    given = tokenizer(texts[:BATCH], padding=True, truncation=True, return_tensors="pt")
    with torch.inference_mode():  # grades lie around the cut
        middle = model(**given).logits.mean()
    torch.nn.init.constant_(model.classifier.bias, 2.0 - float(middle))
    model.save_pretrained(folder)


def transformers(folder: str, way: str) -> Callable[[list[str]], list[float]]:
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForSequenceClassification.from_pretrained(folder).eval()

    def scored(texts: list[str]) -> list[float]:
        given = tokenizer(
            texts, padding=True, truncation=True, max_length=WINDOW_TOKENS, return_tensors="pt"
        )
        with torch.inference_mode():
            return [float(value) for value in model(**given).logits[:, 0]]

    def grade(texts: list[str]) -> list[float]:
        size = 1 if way == "single" else BATCH
        order = sorted(range(len(texts)), key=lambda place: len(texts[place]))
        scores = [0.0] * len(texts)
        for places in parts(order, size):
            for place, score in zip(places, scored([texts[p] for p in places]), strict=True):
                scores[place] = score
        return scores

    return grade


def sentence(folder: str) -> Callable[[list[str]], list[float]]:
    from sentence_transformers import SentenceTransformer

    model: Any = SentenceTransformer(folder, device="cpu")
    model.max_seq_length = WINDOW_TOKENS

    def encode(texts: list[str]) -> list[float]:
        model.encode(texts, batch_size=BATCH)
        return []

    return encode


def parts(order: list[int], size: int) -> Iterator[list[int]]:
    for start in range(0, len(order), size):
        yield order[start : start + size]


if __name__ == "__main__":
    main()
