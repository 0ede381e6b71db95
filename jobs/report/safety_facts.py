"""annotated/ → the report's section on safety: what keywords and model alarm at, by source, with examples."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import pyarrow as pa
from pyspark.sql import Column, DataFrame, Row
from pyspark.sql import functions as F

from jobs.report.dropped_examples import choose_examples, choose_table_examples
from jobs.report.safety_model import AlarmedSource, AlarmExample, SafetyFacts
from jobs.report.source_table import source_group, source_name
from jobs.report.text_samples import Sample

TOP_SOURCES: Final = 20
MODEL_ALARM: Final = 0.5
"""Of ``safety.model_score``, which a calibrated model moves there."""
FOUND_BY: Final = ("keywords and model", "keywords", "model")
SIGNALS: Final = ("keyword_flag", "keyword_hits", "hit_density", "model_score")
COLUMNS: Final = ("id", "url", "source", "source_id")
EXAMPLE_COLUMNS: Final = ("id", "url", "source", "source_id", "language", "found_by",
                          "keyword_hits", "hit_density", "model_score", "reason")  # fmt: skip


@dataclass(frozen=True)
class Alarms:
    """What is counted before texts are fetched: see :class:`SafetyFacts`."""

    found_by: dict[str, int]
    sources: list[AlarmedSource]
    chosen: dict[str, list[Row]]


def count_alarms(annotated: DataFrame, verdicts: DataFrame, common_folder: str) -> Alarms:
    """Count the alarms of a run.

    Args:
        annotated: With the struct ``safety``.
        verdicts: ``id`` and ``reason``.
        common_folder: What the names of all sources begin with.
    """
    language = F.col("language.language").alias("language")
    signals = [F.col(f"safety.{name}") for name in SIGNALS]
    rows = annotated.select(*COLUMNS, language, *signals)
    alarmed = rows.withColumn("found_by", _found_by()).where(F.col("found_by").isNotNull())
    judged = alarmed.join(verdicts.select("id", "reason"), "id")
    grouped = (
        judged.groupBy(source_group(common_folder).alias("source"))
        .agg(
            F.count(F.lit(1)).alias("documents"),
            *[
                F.count(F.when(F.col("found_by") == by, 1)).alias(name)
                for name, by in zip(("both", "keywords", "model"), FOUND_BY, strict=True)
            ],
            F.count("reason").alias("left"),
        )
        .orderBy(F.desc("documents"), "source")
    )
    counts = {row["found_by"]: row["count"] for row in judged.groupBy("found_by").count().collect()}
    return Alarms(
        {by: counts[by] for by in FOUND_BY if by in counts},
        [AlarmedSource(**row.asDict()) for row in grouped.take(TOP_SOURCES)],
        choose_examples(judged, "found_by", EXAMPLE_COLUMNS),
    )


def count_table_alarms(rows: pa.Table, verdicts: pa.Table, common_folder: str) -> Alarms:
    """The same for tables in memory; ``rows`` has ``COLUMNS``, ``language`` and ``SIGNALS``."""
    reasons = dict(
        zip(verdicts.column("id").to_pylist(), verdicts.column("reason").to_pylist(), strict=True)
    )
    alarmed: list[dict[str, Any]] = []
    for row in rows.to_pylist():
        keywords, model = bool(row["keyword_flag"]), (row["model_score"] or 0.0) > MODEL_ALARM
        if keywords or model:
            by = FOUND_BY[0 if keywords and model else 1 if keywords else 2]
            alarmed.append({**row, "found_by": by, "reason": reasons[row["id"]]})
    names = [source_name(row["url"], row["source"], common_folder) for row in alarmed]
    every = Counter(names).items()
    counts = Counter(row["found_by"] for row in alarmed)
    schema = pa.schema(
        [*rows.schema, pa.field("found_by", pa.string()), pa.field("reason", pa.string())]
    )
    table = pa.Table.from_pylist(alarmed, schema=schema)
    return Alarms(
        {by: counts[by] for by in FOUND_BY if by in counts},
        [
            _table_source(name, [row for row, of in zip(alarmed, names, strict=True) if of == name])
            for name, _ in sorted(every, key=lambda one: (-one[1], one[0]))[:TOP_SOURCES]
        ],
        choose_table_examples(table, "found_by", EXAMPLE_COLUMNS),
    )


def safety_facts(alarms: Alarms, samples: Mapping[int, Sample]) -> SafetyFacts:
    """Return the facts, examples with the beginnings of their texts."""
    nothing = Sample(None, "")
    return SafetyFacts(
        found_by=alarms.found_by,
        sources=alarms.sources,
        examples={
            by: [
                AlarmExample(
                    **{name: row[name] for name in EXAMPLE_COLUMNS if name != "found_by"},
                    text=samples.get(row["id"], nothing).text,
                )
                for row in alarms.chosen[by]
            ]
            for by in FOUND_BY
            if by in alarms.chosen
        },
    )


def _found_by() -> Column:
    keywords = F.coalesce(F.col("keyword_flag"), F.lit(False))
    model = F.coalesce(F.col("model_score") > MODEL_ALARM, F.lit(False))
    return (
        F.when(keywords & model, FOUND_BY[0]).when(keywords, FOUND_BY[1]).when(model, FOUND_BY[2])
    )


def _table_source(name: str, rows: Sequence[Mapping[str, Any]]) -> AlarmedSource:
    by = Counter(row["found_by"] for row in rows)
    both, keywords, model = (by[one] for one in FOUND_BY)
    left = sum(row["reason"] is not None for row in rows)
    return AlarmedSource(
        source=name, documents=len(rows), both=both, keywords=keywords, model=model, left=left
    )
