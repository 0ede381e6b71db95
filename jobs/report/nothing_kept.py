"""The line that a run ends with when its corpus is empty: what took most of the documents."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def nothing_kept_sentence(facts: Mapping[str, Any]) -> str | None:
    """Say of a run that kept nothing what took most, for a terminal; None where something is kept.

    Args:
        facts: As in ``report.json``.
    """
    totals = facts["totals"]
    if totals["kept"]:
        return None
    shares = (
        f"{totals['documents_in']:,} documents in, {totals['dropped']:,} dropped, "
        f"{totals['quarantined']:,} quarantined"
    )
    taken = [(count, _rule(reason, facts)) for reason, count in facts["reasons"].items()]
    taken += [
        (count, f"quarantine with the status {status} took most")
        for status, count in facts["quarantine_statuses"].items()
    ]
    if not taken:
        return f"NOTHING KEPT: {shares}: the input holds no document"
    count, what = max(taken, key=lambda entry: entry[0])
    return f"NOTHING KEPT: {shares}; {what} ({count:,})"


def _rule(reason: str, facts: Mapping[str, Any]) -> str:
    asked = [
        rule["expression"] or rule["signal"] for rule in facts["rules"] if rule["reason"] == reason
    ]
    if not asked:  # deduplication is no rule of the recipe
        return f"{reason} took most"
    return f"the rule {reason} over {asked[0]} took most"
