"""Recall of planted items by change and length, flags in clean text, and speed, beside other rules.

``python -m bench.contamination --benchmarks gsm8k=test.jsonl --benchmarks mmlu=mmlu/ ...``

What was looked at while thresholds were set is left out: items of even number, pages of wcxb_dev whose
path has an odd CRC-32, other documents whose path has an even one, and most programs.
"""

from __future__ import annotations

import argparse
import functools
import json
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence

import numpy as np
import pyarrow as pa

from bench.contamination.classes import CLASSES
from bench.contamination.documents import KINDS, Documents, documents
from bench.contamination.rules import Rule, other_rules
from bench.shared_folder import require_data
from jobs.contamination.reading import read_benchmarks
from jobs.contamination.run_facts import traditional
from jobs.runtime.spark.han_variants import han_variants
from udfs.annotate_batches import AnnotateBatches
from udfs.cleaning.clean_texts import CleaningSettings
from udfs.contamination.benchmark_index import BenchmarkIndex, build_benchmarks
from udfs.contamination.decidable import DECIDABLE, decidability
from udfs.contamination.items import BenchmarkItem
from udfs.contamination.matching import match_texts
from udfs.contamination.phrase_counts import PhraseCounts, frequencies
from udfs.contamination.planting.changes import CHANGES, planted, traditional_change
from udfs.contamination.planting.validation import draw_items, lengths
from udfs.contamination.settings import DEFAULT_SETTINGS
from udfs.text.token_batch import TokenBatch
from udfs.text.tokenising import tokenise

BATCH = 200
SEED = 7


def main() -> None:
    """Print one JSON line a fact."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--benchmarks", action="append", required=True, metavar="[MAPPING=]PATH")
    parser.add_argument("--items", type=int, default=100, help="planted of each benchmark")
    arguments = parser.parse_args()
    require_data()
    items = read_benchmarks(arguments.benchmarks)
    held_out, tuning = documents()
    started = time.process_time()
    bare = build_benchmarks(items, han_variants=han_variants())
    seconds = time.process_time() - started
    # A run counts boilerplate in its own documents: all of them, whatever they hold.
    index = _counted(items, bare, [text for kind in KINDS for _, text in held_out[kind]])
    names = Counter(item.benchmark for item in items)
    say(
        "index",
        items=names,
        build_cpu_s=round(seconds, 1),
        bytes=index.bytes,
        bytes_an_item=index.bytes // len(items),
    )
    reasons = decidability(index)
    say(
        "decidable",
        **{
            name: Counter(r for i, r in zip(items, reasons, strict=True) if i.benchmark == name)
            for name in names
        },
    )
    rules = other_rules(items)
    for kind in KINDS:
        clean_flags(kind, held_out[kind], index, items, rules)
    recall(items, index, rules, held_out, arguments.items, reasons)
    speed([text for kind in ("en", "zh") for _, text in held_out[kind]], index, rules)
    say("tuning half", documents={kind: len(found) for kind, found in tuning.items()})


def say(fact: str, **values: object) -> None:
    """Print one line."""
    print(json.dumps({"fact": fact, **values}, ensure_ascii=False), flush=True)


def _counted(
    items: Sequence[BenchmarkItem], bare: BenchmarkIndex, texts: Sequence[str]
) -> BenchmarkIndex:
    counts = PhraseCounts(bare)
    for part in batches(texts):
        counts.add(tokenise(part))
    table = pa.Table.from_batches([counts.rows()])
    known = frequencies(table, len(texts), DEFAULT_SETTINGS.most_documents)
    return build_benchmarks(items, DEFAULT_SETTINGS, known, han_variants())


def batches(texts: Sequence[str]) -> list[pa.Array]:
    """Texts in batches as a worker gets them."""
    return [
        pa.array(texts[at : at + BATCH], pa.large_string()) for at in range(0, len(texts), BATCH)
    ]


def clean_flags(
    kind: str,
    documents: Documents,
    index: BenchmarkIndex,
    items: Sequence[BenchmarkItem],
    rules: Sequence[Rule],
) -> None:
    """Say how many documents without planted items are flagged, and show some."""
    flags: Counter[str] = Counter()
    shown: list[dict[str, object]] = []
    for number, part in enumerate(batches([text for _, text in documents])):
        tokens = tokenise(part)
        for rule in rules:
            flags[rule.name] += int(rule.flagged(tokens).sum())
        found = [m for m in match_texts(tokens, index) if m.strength >= 1 and not m.variant]
        flags["ours"] += len({match.row for match in found})
        shown += [
            {
                "path": documents[number * BATCH + match.row][0],
                "item": f"{items[match.item].benchmark}/{items[match.item].item}",
                "question": items[match.item].question[:120],
                "passage": match.passage[:120],
                "share": round(match.share, 2),
                "bits": round(match.bits),
            }
            for match in found
        ]
    per_million = {
        name: round(count * 1e6 / max(len(documents), 1)) for name, count in flags.items()
    }
    say("clean", kind=kind, documents=len(documents), flagged=flags, per_million=per_million)
    for example in shown[:40]:
        say("flagged", kind=kind, **example)


def recall(
    items: Sequence[BenchmarkItem],
    index: BenchmarkIndex,
    rules: Sequence[Rule],
    hosts: dict[str, Documents],
    most: int,
    reasons: Sequence[str],
) -> None:
    """Say what is found of items planted in held-out documents."""
    chance = np.random.default_rng(SEED)
    drawn = [n for n in draw_items(items, 2 * most, chance) if n % 2]
    tokens_of = lengths(items, drawn)
    sums: dict[tuple[str, ...], Counter[str]] = defaultdict(Counter)
    for change in (*CHANGES, traditional_change(traditional(index))):
        chosen = [number for number in drawn if change.applies(items[number])]
        for at in range(0, len(chosen), BATCH):
            part = chosen[at : at + BATCH]
            texts = [
                _planted(items[n], change.write(items[n], chance), hosts, chance) for n in part
            ]
            tokens = tokenise(pa.array(texts, pa.large_string()))
            flagged = {rule.name: rule.flagged(tokens) for rule in rules}
            found: list[dict[int, bool]] = [{} for _ in part]
            for match in match_texts(tokens, index):
                if match.strength >= 1:
                    found[match.row][match.item] = bool(match.variant)
            for row, n in enumerate(part):
                label = found[row].get(n)
                right = label is not None and (change.variant or not label)
                got = Counter(planted=1, ours=int(right), ours_any=int(label is not None))
                got.update({name: int(rows[row]) for name, rows in flagged.items()})
                got["decidable"] = int(reasons[n] == DECIDABLE)
                long = "all" if tokens_of[n] in ("under 5", "5 to 7") else "8 and more"
                places = [
                    ("change", change.name),
                    ("change and benchmark", change.name, items[n].benchmark),
                ]
                if change.whole:
                    places += [
                        ("whole, by question tokens", tokens_of[n]),
                        ("whole", long, items[n].benchmark),
                    ]
                    places += [("whole", long)]
                for place in places:
                    sums[place] += got
    every: Counter[str] = Counter()
    for pair in CLASSES:
        counted = sums.get(("change and benchmark", *pair), Counter())
        every += counted
        if counted:
            sums[("class", *pair)] = counted
    if every:
        sums[("all classes", str(len(CLASSES)))] = every
    for place, counted in sums.items():
        shares = {
            name: round(counted[name] / counted["planted"], 3)
            for name in counted
            if name != "planted"
        }
        say("recall", of=place[0], which=place[1:], planted=counted["planted"], **shares)


def _planted(
    item: BenchmarkItem, text: str, hosts: dict[str, Documents], chance: np.random.Generator
) -> str:
    kind = (
        "code"
        if item.code
        else ("zh" if any("\u4e00" <= c <= "\u9fff" for c in item.question) else "en")
    )
    of = hosts[kind]
    return planted(of[int(chance.integers(len(of)))][1], text)


def speed(texts: Sequence[str], index: BenchmarkIndex, rules: Sequence[Rule]) -> None:
    """Say megabytes of text a second of processor time, on one core, best of three."""
    parts = batches(texts)
    size = sum(len(text.encode()) for text in texts) / 1e6
    tokens = [tokenise(part) for part in parts]
    works: dict[str, Callable[[], object]] = {
        "tokenise": lambda: [tokenise(part) for part in parts],
        "match": lambda: [match_texts(batch, index) for batch in tokens],
        "both": lambda: [match_texts(tokenise(part), index) for part in parts],
    }
    works |= {rule.name: functools.partial(_flag_all, rule, tokens) for rule in rules}
    for name, work in works.items():
        say("speed", of=name, megabytes=round(size, 1), mb_per_cpu_s=round(size / _best(work), 1))
    some = [pa.RecordBatch.from_pydict({"text": part.cast(pa.string())}) for part in parts[::4]]
    without = AnnotateBatches(CleaningSettings())
    compared = AnnotateBatches(CleaningSettings(), benchmarks=lambda: index)
    seconds = [
        _best(lambda: list(without(iter(some)))),
        _best(lambda: list(compared(iter(some)))),
    ]
    say("annotate", cpu_s_without_and_with=seconds, more=round(seconds[1] / seconds[0] - 1, 3))


def _flag_all(rule: Rule, tokens: Sequence[TokenBatch]) -> None:
    for batch in tokens:
        rule.flagged(batch)


def _best(work: Callable[[], object]) -> float:
    found = []
    for _ in range(3):
        started = time.process_time()
        work()
        found.append(time.process_time() - started)
    return min(found)


if __name__ == "__main__":
    main()
