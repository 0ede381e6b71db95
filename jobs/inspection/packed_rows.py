"""In which rows of token ids documents lie; read by Arrow from the rows' own boundaries, without the ids."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any, Final, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from jobs.runtime.contract.driver_tables import opened
from jobs.runtime.contract.manifest import read_manifest
from jobs.runtime.store import storage

DATASET: Final = "packed"
_COLUMNS: Final = ("document_ids", "segment_lengths", "document_offsets")


class PackedSegment(NamedTuple):
    """A document, or a piece of one, in a row.

    Attributes:
        file: Path of the Parquet file below ``packed/``; its first folder, after a chunk's, is the split.
        row: Row of the file, from 0.
        first: Place of its first token in the row.
        length: Its tokens.
        before: Tokens of the document that lie before it.
    """

    file: str
    row: int
    first: int
    length: int
    before: int


def packed_segments(output: str, ids: Collection[Any]) -> dict[Any, list[PackedSegment]] | None:
    """Return the segments of some documents, each document's in its order.

    Args:
        output: Folder that was packed into.
        ids: The documents' ids.

    Returns:
        By id; None where nothing was packed.
    """
    folder = storage.join(output, DATASET)
    manifest = read_manifest(folder)
    if manifest is None:
        return None
    found: dict[Any, list[PackedSegment]] = {number: [] for number in ids}
    for file in manifest.files:
        if file.path.endswith(".parquet") and "quarantined" not in file.path.split("/"):
            for document, segment in _segments(folder, file.path, ids):
                found[document].append(segment)
    return {
        number: sorted(all_, key=lambda one: (one.before, one)) for number, all_ in found.items()
    }


def _segments(folder: str, path: str, ids: Collection[Any]) -> Iterator[tuple[Any, PackedSegment]]:
    first_row = 0
    with opened(storage.join(folder, path)) as file:
        for group in range(file.num_row_groups):
            rows = file.read_row_group(group, columns=list(_COLUMNS)).combine_chunks()
            lists = [rows.column(name).chunk(0) for name in _COLUMNS]
            documents, lengths, before = (column.flatten() for column in lists)
            offsets = lists[0].offsets.to_numpy() - lists[0].offsets[0].as_py()
            starts = np.cumsum(lengths.to_numpy()) - lengths.to_numpy()
            wanted = pc.is_in(documents, pa.array(ids, documents.type))
            for place in np.flatnonzero(wanted.to_numpy(zero_copy_only=False)):
                row = int(np.searchsorted(offsets, place, side="right")) - 1
                yield (
                    documents[int(place)].as_py(),
                    PackedSegment(
                        path,
                        first_row + row,
                        int(starts[place] - starts[offsets[row]]),
                        lengths[int(place)].as_py(),
                        before[int(place)].as_py(),
                    ),
                )
            first_row += rows.num_rows
