"""The page that a fetched grader brings: where it is from, what it grades, how near it is to known grades."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from udfs.learning.linear_training import GRADE_CUT


def grader_page(facts: Mapping[str, Any], languages: Sequence[str], model: str) -> str:
    """``card.md`` of a fetched grader, which the command prints.

    Args:
        facts: ``origin``, ``revision``, ``licence``, ``classes`` and ``files``; where it was compared
            ``compared``, and ``int8`` where its weights are.
        languages: ISO 639-1 codes.
        model: What kind it is, in words.
    """
    compared = facts.get("compared")
    lines = [
        f"# Grader, 0 to 5, from {facts['origin']}",
        "",
        f"- Revision: {facts['revision'] or 'not known (a local folder)'}",
        f"- Licence: {facts['licence'] or 'not told by its card: ask before you use it'}",
        f"- Languages: {', '.join(languages) or 'not told; every document is graded'}",
        f"- Model: {model}",
    ]
    if facts["classes"]:
        graded = ", ".join(f"{name} = {grade:g}" for name, grade in facts["classes"].items())
        lines.append(f"- Grade: the mean of its classes by their probabilities: {graded}")
    else:
        lines.append("- Grade: its one output, cut to 0 to 5")
    lines.append(
        f"- Compared with {compared['texts']} known grades: they differ by at most"
        f" {compared['largest_difference']:.1e}"
        if compared
        else "- Compared with no known grades: give some by `--expected`"
    )
    if "int8" in facts:
        loss = facts["int8"]
        lines.append(
            f"- Weights in int8: grades of these texts change by {loss['mean_difference']:g} in the mean, by"
            f" {loss['largest_difference']:g} at most; {loss['other_side_of_the_cut']} change sides at grade"
            f" {GRADE_CUT:g}"
        )
    lines += ["", "| made from | SHA-256 |", "| --- | --- |"]
    lines += [f"| {name} | {digest} |" for name, digest in facts["files"].items()]
    return "\n".join([*lines, ""])
