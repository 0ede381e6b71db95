"""How well perplexity tells damage from text: `python -m bench.perplexity.separation [--markdown]`.

For each language of the shared folder: every second stretch of five documents trains the model, the
others are held out, so that what is scored is unseen and of the same books and pages. Damage is done to
the held-out documents: characters shuffled inside lines, UTF-8 read as Latin-1 or GBK, twelve
words repeated in random order as in keyword spam, a document of another language. Printed: the area under
the ROC curve of perplexity, damaged against clean, and the share of clean documents above the 99th
percentile of a second half of the held-out documents, which is what the cut of a run would drop.
"""

from __future__ import annotations

import argparse
import html.parser
import json
import random
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from bench.measuring import print_result
from bench.shared_folder import DATA
from jobs.models.perplexity.trained_model import (
    model_card,
    train_in_memory,
    write_card,
    write_model_files,
)
from udfs.perplexity.folder import read_model
from udfs.perplexity.model import PerplexityModel
from udfs.perplexity.signals import score
from udfs.perplexity.tokens import tokenise_lines

DOCUMENT_CHARACTERS = {"en": 2000, "zh": 800}
STRETCH = 5  # neighbouring pieces go the same way: a cut inside a paragraph must not tell
MINIMUM_LINE = 20  # characters; what is shorter on a page is navigation
DOCUMENTS = 4000
SPAM_WORDS = 12
DAMAGES = ("shuffled", "mojibake", "keyword spam", "other language")

Texts = list[str]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--markdown", action="store_true", help="the table of docs/perplexity.md")
    arguments = parser.parse_args()
    texts = {"en": cut(english(), "en"), "zh": cut(chinese(), "zh")}
    rows = [measure(language, texts) for language in texts]
    if arguments.markdown:
        print(markdown(rows))
        return
    for row in rows:
        print_result(
            f"perplexity: separation {row['language']}", "corpusmill", row["held_out"], 0, **row
        )


def data_folder() -> Path:
    return DATA


def english() -> Texts:
    texts = [
        path.read_text("utf-8", "ignore")
        for path in sorted((data_folder() / "text/books_en").iterdir())
    ]
    for path in sorted((data_folder() / "wcxb_dev/ground-truth").iterdir()):
        page = json.loads(path.read_text("utf-8", "ignore"))
        content = page["ground_truth"].get("main_content") or ""
        if content.isascii() or sum(map(str.isascii, content)) > 0.95 * len(content):
            texts.append(content)
    return texts


def chinese() -> Texts:
    folder = data_folder()
    paths = [
        *sorted((folder / "text/laws_zh").iterdir()),
        *sorted((folder / "text/books_zh").iterdir()),
    ]
    texts = [path.read_text("utf-8", "ignore") for path in paths]
    pages = sorted((folder / "html").glob("*_zh/**/*.html"))
    return texts + [visible_han(page.read_text("utf-8", "ignore")) for page in pages]


class _Text(html.parser.HTMLParser):
    """The text of a page outside scripts and styles, one block a line."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: Texts = []
        self._silent = False

    def handle_starttag(self, tag: str, attrs: object) -> None:  # noqa: ARG002
        self._silent = tag in ("script", "style", "pre", "code")

    def handle_endtag(self, tag: str) -> None:  # noqa: ARG002
        self._silent = False

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.lines.append(" ".join(data.split()))


def visible_han(page: str) -> str:
    parser = _Text()
    parser.feed(page)
    kept = (line for line in parser.lines if len(line) >= MINIMUM_LINE)
    return "\n".join(line for line in kept if sum("一" <= c <= "鿿" for c in line) > len(line) / 2)


def cut(texts: Texts, language: str) -> Texts:
    """Pieces of about one size, each text's in order, different from each other."""
    size = DOCUMENT_CHARACTERS[language]
    pieces = [text[i : i + size] for text in texts for i in range(0, len(text), size)]
    whole = dict.fromkeys(piece for piece in pieces if len(piece) > size / 2)
    return list(whole)[: 2 * DOCUMENTS]


def split(texts: Texts) -> tuple[Texts, Texts]:
    """(training, held out), by stretches in turn."""
    parts: tuple[Texts, Texts] = ([], [])
    for place, text in enumerate(texts):
        parts[place // STRETCH % 2].append(text)
    return parts


def measure(language: str, texts: dict[str, Texts]) -> dict[str, object]:
    training, held_out = split(texts[language])
    random.Random(3).shuffle(held_out)
    other = split(texts["zh" if language == "en" else "en"])[1][: len(held_out)]
    with tempfile.TemporaryDirectory() as folder:
        model = train(Path(folder), language, training)
        clean = perplexities(held_out, language, model)
        damaged = {
            name: perplexities(damage(name, held_out, other, language), language, model)
            for name in DAMAGES
        }
    half = len(clean) // 2
    limit = float(np.quantile(clean[:half], 0.99))
    return {
        "language": language,
        "training": len(training),
        "held_out": len(held_out),
        "clean_p50": round(float(np.median(clean)), 1),
        "p99_cut": round(limit, 1),
        "clean_dropped": round(float((clean[half:] > limit).mean()), 4),
        "auc": {name: round(area(clean, values), 4) for name, values in damaged.items()},
        "caught": {name: round(float((v > limit).mean()), 4) for name, v in damaged.items()},
        "p50": {name: round(float(np.median(v)), 1) for name, v in damaged.items()},
    }


def train(folder: Path, language: str, texts: Texts) -> PerplexityModel:
    data = tokenise_lines(pa.array(texts)).data.tobytes()
    trained = train_in_memory([data], 5, (0, 0, 1, 1, 1))
    files = write_model_files(folder, language, trained, [], binary=True)
    models = {language: {"models": [{"held_out_fold": None, **files}]}}
    write_card(folder, model_card(5, 1, models, {}))
    return read_model(folder)


def perplexities(texts: Texts, language: str, model: PerplexityModel) -> npt.NDArray[np.float64]:
    found = score(pa.array(texts), pa.array([language] * len(texts)), model).field("perplexity")
    return np.array([value for value in found.to_pylist() if value is not None])


def damage(name: str, texts: Texts, other: Texts, language: str) -> Texts:
    draws = [random.Random(place) for place in range(len(texts))]
    ways: dict[str, Callable[[str, random.Random], str]] = {
        "shuffled": shuffled, "mojibake": mojibake, "keyword spam": spam,
    }  # fmt: skip
    if name == "other language":
        return other
    if (
        name == "mojibake" and language == "en"
    ):  # English survives any code page: damage its letters
        return [accented(text) for text in texts]
    return [ways[name](text, draw) for text, draw in zip(texts, draws, strict=True)]


def shuffled(text: str, draw: random.Random) -> str:
    return "\n".join("".join(draw.sample(line, len(line))) for line in text.splitlines())


def mojibake(text: str, draw: random.Random) -> str:  # noqa: ARG001
    return text.encode().decode("cp1252", "replace")


def accented(text: str) -> str:
    return text.encode("utf-16-le").decode("gb18030", "replace")


def spam(text: str, draw: random.Random) -> str:
    tokens = tokenise_lines(pa.array([text])).data.tobytes().decode().split()
    words = [word for word in dict.fromkeys(tokens) if word.isalpha()] or ["buy"]
    chosen = draw.sample(words, min(SPAM_WORDS, len(words)))
    return "\n".join(" ".join(draw.sample(chosen, len(chosen))) for _ in range(20))


def area(low: npt.NDArray[np.float64], high: npt.NDArray[np.float64]) -> float:
    """P(a damaged document has the higher perplexity), ties half."""
    ordered = np.sort(low)
    below = np.searchsorted(ordered, high, "left")
    not_above = np.searchsorted(ordered, high, "right")
    return float((below + not_above).mean() / 2 / len(low))


def markdown(rows: list[dict[str, object]]) -> str:
    head = (
        "| language | clean: training / held out | "
        + " | ".join(DAMAGES)
        + " | P99 cut drops of clean |"
    )
    lines = [head, "| --- " * (len(DAMAGES) + 3) + "|"]
    for row in rows:
        auc, caught = row["auc"], row["caught"]
        assert isinstance(auc, dict)
        assert isinstance(caught, dict)
        cells = [f"{auc[name]:.4f} ({caught[name]:.1%})" for name in DAMAGES]
        lines.append(
            f"| {row['language']} | {row['training']} / {row['held_out']} | "
            + " | ".join(cells)
            + f" | {row['clean_dropped']:.2%} |"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    main()
