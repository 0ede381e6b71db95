"""extracted/ → shared-lines/: which lines many documents of one site have, for a recipe that asks."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.recipes.recipe import Recipe
from jobs.runtime.contract.chunks import files_by_chunk
from jobs.runtime.contract.manifest import Manifest, require_manifest
from jobs.runtime.contract.row_accounts import RowAccounts
from jobs.runtime.contract.stage import RunContext, Stage, parquet_chunk, run_stage
from jobs.runtime.spark.arrow_frames import map_batches
from udfs.signals.shared_lines import LineKeyBatches

DATASET = "shared-lines"
NAME = "count-shared-lines"


def count_stage(context: RunContext, recipe: Recipe) -> Manifest:
    """Count the documents of each site that have a line; keep lines with many.

    Only 64-bit keys are shuffled, summed up before they travel. What is kept is bounded by the lines of
    the input divided by ``shared_lines.min_documents``.

    Raises:
        InputError: The extract stage has not run.
        StageError: Spark failed.
    """
    source = require_manifest(context.folder("extracted"), "extract")
    documents = source.accounts.rows_out

    def counted() -> DataFrame:
        extracted, _ = context.read("extracted", "extract", carries_documents=True)
        usable = extracted.where(F.col("status") == "ok").select("url", "source", "text")
        keys = map_batches(usable, LineKeyBatches())
        counts = keys.groupBy("key").agg(F.count("*").alias("documents"))
        return counts.where(F.col("documents") >= recipe.shared_lines.min_documents)

    return run_stage(
        context,
        Stage(
            name=NAME,
            dataset=DATASET,
            module="jobs.count_shared_lines",
            inputs={"extracted": source.fingerprint},
            configuration=recipe.shared_lines.model_dump(),
            chunks=[parquet_chunk(counted)],
            fitted_on=[*files_by_chunk(source)],
            # Counting reads documents and passes all of them on.
            account=lambda _: RowAccounts(rows_in=documents, rows_out=documents),
        ),
    )


def shared_keys(context: RunContext) -> npt.NDArray[np.uint64]:
    """Return the keys of the shared lines, sorted, uint64[lines].

    Raises:
        InputError: They have not been counted.
    """
    counted, _ = context.read(DATASET, NAME)
    keys = counted.select("key").toPandas()["key"].to_numpy(np.int64)
    return np.sort(keys.view(np.uint64))
