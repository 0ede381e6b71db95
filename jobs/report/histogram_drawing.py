"""Where the parts of a histogram stand in its SVG: bars, threshold lines, ticks. Geometry only."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from jobs.report.page_text import measure, whole_number
from jobs.report.report_model import Histogram, Threshold

WIDTH, HEIGHT = 340.0, 172.0
LEFT, RIGHT, TOP, BOTTOM = 4.0, 336.0, 30.0, 148.0
# A bin with one document among a million must still be seen: it is what the threshold is about.
SMALLEST_BAR = 2.0
LANGUAGES_DRAWN = 4
TICKS = 4
LABEL_ROWS = 2
CHARACTER_WIDTH = 6.2


@dataclass(frozen=True)
class Bar:
    """One bin; y grows downwards."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Line:
    """One threshold; ``from_x`` to ``to_x`` is the side that leaves, drawn for general bounds."""

    x: float
    label: str
    label_x: float
    label_y: float
    anchor: str
    general: bool
    from_x: float
    to_x: float


@dataclass(frozen=True)
class Tick:
    """One label below the axis."""

    x: float
    label: str
    anchor: str


@dataclass(frozen=True)
class Drawing:
    """Everything the template needs to draw one histogram."""

    bars: list[Bar]
    lines: list[Line]
    ticks: list[Tick]
    undrawn_languages: int
    tallest: int
    description: str


def draw(signal: str, histogram: Histogram, languages: Sequence[str]) -> Drawing:
    """Return the drawing of a histogram.

    Args:
        signal: Its name, for the description.
        histogram: What to draw.
        languages: The run's languages, most documents first; thresholds of the first few are drawn.
    """
    tallest = max([*histogram.counts, histogram.zeros, 1])
    shown, left_out = _shown_thresholds(histogram.thresholds, languages)
    return Drawing(
        bars=_bars(histogram, tallest),
        lines=_lines(histogram, shown),
        ticks=_ticks(histogram),
        undrawn_languages=left_out,
        tallest=tallest,
        description=_description(signal, histogram),
    )


def position(histogram: Histogram, value: float) -> float:
    """Return the x of a value, held inside the plot."""
    first, last = histogram.edges[0], histogram.edges[-1]
    if histogram.scale == "log":
        if value <= 0:
            return LEFT
        part = math.log(value / first) / math.log(last / first)
    else:
        part = (value - first) / (last - first)
    return round(LEFT + min(max(part, 0.0), 1.0) * (RIGHT - LEFT), 2)


def _bars(histogram: Histogram, tallest: int) -> list[Bar]:
    bars = []
    step = (RIGHT - LEFT) / len(histogram.counts)
    for number, count in enumerate(histogram.counts):
        if count:
            height = max(SMALLEST_BAR, (BOTTOM - TOP) * count / tallest)
            x = LEFT + number * step
            bars.append(
                Bar(round(x, 2), round(BOTTOM - height, 2), round(step - 1, 2), round(height, 2))
            )
    return bars


def _shown_thresholds(
    thresholds: Sequence[Threshold], languages: Sequence[str]
) -> tuple[list[Threshold], int]:
    general = [line for line in thresholds if line.language is None]
    rank: Mapping[str, int] = {language: place for place, language in enumerate(languages)}
    own = sorted(
        {line.language for line in thresholds if line.language is not None},
        key=lambda language: (rank.get(language, len(rank)), language),
    )
    drawn = set(own[:LANGUAGES_DRAWN])
    return general + [line for line in thresholds if line.language in drawn], len(own) - len(drawn)


def _lines(histogram: Histogram, thresholds: Sequence[Threshold]) -> list[Line]:
    placed: list[Line] = []
    ends = [-math.inf] * LABEL_ROWS
    for x, threshold in sorted(
        ((position(histogram, line.value), line) for line in thresholds),
        key=lambda item: (item[0], item[1].language or ""),
    ):
        name = f"{threshold.language} " if threshold.language else ""
        label = f"{name}{'≥' if threshold.side == 'min' else '≤'} {measure(threshold.value)}"
        width = len(label) * CHARACTER_WIDTH
        start = min(max(x - width / 2, LEFT), RIGHT - width)
        row = next((row for row in range(LABEL_ROWS) if ends[row] + 6 <= start), None)
        if row is None:  # no room: the line stands without words, the text below names it
            label, row = "", 0
        else:
            ends[row] = start + width
        placed.append(
            Line(
                x=x,
                label=label,
                label_x=round(start + width / 2, 2),
                label_y=TOP - 8 - 12 * row,
                anchor="middle",
                general=threshold.language is None,
                from_x=LEFT if threshold.side == "min" else x,
                to_x=x if threshold.side == "min" else RIGHT,
            )
        )
    return placed


def _ticks(histogram: Histogram) -> list[Tick]:
    values = _log_ticks(histogram) if histogram.scale == "log" else _linear_ticks(histogram)
    ticks = []
    for value in values:
        x = position(histogram, value)
        anchor = "start" if x < LEFT + 12 else "end" if x > RIGHT - 12 else "middle"
        ticks.append(Tick(x, _tick_label(value), anchor))
    return ticks


def _linear_ticks(histogram: Histogram) -> list[float]:
    first, last = histogram.edges[0], histogram.edges[-1]
    return [first + (last - first) * place / TICKS for place in range(TICKS + 1)]


def _log_ticks(histogram: Histogram) -> list[float]:
    first, last = histogram.edges[0], histogram.edges[-1]
    low, high = math.ceil(math.log10(first) - 1e-9), math.floor(math.log10(last) + 1e-9)
    step = max(1, math.ceil((high - low + 1) / 6))
    powers = [10.0**power for power in range(low, high + 1, step)]
    return powers if len(powers) > 1 else [first, last]


def _tick_label(value: float) -> str:
    for limit, suffix in ((1e9, "G"), (1e6, "M"), (1e4, "k")):
        if abs(value) >= limit:
            return f"{value / (1e3 if suffix == 'k' else limit):.3g}{suffix}"
    return measure(float(f"{value:.3g}"))


def _description(signal: str, histogram: Histogram) -> str:
    if not histogram.documents:
        return f"No document has a value of {signal}."
    text = (
        f"Values of {signal} of {whole_number(histogram.documents)} documents, from "
        f"{measure(histogram.minimum)} to {measure(histogram.maximum)}, "
        f"on a {'logarithmic' if histogram.scale == 'log' else 'linear'} scale."
    )
    fullest = max(range(len(histogram.counts)), key=histogram.counts.__getitem__)
    if histogram.counts[fullest]:
        text += (
            f" The fullest bin, {measure(histogram.edges[fullest])} to "
            f"{measure(histogram.edges[fullest + 1])}, holds {whole_number(histogram.counts[fullest])}."
        )
    if histogram.zeros:
        text += f" {whole_number(histogram.zeros)} documents have zero."
    return text
