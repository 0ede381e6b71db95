"""`pack --dry-run`: what packing would give, from the tokens of a sample."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from jobs.packing.documents import ChunkDocuments, DocumentCounts
from jobs.packing.opened_tokeniser import OpenedTokeniser
from jobs.runtime.amounts import rounded, share, size
from udfs.trainer_files.packing.document_pieces import place_documents
from udfs.trainer_files.packing.settings import PackSettings
from udfs.trainer_files.tokenising.engines import load_engine
from udfs.trainer_files.tokenising.identity_check import choose_engine

SAMPLED_DOCUMENTS: Final = 1_000
SAMPLED_CHARACTERS: Final = 20_000
LENGTHS: Final = tuple(1 << power for power in range(9, 18))  # 512 to 131,072
WHOLE_SHARE: Final = 0.9
"""The proposed length is the shortest that leaves so much of the documents uncut."""
PARQUET_BYTES: Final = 1.7  # zstd of int32 ids, 1.69 B measured with a vocabulary of 128,000


def estimate_text(
    chunks: Sequence[Callable[[], ChunkDocuments]],
    tokeniser: OpenedTokeniser,
    settings: PackSettings,
) -> str:
    """Count tokens of a sample and say what packing all documents would give; nothing is written."""
    first, *others = [chunk() for chunk in chunks]
    counts = [documents.count(settings) for documents in (first, *others)]
    # A document's beginning tells how many bytes a token of it has; books would not fit the driver.
    rows = first.beginnings(SAMPLED_CHARACTERS, SAMPLED_DOCUMENTS)
    sample = [text for text, _ in rows]
    choice = choose_engine(
        tokeniser.file, sample, special_tokens_in_text=settings.special_tokens_in_text
    )
    engine = load_engine(
        tokeniser.file, choice.name, special_tokens_in_text=settings.special_tokens_in_text
    )
    around = (tokeniser.frame.bos is not None) + (tokeniser.frame.eos is not None)
    sizes = np.array([size for _, size in rows], np.int64)
    read = np.array([len(text.encode("utf-8", "replace")) for text in sample], np.int64)
    tokens = np.diff(engine.encode(sample).offsets) * sizes / np.maximum(read, 1)
    lengths = np.maximum(1, np.rint(tokens)).astype(np.int64) + around
    lines = [] if choice.warning is None else [choice.warning, ""]
    return "\n".join([*lines, *_lines(counts, lengths, int(sizes.sum()), settings)])


def _lines(
    counts: Sequence[DocumentCounts],
    lengths: npt.NDArray[np.int64],
    text_bytes: int,
    settings: PackSettings,
) -> list[str]:
    if not len(lengths):
        return ["no document has any text"]
    per_byte = lengths.sum() / max(1, text_bytes)
    seen = sum(one.training + one.validation for one in counts)
    tokens = per_byte * sum(one.training_bytes + one.validation_bytes for one in counts)
    partitions = [
        sum(pair) for pair in zip(*(one.partitions(settings) for one in counts), strict=True)
    ]
    middle, high = np.percentile(lengths, [50, 90]).astype(int)
    shown = sorted({*LENGTHS, settings.length})
    rows = [(length, *_packed(lengths, length)) for length in shown]
    proposed = next((length for length, whole, _ in rows if whole >= WHOLE_SHARE), shown[-1])
    return [
        f"{seen:,} documents, of which {sum(one.validation for one in counts):,} are kept apart; "
        f"{sum(one.left_out for one in counts):,} left out by weight",
        f"sample of {len(lengths):,}: {1 / per_byte:.2f} bytes a token, median {middle:,} tokens a "
        f"document, nine in ten up to {high:,}",
        f"about {rounded(tokens)} tokens: Parquet {size(PARQUET_BYTES * tokens)}, 16-bit files "
        f"{size(2 * tokens)}, 32-bit files {size(4 * tokens)}",
        f"partitions: {partitions[0]:,} to train on, {partitions[1]:,} apart",
        "",
        f"{'length':>8}  {'documents whole':>15}  {'tokens a row':>12}",
        *(
            f"{length:>8,}  {share(whole, 1.0):>15}  {share(filled, 1.0):>12}"
            f"{'  asked for' if length == settings.length else ''}"
            for length, whole, filled in rows
        ),
        f"proposed: --length {proposed}, the shortest with {WHOLE_SHARE:.0%} of the documents whole",
    ]


def _packed(lengths: npt.NDArray[np.int64], capacity: int) -> tuple[float, float]:
    """Shares of the documents that stay whole and of the rows that are not padding."""
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    pieces = place_documents("best-fit", offsets, np.zeros(len(lengths), np.int64), capacity, 0)
    rows = int(pieces.row.max(initial=0)) + 1
    return float((lengths <= capacity).mean()), float(lengths.sum() / (rows * capacity))
