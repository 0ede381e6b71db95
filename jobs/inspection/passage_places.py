"""Where in its source a passage stands: the page of a PDF, the part of an EPUB, the record of a file.

Pages are known of the text as it was extracted, passages of the text as it was cleaned. So the tokens of a
passage are looked for on the pages, its surroundings with them, which tell two places of one phrase apart.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from jobs.inspection.run_tables import RunTables
from jobs.inspection.traced_documents import TracedDocument
from udfs.text.folding import fold_table
from udfs.tracing.fingerprints import GRAM, folded_texts

MOST_FILES: Final = 256
"""Files of ``extracted/`` that are looked into: of a larger run a question would wait for their footers."""
SURROUNDINGS: Final = 24
"""Tokens on either side of a passage that are compared with those beside it on a page."""
LONGEST_HEADING: Final = 80
_AT_ONCE: Final = 32  # documents whose texts are held together
_PAGED: Final = "pdf"

Tokens = npt.NDArray[np.uint64]
Rows = dict[tuple[str, Any], dict[str, Any]]


def placed(documents: Sequence[TracedDocument]) -> tuple[TracedDocument, ...]:
    """Return documents with ``place`` telling all that is known.

    Args:
        documents: As traced. Those of a table of the user's stay as they are, and so do those of a run that
            was made before places were written or has more than ``MOST_FILES`` files in ``extracted/``.

    Raises:
        InputError: ``extracted/`` of a run cannot be read.
    """
    runs = {one.run: RunTables(one.run) for one in documents if one.run}
    readable = {run: tables for run, tables in runs.items() if _tells_places(tables)}
    told: list[TracedDocument] = []
    for first in range(0, len(documents), _AT_ONCE):
        some = documents[first : first + _AT_ONCE]
        rows = _rows(readable, some, ["format", "place", "page_starts"])
        books = [
            one for one in some if len(rows.get((one.run, one.id), {}).get("page_starts") or ()) > 1
        ]
        texts = _rows(readable, books, ["text"])
        for one in some:
            row = {**rows.get((one.run, one.id), {}), **texts.get((one.run, one.id), {})}
            part = None
            if "text" in row:
                part = part_of(row, one.before, one.match, one.after)
            parts = [part, row.get("place"), one.place]
            told.append(replace(one, place=", ".join(part for part in parts if part)))
    return tuple(told)


def part_of(row: Mapping[str, Any], before: str, match: str, after: str) -> str | None:
    """Return the pages or parts that a passage stands on, in words; None: none is known.

    Args:
        row: Of ``extracted/``: ``text``, ``format`` and, if the run has it, ``page_starts``.
        before: Of :func:`page_of`, and so the others.
        match: See ``before``.
        after: See ``before``.
    """
    starts = row.get("page_starts") or []
    borders = [*starts, len(row["text"] or "")]
    pages = [row["text"][first:stop] for first, stop in itertools.pairwise(borders)]
    found = page_of(pages, before, match, after) if len(pages) > 1 else None
    if found is None:
        return None
    first, last = found
    name = "page" if row["format"] == _PAGED else "part"
    told = f"{name} {first}" if first == last else f"{name}s {first} to {last}"
    told += f" of {len(pages)}"
    heading = pages[first - 1].lstrip().partition("\n")[0]
    if name == "part" and heading.startswith("#"):
        title = heading.lstrip("# ")
        told += f" “{title[:LONGEST_HEADING]}{'…' if len(title) > LONGEST_HEADING else ''}”"
    return told


def page_of(pages: Sequence[str], before: str, match: str, after: str) -> tuple[int, int] | None:
    """Return the first and the last of the pages that a passage stands on, counted from 1; None: unknown.

    Args:
        pages: Texts.
        before: What stands before the passage in the cleaned text; the word at the cut may be cut off.
        match: The passage. Of one that cleaning joined from what does not stand together, the page is told on
            which its half, its quarter and so on begins, down to ``GRAM`` tokens.
        after: What follows; the word at the cut may be cut off.
    """
    texts = folded_texts(pa.array([*pages, before, match, after], pa.large_string()), fold_table())
    *borders, end = texts.offsets[: len(pages) + 1].tolist()
    left, sought, right = (
        texts.hashes[first:stop] for first, stop in itertools.pairwise(texts.offsets[len(pages) :])
    )
    tokens = texts.hashes[:end]
    length = len(sought)
    while length:
        places = _places_of(tokens, sought[:length])
        if len(places):
            first = int(places[np.argmax(_agreement(tokens, places, left[1:], sought, right[:-1]))])
            numbers = np.searchsorted(borders, [first, first + length - 1], side="right").tolist()
            return numbers[0], numbers[1]
        length = length // 2 if length >= 2 * GRAM else 0
    return None


def _places_of(tokens: Tokens, sought: Tokens) -> npt.NDArray[np.int64]:
    """All places at which some tokens stand in a row, ascending."""
    places = np.arange(len(tokens) - len(sought) + 1)
    for step, token in enumerate(sought):
        places = places[tokens[places + step] == token]
    return places


def _agreement(
    tokens: Tokens, places: npt.NDArray[np.int64], left: Tokens, sought: Tokens, right: Tokens
) -> npt.NDArray[np.int64]:
    """How many tokens before, and behind, each place are those of the passage without a break."""
    wide = np.concatenate(
        [np.zeros(SURROUNDINGS, np.uint64), tokens, np.zeros(len(sought) + SURROUNDINGS, np.uint64)]
    )
    found = np.zeros(len(places), np.int64)
    for side, known in ((-1, left[::-1]), (len(sought), right)):
        same = np.ones(len(places), np.bool_)
        for step, token in enumerate(known[:SURROUNDINGS]):
            at = places + SURROUNDINGS + side + (step if side > 0 else -step)
            same &= wide[at] == token
            found += same
    return found


def _tells_places(tables: RunTables) -> bool:
    files = tables.manifest("extracted").files
    return len(files) <= MOST_FILES and "page_starts" in tables.column_names("extracted")


def _rows(
    runs: Mapping[str, RunTables], documents: Sequence[TracedDocument], names: Sequence[str]
) -> Rows:
    found: Rows = {}
    for run, tables in runs.items():
        ids = {one.id for one in documents if one.run == run and isinstance(one.id, int)}
        found |= {
            (run, number): row for number, row in tables.rows("extracted", ids, names).items()
        }
    return found
