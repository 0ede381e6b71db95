"""Seconds of every page of `corpusmill serve` over a large run: ``python -m bench.serving RUN``.

The rows of a finished run, for example of make demo, are repeated up to the wanted number of documents,
each with a text of its own made of random words, and asked for over HTTP as a browser does.
"""

from __future__ import annotations

import argparse
import random
import resource
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import numpy as np
import uvicorn

from bench.measuring import print_result
from bench.serving.enlarged_run import enlarge
from jobs.inspection.run_tables import RunTables
from jobs.serving.application import build_application
from jobs.serving.catalogue import STATUSES
from jobs.serving.served_run import ServedRun, named_runs
from jobs.serving.warming import warm

REPEATS = 7
ANSWER_WORDS = 200


def main() -> None:
    """Make the run, start the page and print a line for each of its pages."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", help="a finished run, for example of make demo")
    parser.add_argument("--documents", type=int, default=1_000_000)
    parser.add_argument("--index", action="store_true", help="also index its phrases, and ask")
    parser.add_argument("--keep", metavar="FOLDER", help="make the run there, and use it again")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        place = Path(given.keep or Path(folder) / "run")
        if not place.exists():
            enlarge(given.run, place, given.documents)
        if given.index:
            command = "from jobs.command_line import main; import sys; sys.exit(main())"
            subprocess.run([sys.executable, "-c", command, "index", str(place)], check=True)
        measure(place, asks=given.index)


def measure(folder: Path, *, asks: bool) -> None:
    """Ask for every page REPEATS times, each time for another document, and print the times."""
    started = time.perf_counter()
    runs = named_runs([str(folder)])
    (run,) = runs.values()
    documents, size = len(run.catalogue().ids), RunTables(str(folder)).manifest("annotated").bytes
    ready = time.perf_counter() - started
    warm(runs.values())
    print_result(
        "serve start",
        "corpusmill",
        documents,
        size,
        seconds_ready=round(ready, 2),
        seconds_warm=round(time.perf_counter() - started, 2),
    )
    with served(runs) as address:
        for name, paths in pages(run, asks=asks).items():
            took = [fetched(f"{address}/{run.name}{path}") for path in paths]
            seconds, processor = ([one[place] for one in took] for place in (0, 1))
            print_result(
                f"serve {name}",
                "corpusmill",
                documents,
                size,
                seconds_first=round(seconds[0], 3),
                seconds_median=round(float(np.median(seconds)), 3),
                seconds_worst=round(max(seconds), 3),
                processor_median=round(float(np.median(processor)), 3),
                processor_worst=round(max(processor), 3),
            )
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print_result("serve memory", "corpusmill", documents, size, peak_rss_mb=peak)


def pages(run: ServedRun, *, asks: bool) -> dict[str, list[str]]:
    """Return addresses by name of the page, each of another document or question."""
    draw = random.Random(18)
    catalogue = run.catalogue()
    of_status = {
        name: catalogue.ids[catalogue.statuses == code] for code, name in enumerate(STATUSES)
    }
    drawn = {
        name: [int(draw.choice(ids)) for _ in range(REPEATS)]
        for name, ids in of_status.items()
        if len(ids)
    }
    clusters = draw.choices(
        run.tables.columns("duplicates", ["cluster_id"]).column(0).to_pylist(), k=REPEATS
    )
    signals = draw.sample(
        [name for name in run.signals() if name.startswith("heuristics.")], REPEATS
    )
    bounds = [f"special_characters.max={0.1 + step / 100}" for step in range(REPEATS)]
    found = {
        "list": [f"/browse?page={page + 1}" for page in range(REPEATS)],
        "list by reason": [
            f"/browse?reason={name}" for name, _ in catalogue.reason_counts()[:REPEATS]
        ],
        "list by source": [f"/browse?source=example%2F{letter}" for letter in "abcdefg"],
        "list by signal": [f"/browse?signal={name}&order=falling" for name in signals],
        "random sample": [f"/browse?order=random&seed={seed}" for seed in range(REPEATS)],
        **{
            f"{name} document": [f"/document/{number}?status={name}" for number in ids]
            for name, ids in drawn.items()
        },
        "what cleaning changed": [f"/document/{n}?view=changes" for n in reversed(drawn["kept"])],
        "thresholds": ["/thresholds"] * REPEATS,
        "thresholds moved": [f"/thresholds?{bound}" for bound in bounds],
        "clusters": [f"/duplicates?page={page + 1}" for page in range(REPEATS)],
        "cluster": [f"/duplicates/{number}" for number in clusters],
        "basket": ["/basket"] * REPEATS,
    }
    if asks:
        texts = run.tables.rows("annotated", drawn["kept"] + drawn["dropped"], ["text"])
        words = [row["text"].split() for row in texts.values() if len(row["text"].split()) > 60]
        phrases = [" ".join(one[10:22]) for one in words[:REPEATS]]
        found["ask a phrase"] = [f"/ask?q={quote(phrase)}" for phrase in phrases]
        answers = [answer(words, start) for start in range(REPEATS)]
        found["ask an answer"] = [f"/ask?q={quote(text)}" for text in answers]
    return found


def answer(words: list[list[str]], start: int) -> str:
    """Return 200 words: twenty each of five documents, and between them twenty of none."""
    parts: list[str] = []
    for place in range(ANSWER_WORDS // 40):
        own = words[(start + place) % len(words)]
        parts += own[start : start + 20] + [f"{word}{start}" for word in own[40:60]]
    return " ".join(parts)


def fetched(address: str) -> tuple[float, float]:
    """Return the seconds until a page is here, and the processor seconds that this process took for it."""
    started, processor = time.perf_counter(), time.process_time()
    with urllib.request.urlopen(address) as response:
        response.read()
    return time.perf_counter() - started, time.process_time() - processor


@contextmanager
def served(runs: dict[str, ServedRun]) -> Iterator[str]:
    """Serve runs on a free port for the block."""
    application = build_application(runs, "127.0.0.1", None)
    server = uvicorn.Server(uvicorn.Config(application, port=0, log_level="warning"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join()


if __name__ == "__main__":
    main()
