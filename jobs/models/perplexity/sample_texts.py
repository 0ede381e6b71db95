"""Which documents train the models: by content hash only, whatever their order or partition."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.models.perplexity.settings import PerplexitySettings
from jobs.runtime.spark.arrow_frames import map_with_schema
from udfs.perplexity.tokens import TokenLines, tokenise_lines
from udfs.perplexity.vocabulary import SAMPLING_KEYS, folds_of, hash_documents, sampling_keys

HELD_OUT_SHARE = 50  # with one fold, one document in so many is kept from training to be scored
MIN_DOCUMENTS_FOR_HELD_OUT = 100  # below, giving two documents away costs more than it tells

_KEYS = [("language", pa.string()), ("fold", pa.int32()), ("sampling_key", pa.int32())]
_COUNTS = pa.schema([*_KEYS, ("tokens", pa.int64()), ("documents", pa.int64())])
_SAMPLE = pa.schema([*_KEYS, ("tokens", pa.binary())])


@dataclass(frozen=True)
class LanguageSample:
    """The part of one language's documents that is used.

    Attributes:
        language: Its code.
        last_key: Documents with a sampling key up to this one are in the sample.
        fold_tokens: Tokens of the sample in each fold.
        fold_documents: Documents of the sample in each fold.
        held_out_keys: For each fold, the sampling key up to which its documents are scored at the
            end; -1 for none.
    """

    language: str
    last_key: int
    fold_tokens: tuple[int, ...]
    fold_documents: tuple[int, ...]
    held_out_keys: tuple[int, ...]

    @property
    def tokens(self) -> int:
        """Tokens of the whole sample."""
        return sum(self.fold_tokens)

    def held_out_folds(self, settings: PerplexitySettings) -> tuple[int | None, ...]:
        """For each model to train, the fold that it must not see; None: it sees everything."""
        if settings.folds > 1:
            return tuple(range(settings.folds))
        return (1,) if sum(self.fold_documents) >= MIN_DOCUMENTS_FOR_HELD_OUT else (None,)

    def training_size(self, held_out_fold: int | None) -> tuple[int, int]:
        """(tokens, documents) that a model is trained on."""
        seen = [fold for fold in range(len(self.fold_tokens)) if fold != held_out_fold]
        return (
            sum(self.fold_tokens[fold] for fold in seen),
            sum(self.fold_documents[fold] for fold in seen),
        )


@dataclass(frozen=True)
class CountTokens:
    """Batches of (text, language) -> token counts by language, fold and sampling key."""

    folds: int

    def __call__(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Yield one small batch of counts for each batch of documents."""
        for batch in batches:
            lines, folds, keys = tokenise(batch, self.folds)
            tokens = np.diff(lines.token_boundaries())
            table = pa.table(
                {
                    "language": batch.column("language").cast(pa.string()),
                    "fold": folds.astype(np.int32),
                    "sampling_key": keys.astype(np.int32),
                    "tokens": tokens,
                }
            ).filter(pc.greater(pa.array(tokens), 0))
            counts = table.group_by(["language", "fold", "sampling_key"]).aggregate(
                [("tokens", "sum"), ("tokens", "count")]
            )
            yield from (
                counts.select(["language", "fold", "sampling_key", "tokens_sum", "tokens_count"])
                .rename_columns(_COUNTS.names)
                .to_batches()
            )


@dataclass(frozen=True)
class TokeniseSample:
    """Batches of (text, language) -> the token lines of the sampled documents."""

    folds: int
    last_keys: dict[str, int]

    def __call__(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Yield (language, fold, sampling_key, tokens), one row a document of the sample."""
        for batch in batches:
            lines, folds, keys = tokenise(batch, self.folds)
            data = lines.data.tobytes()
            ends = lines.line_offsets[lines.document_lines]
            languages = batch.column("language").to_pylist()
            rows = [
                row
                for row, (language, key) in enumerate(zip(languages, keys.tolist(), strict=True))
                if key <= self.last_keys.get(language, -1) and ends[row + 1] > ends[row]
            ]
            yield pa.record_batch(
                [
                    pa.array([languages[row] for row in rows], pa.string()),
                    pa.array(folds[rows].astype(np.int32)),
                    pa.array(keys[rows].astype(np.int32)),
                    pa.array([data[ends[row] : ends[row + 1]] for row in rows], pa.binary()),
                ],
                schema=_SAMPLE,
            )


def tokenise(
    batch: pa.RecordBatch, folds: int
) -> tuple[TokenLines, npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return the token lines of each document in ``text``, its fold and its sampling key, int64[rows].

    With one fold, fold 1 is the small share that is kept from training.
    """
    lines = tokenise_lines(batch.column("text"))
    hashes = hash_documents(lines)
    if folds == 1:
        return (
            lines,
            (folds_of(hashes, HELD_OUT_SHARE) == 0).astype(np.int64),
            sampling_keys(hashes),
        )
    return lines, folds_of(hashes, folds), sampling_keys(hashes)


def plan_samples(texts: DataFrame, settings: PerplexitySettings) -> list[LanguageSample]:
    """Choose the sample of each language; one pass over the texts.

    Args:
        texts: Columns ``text`` and ``language``.
        settings: Folds and sample sizes.

    Returns:
        One entry a language that has text, by code.
    """
    told = texts.select("text", "language").where(
        F.col("language").isNotNull() & F.col("text").isNotNull()
    )
    counts = (
        map_with_schema(told, CountTokens(settings.folds), _COUNTS)
        .groupBy("language", "fold", "sampling_key")
        .agg(F.sum("tokens").alias("tokens"), F.sum("documents").alias("documents"))
        .collect()
    )
    by_language: dict[str, npt.NDArray[np.int64]] = {}
    for language, fold, key, tokens, documents in counts:
        grid = by_language.setdefault(language, empty_counts(settings.folds))
        grid[:, fold, key] = tokens, documents
    return [
        plan_language(language, grid, settings) for language, grid in sorted(by_language.items())
    ]


def empty_counts(folds: int) -> npt.NDArray[np.int64]:
    """Return zeros for a language's tokens and documents: int64[2, folds, sampling keys]."""
    return np.zeros((2, max(folds, 2), SAMPLING_KEYS), np.int64)


def plan_language(
    language: str, counts: npt.NDArray[np.int64], settings: PerplexitySettings
) -> LanguageSample:
    """Choose the sample of a language that has text.

    Args:
        language: Its code.
        counts: As of ``empty_counts``; not all 0.
        settings: Sample sizes.
    """
    last_key = last_sampled_key(counts, settings)
    sampled = counts[:, :, : last_key + 1]
    held_out = np.cumsum(sampled[0], axis=1) <= settings.held_out_tokens
    return LanguageSample(
        language,
        last_key,
        tuple(sampled[0].sum(axis=1).tolist()),
        tuple(sampled[1].sum(axis=1).tolist()),
        tuple((held_out.sum(axis=1) - 1).tolist()),
    )


def last_sampled_key(counts: npt.NDArray[np.int64], settings: PerplexitySettings) -> int:
    """Return the sampling key up to which documents fit the sample; the first key always does."""
    cumulated = np.cumsum(counts[0].sum(axis=0))
    first = int(np.flatnonzero(cumulated)[0])
    fitting = int(np.searchsorted(cumulated, settings.max_tokens_per_language, side="right")) - 1
    return max(first, fitting)


def tokenise_sample(
    texts: DataFrame, samples: Iterable[LanguageSample], settings: PerplexitySettings
) -> DataFrame:
    """The token lines of the sampled documents: language, fold, sampling_key, tokens.

    Args:
        texts: The same columns and rows that were planned with.
        samples: The languages to take.
        settings: Folds.
    """
    last_keys = {sample.language: sample.last_key for sample in samples}
    wanted = texts.select("text", "language").where(
        F.col("language").isin(list(last_keys)) & F.col("text").isNotNull()
    )
    return map_with_schema(wanted, TokeniseSample(settings.folds, last_keys), _SAMPLE)
