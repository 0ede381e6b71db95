"""Models and texts whose probabilities are known.

tests/golden/fasttext/probabilities.json is what ``python -m tests.udfs.grading.fasttext_cases`` prints where
fasttext-numpy2-wheel 0.9.2 (PyPI) is installed: it reads the files that tests.fasttext_writer writes. Of a
model and a text it holds the probabilities in the order of the labels, null where fastText gives none.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.fasttext_writer import Model, write_fasttext

_GOLDEN = Path(__file__).parents[2] / "golden" / "fasttext" / "probabilities.json"
GOLDEN: dict[str, list[list[float] | None]] = json.loads(_GOLDEN.read_text("utf-8"))
WORDS = ["</s>", "the", "water", "law", "of", "水法", "на", "café"]
TWO = {"__label__hq": 9, "__label__cc": 7}
FIVE = {f"__label__{grade}": count for grade, count in zip("20413", (40, 9, 9, 5, 1), strict=True)}
MODELS = {
    "words": Model(WORDS, TWO),
    "bigrams": Model(WORDS, TWO, orders=2, buckets=97, seed=2),
    "characters": Model(WORDS, TWO, orders=3, buckets=89, shortest=2, longest=4, seed=3),
    "single characters": Model(WORDS, TWO, buckets=83, shortest=1, longest=2, seed=4),
    "tree": Model(WORDS, FIVE, orders=2, buckets=97, loss="hs", seed=5),
    "first format": Model(WORDS, TWO, buckets=83, shortest=2, longest=3, version=11, seed=6),
    "codes": Model(WORDS, TWO, orders=2, buckets=97, part=2, seed=7),
    "codes, norms": Model(
        WORDS, FIVE, orders=2, buckets=97, part=2, normed=True, coded_outputs=True, seed=8
    ),
    "pruned": Model(
        WORDS, TWO, orders=2, buckets=97, shortest=2, longest=3, part=3, normed=True, seed=9,
        kept=[*range(1, 97, 2)],
    ),
    "pruned of all": Model(WORDS, TWO, orders=2, buckets=97, part=5, kept=[], seed=10),
    "no line's end": Model(WORDS[1:], TWO, orders=2, buckets=97, seed=11),
}  # fmt: skip
TEXTS = [
    "the water law of the water",
    "The Water Law",
    "水法 на café the",
    "水法的释义 наука cafés",
    "the\twater\u00a0law\x0bof\x00the\rwater",
    "__label__hq the water __label__other law",
    "the water </s> law of the water",
    "the water</s> law",
    "a",
    "ß",
    "unknown words alone, whatever they are",
]


def main() -> None:
    """Print the table."""
    import fasttext  # of an environment of its own: the tests need no such package

    table = {}
    with tempfile.TemporaryDirectory() as folder:
        for name, model in MODELS.items():
            opened = fasttext.load_model(str(write_fasttext(Path(folder) / "model.bin", model)))
            table[name] = [_asked(opened, text, [*model.labels]) for text in TEXTS]
    sys.stdout.write(json.dumps(table, indent=1) + "\n")


def _asked(opened: Any, text: str, labels: list[str]) -> list[float] | None:
    told = dict(zip(*opened.predict(text, k=-1), strict=True))
    # Of a tree, leaves below .00001 are not told.
    return [round(float(told.get(label, 0.0)), 6) for label in labels] if told else None


if __name__ == "__main__":
    main()
