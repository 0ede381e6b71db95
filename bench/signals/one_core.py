"""Speed of the signals in one process, on one core: `python -m bench.signals.one_core [--quick]`.

English documents of 2,600 characters and Chinese ones of 900 (2.6 kB), cut from the books of the shared
folder, go through the tokeniser, each annotator, all of them together, and the cleaning; the best of
several rounds counts, since other work on the machine only ever makes a round slower. Then a fresh
process compiles every kernel into an empty cache, and another one loads them from it. JSON lines:
``{workload, system, docs, bytes, wall_s, cpu_s, peak_rss_mb, mb_per_cpu_s, ...}``.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable

import pyarrow as pa

from bench.measuring import Cost, measured, print_result
from bench.shared_folder import DATA, require_data
from udfs.cleaning.clean_texts import CleaningSettings, clean
from udfs.lines.text_batch import TextBatch
from udfs.signals.annotate import ANNOTATORS, annotate
from udfs.text.tokenising import tokenise

BOOKS = {"en": ("books_en", 2600), "zh": ("books_zh", 900)}
DOCUMENTS, QUICK_DOCUMENTS = 1200, 200
ROUNDS, QUICK_ROUNDS = 9, 3
COLD_START = (
    "import time; started = time.perf_counter()\n"
    "import pyarrow as pa\n"
    "from udfs.signals.annotate import ANNOTATORS, annotate\n"
    "from udfs.lines.text_batch import TextBatch\n"
    "from udfs.cleaning.clean_texts import CleaningSettings, clean\n"
    "imported = time.perf_counter()\n"
    "texts = pa.array(['One two three. One two three. One two three.', '我们今天学习。', 'e\\u0301'])\n"
    "clean(texts, CleaningSettings())\n"
    "annotate(TextBatch(texts, pa.array(['en', 'zh', 'fr'])), tuple(ANNOTATORS))\n"
    "print(imported - started, time.perf_counter() - imported)\n"
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer documents and rounds")
    quick = parser.parse_args().quick
    require_data()
    for language in BOOKS:
        measure_language(
            language,
            QUICK_DOCUMENTS if quick else DOCUMENTS,
            QUICK_ROUNDS if quick else ROUNDS,
        )
    measure_start()


def measure_language(language: str, documents: int, rounds: int) -> None:
    """Every workload on documents of one language."""
    texts = book_texts(language, documents)
    batch = TextBatch(texts, pa.array([language] * len(texts)))
    workloads: dict[str, Callable[[], object]] = {
        "tokenise": lambda: tokenise(texts),
        **{f"annotate_{name}": lambda name=name: annotate(batch, (name,)) for name in ANNOTATORS},
        "annotate_all": lambda: annotate(batch, tuple(ANNOTATORS)),
        "clean": lambda: clean(texts, CleaningSettings()),
    }
    size = texts.get_total_buffer_size()
    for name, work in workloads.items():
        work()  # compiling, or loading what was compiled before
        cost = best_of(rounds, work)
        print_result(
            f"signals_{name}_{language}", "corpusmill_kernels", len(texts), size, **cost.fields(),
            mb_per_cpu_s=round(size / 1e6 / cost.cpu_s, 1), rounds=rounds,
        )  # fmt: skip


def best_of(rounds: int, work: Callable[[], object]) -> Cost:
    """The round that took the least processor time."""
    return min((measured(work)[1] for _ in range(rounds)), key=lambda cost: cost.cpu_s)


def book_texts(language: str, documents: int) -> pa.Array:
    """Documents of one length, cut from the books one after the other."""
    folder, length = BOOKS[language]
    paths = sorted((DATA / "text" / folder).glob("*.txt"))
    text = "".join(path.read_text(encoding="utf-8", errors="replace") for path in paths)
    starts = range(0, min(len(text), documents * length), length)
    return pa.array([text[start : start + length] for start in starts], pa.large_string())


def measure_start() -> None:
    """Seconds until the first batch is through, with an empty cache of kernels and with a full one."""
    with tempfile.TemporaryDirectory() as cache:
        environment = {**os.environ, "NUMBA_CACHE_DIR": cache}
        for name in ("compile", "load"):
            output, cost = measured(
                lambda: subprocess.run(
                    (sys.executable, "-c", COLD_START),
                    env=environment, check=True, capture_output=True, text=True,
                ).stdout
            )  # fmt: skip
            imports, first_batch = map(float, output.split())
            print_result(
                f"signals_first_batch_{name}", "corpusmill_kernels", 3, 0,
                wall_s=round(cost.wall_s, 3), import_s=round(imports, 3),
                first_batch_s=round(first_batch, 3),
            )  # fmt: skip


if __name__ == "__main__":
    main()
