"""packed.html: what packing did to documents, and ten rows to look at with their boundaries."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from jobs.report.page import rendered
from jobs.runtime.amounts import whole_number

TEMPLATE: Final = "packed.html.j2"
ROWS_SHOWN: Final = 10
CHARACTERS_SHOWN: Final = 240
VALUES_SHOWN: Final = 50
WIDTH, HEIGHT, BOTTOM = 680.0, 190.0, 160.0
Decoder = Callable[[Sequence[int]], str]


@dataclass(frozen=True)
class ShownSegment:
    """A segment of a row: its document, tokens, whether it continues, and the ends of its text."""

    document: str
    length: int
    continued: bool
    text: str


@dataclass(frozen=True)
class ShownRow:
    """A packed row."""

    segments: tuple[ShownSegment, ...]
    padding: int


@dataclass(frozen=True)
class LabelRow:
    """One language or source: documents, how often each was seen, tokens, bytes a token."""

    value: str
    documents: int
    epochs: float
    tokens: int
    bytes_a_token: float


@dataclass(frozen=True)
class LengthBar:
    """Documents and segments of one range of lengths; heights and places in the picture."""

    label: str
    x: float
    before: float
    after: float
    documents: int
    segments: int


def render_packing_page(
    details: Mapping[str, Any], created_at: str, rows: Sequence[Mapping[str, Any]], decode: Decoder
) -> str:
    """Return the page of packed rows; it needs no network and no other file.

    Args:
        details: Of the manifest of ``packed/``.
        created_at: When it was published, ISO 8601, UTC.
        rows: Rows to show, as mappings of their columns.
        decode: Ids to text.
    """
    train = details["splits"]["train"]
    return rendered(
        TEMPLATE,
        details=details,
        created_at=created_at,
        splits={name: facts for name, facts in details["splits"].items() if facts},
        labels={name: label_rows(values) for name, values in train.get("by", {}).items()},
        bars=length_bars(train),
        size=(WIDTH, HEIGHT, BOTTOM),
        rows=[shown_row(row, decode) for row in rows[:ROWS_SHOWN]],
    )


def label_rows(values: Mapping[str, Sequence[int]]) -> list[LabelRow]:
    """Return the values with most tokens, at most 50.

    Args:
        values: Value → documents, copies, bytes of text and tokens.
    """
    ordered = sorted(values.items(), key=lambda item: (-item[1][3], item[0]))[:VALUES_SHOWN]
    return [
        LabelRow(
            value,
            documents,
            (documents + copies) / documents if documents else 0.0,
            tokens,
            size / tokens if tokens else 0.0,
        )
        for value, (documents, copies, size, tokens) in ordered
    ]


def length_bars(facts: Mapping[str, Any]) -> list[LengthBar]:
    """Return documents before and segments after packing by powers of two of their tokens."""
    before, after = facts.get("document_lengths", []), facts.get("segment_lengths", [])
    used = [power for power, pair in enumerate(zip(before, after, strict=True)) if any(pair)]
    if not used:
        return []
    powers = range(used[0], used[-1] + 1)
    most = max(*(before[power] for power in powers), *(after[power] for power in powers))
    step = WIDTH / len(powers)
    scale = (BOTTOM - 10) / most
    return [
        LengthBar(
            whole_number(1 << power),
            round(place * step, 1),
            round(before[power] * scale, 1),
            round(after[power] * scale, 1),
            before[power],
            after[power],
        )
        for place, power in enumerate(powers)
    ]


def shown_row(row: Mapping[str, Any], decode: Decoder) -> ShownRow:
    """Return a row with the beginning and the end of each segment's text."""
    names = ("segment_lengths", "document_ids", "is_continuation")
    segments, start = [], 0
    for length, document, continued in zip(*(row[name] for name in names), strict=True):
        text = decode(row["input_ids"][start : start + length])
        if len(text) > CHARACTERS_SHOWN:
            half = CHARACTERS_SHOWN // 2
            text = f"{text[:half]} … {text[-half:]}"
        segments.append(ShownSegment(str(document), length, continued, text))
        start += length
    return ShownRow(tuple(segments), row["padding"])
