"""The corpus's card: what is in it, where it comes from, what was done to it and what is not known."""

from __future__ import annotations

import json

from jobs.report.report_model import Report
from jobs.runtime import amounts
from jobs.runtime.visible_text import visible

SOURCES_LISTED = 20
TITLE = "# A corpus made with corpusmill"
SUBSETS = ("corpus", "dropped", "quarantined")
"""Datasets of OUTPUT that `load_dataset(OUTPUT, NAME)` gives; without a name the first."""
SIZE_CLASSES = (
    (1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"),
    (10_000_000, "1M<n<10M"), (100_000_000, "10M<n<100M"), (1_000_000_000, "100M<n<1B"),
)  # fmt: skip


def dataset_card(report: Report) -> str:
    """Return a card in Markdown with the header that dataset hubs read."""
    parts = [
        _header(report),
        _summary(report),
        _languages(report),
        _sources(report),
        _processing(report),
        _limits(report),
    ]
    return "\n".join(line for part in parts for line in [*part, ""]).rstrip() + "\n"


def size_class(documents: int) -> str:
    """Return the hubs' name for a number of documents."""
    return next((name for limit, name in SIZE_CLASSES if documents < limit), "n>1B")


def _header(report: Report) -> list[str]:
    kept = [name for name, flow in report.languages.items() if flow.kept and name != "und"]
    # In quotes: YAML reads the code of Norwegian as false.
    languages = ["language:", *(f"- {json.dumps(name)}" for name in kept)] if kept else []
    return [
        "---",
        *languages,
        "task_categories:",
        "- text-generation",
        "size_categories:",
        f"- {size_class(report.totals.kept)}",
        *_subsets(),
        "---",
        f"{TITLE}, recipe {_plain(report.recipe.name)}",
    ]


def _subsets() -> list[str]:
    """Which files are rows: beside them lie signals, signatures, models and records of ours."""
    lines = ["configs:"]
    for name in SUBSETS:
        lines.append(f"- config_name: {name}")
        lines += ["  default: true"] if name == SUBSETS[0] else []
        lines += ["  data_files:", "  - split: train", f"    path: {name}/**/*.parquet"]
    return lines


def _summary(report: Report) -> list[str]:
    totals, volume = report.totals, report.volume
    return [
        f"{_plain(report.recipe.description)}",
        "",
        f"{totals.kept:,} documents, {volume.characters_out:,} characters, "
        f"{amounts.size(volume.text_bytes_out)} of UTF-8, an estimated "
        f"{amounts.rounded(volume.estimated_tokens_out)} tokens (bytes divided by four).",
        f"Of {totals.documents_in:,} documents that came in, {totals.dropped:,} were dropped and "
        f"{totals.quarantined:,} could not be read. Published {report.created_at}.",
    ]


def _languages(report: Report) -> list[str]:
    rows = [
        f"| {_plain(name)} | {flow.kept:,} | {amounts.rounded(flow.estimated_tokens_kept)} |"
        for name, flow in report.languages.items()
        if flow.kept
    ]
    return [
        "## Languages",
        "",
        "| language | documents | tokens, est. |",
        "| --- | --- | --- |",
        *rows,
    ]


def _sources(report: Report) -> list[str]:
    shown = [flow for flow in report.sources if flow.kept][:SOURCES_LISTED]
    rows = [f"| {_plain(flow.source)} | {flow.kept:,} |" for flow in shown]
    further = report.totals.kept - sum(flow.kept for flow in shown)
    rest = [f"| others | {further:,} |"] if further else []
    return ["## Sources", "", "| source | documents |", "| --- | --- |", *rows, *rest]


def _processing(report: Report) -> list[str]:
    reasons = [
        f"- `{reason}`: {count:,} documents" for reason, count in report.reasons.items() if count
    ]
    cleaned = [
        f"- {name.replace('_', ' ')}: {row.total:,} in {row.documents:,} documents"
        for name, row in report.cleaning.items()
        if row.total
    ]
    versions = ", ".join(f"{name} {version}" for name, version in report.versions.items())
    return [
        "## What was done", "",
        "Text was extracted, cleaned, judged by rules over signals, and near-duplicates were removed; "
        "`report.html` beside the corpus shows every threshold. Documents left by:", "",
        *(reasons or ["- nothing"]), "",
        "Cleaned away inside documents:", "", *(cleaned or ["- nothing"]), "",
        f"Made by {versions}.",
    ]  # fmt: skip


def _limits(report: Report) -> list[str]:
    limits = [f"- not judged: `{rule.reason}`, {rule.why}" for rule in report.absent_rules]
    limits += [
        f"- {part.name}: fitted to {part.documents:,} documents of an earlier run; there are "
        f"{part.documents_now:,} now (`corpusmill run --refit` fits to all)"
        for part in report.fitted
    ]
    audit = report.duplicates.audit
    if audit.accepted.share is not None:
        limits.append(
            f"- duplicates: {amounts.percent(audit.accepted.share)} of those removed that were checked "
            f"are at least {audit.threshold:g} similar to the document kept instead"
        )
    limits += [
        f"- {_plain(alarm.source)} lost {amounts.percent(alarm.share)} of its documents as duplicates"
        for alarm in report.duplicates.alarms
    ]
    limits += [
        "- documents keep the rights and licences of their authors; `licence_url` holds what a page "
        "declares, and most declare nothing",
        "- personal data and errors of the sources may remain; language labels are a detector's",
    ]
    return ["## Known limits", "", *limits]


def _plain(text: str) -> str:
    """Return foreign text that cannot break the table or the header it stands in."""
    return visible(text).replace("|", "\\|").replace("\n", " ").replace("`", "'")
