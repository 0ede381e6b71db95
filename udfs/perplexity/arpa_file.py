"""ARPA files: the text format of back-off models that kenlm, SRILM and others read."""

from __future__ import annotations

import gzip
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

SPECIAL_WORDS: Final = ("<unk>", "<s>", "</s>")  # word ids 0, 1, 2
_GZIP_MAGIC: Final = b"\x1f\x8b"  # no line of a model begins with it
_COPY_BYTES: Final = 1 << 20
_GZIP_LEVEL: Final = 4  # level 6 takes twice the time for a few per cent fewer bytes


def format_section(
    words: npt.NDArray[np.int32],
    log_probability: npt.NDArray[np.float32],
    log_backoff: npt.NDArray[np.float32] | None,
    vocabulary: pa.Array,
) -> bytes:
    """The lines of some n-grams: ``log10 p <tab> words [<tab> log10 back-off]``.

    Args:
        words: int32[n-grams, order], indices into ``vocabulary``.
        log_probability: float32[n-grams].
        log_backoff: float32[n-grams], or None for the highest order, which has none.
        vocabulary: large_string[words], without white space inside a word.

    Returns:
        The lines as UTF-8; numbers are the shortest that read back as the same float32.
    """
    if len(words) == 0:
        return b""
    space, tab, line_feed = (pa.scalar(text, pa.large_string()) for text in (" ", "\t", "\n"))
    columns = [vocabulary.take(pa.array(words[:, n])) for n in range(words.shape[1])]
    parts = [_decimal(log_probability), pc.binary_join_element_wise(*columns, space)]
    if log_backoff is not None:
        parts.append(_decimal(log_backoff))
    lines = pc.binary_join_element_wise(*parts, tab)
    # Joining each line with an empty text puts the line feed into Arrow's own buffer.
    lines = pc.binary_join_element_wise(lines, pa.scalar("", pa.large_string()), line_feed)
    stop = int(np.frombuffer(lines.buffers()[1], np.int64)[len(lines)])
    return bytes(memoryview(lines.buffers()[2])[:stop])


def compress(text: bytes) -> bytes:
    """A gzip member without time stamp: what travels from Spark's workers."""
    return gzip.compress(text, _GZIP_LEVEL, mtime=0)


def write_arpa(path: Path, counts: Sequence[int], sections: Iterable[Iterable[bytes]]) -> None:
    """Write a model as plain text.

    Args:
        path: The file; ``.arpa`` by convention.
        counts: N-grams of each order, as many as the sections hold.
        sections: For each order the results of ``format_section``, some of them passed through
            ``compress``, in any order.
    """
    header = "".join(f"ngram {order}={count}\n" for order, count in enumerate(counts, start=1))
    with path.open("wb") as file:
        file.write(f"\\data\\\n{header}".encode())
        for order, members in enumerate(sections, start=1):
            file.write(f"\n\\{order}-grams:\n".encode())
            for lines in members:
                file.write(gzip.decompress(lines) if lines.startswith(_GZIP_MAGIC) else lines)
        file.write(b"\n\\end\\\n")


def compress_file(source: Path, target: Path) -> None:
    """Write a file as gzip, without name and time in the header: two trainings write the same bytes."""
    with (
        source.open("rb") as plain,
        target.open("wb") as raw,
        gzip.GzipFile("", "wb", _GZIP_LEVEL, raw, mtime=0) as packed,
    ):
        shutil.copyfileobj(plain, packed, _COPY_BYTES)


def _decimal(values: npt.NDArray[np.float32]) -> pa.Array:
    # Adding zero turns -0.0 into 0.0: "-0" would be a spurious difference between two runs.
    return pc.cast(pa.array(values + np.float32(0)), pa.large_string())
