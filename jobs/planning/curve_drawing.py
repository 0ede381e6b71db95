"""A chart of curves over similarity as an SVG file of its own: light and dark, no script, no font."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple
from xml.sax.saxutils import escape

import numpy as np
import numpy.typing as npt

WIDTH, HEIGHT = 680.0, 420.0
LEFT, RIGHT, TOP, BOTTOM = 56.0, 660.0, 40.0, 372.0
# Told apart by dash as well as by colour.
STYLES = (
    ("#1d7467", "#52bba7", ""), ("#b14d24", "#e58f62", "7 4"), ("#70599e", "#b09fdc", "2 3"),
    ("#566068", "#a0aab2", "9 3 2 3"), ("#1a5fb4", "#8ab8f0", "12 4"), ("#8a6d00", "#d9b84a", "4 2"),
    ("#a0255f", "#ec8fb8", "1 2"), ("#2c6e31", "#86c98b", "14 3 3 3"), ("#1c2328", "#e7e5e0", "3 6"),
)  # fmt: skip


class Curve(NamedTuple):
    """Name, and values 0-1 over similarities 0-1."""

    name: str
    similarities: npt.NDArray[np.float64]
    values: npt.NDArray[np.float64]


def draw_curves(title: str, curves: Sequence[Curve], threshold: float | None, label: str) -> str:
    """Return the chart.

    Args:
        title: What it shows, in words.
        curves: At most as many as there are ``STYLES``.
        threshold: Where to draw a vertical line.
        label: Of the upright axis.

    Raises:
        ValueError: More curves than can be told apart.
    """
    if len(curves) > len(STYLES):
        raise ValueError(f"{len(curves)} curves in one chart: give at most {len(STYLES)}")
    parts = [*_frame(title, label), *_axes()]
    if threshold is not None:
        x = _x(threshold)
        parts.append(f'<line class="mark" x1="{x}" y1="{TOP}" x2="{x}" y2="{BOTTOM}"/>')
        parts.append(f'<text x="{x - 5}" y="{TOP + 12}" text-anchor="end">{threshold:g}</text>')
    for number, curve in enumerate(curves):
        parts += _curve(number, curve)
    return "\n".join([*parts, "</svg>", ""])


def _frame(title: str, label: str) -> list[str]:
    light = "".join(f".c{i}{{stroke:{style[0]}}}" for i, style in enumerate(STYLES))
    dark = "".join(f".c{i}{{stroke:{style[1]}}}" for i, style in enumerate(STYLES))
    style = (
        "text{font:12px system-ui,sans-serif;fill:#1c2328}.ground{fill:#faf9f6}.grid{stroke:#e2dfd8}"
        f".mark{{stroke:#566068;stroke-dasharray:4 4}}path{{fill:none;stroke-width:2}}{light}"
        "@media(prefers-color-scheme:dark){text{fill:#e7e5e0}.ground{fill:#14181b}.grid{stroke:#2e353a}"
        f".mark{{stroke:#a0aab2}}{dark}}}"
    )
    return [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH:g} {HEIGHT:g}" role="img">',
        f"<title>{escape(title)}</title><style>{style}</style>",
        f'<rect class="ground" width="{WIDTH:g}" height="{HEIGHT:g}"/>',
        f'<text x="{LEFT}" y="22">{escape(title)}</text>',
        f'<text x="{(LEFT + RIGHT) / 2}" y="{HEIGHT - 8}" text-anchor="middle">Jaccard similarity</text>',
        f'<text transform="translate(14 {(TOP + BOTTOM) / 2}) rotate(-90)" text-anchor="middle">'
        f"{escape(label)}</text>",
    ]


def _axes() -> list[str]:
    parts = []
    for tenth in range(0, 11, 2):
        value = tenth / 10
        x, y = _x(value), _y(value)
        parts.append(f'<line class="grid" x1="{LEFT}" y1="{y}" x2="{RIGHT}" y2="{y}"/>')
        parts.append(f'<text x="{LEFT - 8}" y="{y + 4}" text-anchor="end">{value:g}</text>')
        parts.append(f'<text x="{x}" y="{BOTTOM + 18}" text-anchor="middle">{value:g}</text>')
    return parts


def _curve(number: int, curve: Curve) -> list[str]:
    points = zip(curve.similarities, curve.values, strict=True)
    path = "L".join(f"{_x(float(x)):g} {_y(float(y)):g}" for x, y in points)
    dash = STYLES[number][2]
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    y = TOP + 16 + 17 * number
    return [
        f'<path class="c{number}"{dashed} d="M{path}"><title>{escape(curve.name)}</title></path>',
        f'<path class="c{number}"{dashed} d="M{LEFT + 10} {y - 4}h30"/>',
        f'<text x="{LEFT + 46}" y="{y}">{escape(curve.name)}</text>',
    ]


def _x(value: float) -> float:
    return round(LEFT + value * (RIGHT - LEFT), 1)


def _y(value: float) -> float:
    return round(BOTTOM - value * (BOTTOM - TOP), 1)
