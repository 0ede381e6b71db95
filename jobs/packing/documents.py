"""Which documents are packed, how often, with whom and in which order: all of it by hashes of their text.

Nothing depends on how the input was cut: the same documents give the same rows for any number of
partitions, by Spark (``spark_documents``) or by this process (``own_documents``). The side of the split
depends on the text alone, so that a document stays where it is as the corpus grows or the seed changes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final, Protocol

import pyarrow as pa

from jobs.packing.row_files import RowWriter
from jobs.runtime.contract.own_tasks import OwnTasks
from jobs.runtime.errors import InputError
from jobs.runtime.suggestions import did_you_mean
from udfs.trainer_files.packing.packed_groups import MEBIBYTE
from udfs.trainer_files.packing.settings import PackSettings
from udfs.trainer_files.tokenising.tokeniser_file import TokeniserFile

MILLION: Final = 1_000_000


@dataclass(frozen=True)
class DocumentCounts:
    """What goes into the packing of one chunk.

    Attributes:
        documents: All of them.
        left_out: Those that their weight leaves out.
        training: Documents to train on, every copy counted.
        validation: Documents kept apart.
        training_bytes: UTF-8 bytes of ``training``.
        validation_bytes: UTF-8 bytes of ``validation``.
        by_mix: Value of the column that weights speak of → documents to train on, and how many are
            seen, copies counted.
    """

    documents: int
    left_out: int
    training: int
    validation: int
    training_bytes: int
    validation_bytes: int
    by_mix: Mapping[str, tuple[int, int]]

    def partitions(self, settings: PackSettings) -> tuple[int, int]:
        """Return how many partitions documents to train on and those kept apart are packed in."""
        return (
            _partitions(self.training, self.training_bytes, settings),
            _partitions(self.validation, self.validation_bytes, settings),
        )

    def as_json(self) -> dict[str, Any]:
        """Return the counts as a mapping."""
        return asdict(self)


def _partitions(documents: int, size: int, settings: PackSettings) -> int:
    by_number = -(-documents // settings.partition_documents)
    by_size = -(-size // (settings.partition_megabytes * MEBIBYTE))
    return max(1, by_number, by_size)


class ChunkDocuments(Protocol):
    """The documents of a part that a killed run goes on from."""

    @property
    def id_type(self) -> pa.DataType:
        """Type of the documents' ids.

        Raises:
            InputError: Rows cannot name documents by it.
        """
        ...

    def beginnings(self, characters: int, most: int) -> list[tuple[str, int]]:
        """Return the first characters of some documents that have text, and the bytes of the whole."""
        ...

    def count(self, settings: PackSettings) -> DocumentCounts:
        """Count the documents by side, weight and size."""
        ...

    def shared(self, file: TokeniserFile) -> Callable[[], TokeniserFile]:
        """Return what gives the tokeniser to whoever writes."""
        ...

    def write(
        self,
        writer: RowWriter,
        settings: PackSettings,
        counts: DocumentCounts,
        own_tasks: OwnTasks | None,
    ) -> None:
        """Hand the documents in their order to the writer, a partition at a time."""
        ...


def require_columns(columns: Sequence[str], settings: PackSettings) -> None:
    """Raise InputError when a column that the settings name is not there."""
    for option, name in (("--group-by", settings.group_by), ("--mix-by", settings.mix_by)):
        if name is not None and name not in columns:
            raise InputError(
                f"{option} {name}: no such column{did_you_mean(name, columns)} There are "
                f"{', '.join(columns)}."
            )


def wrong_id_type(found: str) -> InputError:
    """Return the refusal of ids of a type that rows cannot name."""
    return InputError(
        f"--id-column has type {found}; rows name their documents by bigint, int or string"
    )
