"""In fastText's own environment: trains a classifier of two classes, or tells its probabilities.

``run_fasttext.py train LINES MODEL`` trains on ``__label__`` lines (100 columns, n-grams of two words, two
million buckets) and writes MODEL.bin and, its rows in codes and cut to 100,000, MODEL.ftz.
``run_fasttext.py ask MODEL TEXTS OUTPUT`` writes processor seconds and the first class's probabilities
as JSON.
"""

import json
import sys
import time
from pathlib import Path

import fasttext


def main() -> None:
    if sys.argv[1] == "train":
        model = fasttext.train_supervised(
            sys.argv[2], dim=100, wordNgrams=2, bucket=2_000_000, epoch=5, thread=1, verbose=0
        )
        model.save_model(f"{sys.argv[3]}.bin")
        model.quantize(input=sys.argv[2], cutoff=100_000, qnorm=True, verbose=0)
        model.save_model(f"{sys.argv[3]}.ftz")
        return
    model = fasttext.load_model(sys.argv[2])
    texts = json.loads(Path(sys.argv[3]).read_text("utf-8"))
    started = time.process_time()
    labels, shares = model.predict(texts, k=2)
    spent = time.process_time() - started
    first = model.labels[0]
    told = [dict(zip(*pair, strict=True)) for pair in zip(labels, shares, strict=True)]
    scores = [float(found[first]) for found in told]
    Path(sys.argv[4]).write_text(json.dumps({"cpu_s": spent, "first": first, "scores": scores}))


if __name__ == "__main__":
    main()
