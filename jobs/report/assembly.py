"""A finished run → report.json and report.html."""

from __future__ import annotations

import json
from typing import Any

from pyspark.sql import DataFrame, Row
from pyspark.sql import functions as F

from jobs.recipes.rules import is_grade_rule
from jobs.report.borderline_documents import borderline_examples, find_borderline
from jobs.report.cleaning_totals import cleaning_totals
from jobs.report.dataset_card import dataset_card
from jobs.report.document_flows import Flows, count_flows, format_flows, language_flows, volume
from jobs.report.dropped_examples import (
    LEDGER_COLUMNS,
    choose_examples,
    dropped_examples,
    quarantine_examples,
)
from jobs.report.duplicate_audit import audit_duplicates, read_signatures
from jobs.report.duplicate_facts import DuplicateCounts, count_duplicates, duplicate_facts
from jobs.report.duplicate_sources import losses_by_source
from jobs.report.movable_bounds import movable_bounds
from jobs.report.page import render_page
from jobs.report.perplexity_table import bucket_flows, perplexity_table
from jobs.report.published_run import (
    MODELS,
    PASSAGES,
    SIGNATURES,
    PublishedRun,
    RecipeLike,
    read_run,
    recipe_facts,
)
from jobs.report.report_model import (
    BucketFlow,
    DuplicateFacts,
    Histogram,
    Report,
    RuleFacts,
    Totals,
)
from jobs.report.rule_facts import count_hits, rule_facts
from jobs.report.signal_histograms import histograms, named_signals
from jobs.report.source_table import input_facts, source_group, source_table
from jobs.report.text_samples import Sample, text_samples
from jobs.runtime import storage
from jobs.runtime.errors import AccountingError
from jobs.runtime.stage import RunContext

JSON_NAME = "report.json"
HTML_NAME = "report.html"
CARD_NAME = "dataset_card.md"


def write_report(context: RunContext, recipe: RecipeLike) -> dict[str, Any]:
    """Write ``report.json``, ``report.html`` and ``dataset_card.md`` of a finished run; return the facts.

    Args:
        context: The run; its OUTPUT holds all published datasets.
        recipe: The recipe it was made with.

    Raises:
        InputError: A stage has not been run.
        AccountingError: Documents are lost or doubled; nothing is written.
    """
    report = gather_report(context, recipe)
    facts = report.model_dump(mode="json", by_alias=True)
    page = render_page(report)
    text = json.dumps(facts, ensure_ascii=False, indent=1)
    storage.write_text(storage.join(context.output, JSON_NAME), text + "\n")
    storage.write_text(storage.join(context.output, HTML_NAME), page)
    storage.write_text(storage.join(context.output, CARD_NAME), dataset_card(report))
    return facts


def gather_report(context: RunContext, recipe: RecipeLike) -> Report:
    """Return all facts of a finished run; see :func:`write_report`."""
    run = read_run(context)
    totals, frames = run.totals(), _frames(context, run)
    names = ("annotated", "dropped", "quarantined", "corpus")
    annotated, dropped, quarantined, corpus = (frames[name] for name in names)

    inputs = input_facts(frames["documents"])
    flows = count_flows(frames["extracted"], annotated, corpus, dropped, quarantined)
    reasons = _checked_reasons(flows, totals)
    sources, other_sources = source_table(
        corpus, dropped, quarantined, inputs.common_folder, totals
    )
    drawn = _all_histograms(run, frames)
    rules = _rules(run, recipe, frames, drawn, reasons)
    counted = count_duplicates(frames["duplicates"])
    chosen = choose_examples(dropped, "reason", LEDGER_COLUMNS)
    borderline = find_borderline(annotated, [r for r in run.rules() if not is_grade_rule(r)])
    samples = _samples(annotated, [*chosen.values(), *borderline.values()], counted)
    return Report(
        created_at=run.created_at,
        totals=totals,
        stages=run.stages(),
        volume=volume(flows, inputs.bytes),
        reasons=reasons,
        quarantine_statuses=flows.label_counts("quarantined"),
        recipe=recipe_facts(recipe),
        rules=rules,
        never_fired=[rule.reason for rule in rules if rule.never_fired],
        absent_rules=run.absent_rules(recipe),
        languages=language_flows(flows),
        formats=format_flows(flows),
        sources=sources,
        other_sources=other_sources,
        histograms=drawn,
        duplicates=_duplicates(
            context, run, recipe, frames, inputs.common_folder, samples, counted
        ),
        perplexity=perplexity_table(annotated, named_signals(run.rules())),
        cleaning=cleaning_totals(annotated) | run.passages_cut(),
        perplexity_buckets=_buckets(frames),
        borderline=borderline_examples(borderline, samples),
        examples=dropped_examples(chosen, samples, list(reasons)),
        quarantine_examples=quarantine_examples(quarantined),
        versions=run.versions(),
        fingerprints=run.fingerprints(),
    )


def _samples(
    annotated: DataFrame, rows: list[list[Row]], counted: DuplicateCounts
) -> dict[int, Sample]:
    ids = {row["id"] for some in rows for row in some}
    return text_samples(annotated, ids | {cluster.keeper_id for cluster in counted.largest})


def _buckets(frames: dict[str, DataFrame]) -> dict[str, BucketFlow]:
    verdicts = frames["verdicts"]
    known = "perplexity_bucket" in verdicts.columns
    return bucket_flows(verdicts, frames["corpus"]) if known else {}


def _frames(context: RunContext, run: PublishedRun) -> dict[str, DataFrame]:
    return {
        dataset: context.read_files(dataset, manifest.files)
        for dataset, manifest in run.manifests.items()
        if dataset not in (MODELS, SIGNATURES, PASSAGES)  # of these the manifest says all
    }


def _duplicates(
    context: RunContext,
    run: PublishedRun,
    recipe: RecipeLike,
    frames: dict[str, DataFrame],
    common_folder: str,
    samples: dict[int, Sample],
    counted: DuplicateCounts,
) -> DuplicateFacts:
    survivors = frames["verdicts"].where(F.col("reason").isNull())
    losses = losses_by_source(
        survivors,
        frames["duplicates"],
        source_group(common_folder),
        recipe.report.source_loss_alarm,
    )
    audit = audit_duplicates(
        frames["duplicates"],
        read_signatures(context),
        frames["annotated"],
        recipe.dedup,
        run.manifests["duplicates"].accounts.rows_out,
    )
    return duplicate_facts(counted, samples, losses, audit)


def _all_histograms(run: PublishedRun, frames: dict[str, DataFrame]) -> dict[str, Histogram]:
    rules = run.rules()
    found: dict[str, Histogram] = {}
    for dataset in ("annotated", "quality"):
        if dataset in frames:
            found |= histograms(frames[dataset], rules, run.manifests[dataset].rows)
    order = named_signals(rules)
    return {signal: found[signal] for signal in order if signal in found}


def _rules(
    run: PublishedRun,
    recipe: RecipeLike,
    frames: dict[str, DataFrame],
    drawn: dict[str, Histogram],
    reasons: dict[str, int],
) -> list[RuleFacts]:
    resolved = run.rules()
    hits = count_hits(frames["verdicts"], frames["dropped"])
    decided = [rule for rule in resolved if not is_grade_rule(rule)]
    movable = movable_bounds(frames["annotated"], decided, drawn)
    graded = [rule for rule in resolved if is_grade_rule(rule)]
    if graded:
        movable |= movable_bounds(frames["quality"], graded, drawn)
    return rule_facts(resolved, recipe.rules, reasons, hits, movable)


def _checked_reasons(flows: Flows, totals: Totals) -> dict[str, int]:
    reasons = flows.label_counts("dropped")
    _check_ledger(reasons, totals)
    _check_corpus(flows.total("remaining").documents, totals)
    return reasons


def _check_ledger(reasons: dict[str, int], totals: Totals) -> None:
    counted, dropped = sum(reasons.values()), totals.dropped
    if counted != dropped:
        raise AccountingError(
            f"report: the ledger has {dropped} rows, but its reasons add up to {counted}. No report "
            "was written; run `corpusmill publish` again, and report this if it stays so."
        )


def _check_corpus(remaining: int, totals: Totals) -> None:
    if remaining != totals.kept:
        raise AccountingError(
            f"report: the corpus has {totals.kept} documents, but {remaining} annotated ones are not "
            "in the ledger. No report was written; run `corpusmill publish` again, and report this "
            "if it stays so."
        )
