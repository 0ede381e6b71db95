"""Lines that many documents of one site share: navigation, cookie banners, signatures.

Seen alone a banner is a line like any other; only the other pages of the site tell. So lines are first
counted by site, as 64-bit keys and never as text, and the few keys that many documents have come back
as one sorted array against which every document is measured.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Final
from urllib.parse import urlsplit

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from udfs.columns.batch_columns import require_columns
from udfs.columns.compiled import kernel
from udfs.columns.signal_fields import SignalField, divide
from udfs.lines.line_batch import LineFacts
from udfs.lines.text_batch import TextBatch, TextPart
from udfs.text.token_batch import TokenBatch
from udfs.text.token_hashing import HASH_FACTOR, HASH_SEED, mix64

_MEANING: Final = (
    "that many documents of the same site have too (at least shared_lines.min_documents; its host, or "
    "the input file where no address is known), compared by their words. Null unless a rule asks for it."
)
SHARED_LINE_FIELDS: Final = (
    SignalField(
        "line_ratio", pa.float64(), "share", "0 to 1", f"Lines with a word {_MEANING}", "corpusmill"
    ),
    SignalField(
        "character_ratio", pa.float64(), "share", "0 to 1",
        f"Characters in lines {_MEANING}", "corpusmill",
    ),
)  # fmt: skip
SHARED_LINE_TYPE: Final = pa.struct([(field.name, field.type) for field in SHARED_LINE_FIELDS])


class LineKeyBatches:
    """A function for mapInArrow: ``url, source, text`` in, the ``key`` of every different line out.

    A document gives each of its keys once, so that counting rows by key counts documents.
    """

    def output_schema(self, schema: pa.Schema) -> pa.Schema:
        """Return ``key`` int64.

        Raises:
            ValueError: A column is missing or of another type.
        """
        text = (pa.string(), pa.large_string())
        require_columns(schema, {"url": text, "source": text, "text": text})
        return pa.schema([("key", pa.int64())])

    def __call__(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Yield a batch for each batch."""
        for batch in batches:
            texts = TextBatch(batch.column("text").fill_null(""))
            sites = site_keys(batch.column("url"), batch.column("source"))
            keys = [np.zeros(0, np.uint64)]
            for rows in _whole_rows(texts):
                found = [(part.rows[part.lines.text], _keys(part, sites)) for part in rows]
                row = np.concatenate([row for row, _ in found])
                key = np.concatenate([key for _, key in found])
                order = np.lexsort((key, row))
                first = np.ones(len(order), np.bool_)
                first[1:] = (np.diff(row[order]) != 0) | (key[order][1:] != key[order][:-1])
                keys.append(key[order][first & (key[order] != 0)])
            column = pa.array(np.concatenate(keys).view(np.int64))
            yield pa.RecordBatch.from_arrays([column], names=["key"])


def site_keys(urls: pa.Array, sources: pa.Array) -> npt.NDArray[np.uint64]:
    """The site of each document as a number: of its address's host, else of its input file.

    Args:
        urls: string; null where there is none.
        sources: string, of the same length.

    Returns:
        uint64[documents].
    """
    sites = [
        _host(url) or f"file {source}"
        for url, source in zip(urls.to_pylist(), sources.to_pylist(), strict=True)
    ]
    numbers = {
        site: hashlib.blake2b(site.encode("utf-8", "surrogatepass"), digest_size=8).digest()
        for site in set(sites)
    }
    return np.array([int.from_bytes(numbers[site], "little") for site in sites], np.uint64)


def shared_line_shares(
    texts: pa.Array, sites: npt.NDArray[np.uint64], shared: npt.NDArray[np.uint64]
) -> pa.StructArray:
    """Measure the lines of each text that its site shares.

    Args:
        texts: string or large_string; null counts as empty.
        sites: uint64[texts], of ``site_keys``.
        shared: uint64[keys], sorted: the keys that many documents have.

    Returns:
        Structs of SHARED_LINE_TYPE; fields are null without a line that has a word.
    """
    batch = TextBatch(texts)
    lines, characters = np.zeros((2, len(batch)), np.int64), np.zeros((2, len(batch)), np.int64)
    for part in batch.parts():
        keys = _keys(part, sites)
        row = part.rows[part.lines.text]
        is_shared = _contains(shared, keys)
        for place, counted in ((0, keys != 0), (1, is_shared)):
            np.add.at(lines[place], row[counted], 1)
            np.add.at(characters[place], row[counted], part.lines.characters[counted])
    columns = [divide(counts[1], counts[0]) for counts in (lines, characters)]
    return pa.StructArray.from_arrays(
        [pa.array(column, pa.float64(), from_pandas=True) for column in columns],
        fields=list(SHARED_LINE_TYPE),
    )


def _whole_rows(texts: TextBatch) -> Iterator[list[TextPart]]:
    """The parts of a batch, the pieces of one oversized document together."""
    waiting: list[TextPart] = []
    for part in texts.parts():
        if waiting and waiting[-1].rows[-1] != part.rows[0]:
            yield waiting
            waiting = []
        waiting.append(part)
    if waiting:
        yield waiting


def _host(url: str | None) -> str | None:
    try:
        host = urlsplit(url or "").hostname
    except ValueError:  # "http://[": told apart by its file
        return None
    return host.removeprefix("www.") if host else None


def _contains(
    shared: npt.NDArray[np.uint64], keys: npt.NDArray[np.uint64]
) -> npt.NDArray[np.bool_]:
    if len(shared) == 0:
        return np.zeros(len(keys), np.bool_)
    places = np.minimum(np.searchsorted(shared, keys), len(shared) - 1)
    found: npt.NDArray[np.bool_] = shared[places] == keys
    return found


def _keys(part: TextPart, sites: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    keys = np.zeros(len(part.lines.text), np.uint64)
    _key_lines(part.tokens, part.lines, sites[part.rows], keys)
    return keys


@kernel
def _key_lines(
    tokens: TokenBatch,
    facts: LineFacts,
    sites: npt.NDArray[np.uint64],
    keys: npt.NDArray[np.uint64],
) -> None:
    """Key each line by its words and its text's site; a line without a word keeps 0."""
    token = 0
    for line in range(len(keys)):
        value = HASH_SEED ^ sites[facts.text[line]]
        for _ in range(facts.words[line]):
            value = mix64(value * HASH_FACTOR + tokens.token_hash[token])
            token += 1
        if facts.words[line] > 0:
            keys[line] = value
