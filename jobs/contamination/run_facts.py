"""What a run states about its benchmarks: items that can be found, recall of planted ones, as plain facts."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from jobs.runtime.contract.manifest import Manifest
from udfs.contamination.benchmark_index import BenchmarkIndex
from udfs.contamination.decidable import DECIDABLE, decidability, undecidable_items
from udfs.contamination.items import BenchmarkItem
from udfs.contamination.planting import CHANGES, traditional_change
from udfs.contamination.settings import ContaminationSettings
from udfs.contamination.validation import draw_items, validate
from udfs.text.character_classes import HAN_RANGES
from udfs.text.folding import FOLDED_CODE_POINTS

MOST_LISTED = 1000
SEED = 20261128


def benchmark_facts(index: BenchmarkIndex) -> dict[str, Any]:
    """Return of each benchmark its items, how many can be found, and those that cannot."""
    reasons = decidability(index)
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for benchmark, reason in zip(index.benchmarks, reasons, strict=True):
        counts[benchmark][reason] += 1
    return {
        "benchmarks": {
            name: {
                "items": of.total(),
                "decidable": of[DECIDABLE],
                "undecidable": {why: number for why, number in of.items() if why != DECIDABLE},
            }
            for name, of in counts.items()
        },
        "undecidable": undecidable_items(index, reasons)[:MOST_LISTED],
        "index_bytes": index.bytes,
    }


def validation_facts(
    items: Sequence[BenchmarkItem],
    index: BenchmarkIndex,
    hosts: Sequence[str],
    settings: ContaminationSettings,
) -> dict[str, Any]:
    """Plant items in clean documents and return what was found, by change, length and benchmark."""
    chance = np.random.default_rng(SEED)
    drawn = draw_items(items, settings.validation_items, chance)
    if not hosts or not drawn:
        return {"validation": [], "hosts": len(hosts)}
    variants = _traditional(index)
    changes = [*CHANGES, *([traditional_change(variants)] if variants else [])]
    decidable = [reason == DECIDABLE for reason in decidability(index)]
    counts = validate(items, index, hosts, drawn, changes, decidable, chance)
    return {"validation": [asdict(count) for count in counts], "hosts": len(hosts)}


def _traditional(index: BenchmarkIndex) -> dict[str, str]:
    """A traditional character for each simplified one that the index takes for the same."""
    pairs: dict[str, str] = {}
    for first, last in HAN_RANGES:
        for code_point in range(first, min(last + 1, FOLDED_CODE_POINTS)):
            folded = int(index.table[code_point])
            if folded not in (code_point, -1):
                pairs.setdefault(chr(folded), chr(code_point))
    return pairs


def recall_by(validation: Sequence[dict[str, Any]], key: str) -> dict[str, tuple[int, int, int]]:
    """Return (planted, found, of decidable items) by ``change``, ``benchmark`` or ``tokens``."""
    sums: dict[str, tuple[int, int, int]] = {}
    for count in validation:
        planted, found, decidable = sums.get(count[key], (0, 0, 0))
        sums[count[key]] = (
            planted + count["planted"],
            found + count["found"],
            decidable + count["decidable"],
        )
    return sums


def contamination_text(manifest: Manifest) -> str:
    """Return in a few lines what was found and what would have been."""
    facts = manifest.details
    accounts = manifest.accounts
    lines = [f"{accounts.rows_in:,} documents, {accounts.rows_dropped:,} left for a benchmark item"]
    for name, of in facts["benchmarks"].items():
        lines.append(f"  {name}: {of['decidable']:,} of {of['items']:,} items can be found")
    if facts["validation"]:
        lines.append(f"planted in {facts['hosts']:,} clean documents and found:")
        for change, (planted, found, _) in recall_by(facts["validation"], "change").items():
            lines.append(f"  {change:<34} {found:>6,} of {planted:>6,}  {found / planted:.3f}")
    else:
        lines.append("nothing was planted: there is no clean document, or validation_items is 0")
    return "\n".join(lines)
