"""What a run of the sample is given besides the crawl: labelled texts, a benchmark, a list of domains."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path

import pyarrow.parquet as pq

from examples.sample.labelled_texts import labelled_table
from examples.sample.planted_given import CASINO_HOST
from examples.sample.prose import Prose, find_prose

LABELLED_FILE = "labelled.parquet"
BENCHMARK_FILE = "quiz.jsonl"
DOMAINS_FILE = "blocked-domains.txt"
BLOCKED_DOMAINS = (CASINO_HOST, "you-wont-believe.example")
QUESTION = re.compile(r"^(?:Question: |题目：)")
OPTION = re.compile(r"^(?:\([A-D]\)|[A-D]\.) ")


def companion_files() -> dict[str, bytes]:
    """Return the files' contents by name."""
    labelled = io.BytesIO()
    pq.write_table(labelled_table(), labelled, compression="zstd")
    items = (
        benchmark_item(find_prose("noise", language, slug))
        for language, slug in (("en", "benchmark-question"), ("zh", "benchmark-question-zh"))
    )
    lines = [json.dumps(item, ensure_ascii=False) + "\n" for item in items]
    return {
        LABELLED_FILE: labelled.getvalue(),
        BENCHMARK_FILE: "".join(lines).encode(),
        DOMAINS_FILE: "".join(f"{domain}\n" for domain in BLOCKED_DOMAINS).encode(),
    }


def benchmark_item(page: Prose) -> dict[str, str | list[str]]:
    """Return the item that a page quotes: its question and its options."""
    lines = [line for paragraph in page.paragraphs for line in paragraph.splitlines()]
    return {
        "id": page.slug,
        "question": next(QUESTION.sub("", line) for line in lines if QUESTION.match(line)),
        "choices": [OPTION.sub("", line) for line in lines if OPTION.match(line)],
    }


def write_companions(folder: Path) -> list[Path]:
    """Write the files into `folder`, made if absent, and return their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    files = companion_files()
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return [folder / name for name in files]
