"""A signing function whose every task dies once, half way through, and succeeds when it is tried again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pyarrow as pa
from pyspark import TaskContext

from udfs.dedup import signatures
from udfs.dedup.signatures import SigningPlan


def sign_documents(
    batches: Iterable[pa.RecordBatch], plan: SigningPlan
) -> Iterator[pa.RecordBatch]:
    context = TaskContext.get()
    assert context is not None
    for batch in signatures.sign_documents(batches, plan):
        yield batch
        if context.attemptNumber() == 0:
            raise OSError("the machine went away")
