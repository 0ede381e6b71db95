"""The signals of contamination: an annotator beside all others, over the tokens they share."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa

from udfs.columns.batch_columns import require_columns, with_columns
from udfs.columns.signal_fields import SignalField
from udfs.contamination.benchmark_index import BenchmarkIndex
from udfs.contamination.matching import Match, match_texts
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
    ]
)
"""One match of a document, as ``matching.Match`` with names in place of numbers."""
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
        self._found: list[dict[int, Match]] = [{} for _ in range(len(batch))]
        self._row = -1  # of the last part
        self._tail = b""  # its last bytes

    def add(self, part: TextPart) -> None:
        """Find the items of one part; of a piece also those that its cut from the last one parts."""
        tokens = part.tokens
        self._keep(tokens, [int(row) for row in part.rows])
        first = int(part.rows[0])
        if first == self._row:
            seam = self._tail + _bytes(tokens, 0, SEAM_BYTES)
            self._keep(tokenise(pa.array([seam], pa.large_binary())), [first])
        self._row = int(part.rows[-1])
        self._tail = _bytes(tokens, len(tokens.data) - SEAM_BYTES, len(tokens.data))

    def _keep(self, tokens: TokenBatch, rows: list[int]) -> None:
        for match in match_texts(tokens, self._index):
            kept = self._found[rows[match.row]]
            before = kept.get(match.item)
            if before is None or (before.variant, -before.strength) > (
                match.variant,
                -match.strength,
            ):
                kept[match.item] = match

    def values(self) -> SignalValues:
        """The struct's columns."""
        columns: dict[str, list[object]] = {name: [] for name in CONTAMINATION_TYPE.names}
        for found in self._found:
            matches = sorted(
                found.values(), key=lambda match: (match.variant, -match.strength, match.item)
            )
            clear = [match for match in matches if not match.variant]
            held = [match for match in clear if match.strength >= 1]
            columns["strength"].append(max((match.strength for match in clear), default=0.0))
            columns["variant_strength"].append(
                max((match.strength for match in matches if match.variant), default=0.0)
            )
            columns["items"].append(len(held))
            columns["benchmarks"].append(
                len({self._index.benchmarks[match.item] for match in held})
            )
            columns[MATCHES].append([self._told(match) for match in matches[:MOST_MATCHES]])
        return {
            field.name: pa.array(columns[field.name], field.type) for field in CONTAMINATION_TYPE
        }

    def _told(self, match: Match) -> dict[str, object]:
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
        }


def _bytes(tokens: TokenBatch, start: int, stop: int) -> bytes:
    data: np.ndarray[tuple[int], np.dtype[np.uint8]] = tokens.data[max(start, 0) : stop]
    return data.tobytes()
