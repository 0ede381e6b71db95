"""Documents of a run as a reference model finds them, beside the KenLM perplexity that the run gave them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from jobs.inspection.run_tables import RunTables
from jobs.models.reference.held_out import seen_shares
from jobs.models.reference.row_stream import PackedRow, RowStream, packed_rows
from jobs.models.reference.token_text import TokenText, predicted_bytes
from jobs.runtime.errors import InputError
from jobs.runtime.store import storage
from jobs.runtime.store.small_records import read_mapping
from udfs.language.codes import UNKNOWN_LANGUAGE
from udfs.perplexity.folder import MODEL_CARD
from udfs.perplexity.tokens import TOKEN_SCHEME, tokenise_lines
from udfs.trainer_files.packing.document_pieces import place_documents
from udfs.trainer_files.packing.token_rows import RowLayout, build_rows, row_batch

if TYPE_CHECKING:
    from jobs.models.reference.evaluation import SegmentLosses

PERPLEXITY: Final = "perplexity.perplexity"
ROWS_A_DOCUMENT: Final = 8
"""Rows' worth of a document that are scored, from its beginning: a long book says no more."""
DOCUMENTS_AT_ONCE: Final = 256
EXCERPT: Final = 240  # characters
Reals = npt.NDArray[np.float64]


class Sample(NamedTuple):
    """Documents to score.

    Attributes:
        table: id, language, url, source, reasons, flags, perplexity_bucket, kenlm_perplexity; by id.
        without: Judged documents that have no KenLM perplexity.
        beyond: Those that have one and are beyond the limit of their language.
    """

    table: pa.Table
    without: int
    beyond: int


def choose_documents(tables: RunTables, most: int) -> Sample:
    """Draw documents that KenLM has scored.

    Args:
        tables: Of a run that was decided.
        most: Documents of each language; which ones depends on the ids alone.

    Raises:
        InputError: The run was not decided, or has no document with a perplexity.
    """
    names = ["id", "language", "url", "source", "reasons", "flags", "perplexity_bucket"]
    scored = tables.columns("annotated", ["id", PERPLEXITY])
    verdicts = tables.columns("verdicts", names)
    places = pc.index_in(verdicts.column("id"), scored.column("id").combine_chunks())
    table = verdicts.append_column("kenlm_perplexity", scored.column(PERPLEXITY).take(places))
    table = table.filter(table.column("kenlm_perplexity").is_valid()).sort_by("id")
    if not len(table):
        raise InputError(
            f"no document of {tables.output} has a KenLM perplexity: run it with --perplexity-model FOLDER, "
            "or on more text of a language, so that it trains a model of its own"
        )
    languages = table.column("language").fill_null(UNKNOWN_LANGUAGE).to_numpy()
    chosen = [
        rows
        if len(rows) <= most
        else np.sort(np.random.default_rng(0).choice(rows, most, replace=False))
        for language in sorted(set(languages))
        for rows in [np.flatnonzero(languages == language)]
    ]
    taken = table.take(np.sort(np.concatenate(chosen)))
    return Sample(taken, len(verdicts) - len(table), len(table) - len(taken))


@dataclass(frozen=True)
class DocumentScorer:
    """A reference model that scores documents as it was trained on them.

    Attributes:
        text: Its tokeniser.
        stream: What it was trained on.
        bos: Put before a document; None puts nothing.
        losses: Scores rows.
        note: Says how far the scoring is.
    """

    text: TokenText
    stream: RowStream
    bos: int | None
    losses: Callable[[Sequence[PackedRow]], SegmentLosses]
    note: Callable[[str], None]

    def score(self, tables: RunTables, sample: Sample) -> pa.Table:
        """Return the sample with what the model makes of each document.

        Returns:
            Columns of the sample and ``nats_a_token``, ``bits_a_byte``; ``tokens`` and ``text_bytes`` that
            were predicted; ``whole`` (scored to its end); ``kenlm_nats_a_token``; ``kenlm_bits_a_byte``,
            null where the run did not train its KenLM models, whose tokens nobody knows; ``seen_share``
            of tokens in runs of 13 that the model was trained on; ``excerpt``.
        """
        ids = sample.table.column("id").to_pylist()
        counts_lines = _has_own_scheme(tables)
        parts, rows, documents = [], [], []
        for first in range(0, len(ids), DOCUMENTS_AT_ONCE):
            part = ids[first : first + DOCUMENTS_AT_ONCE]
            found = tables.rows("annotated", part, ["text"])
            texts = [found[number]["text"] for number in part]
            part_rows, whole = self._rows(texts)
            parts.append(self._scored(texts, part_rows, whole, counts_lines))
            rows += part_rows
            documents += [
                first + document.as_py() for row in part_rows for document in row.documents
            ]
            self.note(f"scored {first + len(part):,} of {len(ids):,} documents")
        self.note("looks for the documents in what the model was trained on")
        seen = _seen(rows, np.array(documents), len(ids), self.stream)
        return _table(sample.table, pa.concat_tables(parts), seen)

    def _rows(self, texts: Sequence[str]) -> tuple[list[PackedRow], list[bool]]:
        """Texts as rows that name them by their place, and whether each is there to its end."""
        most = ROWS_A_DOCUMENT * self.stream.length
        framed = [
            [*([] if self.bos is None else [self.bos]), *self.text.encode(text)]
            + ([] if self.text.eos is None else [self.text.eos])
            for text in texts
        ]
        ids = np.array([one for part in framed for one in part[:most]], np.int32)
        offsets = np.append(0, np.cumsum([min(len(part), most) for part in framed])).astype(
            np.int64
        )
        units = np.zeros(len(texts), np.int64)
        pieces = place_documents("best-fit", offsets, units, self.stream.length, 0)
        layout = RowLayout(self.stream.length, None)
        table = build_rows(ids, offsets, pa.array(np.arange(len(texts))), pieces, layout)
        return list(packed_rows(row_batch(table))), [len(part) <= most for part in framed]

    def _scored(
        self,
        texts: Sequence[str],
        rows: Sequence[PackedRow],
        whole: Sequence[bool],
        counts_lines: bool,
    ) -> pa.Table:
        found = self.losses(rows)
        documents = np.array([document.as_py() for row in rows for document in row.documents])

        def added(values: npt.NDArray[np.int64] | Reals) -> Reals:
            return np.bincount(documents, values, len(texts)).astype(np.float64)

        size = np.concatenate([predicted_bytes(row, self.text.byte_lengths) for row in rows])
        nats, tokens, text_bytes = added(found.nats), added(found.tokens), added(size)
        lines = tokenise_lines(pa.array(texts, pa.string()))
        events = np.diff(lines.token_boundaries()) + np.diff(lines.document_lines)
        all_bytes = np.array([len(text.encode("utf-8")) for text in texts])
        return pa.table({
            "nats_a_token": nats / np.maximum(1, tokens),
            "bits_a_byte": nats / np.log(2) / np.maximum(1, text_bytes),
            "tokens": tokens.astype(np.int64),
            "text_bytes": text_bytes.astype(np.int64),
            "whole": list(whole),
            "kenlm_events_a_byte": pa.array(
                events / np.maximum(1, all_bytes), mask=np.full(len(texts), not counts_lines)
            ),
            "excerpt": [text[:EXCERPT] for text in texts],
        })  # fmt: skip


def _has_own_scheme(tables: RunTables) -> bool:
    """Say whether the run's KenLM models are of its own making, and so count our tokens and lines."""
    card = read_mapping(storage.join(tables.output, "models", "perplexity", MODEL_CARD))
    return card is not None and card.get("token_scheme") == TOKEN_SCHEME


def _seen(
    rows: Sequence[PackedRow],
    documents: npt.NDArray[np.int64],
    count: int,
    stream: RowStream,
) -> Reals:
    """float64[documents]; share of tokens in runs that training rows have."""
    shares = np.nan_to_num(seen_shares(rows, stream.in_order()))
    lengths = np.concatenate([row.segment_lengths for row in rows])
    seen = np.bincount(documents, shares * lengths, count)
    return np.asarray(seen / np.maximum(1, np.bincount(documents, lengths, count)))


def _table(sample: pa.Table, scores: pa.Table, seen: Reals) -> pa.Table:
    """Join columns by place, KenLM's perplexity as the loss that it is."""
    nats = pc.ln(sample.column("kenlm_perplexity").cast(pa.float64()))
    bits = pc.divide(pc.multiply(nats, scores.column("kenlm_events_a_byte")), float(np.log(2)))
    columns: Mapping[str, pa.ChunkedArray] = {
        **dict(_named(sample)),
        **dict(_named(scores.drop_columns(["kenlm_events_a_byte"]))),
        "kenlm_nats_a_token": nats,
        "kenlm_bits_a_byte": bits,
        "seen_share": pa.chunked_array([seen]),
    }
    return pa.table(dict(columns))


def _named(table: pa.Table) -> Iterator[tuple[str, pa.ChunkedArray]]:
    yield from zip(table.column_names, table.columns, strict=True)
