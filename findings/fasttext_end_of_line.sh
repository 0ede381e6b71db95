#!/usr/bin/env bash
# fastText 0.9.2 (fasttext-numpy2-wheel, PyPI): a word `</s>` in a text ends it for the classifier.
#
# A good guess says: predict() judges the words of the line that it is given, an empty one not at all, and its
# probabilities add up to one. Seen: predict() puts a line feed behind the text, which is read as the word `</s>`
# that stands behind every line in training; a page's own `</s>` (how HTML ends struck text) is the same word, and what
# follows it is not read; a text without words is judged by `</s>` alone; each probability is told .00001 too high.
# Fails if that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check fasttext-numpy2-wheel==0.9.2 numpy==2.4.6
"$folder/venv/bin/python" - "$folder/lines.txt" <<'PYTHON'
import importlib.metadata
import sys

import fasttext

with open(sys.argv[1], "w", encoding="utf-8") as lines:
    for number in range(50):
        lines.write(f"__label__good the lecture explains theorem {number}\n")
        lines.write(f"__label__bad buy cheap watches {number} now\n")
model = fasttext.train_supervised(sys.argv[1], dim=5, epoch=20, thread=1, verbose=0)
print("fasttext-numpy2-wheel", importlib.metadata.version("fasttext-numpy2-wheel"))


def asked(text: str) -> dict[str, float]:
    labels, shares = model.predict(text, k=2)
    found = dict(zip(labels, map(float, shares)))
    print(f"{text!r}: {found}")
    return found


head = asked("the lecture explains theorem")
assert asked("the lecture explains theorem </s> buy cheap watches now buy cheap watches now") == head
assert asked("the lecture explains theorem buy cheap watches now buy cheap watches now") != head
assert head == asked("the lecture explains theorem </s>")
assert len(asked("")) == 2
assert abs(sum(head.values()) - 1.00002) < 1e-6
print("as described")
PYTHON
