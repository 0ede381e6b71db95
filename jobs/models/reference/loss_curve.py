"""Loss over tokens as an SVG file of its own: light and dark, no script, no font."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final
from xml.sax.saxutils import escape

WIDTH, HEIGHT = 680.0, 360.0
LEFT, RIGHT, TOP, BOTTOM = 52.0, 664.0, 20.0, 316.0
# Told apart by dash as well as by colour: light, dark, dash.
STYLES: Final = (
    ("#1d7467", "#52bba7", ""), ("#b14d24", "#e58f62", "7 4"), ("#70599e", "#b09fdc", "2 3"),
    ("#566068", "#a0aab2", "9 3 2 3"), ("#1a5fb4", "#8ab8f0", "12 4"), ("#8a6d00", "#d9b84a", "4 2"),
)  # fmt: skip
MOST_POINTS: Final = 400
TICKS: Final = 5

Point = tuple[float, float]


def loss_curve(logs: Mapping[str, Sequence[Mapping[str, Any]]]) -> str:
    """Draw the loss of trainings, and circles where it was measured on held-out rows.

    Args:
        logs: Name → lines of its log; at most as many as there are ``STYLES``. The name "" stands for
            the only one.

    Returns:
        One SVG document. Losses are nats a token.

    Raises:
        ValueError: More trainings than can be told apart.
    """
    if len(logs) > len(STYLES):
        raise ValueError(f"{len(logs)} curves in one picture: give at most {len(STYLES)}")
    curves = {name: _points(lines, "loss") for name, lines in logs.items()}
    held_out = {name: _points(lines, "held_out_loss") for name, lines in logs.items()}
    points = [point for found in (*curves.values(), *held_out.values()) for point in found]
    if not points:
        return ""
    scale = _Scale(points)
    parts = [*_frame(), *scale.axes()]
    for number, name in enumerate(logs):
        path = "L".join(f"{scale.x(x):g} {scale.y(y):g}" for x, y in curves[name])
        dash = f' stroke-dasharray="{STYLES[number][2]}"' if STYLES[number][2] else ""
        parts.append(
            f'<path class="c{number}"{dash} d="M{path}"><title>{escape(name)}</title></path>'
        )
        parts += [
            f'<circle class="c{number}" cx="{scale.x(x):g}" cy="{scale.y(y):g}" r="3">'
            f"<title>{escape(name)} held out: {y:.3f}</title></circle>"
            for x, y in held_out[name]
        ]
        if name:
            y = TOP + 14 + 17 * number
            parts.append(f'<path class="c{number}"{dash} d="M{RIGHT - 190} {y - 4}h30"/>')
            parts.append(f'<text x="{RIGHT - 152}" y="{y}">{escape(name)}</text>')
    return "\n".join([*parts, "</svg>", ""])


def _points(lines: Sequence[Mapping[str, Any]], key: str) -> list[Point]:
    """Tokens and losses, thinned; the last one stays."""
    tokens = {line["step"]: line["tokens"] for line in lines if "tokens" in line}
    found = [
        (float(tokens[line["step"]]), float(line[key]))
        for line in lines
        if key in line and math.isfinite(line[key])
    ]
    step = -(-len(found) // MOST_POINTS) or 1
    return found[::step] + (found[-1:] if (len(found) - 1) % step else [])


class _Scale:
    """Places of tokens and losses in the picture."""

    def __init__(self, points: Sequence[Point]) -> None:
        self._tokens = max(x for x, _ in points)
        losses = [y for _, y in points]
        self._low, self._high = math.floor(min(losses)), math.ceil(max(losses) + 1e-9)

    def x(self, tokens: float) -> float:
        return round(LEFT + (RIGHT - LEFT) * tokens / self._tokens, 1)

    def y(self, loss: float) -> float:
        return round(BOTTOM - (BOTTOM - TOP) * (loss - self._low) / (self._high - self._low), 1)

    def axes(self) -> list[str]:
        parts = []
        step = -(-(self._high - self._low) // TICKS)
        for loss in range(self._low, self._high + 1, step):
            y = self.y(loss)
            parts.append(f'<line class="grid" x1="{LEFT}" y1="{y}" x2="{RIGHT}" y2="{y}"/>')
            parts.append(f'<text x="{LEFT - 8}" y="{y + 4}" text-anchor="end">{loss}</text>')
        every = _round_step(self._tokens / TICKS)
        for number in range(int(self._tokens / every) + 1):
            tokens = every * number
            parts.append(
                f'<text x="{self.x(tokens)}" y="{BOTTOM + 18}" text-anchor="middle">{_count(tokens)}</text>'
            )
        return parts


def _round_step(least: float) -> float:
    """The first of 1, 2, 5, 10, 20... that is no less."""
    unit: float = 10.0 ** math.floor(math.log10(least))
    return next(unit * part for part in (1, 2, 5, 10) if unit * part >= least)


def _count(tokens: float) -> str:
    for limit, sign in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if tokens >= limit:
            return f"{tokens / limit:.3g}{sign}"
    return f"{tokens:.0f}"


def _frame() -> list[str]:
    light = "".join(f".c{i}{{stroke:{style[0]}}}" for i, style in enumerate(STYLES))
    dark = "".join(f".c{i}{{stroke:{style[1]}}}" for i, style in enumerate(STYLES))
    style = (
        "text{font:12px system-ui,sans-serif;fill:#1c2328}.ground{fill:#faf9f6}.grid{stroke:#e2dfd8}"
        f"path,circle{{fill:none;stroke-width:1.6}}{light}"
        "@media(prefers-color-scheme:dark){text{fill:#e7e5e0}.ground{fill:#14181b}.grid{stroke:#2e353a}"
        f"{dark}}}"
    )
    return [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH:g} {HEIGHT:g}" role="img">',
        f"<title>Loss in nats a token over tokens trained on</title><style>{style}</style>",
        f'<rect class="ground" width="{WIDTH:g}" height="{HEIGHT:g}"/>',
        f'<text x="{(LEFT + RIGHT) / 2}" y="{HEIGHT - 8}" text-anchor="middle">tokens</text>',
        f'<text transform="translate(14 {(TOP + BOTTOM) / 2}) rotate(-90)" text-anchor="middle">'
        "loss, nats a token</text>",
    ]
