"""What all arms of an ablation are measured on: held-out segments that stand in no arm's rows."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from jobs.ablation.arms import Arm
from jobs.ablation.packed_training import held_out_rows
from jobs.models.reference.held_out import MOST_SEEN, seen_shares, segment_ids
from jobs.models.reference.row_stream import PackedRow, RowStream
from jobs.models.reference.token_text import TokenText, predicted_bytes
from jobs.packing.opened_rows import open_rows
from jobs.packing.row_files import TRAIN, VALIDATION
from jobs.runtime.errors import InputError
from udfs.language.signals import detect


class HeldOut(NamedTuple):
    """What all arms are measured on.

    Attributes:
        rows: Rows, some of whose segments count.
        kept: bool[segments]; those that count.
        text_bytes: int64[segments]; bytes of their predicted tokens.
        groups: Name → bool[segments], of those that count.
        left_out: Reason → segments that do not count.
    """

    rows: list[PackedRow]
    kept: npt.NDArray[np.bool_]
    text_bytes: npt.NDArray[np.int64]
    groups: Mapping[str, npt.NDArray[np.bool_]]
    left_out: Mapping[str, int]


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
    rows = [row for part in found.values() for row in part]
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
    counts = [sum(len(row.segment_lengths) for row in part) for part in found.values()]
    origin = np.repeat(list(found), counts)
    languages = _languages([text.decode(ids.tolist()) for ids in segments])
    groups = {"all": kept}
    groups |= {name: kept & (origin == name) for name in found}
    groups |= {
        f"language {code}": kept & (languages == code) for code in sorted(set(languages[kept]))
    }
    return HeldOut(
        rows,
        kept,
        np.concatenate([predicted_bytes(row, text.byte_lengths) for row in rows]),
        {name: mask for name, mask in groups.items() if mask.any()},
        {"seen": int(quoted.sum()), "short": int(short.sum()), "twice": int(twice.sum())},
    )


def _candidates(arms: Sequence[Arm], given: str | None, tokens: int) -> dict[str, list[PackedRow]]:
    if given is None:
        return {f"held out of {arm.name}": held_out_rows(arm.rows, tokens) for arm in arms}
    other = open_rows(given)
    stream = RowStream([*other.paths(TRAIN), *other.paths(VALIDATION)])
    for key, value in arms[0].stream.facts.items():
        if stream.facts[key] != value:
            raise InputError(
                f"{given} has {key} {stream.facts[key]}, the arms have {value}: pack it as they were"
            )
    most = max(1, tokens // stream.length)
    return {f"held out in {given}": list(itertools.islice(stream.in_order(), most))}


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
