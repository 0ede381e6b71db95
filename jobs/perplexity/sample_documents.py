"""The sampled documents of one language, in the driver's memory or stored by Spark."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from pyspark.sql import DataFrame, Row
from pyspark.sql import functions as F  # noqa: N812 - Spark's own convention

from jobs.perplexity.sample_texts import LanguageSample
from jobs.perplexity.trained_model import TrainedModel, train_in_memory


class SampleDocuments(Protocol):
    """What the training of a language needs from its documents."""

    def train(self, held_out_fold: int | None, order: int, prune: Sequence[int]) -> TrainedModel:
        """Train on all documents but those of one fold."""
        ...

    def held_out(self, fold: int) -> list[bytes]:
        """Token lines of some documents of a fold, in an order that their content decides."""
        ...


class CollectedSample:
    """A language that fits the driver's memory."""

    def __init__(self, sample: LanguageSample) -> None:
        self._sample = sample
        self._documents: list[tuple[int, int, bytes]] = []

    def add(self, row: Row) -> None:
        """Take a row of ``tokenise_sample``."""
        self._documents.append((row.fold, row.sampling_key, bytes(row.tokens)))

    def train(self, held_out_fold: int | None, order: int, prune: Sequence[int]) -> TrainedModel:
        """Train in memory."""
        seen = (tokens for fold, _, tokens in self._documents if fold != held_out_fold)
        return train_in_memory(seen, order, prune)

    def held_out(self, fold: int) -> list[bytes]:
        """Documents of the fold with the lowest sampling keys."""
        last_key = self._sample.held_out_keys[fold]
        return sorted(
            tokens for own, key, tokens in self._documents if own == fold and key <= last_key
        )


def collect_samples(
    tokens: DataFrame, samples: Iterable[LanguageSample]
) -> dict[str, CollectedSample]:
    """Fetch the documents of small languages in one job."""
    collected = {sample.language: CollectedSample(sample) for sample in samples}
    for row in tokens.where(F.col("language").isin(list(collected))).collect():
        collected[row.language].add(row)
    return collected
