"""Which phrases of benchmark items are boilerplate in a run's documents, and the index made with that."""

from __future__ import annotations

import functools
from collections.abc import Callable

import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.contamination.given_benchmarks import GivenBenchmarks
from jobs.runtime.contract.manifest import Manifest
from jobs.runtime.contract.row_accounts import RowAccounts
from jobs.runtime.contract.stage import RunContext, Stage, parquet_chunk, run_stage
from jobs.runtime.spark.arrow_frames import map_batches
from jobs.runtime.spark.han_variants import han_variants
from udfs.contamination.benchmark_index import BenchmarkIndex, build_benchmarks
from udfs.contamination.phrase_counts import COUNTS_SCHEMA, PhraseCountBatches, frequencies
from udfs.contamination.reviews import reviewed_index
from udfs.contamination.settings import ContaminationSettings

DATASET = "benchmark-phrases"
NAME = "count-benchmark-phrases"
_MILLION = 1_000_000


def benchmark_inputs(benchmarks: GivenBenchmarks, counted: Manifest) -> dict[str, str]:
    """Return what signals of contamination depend on, for a stage's inputs."""
    return {
        "benchmarks": benchmarks.fingerprint,
        "review": benchmarks.review_fingerprint,
        DATASET: counted.fingerprint,
    }


def count_phrases(
    context: RunContext,
    settings: ContaminationSettings,
    benchmarks: GivenBenchmarks,
    inputs: dict[str, str],
    documents: int,
    texts: Callable[[], DataFrame],
) -> Manifest:
    """Count in a sample which phrases of the items documents have that lack the item.

    Args:
        context: The run.
        settings: How much is drawn.
        benchmarks: The items.
        inputs: What the texts are made from.
        documents: Their number.
        texts: Gives columns ``id`` and ``text``.

    Raises:
        StageError: Spark failed.
    """
    share = min(1.0, settings.sample_documents / max(documents, 1))

    def counted() -> DataFrame:
        index = build_benchmarks(benchmarks.items, settings, None, han_variants())
        sent = context.spark.sparkContext.broadcast(index)
        drawn = F.pmod(F.xxhash64("id"), F.lit(_MILLION)) < int(share * _MILLION)
        counts = map_batches(
            texts().where(drawn).select("text"),
            PhraseCountBatches(functools.partial(getattr, sent, "value")),
        )
        return counts.groupBy("kind", "key").agg(F.sum("count").alias("count")).coalesce(1)

    return run_stage(
        context,
        Stage(
            name=NAME,
            dataset=DATASET,
            module="jobs.contamination.phrase_counting",
            inputs={**inputs, "benchmarks": benchmarks.fingerprint},
            configuration={"sample_documents": settings.sample_documents},
            chunks=[parquet_chunk(counted)],
            # Counting reads documents and passes all of them on.
            account=lambda _: RowAccounts(rows_in=documents, rows_out=documents),
            details=lambda: {"share": share},
        ),
    )


def benchmark_index(
    context: RunContext, settings: ContaminationSettings, benchmarks: GivenBenchmarks
) -> BenchmarkIndex:
    """Return the index that documents are compared with.

    Raises:
        InputError: The phrases have not been counted.
    """
    counts, manifest = context.read(DATASET, "annotate")
    pandas = counts.select(*COUNTS_SCHEMA.names).toPandas()
    known = frequencies(
        pa.Table.from_pandas(pandas, COUNTS_SCHEMA, preserve_index=False),
        int(manifest.details["share"] * manifest.accounts.rows_in),
        settings.most_documents,
    )
    index = build_benchmarks(benchmarks.items, settings, known, han_variants())
    return reviewed_index(index, benchmarks.marks)
