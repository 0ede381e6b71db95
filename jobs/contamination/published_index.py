"""The index of a run's benchmark items: built once, published as a file, mapped by whoever compares."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from jobs.contamination.given_benchmarks import GivenBenchmarks
from jobs.contamination.phrase_counting import DATASET as COUNTS
from jobs.runtime.contract.driver_tables import dataset_table
from jobs.runtime.contract.manifest import Manifest, require_manifest
from jobs.runtime.contract.row_accounts import RowAccounts
from jobs.runtime.contract.stage import RunContext, Stage, run_stage
from jobs.runtime.spark.han_variants import han_variants
from jobs.runtime.store import storage
from jobs.runtime.store.node_copies import NodeCopy
from udfs.contamination.benchmark_index import BenchmarkIndex, build_benchmarks
from udfs.contamination.index_file import read_index, write_index
from udfs.contamination.phrase_counts import COUNTS_SCHEMA, frequencies
from udfs.contamination.reviews import reviewed_index
from udfs.contamination.settings import ContaminationSettings

DATASET = "benchmark-index"
_FILE = "index.bin"


@dataclass(frozen=True)
class PublishedIndex:
    """What is sent to workers in an index's stead: where it lies.

    Attributes:
        location: Gives the folder on this machine, fetching it if need be.
        fingerprint: Tells one index from the next.
    """

    location: Callable[[], str]
    fingerprint: str

    def __call__(self) -> BenchmarkIndex:
        """Return the index; a process maps it once."""
        return _mapped(self.location(), self.fingerprint)


def index_stage(
    context: RunContext,
    settings: ContaminationSettings,
    benchmarks: GivenBenchmarks,
    counted: Manifest,
) -> PublishedIndex:
    """Build the index that documents are compared with, unless it is there.

    Args:
        context: The run.
        settings: The lines of evidence.
        benchmarks: The items.
        counted: Of the stage that counted their phrases.
    """
    documents = counted.accounts.rows_in

    def write(folder: str) -> None:
        known = frequencies(
            dataset_table(context, COUNTS, COUNTS_SCHEMA.names).cast(COUNTS_SCHEMA),
            int(counted.details["share"] * documents),
            settings.most_documents,
        )
        index = build_benchmarks(benchmarks.items, settings, known, han_variants())
        with storage.open_output(storage.join(folder, _FILE)) as file:
            write_index(reviewed_index(index, benchmarks.marks), file)

    lines = asdict(settings)
    del lines["validation_items"]  # what is planted later changes no index
    manifest = run_stage(
        context,
        Stage(
            name="index-benchmarks",
            dataset=DATASET,
            module="jobs.contamination.published_index",
            inputs={
                "benchmarks": benchmarks.fingerprint,
                "review": benchmarks.review_fingerprint,
                COUNTS: counted.fingerprint,
            },
            configuration=lines,
            chunks=[write],
            # It reads no document and keeps none.
            account=lambda _: RowAccounts(rows_in=documents, rows_out=documents),
            details=lambda: {"tables": list(benchmarks.tables)} if benchmarks.tables else {},
            in_driver=True,
        ),
    )
    return _published(context, manifest)


def open_index(context: RunContext) -> PublishedIndex:
    """Return the index of an earlier stage.

    Raises:
        InputError: There is none.
    """
    return _published(context, require_manifest(context.folder(DATASET), "annotate"))


def _published(context: RunContext, manifest: Manifest) -> PublishedIndex:
    return PublishedIndex(NodeCopy.of(context.folder(DATASET)).path, manifest.fingerprint)


@functools.lru_cache(maxsize=1)
def _mapped(folder: str, fingerprint: str) -> BenchmarkIndex:  # noqa: ARG001
    return read_index(Path(folder, _FILE))
