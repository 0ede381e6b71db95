"""The sampled documents of one language, in the driver's memory or stored by Spark."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.models.perplexity.distributed_training import train_distributed
from jobs.models.perplexity.sample_texts import LanguageSample, plan_samples, tokenise_sample
from jobs.models.perplexity.settings import PerplexitySettings
from jobs.models.perplexity.trained_model import (
    ArpaSource,
    EstimatedModel,
    TrainedModel,
    train_in_memory,
)
from jobs.runtime.store.storage import join, spark_path, spark_read_path

SampleRow = tuple[str, int, int, bytes]
"""A row of ``tokenise_sample``: language, fold, sampling key, token lines."""


class SampleDocuments(Protocol):
    """What the training of a language needs from its documents."""

    @property
    def sample(self) -> LanguageSample:
        """Their plan."""
        ...

    def train(self, held_out_fold: int | None, order: int, prune: Sequence[int]) -> ArpaSource:
        """Train on all documents but those of one fold."""
        ...

    def seen(self, held_out_fold: int | None) -> Iterator[bytes]:
        """Token lines of all documents but those of one fold, in an order that content decides."""
        ...

    def held_out(self, fold: int) -> list[bytes]:
        """Token lines of some documents of a fold, in an order that their content decides."""
        ...


class CollectedSample:
    """A language that fits the driver's memory."""

    def __init__(self, sample: LanguageSample) -> None:
        self.sample = sample
        self._documents: list[tuple[int, int, bytes]] = []

    def add(self, fold: int, sampling_key: int, tokens: bytes) -> None:
        """Take a row of ``tokenise_sample``."""
        self._documents.append((fold, sampling_key, bytes(tokens)))

    def train(self, held_out_fold: int | None, order: int, prune: Sequence[int]) -> EstimatedModel:
        """Train in memory."""
        return train_in_memory(self.seen(held_out_fold), order, prune)

    def seen(self, held_out_fold: int | None) -> Iterator[bytes]:
        """Documents of the other folds."""
        return iter(sorted(tokens for fold, _, tokens in self._documents if fold != held_out_fold))

    def held_out(self, fold: int) -> list[bytes]:
        """Documents of the fold with the lowest sampling keys."""
        last_key = self.sample.held_out_keys[fold]
        return sorted(
            tokens for own, key, tokens in self._documents if own == fold and key <= last_key
        )


@dataclass(frozen=True)
class StoredSample:
    """A language whose documents lie in the work folder.

    Attributes:
        tokens: Rows of ``tokenise_sample``, read from storage.
        sample: The language.
        bucket_tokens: Training tokens a task.
        work_folder: Scratch of the training.
    """

    tokens: DataFrame
    sample: LanguageSample
    bucket_tokens: int
    work_folder: str

    def train(self, held_out_fold: int | None, order: int, prune: Sequence[int]) -> TrainedModel:
        """Train as Spark jobs."""
        buckets = -(-self.sample.training_size(held_out_fold)[0] // self.bucket_tokens)
        folder = join(self.work_folder, f"{self.sample.language}-without-{held_out_fold}")
        seen = self._training(held_out_fold)
        return train_distributed(seen, order, prune, buckets, folder, self.tokens.sparkSession)

    def seen(self, held_out_fold: int | None) -> Iterator[bytes]:
        """Documents of the other folds, fetched a partition at a time."""
        rows = self._training(held_out_fold).select("tokens").orderBy("tokens")
        return (bytes(row.tokens) for row in rows.toLocalIterator())

    def _training(self, held_out_fold: int | None) -> DataFrame:
        seen = self.tokens.where(F.col("language") == self.sample.language)
        return seen if held_out_fold is None else seen.where(F.col("fold") != held_out_fold)

    def held_out(self, fold: int) -> list[bytes]:
        """Documents of the fold with the lowest sampling keys."""
        last_key = self.sample.held_out_keys[fold]
        rows = self.tokens.where(
            (F.col("language") == self.sample.language)
            & (F.col("fold") == fold)
            & (F.col("sampling_key") <= last_key)
        ).select("tokens")
        return sorted(bytes(row.tokens) for row in rows.collect())


def collect_samples(
    rows: Iterable[SampleRow], samples: Iterable[LanguageSample]
) -> dict[str, CollectedSample]:
    """Return the documents of small languages by language."""
    collected = {sample.language: CollectedSample(sample) for sample in samples}
    for language, fold, key, tokens in rows:
        collected[language].add(fold, key, tokens)
    return collected


class SampledTexts(Protocol):
    """Texts of which a sample is planned, then read."""

    def plan(self) -> list[LanguageSample]:
        """Return the sample of each language that has text, by code."""
        ...

    def choose(self, samples: Sequence[LanguageSample], folder: str | None) -> None:
        """Settle on what will be read; into a folder it may be stored, if it is read more than once."""
        ...

    def rows(self, samples: Sequence[LanguageSample]) -> Iterable[SampleRow]:
        """Return the documents of some chosen samples."""
        ...

    def frame(self) -> DataFrame:
        """Return the rows of all chosen samples from the folder where they are stored."""
        ...


class SparkSample:
    """A sample that Spark finds and reads: one pass to plan it, another to tokenise it."""

    def __init__(self, texts: DataFrame, settings: PerplexitySettings) -> None:
        """Take columns ``text`` and ``language``."""
        self._texts, self._settings = texts, settings
        self._tokens = texts

    def plan(self) -> list[LanguageSample]:
        """Count tokens of all texts."""
        return plan_samples(self._texts, self._settings)

    def choose(self, samples: Sequence[LanguageSample], folder: str | None) -> None:
        """Tokenise the chosen; store them where a folder is given."""
        self._tokens = tokenise_sample(self._texts, samples, self._settings)
        if folder is not None:
            self._tokens.write.mode("overwrite").parquet(spark_path(folder))
            self._tokens = self._texts.sparkSession.read.parquet(spark_read_path(folder))

    def rows(self, samples: Sequence[LanguageSample]) -> Iterable[SampleRow]:
        """Fetch documents in one job."""
        wanted = F.col("language").isin([sample.language for sample in samples])
        return [tuple(row) for row in self._tokens.where(wanted).collect()]

    def frame(self) -> DataFrame:
        """Return what was stored."""
        return self._tokens
