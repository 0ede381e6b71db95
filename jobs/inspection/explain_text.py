"""An explanation as text for a terminal: one block a stage, the deciding rule first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from jobs.inspection.explain import CHARACTERS, Explanation, RuleAnswer
from jobs.recipes.printing import bounds_text

CARRIED = ("format", "extractor", "extractor_version", "charset", "title", "author", "date")
WIDTH = 12
# Rules a document passed by less are worth a look: a small change would drop it.
NARROW = 0.1
SEGMENTS_SHOWN = 8


def explanation_text(explanation: Explanation, *, every_signal: bool) -> str:
    """Return one document's way through the run.

    Args:
        explanation: What the stages know.
        every_signal: Whether to list all signals, not only those that rules ask.
    """
    lines = [f"document {explanation.id}: {outcome(explanation)}"]
    lines += _fetched(explanation)
    lines += _extracted(explanation)
    if explanation.annotated is not None:
        lines += _cleaned(explanation.annotated["cleaning"])
        lines += rule_lines(explanation.answers)
    lines += _flags(explanation)
    lines += _compared(explanation)
    lines += _graded(explanation)
    lines += _packed(explanation)
    if explanation.annotated is not None:
        if every_signal:
            lines += signal_lines(explanation.annotated)
        lines += _text(explanation.annotated["text"])
    return "\n".join(lines)


def _packed(explanation: Explanation) -> list[str]:
    if explanation.segments is None or not explanation.kept:
        return []
    if not explanation.segments:
        return [_label("packed", "in no row: it has no token, or its weight left it out")]
    shown = explanation.segments[:SEGMENTS_SHOWN]
    lines = [
        _label(
            "" if place else "packed",
            f"packed/{one.file}, row {one.row}, {one.length:,} tokens from {one.first:,} on"
            + (f" (the document's from {one.before:,} on)" if one.before else ""),
        )
        for place, one in enumerate(shown)
    ]
    further = len(explanation.segments) - len(shown)
    return lines + ([_label("", f"and {further:,} more rows")] if further else [])


def outcome(explanation: Explanation) -> str:
    """Return in a few words where a document ended."""
    if explanation.kept:
        return "kept"
    if explanation.dropped is not None:
        return f"dropped at {explanation.dropped['stage']}: {explanation.dropped['reason']}"
    if explanation.quarantined is not None:
        where = explanation.quarantined
        return f"quarantined at {where['stage']}: {where['status']}"
    return "the run has not finished with it"


def rule_lines(answers: Sequence[RuleAnswer]) -> list[str]:
    """Return the failed rules, those passed narrowly, and how many were passed."""
    failed = [answer for answer in answers if answer.fails and answer.rule.action == "drop"]
    narrow = sorted(
        (answer for answer in answers if _narrow(answer)), key=lambda answer: answer.distance or 0.0
    )
    without = sum(answer.value is None for answer in answers)
    passed = len(answers) - len([answer for answer in answers if answer.fails]) - without
    lines = [_label("rules", f"{len(failed)} failed, {passed} passed, {without} without a value")]
    for place, answer in enumerate(failed):
        lines.append(_label("  also" if place else "  decided by", _rule_text(answer)))
    return lines + [_label("  narrowly", _rule_text(answer)) for answer in narrow]


def signal_lines(document: Mapping[str, Any]) -> list[str]:
    """Return every signal of a document, one a line."""
    lines = []
    for group, values in document.items():
        if isinstance(values, dict):
            lines += [f"  {group}.{name:<36} {_short(value)}" for name, value in values.items()]
    return ["signals", *lines]


def _narrow(answer: RuleAnswer) -> bool:
    distance = answer.distance
    return not answer.fails and answer.applies and distance is not None and 0 < distance < NARROW


def _rule_text(answer: RuleAnswer) -> str:
    allowed = bounds_text(answer.bounds) if answer.bounds else "no bound for this language"
    if answer.rule.expression is not None:
        return f"{answer.rule.reason}: {answer.rule.expression} is {str(answer.fails).lower()}"
    value = "none" if answer.value is None else str(answer.value)
    if isinstance(answer.value, float):
        value = f"{answer.value:.6g}"
    text = f"{answer.rule.reason}: {answer.rule.signal} is {value}, allowed {allowed}"
    distance = answer.distance
    if distance is None:
        return text
    side = "outside" if distance < 0 else "inside"
    return f"{text} ({abs(distance):.1%} {side})"


def _fetched(explanation: Explanation) -> list[str]:
    fetched = explanation.fetched
    lines = [_label("source", fetched["source"])]
    if fetched["source_id"]:
        lines.append(_label("source id", fetched["source_id"]))
    url = fetched["url"] or (explanation.extracted or {}).get("url")
    if url:
        lines.append(_label("url", url))
    status = "" if fetched["status"] == "ok" else f"; {fetched['status']}: {fetched['detail']}"
    return [*lines, _label("ingest", f"{fetched['content_bytes'] or 0:,} bytes{status}")]


def _extracted(explanation: Explanation) -> list[str]:
    extracted = explanation.extracted
    if extracted is None:
        return []
    facts = [f"{name} {extracted[name]}" for name in CARRIED if extracted.get(name)]
    if extracted["status"] != "ok":
        facts.insert(0, f"{extracted['status']}: {extracted['detail']}")
    else:
        facts.insert(0, f"{len(extracted['text'] or ''):,} characters")
    return [_label("extract", "; ".join(facts))]


def _cleaned(cleaning: Mapping[str, Any]) -> list[str]:
    counts = {name: value for name, value in cleaning.items() if isinstance(value, int) and value}
    shown = "; ".join(f"{name} {value:,}" for name, value in counts.items())
    return [_label("cleaned", shown)] if shown else []


def _flags(explanation: Explanation) -> list[str]:
    flags = [
        answer.rule.reason
        for answer in explanation.answers
        if answer.fails and answer.rule.action != "drop"
    ]
    return [_label("flags", ", ".join(flags))] if flags else []


def _compared(explanation: Explanation) -> list[str]:
    duplicate, keeper = explanation.duplicate, explanation.keeper
    if duplicate is None:
        copies = (
            f"kept for {explanation.copies:,} copies" if explanation.copies else "no copy found"
        )
        compared = explanation.verdict is not None and explanation.verdict["reason"] is None
        return [_label("dedup", copies)] if compared else []
    lines = [
        _label(
            "dedup",
            f"{duplicate['kind']} duplicate of {duplicate['keeper_id']}, similarity "
            f"{duplicate['similarity']:.3f}, {duplicate['cluster_size']:,} in the cluster",
        )
    ]
    if keeper is not None:
        lines.append(_label("  keeper", str(keeper["url"] or keeper["source"])))
        lines.append(_label("", _beginning(keeper["text"])))
    return lines


def _graded(explanation: Explanation) -> list[str]:
    if explanation.grade is None:
        return []
    grades = explanation.grade.get("quality") or {}
    facts = [f"{name} {_short(value)}" for name, value in grades.items()]
    return [_label("grade", "; ".join(facts))]


def _text(text: str) -> list[str]:
    return [_label("text", _beginning(text))]


def _beginning(text: str) -> str:
    flat = " ".join(text.split())
    return flat[:CHARACTERS] + ("…" if len(flat) > CHARACTERS else "")


def _short(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _label(name: str, text: str) -> str:
    return f"{name:<{WIDTH}} {text}".rstrip()
