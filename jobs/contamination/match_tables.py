"""Matches as Arrow tables in this process: what is told of each, and the rows of a small run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from jobs.contamination.given_benchmarks import GivenBenchmarks
from jobs.contamination.item_texts import item_texts
from jobs.contamination.spark_table import HOSTS, SIGNALS
from jobs.recipes.rules import EXCISABLE, ResolvedRule
from jobs.runtime.contract.driver_tables import dataset_table
from jobs.runtime.contract.stage import RunContext
from udfs.columns.spark_hashes import xxhash64
from udfs.contamination.signals import MATCH_TYPE, MATCHES

ItemTexts = Mapping[tuple[str, str], str]
BEST_COLUMNS = ("benchmark", "item", "field", "share", "bits", "passage")


def text_by_item(benchmarks: GivenBenchmarks) -> ItemTexts:
    """Return the texts of :func:`item_texts` by benchmark and item."""
    told = item_texts(benchmarks)
    keys = zip(told.column("benchmark").to_pylist(), told.column("item").to_pylist(), strict=True)
    return dict(zip(keys, told.column("item_text").to_pylist(), strict=True))


def told_matches(
    documents: Mapping[str, pa.ChunkedArray],
    lists: pa.ListArray,
    verdicts: pa.Table,
    rules: Sequence[ResolvedRule],
    texts: ItemTexts,
) -> pa.Table:
    """Return a row a match: the item, the document, what becomes of it, the match, the item's text.

    Args:
        documents: Columns to carry along, one value a document.
        lists: The matches of each document, lists of ``MATCH_TYPE``.
        verdicts: ``reason`` and ``flags`` of each document.
        rules: What the verdicts were made by.
        texts: Of all items.
    """
    owners, matches = pc.list_parent_indices(lists), pc.list_flatten(lists)
    columns = {name: values.take(owners) for name, values in documents.items()}
    columns["reason"] = verdicts.column("reason").take(owners)
    flags = verdicts.column("flags").take(owners).to_pylist()
    excised = [
        reason is None and _excised(rules, flagged, match)
        for reason, flagged, match in zip(
            columns["reason"].to_pylist(), flags, matches.to_pylist(), strict=True
        )
    ]
    columns["excised"] = pa.array(excised, pa.bool_())
    told = {field.name: matches.field(field.name) for field in MATCH_TYPE}
    keys = zip(told["benchmark"].to_pylist(), told["item"].to_pylist(), strict=True)
    items = {name: told.pop(name) for name in ("benchmark", "item")}
    columns["item_text"] = pa.array([texts[key] for key in keys], pa.string())
    return pa.table(items | columns | told)


def match_table(
    context: RunContext, rules: Sequence[ResolvedRule], benchmarks: GivenBenchmarks
) -> pa.Table:
    """Return every match of a run's documents.

    Args:
        context: The run.
        rules: What its verdicts were made by.
        benchmarks: The items.
    """
    matches = f"{SIGNALS}.{MATCHES}"
    rows = dataset_table(context, "annotated", ["id", "url", "source", matches])
    judged = dataset_table(context, "verdicts", ["id", "reason", "flags"])
    order = pc.index_in(rows.column("id"), value_set=judged.column("id").combine_chunks())
    documents = {name: rows.column(name) for name in ("id", "url", "source")}
    lists = rows.column(matches).combine_chunks()
    found = told_matches(documents, lists, judged.take(order), rules, text_by_item(benchmarks))
    names = [name for name in found.column_names if name != "item_text"]
    return found.select([*names, "item_text"])


def clean_texts(context: RunContext) -> list[str]:
    """Return the texts of :func:`jobs.contamination.spark_table.drawn_hosts` of a run."""
    matches = f"{SIGNALS}.{MATCHES}"
    rows = dataset_table(context, "annotated", ["id", "text", matches])
    filled = pc.greater(pc.binary_length(rows.column("text")).fill_null(0), 0)
    # A text with a variant would be told as one of it, whatever is planted beside.
    nothing = pc.equal(pc.list_value_length(rows.column(matches)), 0)
    clean = rows.filter(pc.and_(nothing, filled))
    order = np.argsort(xxhash64(clean.column("id").to_numpy()), kind="stable")[:HOSTS]
    drawn: list[str] = clean.column("text").take(pa.array(order)).to_pylist()
    return drawn


def best_match_table(matches: pa.Table) -> pa.Table:
    """Return of each document its strongest match, as ``best_matches`` does of a DataFrame."""
    best: dict[int, tuple[Any, dict[str, Any]]] = {}
    for row in matches.select(["id", *BEST_COLUMNS, "variant", "strength"]).to_pylist():
        order = (not row["variant"], row["strength"], row["benchmark"], row["item"])
        if row["id"] not in best or order > best[row["id"]][0]:
            best[row["id"]] = (order, row)
    chosen = [row for _, row in best.values()]
    schema = pa.schema([matches.schema.field(name) for name in ("id", *BEST_COLUMNS)])
    table = pa.Table.from_pylist(chosen, schema=schema)
    held = [not row["variant"] and row["strength"] >= 1 for row in chosen]
    return table.append_column("held", pa.array(held, pa.bool_()))


def with_best_matches(dropped: pa.Table, matches: pa.Table) -> pa.Table:
    """Return rows of the ledger with the item of each that holds one, and the words of it.

    Args:
        dropped: ``id`` and ``signal`` of documents that left.
        matches: Of all documents.
    """
    best = best_match_table(matches)
    ids = best.column("id").combine_chunks()
    found = best.take(pc.index_in(dropped.column("id"), value_set=ids))
    named = pc.starts_with(dropped.column("signal"), f"{SIGNALS}.").fill_null(False)
    told = pc.or_(found.column("held").fill_null(False), named)
    for name in BEST_COLUMNS:
        values = found.column(name)
        shown = pc.if_else(told, values, pa.scalar(None, values.type))
        dropped = dropped.append_column(name, shown)
    return dropped


def _excised(rules: Sequence[ResolvedRule], flags: Sequence[str], match: Mapping[str, Any]) -> bool:
    """As ``verdicts.expressions.excised``, of a match whose document failed the rules in ``flags``."""
    return any(
        rule.action == "excise"
        and rule.reason in flags
        and match["variant"] == EXCISABLE[rule.signal]
        and match["strength"] > _bound(rule)
        for rule in rules
    )


def _bound(rule: ResolvedRule) -> float:
    assert rule.default is not None  # a rule that excises has one bound and no others
    assert rule.default.max is not None
    return rule.default.max
