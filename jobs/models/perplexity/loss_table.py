"""What a perplexity means: loss, bits, and the cut of a run, as text for a person."""

from __future__ import annotations

import argparse
import math
from collections.abc import Iterator, Mapping
from typing import Any

from jobs.runtime.contract.manifest import read_manifest
from jobs.runtime.errors import DamagedRecordError, InputError
from jobs.runtime.store import storage
from jobs.runtime.store.small_records import read_mapping
from udfs.perplexity.folder import MODEL_CARD

_LOSSES = (1.5, 2.0, 2.5, 3.0, 3.5, 4.0, 4.5, 5.0, 6.0, 7.0, 8.0, 10.0)
_SIGNAL = "perplexity.perplexity"
_HEADER = ("", "perplexity", "loss", "bits/token", "bits/char")

Row = tuple[str, float, float | None]  # label, perplexity, events a character


def perplexity_table(given: str | None) -> str:
    """Perplexity, loss in nats a token and bits, of a model's held-out text or of a run's documents.

    Args:
        given: A model folder, a run folder, or None for the bare conversion.

    Returns:
        Lines to print. Bits a character count characters other than white space.

    Raises:
        InputError: The folder is neither.
    """
    if given is None:
        return _text([("", math.exp(loss), None) for loss in _LOSSES], "loss = ln perplexity")
    folder = storage.absolute(given)
    verdicts = storage.join(folder, "verdicts")
    manifest = read_manifest(verdicts) if storage.exists(verdicts) else None
    if manifest is not None:
        card = _card(storage.join(folder, "models", "perplexity"))
        return "\n\n".join(_run_parts(manifest.details, card))
    card = _card(folder)
    if card is None:
        raise InputError(
            f"{given} is neither a folder of perplexity models ({MODEL_CARD}) nor a run that was "
            "decided (verdicts/): give one of the two, or nothing for the bare conversion"
        )
    return _text(list(_model_rows(card)), "held-out text of each model, never trained on")


def _card(folder: str) -> dict[str, Any] | None:
    path = storage.join(folder, MODEL_CARD)
    try:
        return read_mapping(path)
    except DamagedRecordError as error:
        raise InputError(f"{error}: restore it or train again") from error


def _model_rows(card: Mapping[str, Any]) -> Iterator[Row]:
    for language, entry in card["languages"].items():
        for model in entry["models"]:
            held_out = model.get("held_out")
            fold = model["held_out_fold"]
            name = language if fold is None else f"{language} fold {fold}"
            if held_out:
                name += f", {held_out['oov_share']:.2%} unknown"
                yield name, held_out["perplexity"], held_out.get("events_per_character")


def _run_parts(details: Mapping[str, Any], card: Mapping[str, Any] | None) -> Iterator[str]:
    calibration = details.get("perplexity_calibration", {})
    ratios = _ratios(card)
    if not calibration:
        yield "No language of this run has 50 documents with a perplexity."
    for language, found in calibration.items():
        ratio = ratios.get(language)
        rows: list[Row] = [
            (name.upper(), value, ratio) for name, value in found.items() if name != "documents"
        ]
        cuts = list(_cuts(details, language))
        rows += [
            (f"{action} by {reason}: {side}", value, ratio) for reason, action, side, value in cuts
        ]
        title = f"{language}: {found['documents']:,.0f} scored documents; head <= P30 < middle <= P60 < tail"
        yield _text(rows, title)


def _ratios(card: Mapping[str, Any] | None) -> dict[str, float]:
    """Predictions a character by language, from the run's own models."""
    found: dict[str, float] = {}
    for language, entry in (card or {"languages": {}})["languages"].items():
        known = [
            held_out["events_per_character"]
            for model in entry["models"]
            if (held_out := model.get("held_out"))
        ]
        if known:
            found[language] = sum(known) / len(known)
    return found


def _cuts(details: Mapping[str, Any], language: str) -> Iterator[tuple[str, str, str, float]]:
    """(reason, what it does, which side, bound) of each rule on perplexity."""
    for rule in details.get("rules", []):
        bounds = rule["languages"].get(language, rule["default"])
        if rule["signal"] != _SIGNAL or bounds is None:
            continue
        action = "dropped" if rule["action"] == "drop" else "flagged"
        for side, name in (("above", "max"), ("below", "min")):
            if bounds[name] is not None:
                yield rule["reason"], action, side, bounds[name]


def _text(rows: list[Row], title: str) -> str:
    cells = [_HEADER, *(_cells(*row) for row in rows)]
    width = max(len(row[0]) for row in cells)
    lines = [f"{row[0]:<{width}}" + "".join(f"{cell:>12}" for cell in row[1:]) for row in cells]
    return "\n".join([title, *(line.rstrip() for line in lines)])


def _cells(label: str, perplexity: float, ratio: float | None) -> tuple[str, ...]:
    loss = math.log(perplexity)
    bits = loss / math.log(2)
    of_character = "-" if ratio is None else f"{bits * ratio:.3f}"
    return label, f"{perplexity:,.1f}", f"{loss:.3f}", f"{bits:.3f}", of_character


def perplexity_command(arguments: argparse.Namespace) -> str | None:
    """Answer `corpusmill perplexity table`."""
    return perplexity_table(arguments.folder)
