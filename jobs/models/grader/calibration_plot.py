"""The calibration plot of a model as SVG: mean label beside mean score, bin by bin."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

SIZE: Final = 360.0
MARGIN: Final = 44.0
LARGEST_DOT, SMALLEST_DOT = 9.0, 2.5
TICKS: Final = 6


def calibration_plot(table: Sequence[Mapping[str, Any]], high: float, cut: float) -> str:
    """Draw a reliability diagram.

    Args:
        table: ``documents``, ``mean_score`` and ``mean_label`` of each bin.
        high: Highest label; both axes go from 0 to it.
        cut: Where documents start to pass; a line upwards.

    Returns:
        One SVG document. Points on the diagonal are calibrated; their area is the bin's documents.
    """
    most = max((row["documents"] for row in table), default=1)
    points = [(_x(row["mean_score"], high), _y(row["mean_label"], high)) for row in table]
    dots = [
        f'<circle cx="{x:.1f}" cy="{y:.1f}"'
        f' r="{max(SMALLEST_DOT, LARGEST_DOT * (row["documents"] / most) ** 0.5):.1f}">'
        f"<title>{row['documents']} documents: score {row['mean_score']:.2f},"
        f" label {row['mean_label']:.2f}</title></circle>"
        for (x, y), row in zip(points, table, strict=True)
    ]
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    low_edge, high_edge, line = MARGIN, SIZE - MARGIN, _x(min(cut, high), high)
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {SIZE:g} {SIZE:g}" role="img"'
            ' font-family="sans-serif" font-size="11">',
            f"<title>Calibration on {sum(row['documents'] for row in table)} test documents</title>",
            f'<rect x="{low_edge:g}" y="{low_edge:g}" width="{high_edge - low_edge:g}"'
            f' height="{high_edge - low_edge:g}" fill="none" stroke="#888"/>',
            f'<path d="M{low_edge:g} {high_edge:g}L{high_edge:g} {low_edge:g}" stroke="#888"'
            ' stroke-dasharray="4 4"/>',
            f'<path d="M{line:.1f} {low_edge:g}V{high_edge:g}" stroke="#b00"/>',
            f'<polyline points="{path}" fill="none" stroke="#06c"/>',
            '<g fill="#06c">',
            *dots,
            "</g>",
            *_axes(high),
            "</svg>",
            "",
        ]
    )


def _axes(high: float) -> list[str]:
    labels = []
    for number in range(TICKS):
        value = high * number / (TICKS - 1)
        x, y = _x(value, high), _y(value, high)
        labels.append(
            f'<text x="{x:.1f}" y="{SIZE - MARGIN + 14:g}" text-anchor="middle">{value:g}</text>'
        )
        labels.append(
            f'<text x="{MARGIN - 6:g}" y="{y + 4:.1f}" text-anchor="end">{value:g}</text>'
        )
    middle = SIZE / 2
    labels.append(f'<text x="{middle:g}" y="{SIZE - 10:g}" text-anchor="middle">mean score</text>')
    labels.append(
        f'<text x="12" y="{middle:g}" text-anchor="middle" transform="rotate(-90 12 {middle:g})">'
        "mean label</text>"
    )
    return labels


def _x(value: float, high: float) -> float:
    return MARGIN + (SIZE - 2 * MARGIN) * min(max(value / high, 0.0), 1.0)


def _y(value: float, high: float) -> float:
    return SIZE - _x(value, high)
