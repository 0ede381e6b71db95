"""Documents a processor second of an encoder, beside transformers and sentence-transformers, and the limit.

``python -m bench.grading.encoders [--quick] [--rounds N]``: a BERT of 22 M parameters (the shape of
all-MiniLM-L6-v2, random weights, a vocabulary of the texts), saved by transformers and made a
grader by `fetch-grader`, in float32 and int8, grades the first 100 to 500 characters of real
documents, each within one window of 512 tokens. The peers grade the same texts in an environment of
their own on one thread. JSON lines: medians of processor seconds, the largest difference of grades from
those of transformers a text at a time, and how many fall on another side of the cut. The limit is what
a product of two float32 matrices reaches here, and what share of it the encoder's own products are.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from bench.grading.weak_labels import weak_labels
from bench.measuring import print_result
from bench.peer_environment import PEERS, peer_environment
from bench.shared_folder import DATA
from udfs.grading.encoder_model import EncoderModel, open_encoder
from udfs.learning.linear_training import GRADE_CUT

FOLDER = Path("bench-output/grading-encoders")
CACHE = Path("bench-output/grader/texts.parquet")
REQUIREMENTS = ("transformers==4.57.6", "sentence-transformers==5.2.0", "torch", "numpy")
SCRIPT = Path(__file__).with_name("run_transformers.py")
WIDTH, INNER, LAYERS = 384, 1536, 6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="100 texts instead of 1,000")
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    if not DATA.is_dir():
        print(f"no real documents at {DATA}: nothing to grade", file=sys.stderr)
        return
    texts = beginnings(100 if arguments.quick else 1_000)
    python, version = peer_environment(
        "transformers", REQUIREMENTS, PEERS / "sentence-transformers"
    )
    model, given = FOLDER / "published", FOLDER / "texts.json"
    model.mkdir(parents=True, exist_ok=True)
    given.write_text(json.dumps(texts), "utf-8")
    subprocess.run([python, SCRIPT, "make", model, given], check=True)
    ways = {
        f"transformers_{version}": "single",
        f"transformers_{version}_batches_of_32": "batched",
        "sentence_transformers": "sentence",
    }
    graders = {
        "corpusmill": converted(model, "float32"),
        "corpusmill_int8": converted(model, "int8"),
    }
    seconds: dict[str, list[float]] = {}
    scores: dict[str, npt.NDArray[np.float64]] = {}
    for _ in range(arguments.rounds):
        for system, way in ways.items():
            found = FOLDER / f"{way}.json"
            subprocess.run([python, SCRIPT, way, model, given, found], check=True)
            told = json.loads(found.read_text("utf-8"))
            seconds.setdefault(system, []).append(told["cpu_s"])
            scores[system] = np.clip(np.array(told["scores"]), 0.0, 5.0)
        for system, grader in graders.items():
            started = time.process_time()
            scores[system] = grader.predict(pa.array(texts)).astype(np.float64)
            seconds.setdefault(system, []).append(time.process_time() - started)
    windows = [graders["corpusmill"].tokeniser.windows(text).windows for text in texts]
    lengths = [len(window) for found in windows for window in found]
    report(texts, seconds, scores, lengths)


def beginnings(count: int) -> list[str]:
    """The beginnings of documents, 100 to 500 characters long."""
    table = weak_labels(DATA, CACHE)
    table = table.filter(pc.equal(table.column("language"), "en"))
    rows = np.linspace(0, len(table) - 1, count).astype(int)
    wanted = np.random.default_rng(0).integers(100, 500, count)
    found = table.column("text").take(pa.array(rows)).to_pylist()
    return [text[:length] for text, length in zip(found, wanted, strict=True)]


def converted(model: Path, kind: str) -> EncoderModel:
    """The grader that `fetch-grader` makes of the published folder."""
    words = ["fetch-grader", str(model), str(FOLDER / kind), "--window-tokens", "512"]
    if kind == "int8":
        expected = FOLDER / "expected.jsonl"
        plain = open_encoder(FOLDER / "float32")
        lines = [{"text": text} for text in ("A short text.", "The ferry leaves at six.")]
        grades = plain.predict(pa.array([line["text"] for line in lines])).tolist()
        told = [line | {"score": grade} for line, grade in zip(lines, grades, strict=True)]
        expected.write_text("".join(json.dumps(line) + "\n" for line in told), "utf-8")
        words += ["--int8", "--expected", str(expected), "--tolerance", "0.5"]
    subprocess.run(
        [sys.executable, "-m", "jobs.command_line", *words], check=True, stdout=sys.stderr
    )
    return open_encoder(FOLDER / kind)


def report(
    texts: list[str],
    seconds: dict[str, list[float]],
    scores: dict[str, npt.NDArray[np.float64]],
    lengths: list[int],
) -> None:
    first = next(iter(scores.values()))
    limit = matrix_rate()
    work = sum(map(operations, lengths))
    for system, taken in seconds.items():
        median = statistics.median(taken)
        facts: dict[str, object] = {}
        if len(scores[system]):
            moved = np.abs(scores[system] - first)
            flips = ((scores[system] >= GRADE_CUT) != (first >= GRADE_CUT)).sum()
            facts = {"most_moved": round(float(moved.max()), 5), "flips_at_the_cut": int(flips)}
        print_result(
            "encoder", system, len(texts), sum(map(len, texts)), cpu_s=round(median, 3),
            docs_per_cpu_s=round(len(texts) / median, 1), **facts,
            of_the_matrix_rate=round(work / median / limit, 3),
        )  # fmt: skip
    print(
        json.dumps(
            {
                "windows": len(lengths),
                "tokens": sum(lengths),
                "grades_within": [round(float(edge), 2) for edge in (first.min(), first.max())],
                "matrix_gflops": round(limit / 1e9, 1),
            }
        )
    )


def operations(tokens: int) -> float:
    """Multiplications and additions in the products of matrices of one window."""
    dense = 4 * WIDTH * WIDTH + 2 * WIDTH * INNER
    return 2.0 * LAYERS * tokens * (dense + 2 * tokens * WIDTH)


def matrix_rate() -> float:
    """Operations a processor second, of all threads, of the best of ten large float32 products."""
    left, right = (np.random.default_rng(0).random((1024, 1024), np.float32) for _ in range(2))
    rates = []
    for _ in range(10):
        started = time.process_time()
        left @ right
        rates.append(2 * 1024**3 / (time.process_time() - started))
    return max(rates)


if __name__ == "__main__":
    main()
