"""ablation.html: trainings on several corpora side by side, with what their seeds leave uncertain."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from markupsafe import Markup

from jobs.report.page import STYLE, page_environment, page_resource

TEMPLATE: Final = "ablation.html.j2"


def render_ablation_page(facts: Mapping[str, Any], curves: str) -> str:
    """Return the page of an ablation; it needs no network and no other file.

    Args:
        facts: What ``ablation.json`` holds.
        curves: Picture of the losses, an SVG document of ours.
    """
    text = (
        page_environment()
        .get_template(TEMPLATE)
        .render(
            facts=facts,
            # Our own: escaping would break their quotes.
            style=Markup(page_resource(STYLE)),
            curves=Markup(curves),
            three_digits=lambda value: f"{value:.3f}",
            signed=lambda value: f"{value:+.3f}".replace("-", "−"),
        )
    )
    return text if text.endswith("\n") else text + "\n"
