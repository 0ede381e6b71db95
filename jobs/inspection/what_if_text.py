"""A what-if answer as text for a terminal, and as plain values for other programs."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from jobs.inspection.run_tables import RunTables
from jobs.inspection.what_if import WhatIf
from jobs.verdicts.expressions import LANGUAGE

SHOWN_VALUES = 10
SAMPLE_CHARACTERS = 160


def what_if_values(answer: WhatIf) -> dict[str, Any]:
    """Return the funnel now and then, and the documents gained and lost, as JSON-ready values."""
    kept_now, kept_then = answer.kept()
    duplicates_now, duplicates_then = answer.duplicates()
    now, then = answer.now.reasons(), answer.then.reasons()
    return {
        "documents_in": len(answer.ids) + answer.quarantined,
        "quarantined": answer.quarantined,
        "reasons": {
            reason: {"now": now.get(reason, 0), "then": then.get(reason, 0)}
            for reason in dict.fromkeys([*now, *then])
        },
        "hits": {
            reason: {"now": answer.now.hits.get(reason, 0), "then": answer.then.hits.get(reason, 0)}
            for reason in dict.fromkeys([*answer.now.hits, *answer.then.hits])
        },
        "duplicates": {"now": duplicates_now, "then": duplicates_then},
        "low_grades": {"now": len(answer.low_now), "then": len(answer.low_then)},
        "kept": {"now": kept_now, "then": kept_then},
        "gained": len(answer.gained),
        "lost": len(answer.lost),
        "languages": _changes(answer, LANGUAGE),
        "sources": _changes(answer, "source"),
        "absent_rules": [rule.model_dump() for rule in answer.then.absent],
    }


def what_if_json(answer: WhatIf) -> str:
    """Return :func:`what_if_values` as JSON."""
    return json.dumps(what_if_values(answer), ensure_ascii=False, indent=1)


def what_if_text(answer: WhatIf, tables: RunTables, samples: int) -> str:
    """Return the funnel side by side, where documents come and go, and some of them.

    Args:
        answer: What :func:`jobs.inspection.what_if.ask_what_if` found.
        tables: The run, for the samples' texts.
        samples: Documents shown of those gained, and of those lost.
    """
    facts = what_if_values(answer)
    same = {"now": facts["quarantined"], "then": facts["quarantined"]}
    lines = [f"{'documents in':<32}{facts['documents_in']:>12,}{facts['documents_in']:>12,}"]
    lines = [f"{'':<32}{'now':>12}{'then':>12}{'change':>12}", *lines]
    lines.append(_row("quarantined", same))
    lines += [
        _row(reason, counts)
        for reason, counts in facts["reasons"].items()
        if counts["now"] or counts["then"]
    ]
    lines += [_row("duplicates", facts["duplicates"]), _row("low grades", facts["low_grades"])]
    lines += [_row("kept", facts["kept"]), ""]
    lines.append(
        f"the rules would let {facts['gained']:,} more documents live and drop {facts['lost']:,}"
    )
    lines += _caveats(answer)
    for title, column in (("language", "languages"), ("source", "sources")):
        lines += _table(title, facts[column])
    lines += _samples("gained", answer, tables, answer.gained[:samples])
    lines += _samples("lost", answer, tables, answer.lost[:samples])
    return "\n".join(lines)


def _row(name: str, counts: dict[str, int]) -> str:
    change = counts["then"] - counts["now"]
    shown = f"{change:+,}" if change else ""
    return f"{name:<32}{counts['now']:>12,}{counts['then']:>12,}{shown:>12}".rstrip()


def _changes(answer: WhatIf, column: str) -> list[dict[str, Any]]:
    return [
        {"name": name, "gained": gained, "lost": lost}
        for name, gained, lost in answer.changes_by(column)
    ]


def _caveats(answer: WhatIf) -> list[str]:
    lines = []
    freed = np.isin(answer.removed[:, 1], answer.ids[answer.lost]).sum()
    if answer.removed_then is not None:
        freed = 0
    elif len(answer.gained):
        lines.append(
            f"not known without a rerun: which of the {len(answer.gained):,} gained documents are duplicates "
            "(--dedup searches)"
        )
    if freed:
        lines.append(
            f"counted as kept: {freed:,} duplicates of documents that would be dropped; of several copies "
            "a rerun keeps one"
        )
    lines += [f"not judged: {rule.reason}, {rule.why}" for rule in answer.then.absent]
    return lines


def _table(title: str, changes: list[dict[str, Any]]) -> list[str]:
    if not changes:
        return []
    lines = ["", f"{'by ' + title:<56}{'gained':>10}{'lost':>10}"]
    lines += [
        f"{change['name'][-54:]:<56}{change['gained']:>10,}{change['lost']:>10,}"
        for change in changes[:SHOWN_VALUES]
    ]
    further = len(changes) - SHOWN_VALUES
    return [*lines, f"and {further:,} more"] if further > 0 else lines


def _samples(title: str, answer: WhatIf, tables: RunTables, places: np.ndarray) -> list[str]:
    if not len(places):
        return []
    ids = answer.ids[places].tolist()
    texts = tables.rows("annotated", ids, ["url", "source", "text"])
    lines = ["", f"{title}, for example:"]
    for place, number in zip(places.tolist(), ids, strict=True):
        row = texts[number]
        now = answer.reason_now(place) or "passes the rules"
        then = answer.reason_then(place) or "passes the rules"
        beginning = " ".join(str(row["text"]).split())[:SAMPLE_CHARACTERS]
        lines.append(f"  {number}  {row['url'] or row['source']}")
        lines.append(f"    now: {now}   then: {then}")
        lines.append(f"    {beginning}")
    return lines
