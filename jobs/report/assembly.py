"""A finished run → report.json and report.html."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from pydantic import ValidationError
from pyspark.sql import Row

from jobs.report.borderline_documents import borderline_examples
from jobs.report.dataset_card import TITLE, dataset_card
from jobs.report.document_flows import Flows, format_flows, language_flows, volume
from jobs.report.dropped_examples import dropped_examples, quarantine_examples
from jobs.report.duplicate_facts import DuplicateCounts, duplicate_facts
from jobs.report.packing_facts import packing_facts
from jobs.report.page import render_page
from jobs.report.published_run import PublishedRun, RecipeLike, read_run, recipe_facts
from jobs.report.report_model import Report, RuleFacts, Totals
from jobs.report.rule_facts import rule_facts
from jobs.report.run_facts import RunFacts
from jobs.report.safety_facts import safety_facts
from jobs.report.spark_facts import SparkFacts
from jobs.report.table_facts import TableFacts
from jobs.runtime.contract.manifest import read_manifest, require_manifest
from jobs.runtime.contract.stage import RunContext
from jobs.runtime.errors import AccountingError, DamagedRecordError, InputError
from jobs.runtime.store import storage

JOBS_AT_ONCE = 6
"""Spark jobs side by side: most are one short task behind much planning, which has a core to itself."""
JSON_NAME = "report.json"
HTML_NAME = "report.html"
CARD_NAME = "dataset_card.md"
HUB_NAME = "README.md"
"""Where hubs, and `datasets.load_dataset(OUTPUT)`, look for the card."""


def write_report(context: RunContext, recipe: RecipeLike) -> dict[str, Any]:
    """Write ``report.json``, ``report.html`` and the card of a finished run; return the facts.

    The card is ``dataset_card.md``, and ``README.md`` unless somebody wrote one of his own.

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
    card = dataset_card(report)
    storage.write_text(storage.join(context.output, CARD_NAME), card)
    _write_for_hubs(context, card)
    return facts


def _write_for_hubs(context: RunContext, card: str) -> None:
    path = storage.join(context.output, HUB_NAME)
    try:
        others = TITLE not in (storage.read_text(path) or TITLE)
    except DamagedRecordError:  # no UTF-8, so none of ours
        others = True
    if others:
        context.reporter.note(
            f"{path} is not ours and stays; `load_dataset` finds the corpus by the header of {CARD_NAME}"
        )
        return
    storage.write_text(path, card)


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


def gather_report(context: RunContext, recipe: RecipeLike) -> Report:
    """Return all facts of a finished run; see :func:`write_report`."""
    run = read_run(context)
    totals = run.totals()
    if TableFacts.suits(context, run, recipe):
        return _report(TableFacts(context, run, recipe), run, recipe, totals)
    with ThreadPoolExecutor(JOBS_AT_ONCE) as pool:
        return _report(SparkFacts.open(context, run, recipe, pool), run, recipe, totals)


def _report(facts: RunFacts, run: PublishedRun, recipe: RecipeLike, totals: Totals) -> Report:
    # What needs nothing but the datasets begins first.
    inputs, flows = facts.start(facts.inputs), facts.start(facts.flows)
    drawn, quarantine = facts.start(facts.drawn), facts.start(facts.quarantine)
    hits, counted = facts.start(facts.hits), facts.start(facts.counted)
    chosen, borderline = facts.start(facts.chosen), facts.start(facts.borderline)
    audit, perplexity = facts.start(facts.audit), facts.start(facts.perplexity)
    cleaning, buckets = facts.start(facts.cleaning), facts.start(facts.buckets)
    reasons = _checked_reasons(flows.result(), totals)
    folder = inputs.result().common_folder
    sources, losses = facts.start(facts.sources, folder, totals), facts.start(facts.losses, folder)
    contamination, graded = facts.start(facts.contamination, folder), facts.start(facts.graded)
    alarms, movable = facts.start(facts.alarms, folder), facts.start(facts.movable, drawn.result())
    examples = (chosen.result(), borderline.result(), alarms.result().chosen)
    samples = facts.samples(_shown(counted.result(), *examples))
    rules = rule_facts(run.rules(), recipe.rules, reasons, hits.result(), movable.result())
    return Report(
        created_at=run.created_at,
        totals=totals,
        stages=run.stages(),
        volume=volume(flows.result(), inputs.result().bytes),
        reasons=reasons,
        quarantine_statuses=flows.result().label_counts("quarantined"),
        recipe=recipe_facts(recipe),
        **_judged(run, recipe, rules),
        languages=language_flows(flows.result()),
        formats=format_flows(flows.result()),
        sources=sources.result()[0],
        other_sources=sources.result()[1],
        histograms=drawn.result(),
        duplicates=duplicate_facts(counted.result(), samples, losses.result(), audit.result()),
        perplexity=perplexity.result(),
        cleaning=cleaning.result() | run.passages_cut(),
        failed_annotators=run.failed_annotators(),
        contamination=contamination.result(),
        graded=graded.result(),
        safety=safety_facts(alarms.result(), samples),
        perplexity_buckets=buckets.result(),
        borderline=borderline_examples(borderline.result(), samples),
        examples=dropped_examples(chosen.result(), samples, list(reasons)),
        quarantine_examples=quarantine_examples(quarantine.result()),
        versions=run.versions(),
        fingerprints=run.fingerprints(),
    )


def _judged(run: PublishedRun, recipe: RecipeLike, rules: Sequence[RuleFacts]) -> dict[str, Any]:
    """What the report says of rules, and of what bounds and models were fitted to."""
    return {
        "rules": rules,
        "never_fired": [rule.reason for rule in rules if rule.never_fired],
        "absent_rules": run.absent_rules(recipe),
        "fitted": run.fitted(recipe),
    }


def _shown(counted: DuplicateCounts, *examples: Mapping[str, Sequence[Row]]) -> set[int]:
    """The documents of which the report shows the beginning."""
    keepers = {cluster.keeper_id for cluster in counted.largest}
    return keepers | {row["id"] for rows in examples for found in rows.values() for row in found}


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
