"""ablation.html: trainings on several corpora side by side, with what their seeds leave uncertain."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from markupsafe import Markup

from jobs.report.page import rendered

TEMPLATE: Final = "ablation.html.j2"


def render_ablation_page(facts: Mapping[str, Any], curves: str) -> str:
    """Return the page of an ablation; it needs no network and no other file.

    Args:
        facts: What ``ablation.json`` holds.
        curves: Picture of the losses, an SVG document of ours.
    """
    return rendered(
        TEMPLATE,
        facts=facts,
        curves=Markup(curves),
        three_digits=lambda value: f"{value:.3f}",
        signed=lambda value: f"{value:+.3f}".replace("-", "−"),
    )
