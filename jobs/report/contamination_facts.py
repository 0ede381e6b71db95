"""contamination/ → the report's section: benchmarks, sources, doubtful matches side by side, recall."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.contamination.run_facts import recall_by
from jobs.report.contamination_model import (
    BenchmarkFlow,
    ContaminationFacts,
    LeakingSource,
    MatchExample,
    PlantedRecall,
    UndecidableItem,
)
from jobs.report.source_table import source_group, source_name
from jobs.runtime.contract.manifest import Manifest

TOP_SOURCES = 20
MOST_EXAMPLES = 40
# Alike by chance are two words in a row; a phrase is what a match is made of.
LEAST_SHARED_WORDS = 3
_WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]|\w+")
Pieces = list[tuple[str, bool]]


def contamination_facts(
    matches: DataFrame, manifest: Manifest, common_folder: str
) -> ContaminationFacts:
    """Return the facts of a run that was given benchmarks.

    Args:
        matches: The dataset ``contamination``.
        manifest: Its manifest.
        common_folder: What the names of all sources begin with.
    """
    found = matches.where((F.col("strength") >= 1) & ~F.col("variant"))
    return _facts(
        manifest,
        flagged=found.select("id").distinct().count(),
        excised=matches.where("excised").select("id").distinct().count(),
        benchmarks=_benchmarks(matches, manifest.details["benchmarks"]),
        sources=_sources(found, common_folder),
        examples=[_example(row.asDict()) for row in doubtful(matches).take(MOST_EXAMPLES)],
    )


def table_contamination_facts(
    matches: pa.Table, manifest: Manifest, common_folder: str
) -> ContaminationFacts:
    """The same for matches in memory."""
    rows = matches.to_pylist()
    held = [row for row in rows if row["strength"] >= 1 and not row["variant"]]
    sources = {row["id"]: source_name(row["url"], row["source"], common_folder) for row in held}
    counted = Counter(sources.values()).items()
    return _facts(
        manifest,
        flagged=len(sources),
        excised=len({row["id"] for row in rows if row["excised"]}),
        benchmarks=[
            BenchmarkFlow(benchmark=name, **of, **_table_flow(name, rows, held))
            for name, of in manifest.details["benchmarks"].items()
        ],
        sources=[
            LeakingSource(source=name, documents=documents)
            for name, documents in sorted(counted, key=lambda one: (-one[1], one[0]))[:TOP_SOURCES]
        ],
        examples=[_example(row) for row in _table_doubtful(rows)[:MOST_EXAMPLES]],
    )


def _table_flow(
    name: str, rows: Sequence[Mapping[str, Any]], held: Sequence[Mapping[str, Any]]
) -> dict[str, int]:
    mine = [row for row in held if row["benchmark"] == name]
    variants = (
        row["id"]
        for row in rows
        if row["benchmark"] == name and row["strength"] >= 1 and row["variant"]
    )
    return {
        "items_found": len({row["item"] for row in mine}),
        "documents": len({row["id"] for row in mine}),
        "variants": len(set(variants)),
    }


def _table_doubtful(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows of :func:`doubtful`, of matches in memory; how many documents have each is not told."""
    passages: dict[tuple[str, str, str], dict[str, Any]] = {}
    for row in sorted(rows, key=lambda one: int(one["id"])):
        passages.setdefault((row["benchmark"], row["item"], row["key"]), row)
    return sorted(
        passages.values(),
        key=lambda row: (abs(row["strength"] - 1), row["benchmark"], row["item"], row["key"]),
    )


def _facts(
    manifest: Manifest,
    *,
    flagged: int,
    excised: int,
    benchmarks: list[BenchmarkFlow],
    sources: list[LeakingSource],
    examples: list[MatchExample],
) -> ContaminationFacts:
    facts = manifest.details
    documents = facts["documents"]
    return ContaminationFacts(
        documents=documents,
        flagged=flagged,
        per_million=flagged * 1e6 / documents if documents else None,
        excised=excised,
        benchmarks=benchmarks,
        sources=sources,
        examples=examples,
        recall=_recall(facts["validation"]),
        hosts=facts["hosts"],
        undecidable=[UndecidableItem(**item) for item in facts["undecidable"]],
        index_bytes=facts["index_bytes"],
    )


def doubtful(matches: DataFrame) -> DataFrame:
    """Return one row a passage and item, nearest to the line first, with the ``documents`` that have it."""
    passages = matches.groupBy("benchmark", "item", "key").agg(
        F.countDistinct("id").alias("documents"),
        *[
            F.min_by(name, "id").alias(name)
            for name in matches.columns
            if name not in ("benchmark", "item", "key", "id")
        ],
        F.min("id").alias("id"),
    )
    return passages.orderBy(F.abs(F.col("strength") - 1), "benchmark", "item", "key")


def shared_pieces(passage: str, item: str) -> tuple[Pieces, Pieces]:
    """Return both texts in pieces, each with whether its words stand in the other in the same order."""
    left, right = list(_WORD.finditer(passage)), list(_WORD.finditer(item))
    matcher = difflib.SequenceMatcher(
        None,
        [_folded(word[0]) for word in left],
        [_folded(word[0]) for word in right],
        autojunk=False,
    )
    blocks = [block for block in matcher.get_matching_blocks() if block.size >= LEAST_SHARED_WORDS]
    return (
        _pieces(passage, left, [(block.a, block.size) for block in blocks]),
        _pieces(item, right, [(block.b, block.size) for block in blocks]),
    )


def _pieces(text: str, words: Sequence[re.Match[str]], runs: Sequence[tuple[int, int]]) -> Pieces:
    pieces: Pieces = []
    end = 0
    for first, size in runs:
        start, stop = words[first].start(), words[first + size - 1].end()
        pieces += [(text[end:start], False), (text[start:stop], True)]
        end = stop
    pieces.append((text[end:], False))
    return [piece for piece in pieces if piece[0]]


def _folded(word: str) -> str:
    return unicodedata.normalize("NFKC", word).casefold()


def _example(row: dict[str, Any]) -> MatchExample:
    passage, item = shared_pieces(row["passage"] or "", row["item_text"] or "")
    names = (
        "id",
        "url",
        "source",
        "benchmark",
        "item",
        "field",
        "share",
        "bits",
        "strength",
        "variant",
    )
    return MatchExample(passage=passage, item_text=item, **{name: row[name] for name in names})


def _benchmarks(matches: DataFrame, told: dict[str, Any]) -> list[BenchmarkFlow]:
    held = (F.col("strength") >= 1) & ~F.col("variant")
    counts = {
        row["benchmark"]: row
        for row in matches.groupBy("benchmark")
        .agg(
            F.countDistinct(F.when(held, F.col("item"))).alias("items_found"),
            F.countDistinct(F.when(held, F.col("id"))).alias("documents"),
            F.countDistinct(F.when((F.col("strength") >= 1) & F.col("variant"), F.col("id"))).alias(
                "variants"
            ),
        )
        .collect()
    }
    return [
        BenchmarkFlow(
            benchmark=name,
            **of,
            **{
                field: counts[name][field] if name in counts else 0
                for field in ("items_found", "documents", "variants")
            },
        )
        for name, of in told.items()
    ]


def _sources(found: DataFrame, common_folder: str) -> list[LeakingSource]:
    grouped = (
        found.groupBy(source_group(common_folder).alias("source"))
        .agg(F.countDistinct("id").alias("documents"))
        .orderBy(F.desc("documents"), "source")
    )
    return [LeakingSource(**row.asDict()) for row in grouped.take(TOP_SOURCES)]


def _recall(validation: Sequence[dict[str, Any]]) -> list[PlantedRecall]:
    return [
        PlantedRecall(of=label, name=name, planted=planted, found=found, decidable=decidable)
        for key, label in (
            ("change", "change"),
            ("tokens", "question tokens"),
            ("benchmark", "benchmark"),
        )
        for name, (planted, found, decidable) in recall_by(validation, key).items()
    ]
