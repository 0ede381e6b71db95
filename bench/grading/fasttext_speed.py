"""A fastText classifier beside the package it is of: `python -m bench.grading.fasttext_speed [--rounds N]`.

The package (in an environment of its own) trains two classes on half of the weakly labelled documents,
grades of 3 and above against the others, with the settings of DCLM's classifier; then the package and
our reader tell the probabilities of the other half, from the whole model and from one in codes. JSON
lines: megabytes of text a processor second, medians, and by how much a probability differs (fastText
tells each .00001 too high).
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
import pyarrow as pa

from bench.grading.weak_labels import weak_labels
from bench.measuring import print_result
from bench.peer_environment import peer_environment
from bench.shared_folder import DATA
from udfs.grading.fasttext_file import open_fasttext_file
from udfs.grading.fasttext_model import FastTextCard, FastTextModel

FOLDER = Path("bench-output/grading-fasttext")
CACHE = Path("bench-output/grader/texts.parquet")
SCRIPT = Path(__file__).with_name("run_fasttext.py")
GOOD = 3


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    rounds = parser.parse_args().rounds
    if not DATA.is_dir():
        print(f"no real documents at {DATA}: nothing to grade", file=sys.stderr)
        return
    python, version = peer_environment("fasttext-numpy2-wheel", ["fasttext-numpy2-wheel==0.9.2"])
    texts = write_texts()
    subprocess.run([python, SCRIPT, "train", FOLDER / "lines.txt", FOLDER / "model"], check=True)
    size = sum(len(text.encode()) for text in texts)
    for ending in ("bin", "ftz"):
        path = FOLDER / f"model.{ending}"
        model = FastTextModel(open_fasttext_file(path), FastTextCard({}), "")
        column = pa.array(texts)
        model.probabilities(column[:8])  # compiles
        theirs, ours = [], []
        for _ in range(rounds):
            found = FOLDER / "found.json"
            subprocess.run([python, SCRIPT, "ask", path, FOLDER / "texts.json", found], check=True)
            told = json.loads(found.read_text("utf-8"))
            theirs.append(told["cpu_s"])
            started = time.process_time()
            shares = model.probabilities(column)[:, model.file.labels.index(told["first"])]
            ours.append(time.process_time() - started)
        apart = float(np.abs(shares - np.array(told["scores"], float)).max())
        for system, seconds in ((f"fasttext_{version}", theirs), ("corpusmill", ours)):
            spent = statistics.median(seconds)
            print_result(
                f"fastText model.{ending}, {path.stat().st_size >> 20} MB", system, len(texts), size,
                cpu_s=round(spent, 2), mb_per_cpu_s=round(size / spent / 1e6, 1), most_apart=round(apart, 7),
            )  # fmt: skip


def write_texts() -> list[str]:
    """Write what the package learns from and is asked for, every second document each; return the latter."""
    table = weak_labels(DATA, CACHE)
    texts = [" ".join(text.split()) for text in table.column("text").to_pylist()]
    labels = ["hq" if grade >= GOOD else "cc" for grade in table.column("label").to_pylist()]
    FOLDER.mkdir(parents=True, exist_ok=True)
    lines = [f"__label__{label} {text}\n" for label, text in zip(labels, texts, strict=True)]
    (FOLDER / "lines.txt").write_text("".join(lines[::2]), "utf-8")
    (FOLDER / "texts.json").write_text(json.dumps(texts[1::2]), "utf-8")
    return texts[1::2]


if __name__ == "__main__":
    main()
