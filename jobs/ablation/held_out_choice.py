"""What all arms of an ablation are measured on: held-out segments that stand in no arm's rows."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from jobs.ablation.arms import Arm
from jobs.ablation.packed_training import held_out_rows
from jobs.ablation.row_sources import segment_sources
from jobs.models.reference.held_out import MOST_SEEN, seen_shares, segment_ids
from jobs.models.reference.row_stream import PackedRow, RowStream
from jobs.models.reference.token_text import TokenText, predicted_bytes
from jobs.packing.opened_rows import OpenedRows, open_rows
from jobs.packing.row_files import TRAIN, VALIDATION
from jobs.runtime.errors import InputError
from udfs.language.signals import detect

SOURCES_SHOWN: Final = 20


class HeldOut(NamedTuple):
    """What all arms are measured on.

    Attributes:
        rows: Rows, some of whose segments count.
        kept: bool[segments]; those that count.
        text_bytes: int64[segments]; bytes of their predicted tokens.
        groups: Name → bool[segments], of those that count: all, by the arm that held them out, by
            language, and by the 20 sources with most text where rows lie in the run they are of.
        left_out: Reason → segments that do not count.
    """

    rows: list[PackedRow]
    kept: npt.NDArray[np.bool_]
    text_bytes: npt.NDArray[np.int64]
    groups: Mapping[str, npt.NDArray[np.bool_]]
    left_out: Mapping[str, int]

    def kept_row(self) -> PackedRow:
        """Return the segments that count, one behind the other, as one long row."""
        chosen = [
            (ids, document, continued)
            for row in self.rows
            for ids, document, continued in zip(
                segment_ids(row), row.documents, row.continued, strict=True
            )
        ]
        parts = [part for part, kept in zip(chosen, self.kept, strict=True) if kept]
        ids, documents, continued = zip(*parts, strict=True)
        lengths = np.array([len(one) for one in ids], np.int32)
        return PackedRow(np.concatenate(ids), lengths, 0, documents, np.array(continued))


def choose_held_out(
    arms: Sequence[Arm], given: str | None, tokens: int, text: TokenText
) -> HeldOut:
    """Return the segments that no arm has trained on.

    Args:
        arms: The corpora.
        given: A packed folder, all of whose rows are held out; None takes what each arm kept apart.
        tokens: Most tokens of each.
        text: The tokeniser.

    Raises:
        InputError: Nothing is left.
    """
    found = _candidates(arms, given, tokens)
    rows = [row for part in found.values() for row in part.rows]
    segments = [ids for row in rows for ids in segment_ids(row)]
    if not segments:
        raise InputError(
            "no arm has kept documents apart: pack with --validation 0.05, or give --held-out PACKED"
        )
    training = itertools.chain.from_iterable(arm.stream.in_order() for arm in arms)
    seen = seen_shares(rows, training)
    twice = _repeated(segments)
    short, quoted = np.isnan(seen) & ~twice, (seen >= MOST_SEEN) & ~twice
    kept = ~(twice | short | quoted)
    if not kept.any():
        raise InputError(
            f"of {len(segments)} held-out segments none is apart from what the arms train on: give "
            "--held-out PACKED with other documents"
        )
    origin = np.repeat(list(found), [len(part.sources) for part in found.values()])
    languages = _languages([text.decode(ids.tolist()) for ids in segments])
    groups = {"all": kept}
    groups |= {name: kept & (origin == name) for name in found}
    groups |= {
        f"language {code}": kept & (languages == code) for code in sorted(set(languages[kept]))
    }
    text_bytes = np.concatenate([predicted_bytes(row, text.byte_lengths) for row in rows])
    sources = _known_sources(segments, [name for part in found.values() for name in part.sources])
    groups |= {
        f"source {name}": kept & (sources == name)
        for name in _largest(sources[kept], text_bytes[kept])
    }
    return HeldOut(
        rows,
        kept,
        text_bytes,
        {name: mask for name, mask in groups.items() if mask.any()},
        {"seen": int(quoted.sum()), "short": int(short.sum()), "twice": int(twice.sum())},
    )


class _Part(NamedTuple):
    """Rows that may be measured on, and the source of each of their segments."""

    rows: list[PackedRow]
    sources: list[str | None]


def _candidates(arms: Sequence[Arm], given: str | None, tokens: int) -> dict[str, _Part]:
    if given is None:
        return {f"held out of {arm.name}": _part(arm.rows, tokens) for arm in arms}
    other = open_rows(given)
    stream = RowStream([*other.paths(TRAIN), *other.paths(VALIDATION)])
    for key, value in arms[0].stream.facts.items():
        if stream.facts[key] != value:
            raise InputError(
                f"{given} has {key} {stream.facts[key]}, the arms have {value}: pack it as they were"
            )
    most = max(1, tokens // stream.length)
    rows = list(itertools.islice(stream.in_order(), most))
    return {f"held out in {given}": _Part(rows, segment_sources(other, rows))}


def _part(packed: OpenedRows, tokens: int) -> _Part:
    rows = held_out_rows(packed, tokens)
    return _Part(rows, segment_sources(packed, rows))


def _known_sources(
    segments: Sequence[npt.NDArray[np.int32]], sources: Sequence[str | None]
) -> npt.NDArray[np.object_]:
    """Sources of segments, of which one arm may know what another does not."""
    pairs = [(ids.tobytes(), name) for ids, name in zip(segments, sources, strict=True)]
    known = {key: name for key, name in pairs if name is not None}
    return np.array([name or known.get(key) for key, name in pairs], object)


def _largest(sources: npt.NDArray[np.object_], text_bytes: npt.NDArray[np.int64]) -> list[str]:
    """The known sources with most text, in order of it."""
    sizes: Counter[str] = Counter()
    for name, size in zip(sources.tolist(), text_bytes.tolist(), strict=True):
        if name is not None:
            sizes[name] += size
    ordered = sorted(sizes.items(), key=lambda item: (-item[1], item[0]))
    return [name for name, _ in ordered[:SOURCES_SHOWN]]


def _repeated(segments: Sequence[npt.NDArray[np.int32]]) -> npt.NDArray[np.bool_]:
    """bool[segments]; the same ids stood in an earlier one."""
    known: set[bytes] = set()
    found = []
    for ids in segments:
        key = ids.tobytes()
        found.append(key in known)
        known.add(key)
    return np.array(found, np.bool_)


def _languages(texts: Sequence[str]) -> npt.NDArray[np.object_]:
    found: npt.NDArray[np.object_] = (
        detect(pa.array(texts, pa.string())).field("language").to_numpy(zero_copy_only=False)
    )
    return found
