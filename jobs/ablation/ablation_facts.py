"""Numbers of an ablation: bits a byte, what models write, and how the first arm compares with the others."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from jobs.ablation.arm_training import Measured
from jobs.ablation.held_out_choice import HeldOut
from jobs.ablation.memorised_text import SharedRuns
from jobs.models.reference.held_out import GRAM
from jobs.models.reference.spread import difference, spread
from jobs.models.reference.token_text import bits_a_byte
from udfs.lines.text_batch import TextBatch
from udfs.signals.annotate import annotate


def ablation_facts(
    measured: Mapping[str, Sequence[Measured]],
    held_out: HeldOut,
    phrases: Sequence[str],
    runs: Mapping[str, tuple[SharedRuns, SharedRuns]],
) -> dict[str, Any]:
    """Return ``bits``, ``behaviour`` and ``comparisons`` of the first arm with every other.

    Args:
        measured: Arm's name → its models, by seed.
        held_out: What they were measured on.
        phrases: Texts that models may say again and again.
        runs: Arm's name → what all that its models wrote, one model behind the other, shares with the
            arm's rows and with held-out segments.
    """
    bits = [_bits(measured, held_out, name) for name in held_out.groups]
    behaviour = [_behaviour(measured, "repeated 5-grams, share", repeated_share)]
    if phrases:
        behaviour.append(
            _behaviour(measured, "phrases, times a text", lambda texts: occurrences(texts, phrases))
        )
        arms = [
            _over_seeds([float(one.said_again.mean()) / math.log(2) for one in models])
            for models in measured.values()
        ]
        behaviour.append({"name": "phrase behind itself, bits", "arms": arms})
    behaviour += _memorised(measured, held_out, runs)
    baseline, *others = measured
    comparisons = [
        _comparison(row, title, place, baseline, name)
        for title, row in [("bits a byte", bits[0]), *((row["name"], row) for row in behaviour)]
        for place, name in enumerate(others, start=1)
    ]
    return {"bits": bits, "behaviour": behaviour, "comparisons": comparisons}


def _memorised(
    measured: Mapping[str, Sequence[Measured]],
    held_out: HeldOut,
    runs: Mapping[str, tuple[SharedRuns, SharedRuns]],
) -> list[dict[str, Any]]:
    """Rows of what was written that stands in documents, and of documents that are written on."""
    rows = []
    for place, whose in enumerate(("the arm's own text", "held-out text")):
        arms = []
        for name, models in measured.items():
            # All models wrote the same number of texts.
            count = len(models[0].written)
            found = [
                runs[name][place].share(slice(number * count, (number + 1) * count))
                for number in range(len(models))
            ]
            arms.append(_over_seeds(found))
        rows.append({"name": f"written in runs of {GRAM} tokens of {whose}, share", "arms": arms})
    recited = {
        "own": [[one.recited_own for one in models] for models in measured.values()],
        "held-out": [
            [one.recited[held_out.kept] for one in models] for models in measured.values()
        ],
    }
    for whose, of_arms in recited.items():
        if any(np.isnan(one).all() for models in of_arms for one in models):
            continue  # documents are too short to be written on
        arms = [_over_seeds([float(np.nanmean(one)) for one in models]) for models in of_arms]
        rows.append({"name": f"{whose} documents written on word for word, share", "arms": arms})
    return rows


def _bits(
    measured: Mapping[str, Sequence[Measured]], held_out: HeldOut, name: str
) -> dict[str, Any]:
    mask = held_out.groups[name]
    size = int(held_out.text_bytes[mask].sum())
    arms = [
        _over_seeds([bits_a_byte(float(one.nats[mask].sum()), max(1, size)) for one in models])
        for models in measured.values()
    ]
    return {"name": name, "bytes": size, "arms": arms}


def _behaviour(
    measured: Mapping[str, Sequence[Measured]],
    name: str,
    measure: Callable[[Sequence[str]], float],
) -> dict[str, Any]:
    arms = [
        _over_seeds(
            [measure([text for texts in one.continuations for text in texts]) for one in models]
        )
        for models in measured.values()
    ]
    return {"name": name, "arms": arms}


def repeated_share(texts: Sequence[str]) -> float:
    """Return the mean ``repetition.duplicate_5gram_share`` of texts; those too short for one have none."""
    signals = annotate(TextBatch(pa.array(texts, pa.string())), ["repetition"])["repetition"]
    found = [
        value for value in signals.field("duplicate_5gram_share").to_pylist() if value is not None
    ]
    return float(np.mean(found)) if found else 0.0


def occurrences(texts: Sequence[str], phrases: Sequence[str]) -> float:
    """Return how often any of some phrases occurs in a text, on average."""
    return sum(text.count(phrase) for text in texts for phrase in phrases) / max(1, len(texts))


def _over_seeds(values: Sequence[float]) -> dict[str, Any]:
    return {"mean": float(np.mean(values)), "spread": spread(values), "values": list(values)}


def _comparison(
    row: Mapping[str, Any], measure: str, place: int, baseline: str, arm: str
) -> dict[str, Any]:
    found = difference(row["arms"][place]["values"], row["arms"][0]["values"])
    return {
        "arm": arm,
        "baseline": baseline,
        "measure": measure,
        "mean": found.mean,
        "low": found.low,
        "high": found.high,
        "seeds": found.seeds,
        "is_told": found.is_told,
    }
