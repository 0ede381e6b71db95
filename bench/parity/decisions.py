"""Our decisions beside datatrove's: `python -m bench.parity.decisions [--quick]`.

datatrove runs in a virtual environment of its own (made below bench-output/parity on the first run) over
texts extracted from the shared folder, English and Chinese; we evaluate the rules of our recipes on
the same texts. JSON lines: agreement of every filter with the classes of disagreement, and processor
time of both. --quick takes 600 English and 300 Chinese texts. Every disagreement goes to
bench-output/parity/disagreements.jsonl. docs/parity.md explains them.
"""

from __future__ import annotations

import argparse
import json
import subprocess
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from bench.measuring import measured, print_result
from bench.parity.filters import CHAIN, PAIRS, Pair, peer_plan
from bench.parity.rules import failed_reasons
from bench.peer_environment import peer_environment
from bench.shared_folder import DATA, OUTPUT, require_data
from bench.shared_texts import real_texts, sampled
from udfs.lines.text_batch import TextBatch
from udfs.signals.annotate import annotate

FOLDER = OUTPUT / "parity"
PEER = FOLDER / "peer"
REQUIREMENTS = ("datatrove[io,processing]==0.10.*", "spacy", "jieba", "lxml_html_clean")
QUICK = {"en": 600, "zh": 300}
ANNOTATORS = ("heuristics", "repetition", "lines")
SQL_DOCUMENTS = 60


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help=f"a sample: {QUICK}")
    parser.add_argument(
        "--keep-peer",
        action="store_true",
        help="take datatrove's judgements and times of the last run",
    )
    quick, keep_peer = vars(parser.parse_args()).values()
    require_data()
    texts = real_texts(DATA, FOLDER / "texts.parquet")
    texts = sampled(texts, QUICK) if quick else texts
    found, seconds, version = peer_judgements(texts, keep_peer)
    for language in ("en", "zh"):  # compiles, and reads dictionaries, before anything is measured
        annotate(
            _batch(texts.filter(pc.equal(texts["language"], language)).slice(0, 20)), ANNOTATORS
        )
    disagreements: list[dict[str, Any]] = []
    for language in ("en", "zh"):
        chosen = texts.filter(pc.equal(texts.column("language"), language))
        signals, cost = measured(lambda chosen=chosen: annotate(_batch(chosen), ANNOTATORS))
        for pair in PAIRS:
            disagreements += compare(pair, chosen, signals, found, version)
        check_sql(chosen.slice(0, SQL_DOCUMENTS))
        report_speed(language, chosen, cost.cpu_s, seconds[language], version)
    lines = (json.dumps(entry, ensure_ascii=False) + "\n" for entry in disagreements)
    (FOLDER / "disagreements.jsonl").write_text("".join(lines))


def _batch(texts: pa.Table) -> TextBatch:
    columns = (texts.column(name).combine_chunks() for name in ("text", "language"))
    return TextBatch(*columns)


def peer_judgements(
    texts: pa.Table, keep: bool
) -> tuple[dict[str, dict[str, str | None]], dict[str, dict[str, float]], str]:
    """Run the peer; return its reasons by path and filter, its costs by language, its version."""
    python, version = peer_environment("datatrove", REQUIREMENTS, PEER)
    inputs, plan, output = (FOLDER / name for name in ("input.parquet", "plan.json", "peer.jsonl"))
    wanted = json.dumps({"filters": peer_plan(), "chain": CHAIN}, ensure_ascii=False)
    if not keep:
        pq.write_table(texts, inputs)
        plan.write_text(wanted)
        script = Path(__file__).with_name("run_datatrove_filters.py")
        subprocess.run([python, script, inputs, plan, output], check=True)
    elif plan.read_text() != wanted or not pq.read_table(inputs).equals(texts):
        raise SystemExit("the last run had other texts or thresholds; run without --keep-peer")
    found, seconds = {}, {}
    for line in output.read_text().splitlines():
        entry = json.loads(line)
        if "path" in entry:
            found[entry["path"]] = entry["found"]
        else:
            seconds[entry.pop("language")] = entry
    return found, seconds, version


def compare(
    pair: Pair,
    texts: pa.Table,
    signals: dict[str, pa.StructArray],
    found: dict[str, dict[str, str | None]],
    version: str,
) -> list[dict[str, Any]]:
    """Print how often one filter and our rules agree; return the disagreements."""
    languages = texts.column("language").to_pylist()
    paths = texts.column("path").to_pylist()
    rules = pair.rules(languages[0])
    ours = failed_reasons(rules, signals, languages)
    disagreements = []
    for row, (path, reasons) in enumerate(zip(paths, ours, strict=True)):
        theirs = found[path][pair.name]
        if (theirs is None) != (not reasons):
            values = {rule.signal: _value(signals, rule.signal, row) for rule in rules}
            disagreements.append(
                {"filter": pair.name, "language": languages[0], "path": path, "theirs": theirs,
                 "ours": reasons, "values": values}
            )  # fmt: skip
    dropped = [path for path in paths if found[path][pair.name] is not None]
    print_result(
        f"parity: {pair.name}",
        f"corpusmill beside datatrove {version}",
        len(paths),
        _size(texts),
        language=languages[0],
        agreement=round(1 - len(disagreements) / len(paths), 5),
        dropped_by_datatrove=len(dropped),
        dropped_by_both=sum(
            found[path][pair.name] is not None and bool(reasons)
            for path, reasons in zip(paths, ours, strict=True)
        ),
        disagreements=_classes(disagreements),
    )
    return disagreements


def _classes(disagreements: Iterable[dict[str, Any]]) -> dict[str, int]:
    counts = Counter(
        f"datatrove: {entry['theirs'] or 'kept'}; ours: {'+'.join(entry['ours']) or 'kept'}"
        for entry in disagreements
    )
    return dict(counts.most_common())


def _value(signals: dict[str, pa.StructArray], name: str, row: int) -> float | None:
    struct, field = name.split(".")
    value: float | None = signals[struct].field(field)[row].as_py()
    return value


def _size(texts: pa.Table) -> int:
    lengths = pc.binary_length(texts.column("text"))
    return int(pc.sum(lengths).as_py())


def check_sql(texts: pa.Table) -> None:
    """Compare the reasons found here with those of the job's own SQL.

    Raises:
        SystemExit: They differ.
    """
    from jobs.runtime.spark.session import start_session
    from jobs.verdicts.expressions import verdict_columns
    from jobs.verdicts.thresholds import resolve

    languages: Sequence[str] = texts.column("language").to_pylist()
    signals = annotate(_batch(texts), ANNOTATORS)
    language = pa.StructArray.from_arrays([pa.array(languages)], names=["language"])
    rows = pa.table({"row": pa.array(range(len(texts))), "language": language, **signals})
    spark = start_session("corpusmill-parity", master="local[1]")
    frame = spark.createDataFrame(rows)
    for pair in PAIRS:
        rules = pair.rules(languages[0])
        resolved, _ = resolve(rules, frame, {})
        verdicts = frame.select("row", *verdict_columns(resolved)).orderBy("row").collect()
        if [row["reasons"] for row in verdicts] != failed_reasons(rules, signals, languages):
            raise SystemExit(f"{pair.name}: the rules evaluated here and in SQL differ")


def report_speed(
    language: str, texts: pa.Table, ours: float, theirs: dict[str, float], version: str
) -> None:
    """Print processor time of both, and how many times datatrove needs ours."""
    size, documents = _size(texts), len(texts)
    for system, seconds in (
        ("corpusmill: all signals", ours),
        (f"datatrove {version}: four filters on every text", theirs["on_every_text"]),
        (f"datatrove {version}: four filters, until one drops the text", theirs["chained"]),
    ):
        print_result(
            "speed on the texts of the comparison, one core",
            system,
            documents,
            size,
            language=language,
            cpu_s=round(seconds, 3),
            megabytes_per_cpu_s=round(size / 1e6 / seconds, 3),
            times_corpusmill=round(seconds / ours, 1),
        )


if __name__ == "__main__":
    main()
