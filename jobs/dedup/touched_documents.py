"""The earlier documents that a search on the driver looks at beside the new ones."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from jobs.dedup.earlier_files import EarlierFiles
from jobs.dedup.settings import DedupSettings
from jobs.dedup.signature_rows import READ_SCHEMA, ReadColumns
from jobs.dedup.signatures import GIVEN_ID
from udfs.columns.sorted_integers import are_among, distinct_integers
from udfs.dedup.touched import touched_documents


@dataclass(frozen=True)
class TouchedDocuments:
    """Earlier documents that are compared with new ones.

    Attributes:
        files: Where they are from.
        signatures: ``READ_SCHEMA`` and ``GIVEN_ID``, by numbers below zero.
        removed: ``REMOVAL_SCHEMA``; what earlier runs removed among them and in favour of them.
    """

    files: EarlierFiles
    signatures: pa.Table
    removed: pa.Table

    def beside(self, new: ReadColumns) -> ReadColumns:
        """Return what reads columns of the new documents and of these."""

        def read(columns: list[str]) -> pa.Table:
            ours = new(columns)
            return pa.concat_tables([ours, self.signatures.select(columns).cast(ours.schema)])

        return read

    def given_ids(self) -> pa.Table:
        """Return id and ``GIVEN_ID`` of these and of whoever may be named as a keeper."""
        here = np.sort(self.signatures.column("id").to_numpy())
        keepers = distinct_integers(self.removed.column("keeper_id").to_numpy())
        named = self.signatures.select(["id", GIVEN_ID])
        missing = keepers[~are_among(keepers, here)]
        return pa.concat_tables([named, self.files.named(missing)]) if len(missing) else named

    def each_text(self, ids: pa.ChunkedArray, work: Callable[[pa.Table], None]) -> None:
        """Read the texts of some of them; see :meth:`EarlierFiles.each_text`."""
        wanted = pc.is_in(self.signatures.column("id"), value_set=ids.combine_chunks())
        self.files.each_text(self.signatures.select(["id", GIVEN_ID]).filter(wanted), work)


def gather(
    new: ReadColumns, files: EarlierFiles, settings: DedupSettings
) -> TouchedDocuments | None:
    """Gather the earlier documents that a search for duplicates of new ones has to look at.

    Args:
        new: Reads columns of the new documents' signatures.
        files: The earlier runs.
        settings: What counts as a duplicate.

    Returns:
        None: with the new ones they are more than ``max_driver_documents``.
    """
    found = touched_documents(
        new(READ_SCHEMA.names).cast(READ_SCHEMA),
        files.look_up,
        files.removals,
        settings.leader_plan,
        settings.telling_bands,
        settings.max_driver_documents,
    )
    if found is None:
        return None
    removed = files.removed(np.sort(found.column("id").to_numpy()))
    return TouchedDocuments(files, found, removed)
