"""The sample of every language, gathered in one pass while texts go by: without Spark."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pyspark.sql import DataFrame, SparkSession

from jobs.models.perplexity.sample_documents import SampleRow
from jobs.models.perplexity.sample_texts import (
    LanguageSample,
    empty_counts,
    last_sampled_key,
    plan_language,
    tokenise,
)
from jobs.models.perplexity.settings import PerplexitySettings
from jobs.runtime.store.storage import join, open_output, spark_read_path
from udfs.perplexity.vocabulary import SAMPLING_KEYS

_STORED = pa.schema([
    ("language", pa.string()), ("fold", pa.int32()), ("sampling_key", pa.int32()), ("tokens", pa.binary()),
])  # fmt: skip
_SPARE = 1.25
"""So many samples are held of a language before what fell out of it is let go."""


class GatheredSample:
    """The documents with the lowest sampling keys, and counts of all: what two passes would choose.

    Threads may add to it at the same time. Of a language it holds little more than its sample,
    ``max_tokens_per_language``.
    """

    def __init__(self, settings: PerplexitySettings, spark: Callable[[], SparkSession]) -> None:
        """Take the folds and sample sizes, and what gives a session where a language is large."""
        self._settings, self._spark = settings, spark
        self._chosen: Sequence[LanguageSample] = ()
        self._folder: str | None = None
        self._adding = threading.Lock()
        self._languages: dict[str, _Language] = {}

    def add(self, texts: pa.Table) -> None:
        """Count and keep some documents.

        Args:
            texts: Columns ``text`` (string, one sentence a line) and ``language`` (string); rows with
                a null are ignored. What a document is sampled by follows from its text.
        """
        usable = pc.and_(texts.column("text").is_valid(), texts.column("language").is_valid())
        for batch in texts.filter(usable).to_batches():
            lines, folds, keys = tokenise(batch, self._settings.folds)
            data, ends = lines.data.tobytes(), lines.line_offsets[lines.document_lines]
            tokens = np.diff(lines.token_boundaries())
            languages = batch.column("language").to_pylist()
            with self._adding:
                for row in np.flatnonzero(tokens).tolist():
                    found = self._languages.setdefault(languages[row], _Language(self._settings))
                    found.add(folds[row], keys[row], tokens[row], data[ends[row] : ends[row + 1]])

    def plan(self) -> list[LanguageSample]:
        """Return the sample of each language that has text, by code."""
        return [
            plan_language(code, language.counts, self._settings)
            for code, language in sorted(self._languages.items())
        ]

    def choose(self, samples: Sequence[LanguageSample], folder: str | None) -> None:
        """Note what Spark will read from the folder, if it is asked."""
        self._chosen, self._folder = samples, folder

    def rows(self, samples: Iterable[LanguageSample]) -> list[SampleRow]:
        """Return the documents of some of the samples."""
        return [
            (sample.language, fold, key, tokens)
            for sample in samples
            for fold, key, tokens in self._languages[sample.language].documents
            if key <= sample.last_key
        ]

    def frame(self) -> DataFrame:
        """Write the chosen rows, a file a language, and let Spark read them: it is started for this."""
        if self._folder is None:
            raise ValueError("no folder was chosen")
        for number, sample in enumerate(self._chosen):
            columns = zip(*self.rows([sample]), strict=True)
            table = pa.table(list(map(list, columns)), _STORED)
            with open_output(join(self._folder, f"part-{number:05d}.parquet")) as file:
                pq.write_table(table, file, compression="zstd")
        return self._spark().read.parquet(spark_read_path(self._folder))


class _Language:
    """What is held of a language."""

    def __init__(self, settings: PerplexitySettings) -> None:
        self._settings = settings
        self._last_key = SAMPLING_KEYS
        self._held = 0
        self.counts: npt.NDArray[np.int64] = empty_counts(settings.folds)
        self.documents: list[tuple[int, int, bytes]] = []

    def add(self, fold: int, key: int, tokens: int, lines: bytes) -> None:
        self.counts[:, fold, key] += tokens, 1
        if key > self._last_key:
            return
        self.documents.append((int(fold), int(key), lines))
        self._held += int(tokens)
        if self._held > _SPARE * self._settings.max_tokens_per_language:
            # With more documents the last key only falls: what is above it never comes back.
            self._last_key = last_sampled_key(self.counts, self._settings)
            self.documents = [one for one in self.documents if one[1] <= self._last_key]
            self._held = int(self.counts[0, :, : self._last_key + 1].sum())
