"""Training at size: `python -m bench.perplexity.scale [--tokens 5e6 50e6] [--master local[2]]`.

Real English text is too small by far, and repeating it would give a large text the few n-grams of a
small one. So documents of log-normal length are cut from the shared folder's books and pages, and 30 %
of their words are replaced: 93 % of these by words drawn with the frequencies of the real text, 7 %
by invented ones whose ranks follow Zipf's law with exponent 1.1. Frequent n-grams stay frequent, new
n-grams and new words go on appearing at the rate of real text. Printed with each training: distinct
n-grams by order, so that the claim can be checked.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from bench.measuring import measured_command, print_result
from bench.perplexity.training_and_scoring import spelling
from bench.shared_folder import DATA

REPLACED, INVENTED, EXPONENT, RANKS = 0.3, 0.07, 1.1, 20_000_000
DOCUMENT_WORDS = (6.2, 0.8)  # mean and deviation of the logarithm: median 490 words
BLOCK_DOCUMENTS = 2000
SPARK_PROGRAM = """
import json, sys, time
from jobs.models.perplexity import PerplexitySettings, train_models
from jobs.runtime.spark.session import start_session
spark = start_session("bench", master=sys.argv[3], settings={"spark.driver.memory": sys.argv[4]})
texts = spark.read.parquet(sys.argv[1])
prune = tuple(json.loads(sys.argv[5]))
settings = PerplexitySettings(folds=1, driver_tokens=0, max_tokens_per_language=10**12, prune=prune)
card = train_models(texts, settings, sys.argv[2] + "/work", sys.argv[2] + "/model")
spark.stop()
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tokens", type=float, nargs="+", default=[5e6, 50e6])
    parser.add_argument("--master", default="local[2]")
    parser.add_argument("--driver-memory", default="2g")
    parser.add_argument("--prune", default="[0,0,1,1,1]")
    parser.add_argument("--folder", help="where to work; default: a temporary folder")
    arguments = parser.parse_args()
    for tokens in arguments.tokens:
        with tempfile.TemporaryDirectory(dir=arguments.folder) as scratch:
            measure(int(tokens), scratch, arguments)


def measure(tokens: int, scratch: str, arguments: argparse.Namespace) -> None:
    size, documents = write_texts(tokens, Path(scratch) / "texts.parquet")
    command = [sys.executable, "-c", SPARK_PROGRAM, f"{scratch}/texts.parquet", scratch]
    command += [arguments.master, arguments.driver_memory, arguments.prune]
    cost = measured_command(command)
    card = json.loads((Path(scratch) / "model" / "model.json").read_text())
    (model,) = card["languages"]["en"]["models"]
    print_result(
        f"perplexity: train resampled text, order 5, prune {arguments.prune}",
        f"corpusmill on Spark, {arguments.master}", documents, size,
        tokens=model["training_tokens"], ngrams=model["ngrams"], held_out=model["held_out"],
        model_bytes=model["model"]["size"], **cost.fields(),
        tokens_per_s=round(model["training_tokens"] / cost.wall_s),
    )  # fmt: skip


def real_words() -> tuple[npt.NDArray[np.int64], list[str]]:
    """The running text of the shared folder: (int64[words], spelling of each number)."""
    texts = [
        path.read_text("utf-8", "ignore") for path in sorted((DATA / "text/books_en").iterdir())
    ]
    for path in sorted((DATA / "wcxb_dev/ground-truth").iterdir()):
        page = json.loads(path.read_text("utf-8", "ignore"))
        texts.append(page.get("ground_truth", page).get("main_content") or "")
    words = [word for text in texts for line in text.splitlines() for word in [*line.split(), "\n"]]
    spellings, numbers = np.unique(np.array(words, dtype=object), return_inverse=True)
    return numbers.astype(np.int64), spellings.tolist()


def resampled(tokens: int) -> Iterator[list[str]]:
    """Blocks of documents; stops when about ``tokens`` words are given out."""
    numbers, spellings = real_words()
    draw = np.random.default_rng(7)
    line_end = spellings.index("\n")
    given = 0
    while given < tokens:
        lengths = np.maximum(draw.lognormal(*DOCUMENT_WORDS, BLOCK_DOCUMENTS), 30).astype(np.int64)
        starts = draw.integers(0, len(numbers) - lengths.max(), len(lengths))
        ends = np.cumsum(lengths)
        block = numbers[np.arange(ends[-1]) + np.repeat(starts - (ends - lengths), lengths)]
        replaced = (draw.random(len(block)) < REPLACED) & (block != line_end)
        invented = replaced & (draw.random(len(block)) < INVENTED)
        others = numbers[draw.integers(0, len(numbers), int(replaced.sum()))]
        block[replaced] = np.where(others == line_end, block[replaced], others)
        words = np.array(spellings, dtype=object)[block]
        ranks = draw.zipf(EXPONENT, int(invented.sum())) % RANKS
        words[invented] = [f"q{spelling(rank)}" for rank in ranks.tolist()]
        documents = []
        for start, stop in zip((ends - lengths).tolist(), ends.tolist(), strict=True):
            documents.append(" ".join(words[start:stop]))
            given += stop - start
            if given >= tokens:
                break
        yield documents


def write_texts(tokens: int, path: Path) -> tuple[int, int]:
    """Write the text; return (bytes, documents)."""
    schema = pa.schema([("text", pa.string()), ("language", pa.string())])
    size = count = 0
    with pq.ParquetWriter(path, schema) as writer:
        for documents in resampled(tokens):
            table = pa.table({"text": documents, "language": ["en"] * len(documents)}, schema)
            writer.write_table(table)
            size += table.column("text").nbytes
            count += len(documents)
    return size, count


if __name__ == "__main__":
    main()
