"""Runs in the peer's own environment: datatrove's filters over texts, one JSON line a document.

`python run_datatrove_filters.py TEXTS.parquet PLAN.json OUTPUT.jsonl`. The plan names filters with their
arguments by language. Every filter sees and is timed on every text (the first one that needs words pays
for them); afterwards the chain is timed, each document passing from filter to filter until one drops it, as
in datatrove's own pipelines.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from datatrove.data import Document
from datatrove.pipeline import filters
from datatrove.utils import text as datatrove_text


def main() -> None:
    """Judge, time, write."""
    texts, plan, output = sys.argv[1:]
    documents = pq.read_table(texts).to_pylist()
    made = {
        language: {
            name: getattr(filters, entry["class"])(**entry["arguments"])
            for name, entry in entries.items()
        }
        for language, entries in json.loads(Path(plan).read_text())["filters"].items()
    }
    chain = json.loads(Path(plan).read_text())["chain"]
    for language in made:  # loads tokenizers before anything is measured
        datatrove_text.split_into_words(".", made[language]["gopher_quality"].language)
    seconds = {language: dict.fromkeys(entries, 0.0) for language, entries in made.items()}
    with Path(output).open("w") as lines:
        for row in documents:
            found = {}
            for name, it in made[row["language"]].items():
                started = time.process_time()
                found[name] = judge(it, row["text"])
                seconds[row["language"]][name] += time.process_time() - started
            lines.write(json.dumps({"path": row["path"], "found": found}) + "\n")
        for language, entries in made.items():
            chosen = [row["text"] for row in documents if row["language"] == language]
            started = time.process_time()
            for text in chosen:
                chained([entries[name] for name in chain], text)
            cost = {
                "language": language,
                "chained": time.process_time() - started,
                "on_every_text": sum(seconds[language][name] for name in chain),
            }
            lines.write(json.dumps(cost) + "\n")


def judge(it: Any, text: str) -> str | None:
    """Return the reason a filter drops a text by, None if it keeps it."""
    try:
        verdict = it.filter(Document(text=text, id="0"))
    except Exception as error:  # a crash of the peer is a finding, not an end
        return f"crash: {type(error).__name__}"
    if isinstance(verdict, tuple):
        return None if verdict[0] else str(verdict[1])
    return None if verdict else "dropped"


def chained(steps: list[Any], text: str) -> None:
    """Pass one document from filter to filter until one drops it."""
    datatrove_text.split_into_parts.cache_clear()
    document = Document(text=text, id="0")
    for step in steps:
        try:
            verdict = step.filter(document)
        except Exception:
            return
        if not (verdict[0] if isinstance(verdict, tuple) else verdict):
            return


if __name__ == "__main__":
    main()
