"""The folder of an index: segments of postings and documents, and how their files are named and read.

``phrase_index/`` holds one segment for each chunk of text files. In a segment documents are numbered by the
place of their text: the first number of its file, plus its row there. So a number is the pointer to the
text, and no text is stored twice.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from jobs.runtime.contract.manifest import Manifest, read_manifest, require_run
from jobs.runtime.errors import DamagedRecordError, InputError
from jobs.runtime.store import storage
from jobs.runtime.store.small_records import read_mapping
from udfs.text.folding import fold_table
from udfs.tracing.fingerprints import HASH_BITS

DATASET: Final = "phrase_index"
SEGMENT_NAME: Final = "segment.json"
COUNTS_NAME: Final = "token_counts.parquet"
ROW_GROUP_POSTINGS: Final = 1 << 16
"""Rows that a look-up reads: Arrow knows no page index, and thousands of row groups make a slow footer."""
ROW_GROUP_DOCUMENTS: Final = 1 << 14
BLOCK_BITS: Final = 20  # documents whose facts lie in one file, as a power of two
BUCKET_POSTINGS: Final = 1 << 24  # some 80 MB a file, and 130 in the memory of a task
POSTINGS_A_BYTE: Final = 0.2  # of text files as zstd packs them; decides the number of files alone

SPARE_BITS: Final = 14
"""Bits of a hash beyond those that number the postings: one look-up in 16,384 finds one by chance."""

POSTINGS: Final = pa.schema([("hash", pa.int64()), ("document", pa.int32())])
KEPT, DROPPED, DUPLICATE, QUARANTINED = "kept", "dropped", "duplicate", "quarantined"
STATUSES: Final = (KEPT, DUPLICATE, DROPPED, QUARANTINED)


def documents_schema(id_type: pa.DataType) -> pa.Schema:
    """Return the columns of what became of each document, by its number."""
    return pa.schema([
        ("document", pa.int32()), ("id", id_type), ("status", pa.string()), ("stage", pa.string()),
        ("reason", pa.string()), ("keeper_id", pa.int64()), ("keeper_run", pa.int32()),
        ("grade", pa.float64()),
    ])  # fmt: skip


@dataclass(frozen=True)
class TextFile:
    """A Parquet file with texts.

    Attributes:
        dataset: ``corpus``, ``annotated`` or ``extracted`` of a run; empty: a table of the user's.
        path: Below the run's folder; of a table, absolute.
        bytes: Its size.
        rows: Its rows.
        first: Number of its first row.
    """

    dataset: str
    path: str
    bytes: int
    rows: int
    first: int = 0


@dataclass(frozen=True)
class Segment:
    """What was indexed at a time.

    Attributes:
        folder: Where its files lie.
        home: The run's folder, or that of the index of a table: where relative paths begin.
        bits: First bits of a hash that name its file.
        hash_bits: All bits of a hash.
        text_bytes: Of its texts, unpacked.
        columns: Names of the columns with id and text.
        files: The texts, by number.
        names: Names of the segment's own files; none before it is published.
    """

    folder: str
    home: str
    bits: int
    hash_bits: int
    text_bytes: int
    columns: tuple[str, str]
    files: tuple[TextFile, ...]
    names: frozenset[str] = frozenset()

    @property
    def document_bits(self) -> int:
        """Bits that the number of any of its documents has room in."""
        return sum(file.rows for file in self.files).bit_length()

    def file_of(self, documents: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Return the place in ``files`` of each document: int64[documents]."""
        firsts = [file.first for file in self.files]
        return np.searchsorted(firsts, documents, side="right").astype(np.int64) - 1

    def path(self, file: TextFile) -> str:
        """Return where a text file lies."""
        return storage.join(self.home, file.path) if file.dataset else file.path

    def write(self) -> None:
        """Write the record of the segment beside its files."""
        told = asdict(self)
        del told["folder"], told["home"], told["names"]
        storage.write_text(
            storage.join(self.folder, SEGMENT_NAME), json.dumps(told, ensure_ascii=False)
        )


@dataclass(frozen=True)
class PhraseIndex:
    """A published index and the former ones that it goes on from.

    Attributes:
        home: The run's folder, or that of the index of a table.
        manifest: Of the index.
        segments: Its own, then those of former indexes.
    """

    home: str
    manifest: Manifest
    segments: tuple[Segment, ...]

    @property
    def text_bytes(self) -> int:
        """Bytes of all texts."""
        return sum(segment.text_bytes for segment in self.segments)

    def folding(self) -> npt.NDArray[np.int32]:
        """Return the table that tokens were folded by; see ``fold_table``."""
        return _fold_table(*self.manifest.details["han"])


@functools.lru_cache(maxsize=2)
def _fold_table(one: str, other: str) -> npt.NDArray[np.int32]:
    """Three thousand pairs take longer to be made of letters than a look-up takes."""
    return fold_table(han_pairs((one, other)))


def bucket_bits(parquet_bytes: int) -> int:
    """Return the first bits of a hash that name its file, for so many bytes of text files."""
    buckets = max(1.0, parquet_bytes * POSTINGS_A_BYTE / BUCKET_POSTINGS)
    return min(12, int(np.ceil(np.log2(buckets))))


def hash_bits(parquet_bytes: int, rows: int) -> int:
    """Return the bits of a hash for so many bytes of text files: few postings are told apart by fewer.

    Behind the bits that name its file a hash and the number of a document have room in 64.
    """
    postings = max(1.0, parquet_bytes * POSTINGS_A_BYTE)
    room = 64 - rows.bit_length() + bucket_bits(parquet_bytes)
    return min(HASH_BITS, room, int(np.ceil(np.log2(postings))) + SPARE_BITS)


def bucket_name(bucket: int) -> str:
    """Return the file of the postings whose hashes begin with these bits."""
    return f"postings-{bucket:05d}.parquet"


def block_name(block: int) -> str:
    """Return the file of the documents whose numbers begin with these bits."""
    return f"documents-{block:05d}.parquet"


def numbered(files: Sequence[TextFile]) -> tuple[TextFile, ...]:
    """Return files with the numbers of their first rows.

    Raises:
        InputError: They have more rows than numbers have room for.
    """
    firsts = np.cumsum([0, *(file.rows for file in files)])
    if firsts[-1] > np.iinfo(np.int32).max:
        raise InputError(
            f"{firsts[-1]:,} rows in one chunk of the index, at most {np.iinfo(np.int32).max:,}: lower "
            "--set run.chunk_gigabytes"
        )
    return tuple(
        TextFile(file.dataset, file.path, file.bytes, file.rows, int(first))
        for file, first in zip(files, firsts, strict=False)
    )


def han_letters(variants: Sequence[tuple[int, int]]) -> list[str]:
    """Return pairs of characters as two strings, as the manifest keeps them."""
    return ["".join(map(chr, side)) for side in zip(*variants, strict=True)] or ["", ""]


def han_pairs(letters: Sequence[str]) -> tuple[tuple[int, int], ...]:
    """Return what :func:`han_letters` was given."""
    return tuple((ord(one), ord(other)) for one, other in zip(*letters, strict=True))


def open_index(given: str) -> PhraseIndex:
    """Return the index of a run's folder, or the index in a folder, if its texts are what they were.

    Raises:
        InputError: There is none, or the run, or a former index, changed since it was made.
    """
    given = storage.absolute(given)
    folder = storage.join(given, DATASET)
    manifest = read_manifest(folder)
    if manifest is None:
        folder, manifest = given, read_manifest(given)
    if manifest is None or manifest.dataset != DATASET:
        require_run(given)
        raise InputError(
            f"{given} has no index of phrases: `corpusmill index {given}` makes it, and "
            "`corpusmill index TABLE OUTPUT` that of your own Parquet"
        )
    home = folder.rpartition("/")[0]
    _require_fresh(home, manifest)
    own: dict[str, set[str]] = {}
    for file in manifest.files:
        place, _, name = file.path.rpartition("/")
        own.setdefault(place, set()).add(name)
    segments = [
        _read_segment(storage.join(folder, place).rstrip("/"), home, frozenset(names))
        for place, names in own.items()
    ]
    for former, fingerprint in manifest.details["against"].items():
        found = open_index(former)
        if found.manifest.fingerprint != fingerprint:
            raise InputError(
                f"{former} was indexed anew since {folder} was made to go on from it: make that again, too"
            )
        segments += found.segments
    return PhraseIndex(home, manifest, tuple(segments))


def changed_datasets(home: str, known: dict[str, str]) -> list[str]:
    """Return the datasets of a run that are not, or no more, what they were: by fingerprints."""
    found = {name: read_manifest(storage.join(home, name)) for name in known}
    return [
        name
        for name, manifest in found.items()
        if manifest is None or manifest.fingerprint != known[name]
    ]


def _require_fresh(home: str, manifest: Manifest) -> None:
    changed = changed_datasets(home, manifest.details["datasets"])
    if changed:
        raise InputError(
            f"{home} changed since its phrases were indexed ({', '.join(changed)}): `corpusmill index "
            f"{home}` brings the index up to date"
        )


def _read_segment(folder: str, home: str, names: frozenset[str]) -> Segment:
    told: dict[str, Any] | None = read_mapping(storage.join(folder, SEGMENT_NAME))
    if told is None:
        raise DamagedRecordError(
            f"{folder}/{SEGMENT_NAME} is gone: delete {folder} and run `corpusmill index` again"
        )
    files = tuple(TextFile(**file) for file in told.pop("files"))
    columns = tuple(told.pop("columns"))
    return Segment(folder=folder, home=home, columns=columns, files=files, names=names, **told)
