"""Seven days of a crawl: each cleaned against the days before, each appended to one table, once."""

import os
import random
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from jobs.command_line import main
from jobs.lake.commits import write_once
from jobs.lake.table_names import Format, parse_lake_table
from tests.lake.tables import Lake, write_lines

pytestmark = pytest.mark.lake

WORDS = {
    "en": "the old ferry left harbour before fog had lifted from water and nobody on board could see where "
    "it was but they knew that it would be there when morning came with wind over these hills",
    "de": "die alte Fähre verließ den Hafen bevor sich der Nebel gehoben hatte und niemand an Bord konnte "
    "das Ufer sehen aber sie wussten dass es dort sein würde wenn am Morgen wieder Wind kam",
    "fr": "le vieux bateau quitta son port avant que brouillard ne se lève et personne à bord ne voyait "
    "où était rive mais ils savaient qu elle serait là quand au matin vent soufflerait encore",
}
PAGES = 3  # of a language and a day


def documents(day: int) -> list[dict[str, str]]:
    """The pages of a day, and the first of the day before once more."""
    own = []
    for code, words in WORDS.items():
        for number in range(PAGES):
            draw = random.Random(f"{code} {day} {number}")
            sentences = (draw.sample(words.split(), 12) for _ in range(7))
            text = " ".join(" ".join(sentence).capitalize() + "." for sentence in sentences)
            own.append({"id": f"{code}-{day}-{number}", "text": text})
    return own + ([] if day == 1 else documents(day - 1)[:1])


def corpus_rows(output: str) -> list[dict[str, object]]:
    return [
        row
        for file in sorted(Path(output, "corpus").rglob("*.parquet"))
        for row in pq.read_table(file).to_pylist()
    ]


def killed_between_write_and_commit(words: Sequence[str], folder: Path) -> None:
    """Run a command and kill it, with its Java, as soon as a file of rows is whole."""
    before = set(folder.rglob("*.parquet"))
    process = subprocess.Popen(words, start_new_session=True, stderr=subprocess.DEVNULL)
    while process.poll() is None:
        fresh = set(folder.rglob("*.parquet")) - before
        if any(path.read_bytes()[-4:] == b"PAR1" for path in fresh):
            os.killpg(process.pid, signal.SIGKILL)
            break
        time.sleep(0.002)
    process.wait()
    assert process.returncode == -signal.SIGKILL, "it ended before a file of rows was seen"


def crawl(runs: Path, day: int, *more: str) -> str:
    """Clean a day's pages against the days before; return where the run is."""
    pages, output = runs / f"crawl/{day}.jsonl", str(runs / str(day))
    if not pages.exists():
        write_lines(pages, documents(day))
    against = [word for former in range(1, day) for word in ("--against", str(runs / str(former)))]
    words = ["run", str(pages), output, *against, "--recipe", "c4", *more, "--quiet"]
    assert main([*words, "--master", "local[2]"]) == 0
    return output


@pytest.fixture(scope="module")
def week(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Seven runs, the third of which was asked for twice."""
    runs = tmp_path_factory.mktemp("week")
    outputs = [crawl(runs, day) for day in range(1, 8)]
    made = Path(outputs[2], "corpus", "_manifest.json").stat().st_mtime_ns
    crawl(runs, 3)
    assert Path(outputs[2], "corpus", "_manifest.json").stat().st_mtime_ns == made
    return outputs


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("format_", ["iceberg", "delta"])
def test_seven_days(lake: Lake, week: list[str], format_: Format) -> None:
    name = lake.spelt(format_, "corpus")
    for day, output in enumerate(week, 1):
        export = ("export", output, "--to", name, "--partition-by", "language")
        if day == 4:
            killed_between_write_and_commit(lake.program(*export), lake.folder)
        lake.run(*export)
        if day == 3:  # a day repeated changes nothing
            lake.run(*export)
    with lake.session() as spark:
        known = lake.written(spark, name)
        assert len(known) == len({commit.run for commit in known}) == 7
        # The table is what the Parquet of the runs is, and each state what it was that evening.
        for day in (1, 4, 7):
            evening = [row for output in week[:day] for row in corpus_rows(output)]
            state = lake.rows(spark, name, known[day - 1].version)
            assert {row.pop("run") for row in state} == {one.run for one in known[:day]}
            assert sorted(map(str, state)) == sorted(map(str, evening))
            assert len(state) == day * PAGES * len(WORDS), "a page of the day before is a copy"
        assert {row["language"] for row in lake.rows(spark, name)} == set(WORDS)
        table = parse_lake_table(name)
        spark.sql(f"ALTER TABLE {table.sql} ADD COLUMNS (checked BOOLEAN)")
        # The last day made anew of other settings, with a column more: its rows are replaced by one commit.
        rows = spark.read.parquet(f"{week[-1]}/corpus").limit(4).selectExpr("*", "0.5D AS score")
        assert write_once(table, rows, str(known[-1].run), "anew").is_new
        by_run = Counter(row["run"] for row in lake.rows(spark, name))
        assert [by_run[commit.run] for commit in known] == [PAGES * len(WORDS)] * 6 + [4]
        assert {(row["checked"], row["score"]) for row in lake.rows(spark, name)} == {
            (None, None), (None, 0.5),
        }  # fmt: skip
