"""Where the parts of a histogram stand in its SVG: bars, threshold lines, ticks. Geometry only."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from jobs.report.report_model import Histogram, Threshold
from jobs.runtime.amounts import measure, whole_number

WIDTH, HEIGHT = 340.0, 172.0
LEFT, RIGHT, BOTTOM = 4.0, 336.0, 148.0
LABEL_ROWS, LABEL_HEIGHT, LABEL_GAP = 3, 12.0, 6.0
CHARACTER_WIDTH = 6.2
# A bin with one document among a million must still be seen: it is what the threshold is about.
SMALLEST_BAR = 2.0
LANGUAGES_DRAWN = 4
MOST_TICKS = 6
NICE_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)


@dataclass(frozen=True)
class Bar:
    """One bin; y grows downwards."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Line:
    """One threshold with its label; a tinted one marks the failing side, ``from_x`` to ``to_x``."""

    x: float
    label: str
    label_x: float
    label_y: float
    own: bool
    flag: bool
    from_x: float
    to_x: float

    @property
    def tinted(self) -> bool:
        """Whether documents of all other languages leave on one side."""
        return not self.own and not self.flag


@dataclass(frozen=True)
class Tick:
    """One label below the axis."""

    x: float
    label: str
    anchor: str


@dataclass(frozen=True)
class Drawing:
    """Everything the template needs to draw one histogram; ``top`` is the upper end of the plot."""

    top: float
    bottom: float
    bars: list[Bar]
    lines: list[Line]
    ticks: list[Tick]
    undrawn_languages: int
    description: str


def draw(signal: str, histogram: Histogram, languages: Sequence[str]) -> Drawing:
    """Return the drawing of a histogram.

    Args:
        signal: Its name, for the description.
        histogram: What to draw.
        languages: The run's languages, most documents first; thresholds of the first few are drawn.
    """
    shown, left_out = _shown_thresholds(histogram.thresholds, languages)
    lines = _lines(histogram, shown)
    rows = {line.label_y for line in lines if line.label}
    top = max(rows, default=0.0) + LABEL_GAP
    return Drawing(
        top=top,
        bottom=BOTTOM,
        bars=_bars(histogram, top),
        lines=lines,
        ticks=_ticks(histogram),
        undrawn_languages=left_out,
        description=describe(signal, histogram),
    )


def position(histogram: Histogram, value: float) -> float:
    """Return the x of a value, held inside the plot."""
    first, last = histogram.edges[0], histogram.edges[-1]
    if histogram.scale == "log":
        part = math.log(value / first) / math.log(last / first) if value > 0 else 0.0
    else:
        part = (value - first) / (last - first)
    return round(LEFT + min(max(part, 0.0), 1.0) * (RIGHT - LEFT), 2)


def describe(signal: str, histogram: Histogram) -> str:
    """Return what a histogram shows, for those who do not see it."""
    if not histogram.documents:
        return f"No document has a value of {signal}."
    scale = "logarithmic" if histogram.scale == "log" else "linear"
    text = (
        f"Values of {signal} of {whole_number(histogram.documents)} documents, from "
        f"{measure(histogram.minimum)} to {measure(histogram.maximum)}, on a {scale} scale."
    )
    fullest = max(range(len(histogram.counts)), key=histogram.counts.__getitem__)
    if histogram.counts[fullest]:
        text += (
            f" The fullest bin, {measure(histogram.edges[fullest])} to "
            f"{measure(histogram.edges[fullest + 1])}, holds {whole_number(histogram.counts[fullest])}."
        )
    if histogram.zeros:
        text += f" {whole_number(histogram.zeros)} documents have zero or less."
    return text


def _bars(histogram: Histogram, top: float) -> list[Bar]:
    tallest = max([*histogram.counts, 1])
    step = (RIGHT - LEFT) / len(histogram.counts)
    bars = []
    for number, count in enumerate(histogram.counts):
        if count:
            height = round(max(SMALLEST_BAR, (BOTTOM - top) * count / tallest), 2)
            x = round(LEFT + number * step, 2)
            bars.append(Bar(x, round(BOTTOM - height, 2), round(step - 1, 2), height))
    return bars


def _shown_thresholds(
    thresholds: Sequence[Threshold], languages: Sequence[str]
) -> tuple[list[Threshold], int]:
    rank = {language: place for place, language in enumerate(languages)}
    own = sorted(
        {line.language for line in thresholds if line.language is not None},
        key=lambda language: (rank.get(language, len(rank)), language),
    )
    drawn = {None, *own[:LANGUAGES_DRAWN]}
    shown = [line for line in thresholds if line.language in drawn]
    return shown, max(0, len(own) - LANGUAGES_DRAWN)


def _lines(histogram: Histogram, thresholds: Sequence[Threshold]) -> list[Line]:
    lines: list[Line] = []
    ends = [-math.inf] * LABEL_ROWS
    for x, label, threshold in _labelled(histogram, thresholds):
        width = len(label) * CHARACTER_WIDTH
        start = min(max(x - width / 2, LEFT), RIGHT - width)
        row = next((row for row, end in enumerate(ends) if end + LABEL_GAP <= start), None)
        if row is not None:
            ends[row] = start + width
        low = threshold.side == "min"
        lines.append(
            Line(
                x=x,
                # Without room the line stands without words; the rule's text names its value.
                label="" if row is None else label,
                label_x=round(start + width / 2, 2),
                label_y=LABEL_HEIGHT * ((row or 0) + 1),
                own=threshold.language is not None,
                flag=threshold.action != "drop",
                from_x=LEFT if low else x,
                to_x=x if low else RIGHT,
            )
        )
    return lines


def _labelled(
    histogram: Histogram, thresholds: Sequence[Threshold]
) -> list[tuple[float, str, Threshold]]:
    """Return one entry a line, from left to right; languages with one bound share a line."""
    with_own = {line.reason for line in thresholds if line.language is not None}
    shared: dict[tuple[object, ...], list[Threshold]] = {}
    for line in thresholds:
        key = (line.value, line.side, line.action, line.language is None)
        shared.setdefault(key, []).append(line)
    entries = []
    for lines in shared.values():
        first = lines[0]
        names = list(dict.fromkeys(line.language for line in lines if line.language))
        others = ["others"] if first.language is None and first.reason in with_own else []
        sign = "≥" if first.side == "min" else "≤"
        label = " ".join([*(names or others), sign, measure(first.value)])
        entries.append((position(histogram, first.value), label, first))
    return sorted(entries, key=lambda entry: entry[:2])


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
    power = 10.0 ** math.floor(math.log10((last - first) / MOST_TICKS))
    steps = [step * power for step in NICE_STEPS if (last - first) / (step * power) <= MOST_TICKS]
    step = steps[0]
    numbers = range(math.ceil(first / step - 1e-9), math.floor(last / step + 1e-9) + 1)
    return [number * step for number in numbers]


def _log_ticks(histogram: Histogram) -> list[float]:
    first, last = histogram.edges[0], histogram.edges[-1]
    low, high = math.ceil(math.log10(first) - 1e-6), math.floor(math.log10(last) + 1e-6)
    step = max(1, math.ceil((high - low + 1) / MOST_TICKS))
    powers = [10.0**power for power in range(low, high + 1, step)]
    return powers if len(powers) > 1 else [first, last]


def _tick_label(value: float) -> str:
    for limit, unit, suffix in ((1e9, 1e9, "G"), (1e6, 1e6, "M"), (1e4, 1e3, "k")):
        if abs(value) >= limit:
            return f"{value / unit:.3g}{suffix}"
    return measure(float(f"{value:.3g}"))
