"""Catch and false-alarm rates of the default recipe's line rules: `python -m bench.signals.line_verdicts`.

Judges the documents of ``bench.signals.line_examples`` by the rules that read ``lines.`` signals and prints
the table of docs/extraction.md; a test compares the two.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import pyarrow as pa

from bench.signals.line_examples import SHAPES, Example, line_examples
from jobs.recipes.loading import load_recipe
from jobs.verdicts.array_verdicts import NO_RULE, SignalTable
from jobs.verdicts.expressions import LANGUAGE
from jobs.verdicts.thresholds import resolve_by
from udfs.lines.text_batch import TextBatch
from udfs.signals.annotate import annotate

LANGUAGES = ("en", "zh", "ja")


def main() -> None:
    """Print the table."""
    print("\n".join(table_lines(line_examples())))


def table_lines(examples: list[Example]) -> list[str]:
    """Return the Markdown table: share of each shape that leaves, and the rules that say so."""
    reasons = first_reasons(examples)
    found: dict[tuple[str, str], list[str | None]] = defaultdict(list)
    for example, reason in zip(examples, reasons, strict=True):
        found[example.shape, example.language].append(reason)
    lines = ["| shape | label | en | zh | ja | by |", "| --- | --- | ---: | ---: | ---: | --- |"]
    for shape, (is_log, _) in SHAPES.items():
        shares = [
            f"{sum(reason is not None for reason in found[shape, language])}/{len(found[shape, language])}"
            for language in LANGUAGES
        ]
        rules = sorted({r for language in LANGUAGES for r in found[shape, language] if r})
        label = "leaves" if is_log else "stays"
        named = ", ".join(f"`{rule}`" for rule in rules)
        lines.append(f"| {shape} | {label} | {' | '.join(shares)} | {named} |")
    return lines


def first_reasons(examples: list[Example]) -> list[str | None]:
    """Return the first line rule of the default recipe that each document breaks, or None."""
    recipe = load_recipe("default")
    rules = [
        rule for rule in recipe.rules if all(name.startswith("lines.") for name in rule.signals)
    ]
    texts = pa.array([example.text for example in examples])
    languages = pa.array([example.language for example in examples])
    signals = annotate(TextBatch(texts, languages), ["lines"])["lines"]
    columns: dict[str, Any] = {LANGUAGE: languages}
    for name in {name for rule in rules for name in rule.signals}:
        columns[name] = signals.field(name.removeprefix("lines."))
    resolved, _ = resolve_by(rules, {}, lambda *_: {})
    verdicts = SignalTable(pa.table(columns)).judge(resolved)
    return [None if rule == NO_RULE else rules[rule].reason for rule in verdicts.first]


if __name__ == "__main__":
    main()
