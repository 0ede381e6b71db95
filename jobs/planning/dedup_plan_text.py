"""A plan for the terminal: curve, what is found, moved and spent, the assumptions, the next command."""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from jobs.dedup.presets import PRESETS
from jobs.dedup.settings import DedupSettings
from jobs.planning import measured_figures as figures
from jobs.planning.curve_drawing import Curve, draw_curves
from jobs.planning.dedup_plan import BACKGROUND, BACKGROUNDS_SHOWN, DedupPlan, plan_search
from jobs.runtime.amounts import size
from jobs.runtime.errors import SettingsError

COLUMNS, ROWS = 61, 12
SHOWN = (0.4, 0.5, 0.6, 0.65, 0.7, 0.75, 0.8, 0.9)
POINTS = 101


def plan_text(plan: DedupPlan) -> str:
    """Return all of a plan as text."""
    parts = [_headline(plan), _plot(plan), _table(plan), _finds(plan), _costs(plan), _assumes()]
    notice = six_permutations_notice(plan.settings)
    if notice:
        parts.append(notice)
    return "\n\n".join([*parts, _next_step(plan)])


def plan_drawing(plan: DedupPlan) -> str:
    """Return the curves of a plan as an SVG file."""
    grid = np.linspace(0, 1, POINTS)
    curves = [Curve("meet in a bucket", grid, plan.meeting(grid))]
    if plan.verified:
        curves.append(Curve("found, after verification", grid, plan.found(grid)))
    title = f"{_banding(plan)}, threshold {plan.settings.threshold:g}"
    return draw_curves(title, curves, plan.settings.threshold, "probability of a pair")


def write_plan_drawing(plan: DedupPlan, path: str) -> None:
    """Write the curves as an SVG file.

    Raises:
        SettingsError: The file cannot be written.
    """
    try:
        Path(path).write_text(plan_drawing(plan), encoding="utf-8")
    except OSError as error:
        raise SettingsError(
            f"--plot {path}: {error.strerror}; give a file in a folder that exists and is yours"
        ) from error


def six_permutations_notice(settings: DedupSettings) -> str | None:
    """What a signature of six values misses, measured, and what to take instead; None for others."""
    if settings.permutations != 6:
        return None
    default = PRESETS["default"]
    lines = [
        "Six permutations find few of the pairs they are set for. Measured on 20,000 pairs each:",
        "  similarity " + "".join(f"{value:>7g}" for value in figures.SIX_PERMUTATIONS_RECALL),
        "  found      "
        + "".join(f"{share:7.1%}" for share in figures.SIX_PERMUTATIONS_RECALL.values()),
    ]
    if (settings.bands, settings.rows) != (1, 6):
        lines[0] = (
            f"Six permutations cut {settings.bands} x {settings.rows} let strangers meet; in one band, as "
            "the preset has them, they find few. Measured on 20,000 pairs each:"
        )
    lines.append(
        f"The preset default reads the text once as well: {default.bands} x {default.rows}, 82 % of the "
        "pairs at 0.7 and 99 % at 0.8 meet, every candidate is verified: --preset default"
    )
    return "\n".join(lines)


def _banding(plan: DedupPlan) -> str:
    settings = plan.settings
    bands, rows = _counted(settings.bands, "band"), _counted(settings.rows, "row")
    return f"{bands} x {rows} = {_counted(settings.permutations, 'permutation')}"


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' * (number != 1)}"


def _headline(plan: DedupPlan) -> str:
    checked = "every candidate verified" if plan.verified else "candidates NOT verified"
    return (
        f"{_banding(plan)}, threshold {plan.settings.threshold:g}, {checked}; "
        f"{plan.documents:,.0f} documents"
    )


def _plot(plan: DedupPlan) -> str:
    """The S-curves: ``*`` meet in a bucket, ``o`` found after verification, ``|`` the threshold."""
    grid = np.linspace(0, 1, COLUMNS)
    canvas = [[" "] * COLUMNS for _ in range(ROWS + 1)]
    mark = round(plan.settings.threshold * (COLUMNS - 1))
    for line in canvas:
        line[mark] = "|"
    curves = [("*", plan.meeting(grid))]
    if plan.verified:
        curves.append(("o", plan.found(grid)))
    for sign, values in curves:
        for column, value in enumerate(values):
            canvas[ROWS - round(float(value) * ROWS)][column] = sign
    labels = {0: "1.0", ROWS // 2: "0.5", ROWS: "0.0"}
    lines = [
        f"{labels.get(row, ''):>5} {''.join(line)}".rstrip() for row, line in enumerate(canvas)
    ]
    scale = "".join(f"{tenth / 10:<12.1f}" for tenth in range(0, 11, 2)).rstrip()
    key = "* meet in a bucket" + ("   o found, after verification" if plan.verified else "")
    return "\n".join([*lines, " " * 6 + scale, " " * 6 + f"Jaccard similarity   {key}"])


def _table(plan: DedupPlan) -> str:
    values = np.array(SHOWN)
    rows = [("similarity", [f"{value:g}" for value in SHOWN])]
    rows.append(("meet in a bucket", [_share(value) for value in plan.meeting(values)]))
    if plan.verified:
        rows.append(("found", [_share(value) for value in plan.found(values)]))
    return "\n".join(
        f"{name:<18}" + "".join(f"{cell:>8}" for cell in cells) for name, cells in rows
    )


def _finds(plan: DedupPlan) -> str:
    threshold = plan.settings.threshold
    strangers = ", ".join(
        f"{plan.strangers(value):.2g} at {value:g}" for value in BACKGROUNDS_SHOWN
    )
    lines = [
        f"Finds    {plan.recall_before_verification:.1%} of the pairs from {threshold:g} on meet in a bucket"
    ]
    if plan.verified:
        lines.append(
            f"         {plan.recall:.1%} are found; in families of copies more, by other members"
        )
        lines.append(
            f"False    {plan.false_candidates:.2g} candidates below {threshold:g} for each pair above, all "
            "refused but those within the estimate's error"
        )
    else:
        lines.append(
            f"False    {plan.false_candidates:.2g} pairs below {threshold:g} are removed for each pair above"
        )
    lines.append(
        f"         strangers that a document meets, by their similarity to it: {strangers}"
    )
    return "\n".join(lines)


def _costs(plan: DedupPlan) -> str:
    moved, kept = plan.shuffled_bytes, plan.persisted_bytes
    return "\n".join(
        [
            f"Moves    {moved:.0f} B a document through the network, {size(moved * plan.documents)} in "
            "all; no text",
            f"Keeps    {kept:.0f} B a document of signatures, {size(kept * plan.documents)} in all",
            f"Takes    about {_hours(plan.signing_hours + plan.searching_hours)} core-hours "
            f"({_hours(plan.signing_hours)} reading and signing {size(plan.document_bytes)} texts, "
            f"{_hours(plan.searching_hours)} searching)",
        ]
    )


def _assumes() -> str:
    rate = size(figures.SIGNED_BYTES_PER_CORE_SECOND)
    return "\n".join(
        [
            "Assumed: similarities of related pairs are spread evenly from 0 to 1, each pair by itself;",
            f"         a banding is chosen so that strangers at {BACKGROUND:g} stay below one a document;",
            f"         {rate} of text a second and core are signed, and "
            f"{figures.BAND_ROWS_PER_CORE_SECOND:,.0f} band rows searched: from",
            "         measurements on two shared virtual cores (docs/scaling.md), an estimate elsewhere.",
        ]
    )


def _next_step(plan: DedupPlan) -> str:
    settings = plan.settings
    preset = PRESETS[settings.preset]
    words = ["corpusmill dedup INPUT OUTPUT"]
    if settings.preset != "default":
        words.append(f"--preset {settings.preset}")
    if settings.threshold != preset.threshold:
        words.append(f"--threshold {settings.threshold:g}")
    words += [
        f"--set dedup.{name}={getattr(settings, name)}"
        for name in ("bands", "rows")
        if getattr(settings, name) != getattr(preset, name)
    ]
    return "Run it:  " + " ".join(words)


def _share(value: float) -> str:
    if 0 < value < 0.0005:
        return "<.1%"
    return f"{value:.1%}"


def _hours(value: float) -> str:
    return f"{value:,.0f}" if value >= 10 else f"{value:.2g}"


def dedup_plan_command(arguments: argparse.Namespace) -> str | None:
    """Answer `corpusmill dedup plan`."""
    plan = plan_search(
        preset=arguments.preset,
        threshold=arguments.threshold,
        recall=arguments.recall,
        documents=arguments.documents,
        document_bytes=arguments.document_bytes,
    )
    if arguments.plot is not None:
        write_plan_drawing(plan, arguments.plot)
    return plan_text(plan)
