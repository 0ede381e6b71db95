"""The signals of contamination: an annotator beside all others, over the tokens they share."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
import pyarrow as pa

from udfs.columns.batch_columns import require_columns, with_columns
from udfs.columns.signal_fields import SignalField
from udfs.contamination.benchmark_index import BenchmarkIndex
from udfs.contamination.excision import NEWLINE, Lines, lines_around, remaining_characters
from udfs.contamination.matching import Match, evidence_order, match_texts
from udfs.lines.text_batch import TextBatch, TextPart
from udfs.signals.annotate import annotate
from udfs.signals.annotator import Annotator, SignalValues
from udfs.text.token_batch import TokenBatch
from udfs.text.tokenising import tokenise

SEAM_BYTES: Final = 16 << 10
"""Of a document cut into pieces, what is read once more on both sides of a cut."""

_NULL: Final = "Null without --benchmarks."
CONTAMINATION_FIELDS: Final = (
    SignalField(
        "strength", pa.float64(), "lines", ">= 0",
        "How far the strongest item of a benchmark reaches up the nearest line of evidence (settings "
        f"`contamination`): 1 and more is found, 0 nothing near it. {_NULL}", "corpusmill",
    ),
    SignalField(
        "variant_strength", pa.float64(), "lines", ">= 0",
        f"The same of items whose numbers differ: another exercise of the same wording. {_NULL}",
        "corpusmill",
    ),
    SignalField(
        "items", pa.int32(), "items", ">= 0",
        f"Items that are found, variants left out. {_NULL}", "corpusmill",
    ),
    SignalField(
        "benchmarks", pa.int32(), "benchmarks", ">= 0",
        f"Benchmarks that these items are of. {_NULL}", "corpusmill",
    ),
    SignalField(
        "remaining", pa.int64(), "characters", ">= 0",
        "Text that stays when the lines of all found items, and those around them (setting "
        "`contamination.excised_bytes_around`), are cut. Null where no item is found. "
        f"{_NULL}",
        "corpusmill; Brown et al. 2020",
    ),
)  # fmt: skip
MATCH_TYPE: Final = pa.struct(
    [
        ("benchmark", pa.string()),
        ("item", pa.string()),
        ("field", pa.string()),
        ("share", pa.float64()),
        ("bits", pa.float64()),
        ("strength", pa.float64()),
        ("variant", pa.bool_()),
        ("key", pa.string()),
        ("passage", pa.string()),
        ("first_line", pa.int32()),
        ("last_line", pa.int32()),
    ]
)
"""One match of a document, as ``matching.Match`` with names in place of numbers, and the lines that
would be cut with it, by number from 0."""
MATCHES: Final = "matches"
CONTAMINATION_TYPE: Final = pa.struct(
    [*((field.name, field.type) for field in CONTAMINATION_FIELDS), (MATCHES, pa.list_(MATCH_TYPE))]
)
MOST_MATCHES: Final = 1000
"""Matches that are kept of one document, the strongest: a whole benchmark in one file has thousands."""


def contamination_annotator(index: BenchmarkIndex) -> Annotator:
    """The annotator that compares documents with an index."""
    matches = SignalField(
        MATCHES, pa.list_(MATCH_TYPE), "matches", "", "Every match.", "corpusmill"
    )
    return Annotator(
        "contamination",
        (*CONTAMINATION_FIELDS, matches),
        functools.partial(ContaminationCounting, index),
    )


@dataclass(frozen=True)
class ContaminationBatches:
    """A function for mapInArrow: ``text`` in, ``contamination`` out beside all other columns.

    Attributes:
        index: Gives what texts are compared with.
    """

    index: Callable[[], BenchmarkIndex]

    def output_schema(self, schema: pa.Schema) -> pa.Schema:
        """Return the input's schema without ``text`` and with ``contamination``.

        Raises:
            ValueError: There is no column of text.
        """
        require_columns(schema, {"text": (pa.string(), pa.large_string())})
        kept = [field for field in schema if field.name != "text"]
        return pa.schema([*kept, pa.field("contamination", CONTAMINATION_TYPE)])

    def __call__(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Yield a batch for each batch."""
        annotator = contamination_annotator(self.index())
        for batch in batches:
            texts = TextBatch(batch.column("text").fill_null(""))
            found = annotate(texts, (), [annotator])
            yield with_columns(batch.drop_columns(["text"]), found)


class ContaminationCounting:
    """Matches of one batch that grow part by part."""

    def __init__(self, index: BenchmarkIndex, batch: TextBatch) -> None:
        self._index = index
        self._batch = batch
        self._found: list[dict[int, _Found]] = [{} for _ in range(len(batch))]
        self._row = -1  # of the last part
        self._tail = b""  # its last bytes
        self._lines = 0  # of its row, up to its end

    def add(self, part: TextPart) -> None:
        """Find the items of one part; of a piece also those that its cut from the last one parts."""
        tokens = part.tokens_alone
        first = int(part.rows[0])
        lines = self._lines if first == self._row else 0
        self._keep(tokens, [int(row) for row in part.rows], lines)
        if first == self._row:
            seam = self._tail + _bytes(tokens, 0, SEAM_BYTES)
            cut = tokenise(pa.array([seam], pa.large_binary()))
            self._keep(cut, [first], lines - self._tail.count(b"\n"))
        start, stop = tokens.text_offsets[-2:]
        last = tokens.data[start:stop]
        self._lines = int(np.count_nonzero(last == NEWLINE)) + (lines if len(part.rows) == 1 else 0)
        self._row = int(part.rows[-1])
        self._tail = _bytes(tokens, len(tokens.data) - SEAM_BYTES, len(tokens.data))

    def _keep(self, tokens: TokenBatch, rows: list[int], lines: int) -> None:
        """Keep the strongest match of each row and item; ``lines`` precede the first row's text."""
        reach = self._index.settings.excised_bytes_around
        for match in match_texts(tokens, self._index):
            kept = self._found[rows[match.row]]
            before = kept.get(match.item)
            if before is not None and evidence_order(before.match) <= evidence_order(match):
                continue
            start, stop = tokens.text_offsets[match.row : match.row + 2]
            text = tokens.data[start:stop]
            place = (match.start - int(start), match.end - int(start))
            earlier = lines if match.row == 0 else 0
            kept[match.item] = _Found(match, lines_around(text, *place, reach, earlier))

    def values(self) -> SignalValues:
        """The struct's columns."""
        columns: dict[str, list[object]] = {name: [] for name in CONTAMINATION_TYPE.names}
        for row, found in enumerate(self._found):
            matches = sorted(
                (one.match for one in found.values()),
                key=lambda match: (*evidence_order(match), match.item),
            )
            clear = [match for match in matches if not match.variant]
            held = [match for match in clear if match.strength >= 1]
            columns["remaining"].append(
                remaining_characters(
                    self._batch.texts[row].as_py(), [found[match.item].lines for match in held]
                )
                if held
                else None
            )
            columns["strength"].append(max((match.strength for match in clear), default=0.0))
            columns["variant_strength"].append(
                max((match.strength for match in matches if match.variant), default=0.0)
            )
            columns["items"].append(len(held))
            columns["benchmarks"].append(
                len({self._index.benchmarks[match.item] for match in held})
            )
            columns[MATCHES].append(
                [self._told(found[match.item]) for match in matches[:MOST_MATCHES]]
            )
        return {
            field.name: pa.array(columns[field.name], field.type) for field in CONTAMINATION_TYPE
        }

    def _told(self, found: _Found) -> dict[str, object]:
        match = found.match
        return {
            "benchmark": self._index.benchmarks[match.item],
            "item": self._index.ids[match.item],
            "field": match.field,
            "share": match.share,
            "bits": match.bits,
            "strength": match.strength,
            "variant": bool(match.variant),
            "key": match.key,
            "passage": match.passage,
            "first_line": found.lines.first,
            "last_line": found.lines.last,
        }


class _Found(NamedTuple):
    """A match and the lines that would be cut with it."""

    match: Match
    lines: Lines


def _bytes(tokens: TokenBatch, start: int, stop: int) -> bytes:
    data: np.ndarray[tuple[int], np.dtype[np.uint8]] = tokens.data[max(start, 0) : stop]
    return data.tobytes()
