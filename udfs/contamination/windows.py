"""Which fields a document holds, and where: the stretch of it that covers most of a field."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from udfs.columns.compiled import kernel
from udfs.contamination.phrase_index import PhraseHits, PhraseIndex
from udfs.text.folding import NUMBER_KIND

ROOM: Final = 30  # tokens that may stand between the parts of an item, beside its own length


class FieldTokens(NamedTuple):
    """The tokens of all fields; token ``t`` of field ``f``: offsets[f] <= t < offsets[f + 1].

    Attributes:
        offsets: int64[fields + 1].
        kinds: uint8[tokens]; of ``folding``.
        exact: uint64[tokens]; tells numbers apart.
        bits: float32[tokens]; information of a token, 0 where no live phrase covers it.
        totals: float64[fields]; sum of bits.
    """

    offsets: npt.NDArray[np.int64]
    kinds: npt.NDArray[np.uint8]
    exact: npt.NDArray[np.uint64]
    bits: npt.NDArray[np.float32]
    totals: npt.NDArray[np.float64]


class Candidates(NamedTuple):
    """(Document, field) pairs of which enough is covered; parallel arrays.

    Attributes:
        rows: int64[n]; row of the batch.
        fields: int64[n].
        shares: float64[n]; covered part of the field's information, 0 to 1.
        bits: float64[n]; covered information.
        first: int64[n]; first token of the stretch in the batch.
        last: int64[n]; its last token.
        numbers: int64[n]; covered numbers of the field.
        equal_numbers: int64[n]; those that are the same in the document.
    """

    rows: npt.NDArray[np.int64]
    fields: npt.NDArray[np.int64]
    shares: npt.NDArray[np.float64]
    bits: npt.NDArray[np.float64]
    first: npt.NDArray[np.int64]
    last: npt.NDArray[np.int64]
    numbers: npt.NDArray[np.int64]
    equal_numbers: npt.NDArray[np.int64]


def find_candidates(
    hits: PhraseHits,
    index: PhraseIndex,
    fields: FieldTokens,
    exact: npt.NDArray[np.uint64],
    least_share: float,
) -> Candidates:
    """For each document and field the stretch that covers most of the field.

    A stretch is at most twice the field and ``ROOM`` long, so that words set in between, dropped or
    changed cost what they change and no more.

    Args:
        hits: Of the batch.
        index: What they are hits of.
        fields: The fields of the index.
        exact: uint64[tokens of the batch].
        least_share: Smaller covered shares are left out.
    """
    bounds = np.flatnonzero(np.diff(hits.rows, prepend=-1)) if len(hits.rows) else np.zeros(0)
    bounds = np.append(bounds, len(hits.rows)).astype(np.int64)
    longest = int(np.diff(fields.offsets).max(initial=0))
    size = 256
    while True:
        found = _empty_candidates(size)
        count = _find(hits, bounds, index, fields, exact, least_share, longest, found)
        if count <= size:
            return Candidates._make(column[:count] for column in found)
        size = count


def _empty_candidates(size: int) -> Candidates:
    whole = [np.empty(size, np.int64) for _ in range(6)]
    return Candidates(
        whole[0], whole[1], np.empty(size), np.empty(size), whole[2], whole[3], whole[4], whole[5]
    )


@kernel
def _cover(
    cover: npt.NDArray[np.int32],
    bits: npt.NDArray[np.float32],
    base: int,
    place: int,
    length: int,
    step: int,
) -> float:
    """Count a phrase in or out; return the information that this adds or takes."""
    changed = 0.0
    for token in range(place, place + length):
        before = cover[token]
        cover[token] = before + step
        if before == 0:
            changed += bits[base + token]
        elif before + step == 0:
            changed -= bits[base + token]
    return changed


@kernel
def _find(
    hits: PhraseHits,
    bounds: npt.NDArray[np.int64],
    index: PhraseIndex,
    fields: FieldTokens,
    exact: npt.NDArray[np.uint64],
    least_share: float,
    longest: int,
    found: Candidates,
) -> int:
    """Fill ``found`` as far as it goes; return the number of candidates."""
    rows, positions, phrases = hits
    length = index.length
    postings, of_field, of_place = index.postings, index.fields, index.places
    offsets, kinds, field_exact, bits, totals = fields
    cover = np.zeros(longest + 1, np.int32)
    agree = np.zeros(longest + 1, np.int8)
    count = 0
    for group in range(len(bounds) - 1):
        size = 0
        for hit in range(bounds[group], bounds[group + 1]):
            size += postings[phrases[hit] + 1] - postings[phrases[hit]]
        order_keys = np.empty(size, np.int64)
        places = np.empty(size, np.int32)
        base_position = positions[bounds[group]]
        size = 0
        for hit in range(bounds[group], bounds[group + 1]):
            for posting in range(postings[phrases[hit]], postings[phrases[hit] + 1]):
                field = np.int64(of_field[posting])
                order_keys[size] = field << np.int64(32) | (positions[hit] - base_position)
                places[size] = of_place[posting]
                size += 1
        order = np.argsort(order_keys)
        begin = 0
        while begin < size:
            field = order_keys[order[begin]] >> np.int64(32)
            stop = begin
            reachable = 0.0
            base = offsets[field]
            while stop < size and order_keys[order[stop]] >> np.int64(32) == field:
                place = places[order[stop]]
                for token in range(place, place + length):
                    reachable += bits[base + token]
                stop += 1
            total = totals[field]
            if total <= 0.0 or reachable < least_share * total:
                begin = stop
                continue
            mask = np.int64(0xFFFFFFFF)
            reach = 2 * (offsets[field + 1] - base) + ROOM - length
            now, best, low, best_low, best_high = 0.0, -1.0, begin, begin, begin
            for high in range(begin, stop):
                now += _cover(cover, bits, base, places[order[high]], length, 1)
                here = order_keys[order[high]] & mask
                while here - (order_keys[order[low]] & mask) > reach:
                    now += _cover(cover, bits, base, places[order[low]], length, -1)
                    low += 1
                if now > best + 1e-6:
                    best, best_low, best_high = now, low, high
            while low < stop:
                _cover(cover, bits, base, places[order[low]], length, -1)
                low += 1
            if best < least_share * total:
                begin = stop
                continue
            # What follows closely belongs to it although its words were covered before: in a row of
            # like examples the first one that fits is not yet the right one.
            while best_high + 1 < stop and (
                (order_keys[order[best_high + 1]] & mask) - (order_keys[order[best_high]] & mask)
                <= length
            ):
                best_high += 1
            for hit in range(best_low, best_high + 1):
                _cover(cover, bits, base, places[order[hit]], length, 1)
            while best_low < best_high:  # what stands before and adds nothing is no part of it
                lost = _cover(cover, bits, base, places[order[best_low]], length, -1)
                if lost < -1e-6:
                    _cover(cover, bits, base, places[order[best_low]], length, 1)
                    break
                best_low += 1
            numbers, equal = 0, 0
            for hit in range(best_low, best_high + 1):
                position = base_position + (order_keys[order[hit]] & mask)
                place = places[order[hit]]
                for step in range(length):
                    token = base + place + step
                    if kinds[token] == NUMBER_KIND and agree[place + step] < 2:
                        if field_exact[token] == exact[position + step]:
                            agree[place + step] = 2
                        elif 0 < step < length - 1:  # at its ends 3.5 may be the 3 of "3 5"
                            agree[place + step] = 1
            for token in range(offsets[field + 1] - base):
                numbers += 1 if agree[token] > 0 else 0
                equal += 1 if agree[token] == 2 else 0
                agree[token] = 0
                cover[token] = 0
            if count < len(found.rows):
                found.rows[count] = rows[bounds[group]]
                found.fields[count] = field
                found.shares[count] = min(best / total, 1.0)
                found.bits[count] = best
                found.first[count] = base_position + (order_keys[order[best_low]] & mask)
                found.last[count] = (
                    base_position + (order_keys[order[best_high]] & mask) + length - 1
                )
                found.numbers[count] = numbers
                found.equal_numbers[count] = equal
            count += 1
            begin = stop
    return count
