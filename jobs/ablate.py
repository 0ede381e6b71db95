"""Packed corpora → the same training on each → ablation.html: which corpus teaches more, and how surely."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Final

from jobs.ablation.ablation_facts import ablation_facts
from jobs.ablation.arm_training import ArmTrainings, Measured
from jobs.ablation.arms import Arm, open_arms
from jobs.ablation.held_out_choice import HeldOut, choose_held_out
from jobs.ablation.memorised_text import SharedRuns, recited_tokens, shared_runs
from jobs.ablation.packed_training import (
    EVALUATED_BATCHES,
    beginnings,
    output_folder,
    token_text,
    training_settings,
)
from jobs.command.running import run
from jobs.models.reference.loss_curve import loss_curve
from jobs.models.reference.run_log import LOG_NAME, read_log
from jobs.models.reference.settings import SIZES, TrainingSettings
from jobs.models.reference.token_text import TokenText
from jobs.models.reference.torch_requirement import require_torch
from jobs.report.ablation_page import render_ablation_page
from jobs.runtime.contract.progress import Reporter
from jobs.runtime.errors import SettingsError

FACTS_NAME, PAGE_NAME = "ablation.json", "ablation.html"
FEWEST_SEEDS: Final = 2


def ablate_command(arguments: argparse.Namespace) -> str | None:
    """Answer `corpusmill ablate` with the comparisons and the page's path."""
    require_torch()
    if arguments.seeds < FEWEST_SEEDS:
        raise SettingsError(
            f"--seeds {arguments.seeds}: without a second seed nobody knows what a seed does; give 2 or more"
        )
    size = SIZES[arguments.size]
    arms = open_arms(arguments.arms)
    folder = output_folder(arguments.output)
    reporter = Reporter(quiet=arguments.quiet)
    text = token_text(arms[0].rows.tokeniser(arguments.tokenizer), arms[0].stream.facts["eos_id"])
    held_out = choose_held_out(
        arms, arguments.held_out, EVALUATED_BATCHES * size.batch_tokens, text
    )
    # The smallest arm says how long all are trained.
    smallest = min(arms, key=lambda arm: arm.stream.rows)
    settings = training_settings(arguments, size, smallest.stream)
    prompts = [text.encode(prompt) for prompt in arguments.prompt] or beginnings(held_out.rows)
    phrases = _phrase_ids(arguments.phrase, text, arms[0].stream.length)
    trainings = ArmTrainings(
        settings, held_out.rows, text, prompts, phrases, arguments, folder, reporter.note
    )
    measured = trainings.run(arms)
    runs = {arm.name: _runs(arm, measured[arm.name], held_out) for arm in arms}
    facts = {
        **_training_facts(arguments, arms, settings),
        "held_out": {"kept": int(held_out.kept.sum()), **held_out.left_out},
        **ablation_facts(measured, held_out, arguments.phrase, runs),
        "recited": recited_tokens(arms[0].stream.length),
        "longest_runs": [_longest(name, own, text) for name, (own, _) in runs.items()],
        "samples": [
            {
                "prompt": text.decode(prompt),
                "texts": [models[0].continuations[place][0] for models in measured.values()],
            }
            for place, prompt in enumerate(prompts)
        ],
    }
    return _write(folder, facts, arms)


def _runs(arm: Arm, models: Sequence[Measured], held_out: HeldOut) -> tuple[SharedRuns, SharedRuns]:
    """What all models of an arm wrote shares with its rows, and with what all are measured on."""
    written = [ids for one in models for ids in one.written]
    return shared_runs(written, arm.stream.in_order()), shared_runs(written, [held_out.kept_row()])


def _longest(arm: str, runs: SharedRuns, text: TokenText) -> dict[str, Any]:
    document = None if runs.document is None else runs.document.as_py()
    return {
        "arm": arm,
        "tokens": len(runs.longest),
        "text": text.decode(runs.longest),
        "document": document,
    }


def _phrase_ids(phrases: Sequence[str], text: TokenText, length: int) -> list[list[int]]:
    found = [text.encode(phrase) for phrase in phrases]
    for phrase, ids in zip(phrases, found, strict=True):
        if not 0 < 2 * len(ids) <= length:
            raise SettingsError(
                f"--phrase {phrase!r} has {len(ids)} tokens: twice a phrase must fit a row of {length}"
            )
    return found


def _training_facts(
    arguments: argparse.Namespace, arms: Sequence[Arm], settings: TrainingSettings
) -> dict[str, Any]:
    stream = arms[0].stream
    return {
        "created_at": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "size": arguments.size,
        "parameters": settings.shape.parameters(stream.vocabulary),
        "steps": settings.steps,
        "batch_rows": settings.batch_rows,
        "length": stream.length,
        "seeds": list(range(arguments.seeds)),
        "tokenizer_sha256": stream.facts["tokenizer_sha256"],
        "continuations": arguments.continuations,
        "arms": [_arm_facts(arm, settings) for arm in arms],
    }


def _arm_facts(arm: Arm, settings: TrainingSettings) -> dict[str, Any]:
    train = arm.rows.manifest.details["splits"]["train"]
    return {
        "name": arm.name,
        "packed": arm.rows.given,
        "fingerprint": arm.rows.manifest.fingerprint,
        "documents": train["documents"],
        "tokens": train["tokens"],
        "epochs": settings.steps * settings.batch_rows / arm.stream.rows,
    }


def _write(folder: Path, facts: Mapping[str, Any], arms: Sequence[Arm]) -> str:
    logs = {arm.name: list(read_log(folder / arm.name / "seed-0" / LOG_NAME)) for arm in arms}
    (folder / FACTS_NAME).write_text(
        json.dumps(facts, indent=2, ensure_ascii=False) + "\n", "utf-8"
    )
    page = folder / PAGE_NAME
    page.write_text(render_ablation_page(facts, loss_curve(logs)), "utf-8")
    lines = [
        f"{one['arm']} less {one['baseline']}, {one['measure']}: {one['mean']:+.4f} "
        f"(95 %: {one['low']:+.4f} to {one['high']:+.4f}, {one['seeds']} seeds)"
        + ("" if one["is_told"] else ": no difference can be told")
        for one in facts["comparisons"]
    ]
    return "\n".join([*lines, str(page)])


if __name__ == "__main__":
    sys.exit(run("ablate", ablate_command))
