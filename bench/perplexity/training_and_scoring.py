"""Perplexity: training, tokenising and scoring.

`python -m bench.perplexity.training_and_scoring [--quick] [--tokens N]`.

Real text of the shared folder where it is present, else generated text. Scoring is measured beside
the bare kenlm loop on lines that are tokens already, training beside lmplz where it is on PATH; with
lmplz every n-gram of both models is compared. Without --quick a training as Spark jobs is added, on
--tokens generated tokens.
"""

from __future__ import annotations

import argparse
import gzip
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from bench.measuring import Cost, measured, measured_command, print_result
from bench.shared_folder import DATA
from jobs.models.perplexity.trained_model import (
    model_card,
    train_in_memory,
    write_card,
    write_model_files,
)
from udfs.perplexity.folder import read_model
from udfs.perplexity.kenlm_binary import load
from udfs.perplexity.signals import score
from udfs.perplexity.tokens import tokenise_lines

FOLDERS = {"zh": ("text/laws_zh", "text/books_zh"), "en": ("text/books_en",)}
DOCUMENT_BYTES = 2600  # the size that the peers were measured with
ORDER, PRUNE = 5, (0, 0, 1, 1, 1)
SPARK_PROGRAM = """
import sys
from jobs.models.perplexity import PerplexitySettings, train_models
from jobs.runtime.spark.session import start_session
spark = start_session("bench", master="local[2]")
texts = spark.read.parquet(sys.argv[1])
settings = PerplexitySettings(folds=1, driver_tokens=0, prune=(0, 0, 1, 1, 1))
train_models(texts, settings, sys.argv[2] + "/work", sys.argv[2] + "/model")
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="in memory only, less text")
    parser.add_argument("--tokens", type=int, default=2_000_000, help="of the training on Spark")
    arguments = parser.parse_args()
    for language in FOLDERS:
        texts = documents(language, 400 if arguments.quick else 4000)
        measure_tokens(language, texts)
        measure_training(language, texts, PRUNE)
        if not arguments.quick:
            measure_training(language, texts, (0,) * ORDER)
        measure_scoring(language, texts)
    if not arguments.quick:
        measure_spark(arguments.tokens)


def documents(language: str, limit: int) -> list[str]:
    """Documents of about 2.6 kB."""
    if not DATA.is_dir():
        return list(generated(limit * 500))[:limit]
    found: list[str] = []
    for path in sorted(path for name in FOLDERS[language] for path in (DATA / name).iterdir()):
        text = path.read_bytes()
        pieces = [text[i : i + DOCUMENT_BYTES] for i in range(0, len(text), DOCUMENT_BYTES)]
        found += [piece.decode("utf-8", "ignore") for piece in pieces]
    return found[:limit]


def generated(tokens: int) -> Iterator[str]:
    """Text whose words follow each other unevenly, 500 tokens a document."""
    draw = np.random.default_rng(7)
    for _ in range(max(1, tokens // 500)):
        ranks = np.minimum(draw.zipf(1.3, 500), 200_000)
        follows = draw.random(500) < 0.6  # after its predecessor, one of a few words of that one's
        words = np.where(
            follows, (np.roll(ranks, 1) * 7919 + draw.integers(0, 4, 500)) % 5000, ranks
        )
        lines = words.reshape(-1, 20)
        yield "\n".join(" ".join(spelling(int(word)) for word in line) for line in lines)


def spelling(number: int) -> str:
    letters = ""
    while number:
        number, letter = divmod(number, 26)
        letters += chr(97 + letter)
    return letters or "zero"


def rates(cost: Cost, docs: int, tokens: int) -> dict[str, float]:
    seconds = max(cost.cpu_s, 1e-9)
    return {"docs_per_cpu_s": round(docs / seconds), "tokens_per_cpu_s": round(tokens / seconds)}


def measure_tokens(language: str, texts: list[str]) -> None:
    column = pa.array(texts)
    tokenise_lines(column.slice(0, 1))
    lines, cost = measured(lambda: tokenise_lines(column))
    facts = rates(cost, len(texts), int(lines.line_tokens.sum()))
    print_result(
        f"perplexity: tokenise {language}", "corpusmill", len(texts), column.nbytes,
        **cost.fields(), **facts,
    )  # fmt: skip


def measure_training(language: str, texts: list[str], prune: tuple[int, ...]) -> None:
    lines = tokenise_lines(pa.array(texts))
    data, tokens = lines.data.tobytes(), int(lines.line_tokens.sum())
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        train_in_memory([data[: data.index(b"\n") + 1]], ORDER, prune)

        def train() -> None:
            trained = train_in_memory([data], ORDER, prune)
            write_model_files(folder, "ours", trained, [], binary=False)

        _, cost = measured(train)
        workload = f"perplexity: train {language}, order 5, prune {' '.join(map(str, prune))}"
        facts = {**cost.fields(), **rates(cost, len(texts), tokens)}
        print_result(
            workload, "corpusmill in memory", len(texts), len(data), tokens=tokens, **facts
        )
        if shutil.which("lmplz"):
            text, theirs = folder / "text", folder / "theirs.arpa"
            text.write_bytes(data)
            command = ["lmplz", "-o", "5", "-S", "1G", "-T", scratch, "--discount_fallback"]
            command += ["--prune", *map(str, prune), "--text", str(text), "--arpa", str(theirs)]
            cost = measured_command(command)
            facts = {**cost.fields(), **rates(cost, len(texts), tokens)}
            ours = gzip.decompress((folder / "ours.arpa.gz").read_bytes()).decode()
            facts |= difference(read_arpa(ours), read_arpa(theirs.read_text()))
            print_result(workload, "lmplz", len(texts), len(data), tokens=tokens, **facts)


def read_arpa(text: str) -> dict[str, tuple[float, float]]:
    fields = [line.split("\t") for line in text.split("\n") if "\t" in line]
    return {f[1]: (float(f[0]), float(f[2]) if len(f) > 2 else 0.0) for f in fields}


def difference(
    ours: dict[str, tuple[float, float]], theirs: dict[str, tuple[float, float]]
) -> dict[str, float]:
    """How two models differ: n-grams in one only, greatest differences in log10."""
    common = ours.keys() & theirs.keys()
    gaps = [max(abs(ours[gram][i] - theirs[gram][i]) for gram in common) for i in (0, 1)]
    return {
        "ngrams": len(theirs),
        "ngrams_in_one_only": len(ours.keys() ^ theirs.keys()),
        "max_difference_log10_p": round(gaps[0], 9),
        "max_difference_log10_backoff": round(gaps[1], 9),
    }


def measure_scoring(language: str, texts: list[str]) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        known = tokenise_lines(pa.array(texts[::2])).data.tobytes()
        trained = train_in_memory([known], ORDER, PRUNE)
        files = write_model_files(folder, language, trained, [], binary=True)
        models = {language: {"models": [{"held_out_fold": None, **files}]}}
        write_card(folder, model_card(ORDER, 1, models, {}))
        model = read_model(folder)
        column, languages = pa.array(texts), pa.array([language] * len(texts))
        lines = tokenise_lines(column)
        tokens = int(lines.line_tokens.sum())
        score(column, languages, model)
        _, cost = measured(lambda: score(column, languages, model))
        workload = f"perplexity: score {language}"
        facts = {**cost.fields(), **rates(cost, len(texts), tokens)}
        print_result(workload, "corpusmill", len(texts), column.nbytes, tokens=tokens, **facts)
        ready = lines.data.tobytes().decode().splitlines()
        scorer = load(folder / model.languages[language][0].model.name)
        _, cost = measured(lambda: sum(scorer.score(line) for line in ready))
        facts = {**cost.fields(), **rates(cost, len(texts), tokens)}
        print_result(workload, "bare kenlm loop", len(texts), column.nbytes, tokens=tokens, **facts)


def measure_spark(tokens: int) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        texts = list(generated(tokens))
        table = pa.table({"text": texts, "language": ["en"] * len(texts)})
        pq.write_table(table, f"{scratch}/texts.parquet", row_group_size=2000)
        cost = measured_command(
            [sys.executable, "-c", SPARK_PROGRAM, f"{scratch}/texts.parquet", scratch]
        )
        facts = {**cost.fields(), **rates(cost, len(texts), tokens)}
        print_result(
            "perplexity: train generated text, order 5, prune 0 0 1 1 1", "corpusmill on Spark",
            len(texts), table.nbytes, tokens=tokens, **facts,
        )  # fmt: skip


if __name__ == "__main__":
    main()
