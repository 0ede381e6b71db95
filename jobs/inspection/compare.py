"""Two runs side by side: totals, reasons, languages and settings that differ, documents that moved."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from jobs.inspection.matched_documents import Matched, Moved, compare_documents
from jobs.inspection.run_tables import RunTables
from jobs.runtime.contract.manifest import require_run
from jobs.runtime.errors import DamagedRecordError, InputError
from jobs.runtime.store import storage
from jobs.runtime.store.small_records import read_mapping

REPORT = "report.json"
COMPARED = ("totals", "reasons", "languages", "recipe", "rules", "versions")


class Comparison(NamedTuple):
    """Everything that differs between two runs; pairs are (first, second)."""

    totals: dict[str, tuple[int, int]]
    reasons: dict[str, tuple[int, int]]
    languages: dict[str, tuple[int, int]]
    settings: dict[str, tuple[Any, Any]]
    versions: dict[str, tuple[Any, Any]]
    matched: Matched
    moved: Moved


def compare_runs(first: RunTables, second: RunTables) -> Comparison:
    """Compare two finished runs by their reports and by their documents, whatever these were read from.

    Raises:
        InputError: A run has no report.
    """
    a, b = _report(first), _report(second)
    matched, moved = compare_documents(first, second)
    return Comparison(
        totals=_pairs(a["totals"], b["totals"], 0),
        reasons=_pairs(a["reasons"], b["reasons"], 0),
        languages=_pairs(_kept(a), _kept(b), 0),
        settings=_different(_settings(a), _settings(b)),
        versions=_different(a["versions"], b["versions"]),
        matched=matched,
        moved=moved,
    )


def comparison_text(comparison: Comparison) -> str:
    """Return a comparison for a terminal."""
    lines = [f"{'':<40}{'first':>12}{'second':>12}{'change':>12}"]
    for title, counts in (
        ("documents", comparison.totals),
        ("first reasons", comparison.reasons),
        ("kept by language", comparison.languages),
    ):
        lines += ["", title]
        lines += [_counts(name, pair) for name, pair in counts.items() if any(pair)]
    matched, moved = comparison.matched, comparison.moved
    lines += [
        "",
        f"the same document: {matched.by_id:,} by id, {matched.by_url:,} by address, {matched.by_text:,} by "
        f"text; only the first read {matched.only_first:,}, only the second {matched.only_second:,}",
        f"of those that both read, kept by the first run only: {moved.only_first:,}; by the second only: "
        f"{moved.only_second:,}",
    ]
    for title, values in (("settings", comparison.settings), ("versions", comparison.versions)):
        lines += ["", f"{title} that differ" if values else f"{title}: the same"]
        lines += [f"  {name:<38} {a} -> {b}" for name, (a, b) in values.items()]
    return "\n".join(lines)


def comparison_json(comparison: Comparison) -> str:
    """Return a comparison as JSON; pairs become lists of two."""
    values = comparison._asdict()
    values |= {name: values[name]._asdict() for name in ("matched", "moved")}
    return json.dumps(values, ensure_ascii=False, indent=1)


def _report(tables: RunTables) -> dict[str, Any]:
    path = storage.join(tables.output, REPORT)
    try:
        found = read_mapping(path)
    except DamagedRecordError as error:
        raise InputError(f"{error}: run `corpusmill report {tables.output}` again") from error
    if found is None:
        require_run(tables.output)
        raise InputError(
            f"{tables.output} has no {REPORT}. Finish the run, or run `corpusmill report` first."
        )
    lacking = [name for name in COMPARED if name not in found]
    if lacking:
        raise InputError(
            f"{path} has no {lacking[0]}: it is damaged or of another version. Run `corpusmill report "
            f"{tables.output}` again."
        )
    return found


def _kept(report: Mapping[str, Any]) -> dict[str, int]:
    return {name: flow["kept"] for name, flow in report["languages"].items()}


def _pairs(a: Mapping[str, Any], b: Mapping[str, Any], missing: Any) -> dict[str, tuple[Any, Any]]:
    return {name: (a.get(name, missing), b.get(name, missing)) for name in dict.fromkeys([*a, *b])}


def _different(a: Mapping[str, Any], b: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    return {name: pair for name, pair in _pairs(a, b, None).items() if pair[0] != pair[1]}


def _settings(report: Mapping[str, Any]) -> dict[str, Any]:
    flat: dict[str, Any] = {"recipe": report["recipe"]["name"]}
    _flatten("", report["recipe"]["settings"], flat)
    for rule in report["rules"]:
        flat[f"rules.{rule['reason']}"] = _bounds(rule)
    return flat


def _flatten(prefix: str, value: Mapping[str, Any], into: dict[str, Any]) -> None:
    for name, inner in value.items():
        if isinstance(inner, Mapping):
            _flatten(f"{prefix}{name}.", inner, into)
        else:
            into[prefix + name] = inner


def _bounds(rule: Mapping[str, Any]) -> str:
    shown = [
        rule["action"],
        *(f"{name} {value}" for name, value in (rule["asked"] or {}).items() if value is not None),
    ]
    if rule["languages"]:
        shown.append(f"{len(rule['languages'])} languages of their own")
    return ", ".join(shown)


def _counts(name: str, pair: tuple[int, int]) -> str:
    change = pair[1] - pair[0]
    shown = f"{change:+,}" if change else ""
    return f"  {name:<38}{pair[0]:>12,}{pair[1]:>12,}{shown:>12}".rstrip()


def compare(first: str, second: str, *, as_json: bool) -> str:
    """Return the comparison to print.

    Raises:
        InputError: A run has no report.
    """
    comparison = compare_runs(RunTables(first), RunTables(second))
    return comparison_json(comparison) if as_json else comparison_text(comparison)


def compare_command(arguments: argparse.Namespace) -> str | None:
    """Answer `corpusmill compare`."""
    return compare(arguments.first, arguments.second, as_json=arguments.json)
