"""A finished run → report.json and report.html."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, NamedTuple, TypeVar

from pydantic import ValidationError
from pyspark import inheritable_thread_target
from pyspark.sql import DataFrame, Row
from pyspark.sql import functions as F

from jobs.recipes.rules import is_grade_rule
from jobs.report.borderline_documents import borderline_examples, find_borderline
from jobs.report.cleaning_totals import cleaning_totals
from jobs.report.contamination_facts import contamination_facts
from jobs.report.contamination_model import ContaminationFacts
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
from jobs.report.duplicate_sources import LossesBySource, losses_by_source
from jobs.report.movable_bounds import movable_bounds
from jobs.report.packing_facts import packing_facts
from jobs.report.page import render_page
from jobs.report.perplexity_table import bucket_flows, perplexity_table
from jobs.report.published_run import (
    MATCHES,
    MODELS,
    PASSAGES,
    PHRASES,
    SIGNATURES,
    PublishedRun,
    RecipeLike,
    read_run,
    recipe_facts,
)
from jobs.report.report_model import (
    BucketFlow,
    CleaningTotal,
    DuplicateAudit,
    Histogram,
    MovableBound,
    OtherSources,
    Percentiles,
    QuarantineExample,
    Report,
    SourceFlow,
    Totals,
)
from jobs.report.rule_facts import count_hits, rule_facts
from jobs.report.signal_histograms import histograms, named_signals
from jobs.report.source_table import InputFacts, input_facts, source_group, source_table
from jobs.report.text_samples import Sample, text_samples
from jobs.runtime.contract.manifest import read_manifest, require_manifest
from jobs.runtime.contract.stage import RunContext
from jobs.runtime.errors import AccountingError, InputError
from jobs.runtime.store import storage

JOBS_AT_ONCE = 6
"""Spark jobs side by side: most are one short task behind much planning, which has a core to itself."""
JSON_NAME = "report.json"
HTML_NAME = "report.html"
CARD_NAME = "dataset_card.md"
Found = TypeVar("Found")


def write_report(context: RunContext, recipe: RecipeLike) -> dict[str, Any]:
    """Write ``report.json``, ``report.html`` and ``dataset_card.md`` of a finished run; return the facts.

    Args:
        context: The run; its OUTPUT holds all published datasets.
        recipe: The recipe it was made with.

    Raises:
        InputError: A stage has not been run.
        AccountingError: Documents are lost or doubled; nothing is written.
    """
    return _write(context, gather_report(context, recipe))


def _write(context: RunContext, report: Report) -> dict[str, Any]:
    packed = read_manifest(context.folder("packed"))
    if packed is not None:
        corpus = require_manifest(context.folder("corpus"), "publish")
        report = report.model_copy(update={"packing": packing_facts(packed, corpus)})
    facts = report.model_dump(mode="json", by_alias=True)
    page = render_page(report)
    text = json.dumps(facts, ensure_ascii=False, indent=1)
    storage.write_text(storage.join(context.output, JSON_NAME), text + "\n")
    storage.write_text(storage.join(context.output, HTML_NAME), page)
    storage.write_text(storage.join(context.output, CARD_NAME), dataset_card(report))
    return facts


def tell_packing(context: RunContext) -> None:
    """Put what ``packed/`` holds into the reports of a run that has them.

    Raises:
        InputError: ``report.json`` is damaged.
    """
    path = storage.join(context.output, JSON_NAME)
    told = storage.read_text(path)
    if told is None:
        return
    try:
        report = Report.model_validate_json(told)
    except ValidationError as error:
        raise InputError(
            f"{path} cannot be read: `corpusmill report {context.output}` makes it anew"
        ) from error
    _write(context, report)


class _Started(NamedTuple):
    """The jobs that need nothing but the datasets."""

    inputs: Future[InputFacts]
    flows: Future[Flows]
    drawn: Future[dict[str, Histogram]]
    hits: Future[dict[str, int]]
    counted: Future[DuplicateCounts]
    chosen: Future[dict[str, list[Row]]]
    borderline: Future[dict[str, list[Row]]]
    audit: Future[DuplicateAudit]
    perplexity: Future[dict[str, dict[str, Percentiles]]]
    cleaning: Future[dict[str, CleaningTotal]]
    buckets: Future[dict[str, BucketFlow]]
    quarantine: Future[dict[str, list[QuarantineExample]]]


def gather_report(context: RunContext, recipe: RecipeLike) -> Report:
    """Return all facts of a finished run; see :func:`write_report`."""
    run = read_run(context)
    totals, frames = run.totals(), _frames(context, run)
    with ThreadPoolExecutor(JOBS_AT_ONCE) as pool:
        start = functools.partial(_start, pool, context)
        jobs = _start_all(start, context, run, recipe, frames)
        flows, inputs = jobs.flows.result(), jobs.inputs.result()
        reasons = _checked_reasons(flows, totals)
        folder = inputs.common_folder
        sources = start(_sources, frames, folder, totals)
        losses = start(_losses, recipe, frames, folder)
        contamination = start(_contamination, run, frames, folder)
        drawn = jobs.drawn.result()
        movable = start(_movable, run, frames, drawn)
        counted, chosen = jobs.counted.result(), jobs.chosen.result()
        borderline, hits = jobs.borderline.result(), jobs.hits.result()
        annotated = context.read("annotated", "annotate", carries_documents=True)[0]
        samples = _samples(annotated, chosen, borderline, counted)
        rules = rule_facts(run.rules(), recipe.rules, reasons, hits, movable.result())
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
            sources=sources.result()[0],
            other_sources=sources.result()[1],
            histograms=drawn,
            duplicates=duplicate_facts(counted, samples, losses.result(), jobs.audit.result()),
            perplexity=jobs.perplexity.result(),
            cleaning=jobs.cleaning.result() | run.passages_cut(),
            contamination=contamination.result(),
            perplexity_buckets=jobs.buckets.result(),
            borderline=borderline_examples(borderline, samples),
            examples=dropped_examples(chosen, samples, list(reasons)),
            quarantine_examples=jobs.quarantine.result(),
            versions=run.versions(),
            fingerprints=run.fingerprints(),
        )


def _start(
    pool: ThreadPoolExecutor,
    context: RunContext,
    function: Callable[..., Found],
    *arguments: object,
) -> Future[Found]:
    return pool.submit(inheritable_thread_target(context.spark)(function), *arguments)


def _start_all(
    start: Callable[..., Future[Any]],
    context: RunContext,
    run: PublishedRun,
    recipe: RecipeLike,
    frames: dict[str, DataFrame],
) -> _Started:
    names = ("annotated", "dropped", "quarantined", "corpus")
    annotated, dropped, quarantined, corpus = (frames[name] for name in names)
    decided = [rule for rule in run.rules() if not is_grade_rule(rule)]
    return _Started(
        inputs=start(input_facts, frames["documents"]),
        flows=start(count_flows, frames["extracted"], annotated, corpus, dropped, quarantined),
        drawn=start(_all_histograms, run, frames),
        hits=start(count_hits, frames["verdicts"], dropped),
        counted=start(count_duplicates, frames["duplicates"]),
        chosen=start(choose_examples, dropped, "reason", LEDGER_COLUMNS),
        borderline=start(find_borderline, annotated, decided),
        audit=start(_audit, context, run, recipe, frames),
        perplexity=start(perplexity_table, annotated, named_signals(run.rules())),
        cleaning=start(cleaning_totals, annotated),
        buckets=start(_buckets, frames),
        quarantine=start(quarantine_examples, quarantined),
    )


def _sources(
    frames: dict[str, DataFrame], folder: str, totals: Totals
) -> tuple[list[SourceFlow], OtherSources]:
    return source_table(frames["corpus"], frames["dropped"], frames["quarantined"], folder, totals)


def _samples(
    annotated: DataFrame,
    chosen: dict[str, list[Row]],
    borderline: dict[str, list[Row]],
    counted: DuplicateCounts,
) -> dict[int, Sample]:
    ids = {row["id"] for rows in (*chosen.values(), *borderline.values()) for row in rows}
    return text_samples(annotated, ids | {cluster.keeper_id for cluster in counted.largest})


def _buckets(frames: dict[str, DataFrame]) -> dict[str, BucketFlow]:
    verdicts = frames["verdicts"]
    known = "perplexity_bucket" in verdicts.columns
    return bucket_flows(verdicts, frames["corpus"]) if known else {}


def _frames(context: RunContext, run: PublishedRun) -> dict[str, DataFrame]:
    return {
        dataset: context.read_files(dataset, manifest.files)
        for dataset, manifest in run.manifests.items()
        if dataset not in (MODELS, SIGNATURES, PASSAGES, PHRASES)  # of these the manifest says all
    }


def _losses(recipe: RecipeLike, frames: dict[str, DataFrame], folder: str) -> LossesBySource:
    survivors = frames["verdicts"].where(F.col("reason").isNull())
    alarm = recipe.report.source_loss_alarm
    return losses_by_source(survivors, frames["duplicates"], source_group(folder), alarm)


def _contamination(
    run: PublishedRun, frames: dict[str, DataFrame], folder: str
) -> ContaminationFacts | None:
    if MATCHES not in frames:
        return None
    return contamination_facts(frames[MATCHES], run.manifests[MATCHES], folder)


def _audit(
    context: RunContext, run: PublishedRun, recipe: RecipeLike, frames: dict[str, DataFrame]
) -> DuplicateAudit:
    return audit_duplicates(
        frames["duplicates"],
        read_signatures(context),
        frames["annotated"],
        recipe.dedup,
        run.manifests["duplicates"].accounts.rows_out,
    )


def _all_histograms(run: PublishedRun, frames: dict[str, DataFrame]) -> dict[str, Histogram]:
    rules = run.rules()
    found: dict[str, Histogram] = {}
    for dataset in ("annotated", "quality"):
        if dataset in frames:
            found |= histograms(frames[dataset], rules, run.manifests[dataset].rows)
    order = named_signals(rules)
    return {signal: found[signal] for signal in order if signal in found}


def _movable(
    run: PublishedRun, frames: dict[str, DataFrame], drawn: dict[str, Histogram]
) -> dict[str, list[MovableBound]]:
    rules = run.rules()
    decided = [rule for rule in rules if not is_grade_rule(rule)]
    movable = movable_bounds(frames["annotated"], decided, drawn)
    graded = [rule for rule in rules if is_grade_rule(rule)]
    return movable | (movable_bounds(frames["quality"], graded, drawn) if graded else {})


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
