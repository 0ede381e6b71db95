"""Chinese between places that no token spans, tokenised by tables; another engine gets what is left.

Byte-level BPE only ever makes tokens of its vocabulary. Where no token holds bytes of both characters
around a place, the characters before and behind it are merged independently, so that a word may be cut
there. Words of Chinese are whole clauses, which are rarely seen twice; between such cuts lie one or two
characters. Of each run of Han characters, what lies between its first and its last cut is replaced by a
carriage return, which splits words there as the run itself did not have to be, and its ids come from
tables. The ends of the run stay, since they may join what is around them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from udfs.columns.compiled import kernel
from udfs.trainer_files.tokenising.han_tables import (
    BYTES,
    CHARACTERS,
    FIRST,
    ID_BITS,
    JOINED_BEFORE,
    JOINED_BEHIND,
    MULTIPLIER,
    HanTables,
    character_at,
    merge_by_rank,
    pair_place,
    read_tables,
)
from udfs.trainer_files.tokenising.tiktoken_file import SPLITS, byte_characters

CARRIAGE_RETURN: Final = 13
LONGEST_KEY: Final = 4  # characters whose 16-bit codes fit one word
CACHE_BITS: Final = 12
ID_MASK: Final = np.uint64((1 << ID_BITS) - 1)
_SAMPLED_PLACES: Final = 16
_LEAST_HAN: Final = 4
# Of these it is known that a carriage return between two letters is a word of its own and changes no
# other. In o200k_base letters of both cases tell words apart, so that what is before a run matters.
_SPLITS: Final = (
    SPLITS["cl100k_base"],
    SPLITS["cl100k_base"].replace(r"\p{N}{1,3}", r"\p{N}"),
    SPLITS["gpt2"],
)
# With one of these, words are merged in another way than by the ranks of pairs alone.
_OTHER_MERGING: Final = (
    "dropout", "continuing_subword_prefix", "end_of_word_suffix", "byte_fallback",
)  # fmt: skip
Ids = npt.NDArray[np.int32]
Offsets = npt.NDArray[np.int64]


class Seen(NamedTuple):
    """Ids of pieces of two to four characters, by hash; a new piece takes the place of an old one.

    Attributes:
        keys: uint64[slots]; the characters' codes.
        counts: int32[slots]; their ids.
        ids: int32[slots, 12]; those ids.
    """

    keys: npt.NDArray[np.uint64]
    counts: npt.NDArray[np.int32]
    ids: npt.NDArray[np.int32]


class HanRuns:
    """Takes runs of Han characters out of texts and puts their ids back."""

    def __init__(self, tables: HanTables, carriage_return: int) -> None:
        """Take what ``han_runs`` found."""
        self._tables = tables
        self._carriage_return = carriage_return

    def encode(
        self,
        texts: Sequence[str],
        places: Sequence[int],
        engine: Callable[[Sequence[str]], tuple[Ids, Offsets]],
    ) -> tuple[Ids, Offsets]:
        """Return what the engine alone would.

        Args:
            texts: Without lone surrogates.
            places: Of them, those with Chinese to take out.
            engine: Gives the ids of all texts, one after the other, and int64[texts + 1] offsets into them.
        """
        contents = [texts[place].encode("utf-8") for place in places]
        offsets = np.zeros(len(contents) + 1, np.int64)
        np.cumsum([len(content) for content in contents], out=offsets[1:])
        data = np.frombuffer(b"".join(contents), np.uint8)
        left, ends, taken, taken_ends = _take_out(data, offsets, self._tables, _nothing_seen())
        shorter = list(texts)
        content = left.tobytes()
        start = 0
        for place, end in zip(places, ends.tolist(), strict=True):
            shorter[place] = content[start:end].decode("utf-8")
            start = end
        ids, id_offsets = engine(shorter)
        # Kernels are compiled for arrays of one kind.
        ids.flags.writeable = id_offsets.flags.writeable = False
        replaced = np.zeros(len(texts), np.bool_)
        replaced[places] = True
        return _put_back(ids, id_offsets, replaced, self._carriage_return, taken, taken_ends)


def _nothing_seen() -> Seen:
    # Anew for each batch: threads share tables, and what is written must not be read by another.
    return Seen(
        np.zeros(1 << CACHE_BITS, np.uint64),
        np.empty(1 << CACHE_BITS, np.int32),
        np.empty((1 << CACHE_BITS, LONGEST_KEY * BYTES), np.int32),
    )


def chinese_places(texts: Sequence[str]) -> list[int]:
    """Return which texts have enough Chinese to be worth the reading."""
    return [place for place, text in enumerate(texts) if _is_chinese(text)]


def _is_chinese(text: str) -> bool:
    if text.isascii() or "\r" in text:
        return False
    sampled = text[:: len(text) // _SAMPLED_PLACES + 1]
    return sum("\u4e00" <= character <= "\u9fa5" for character in sampled) >= _LEAST_HAN


def han_runs(content: bytes) -> HanRuns | None:
    """Read a tokenizer.json; None where runs may not be taken out, or its vocabulary has no Chinese.

    Args:
        content: The file.
    """
    parsed = json.loads(content)
    model = parsed["model"]
    if model.get("type") != "BPE" or any(model.get(name) for name in _OTHER_MERGING):
        return None
    added = [token["content"] for token in parsed.get("added_tokens") or ()]
    if not _splits_as_known(parsed) or any("\r" in one or _has_han(one) for one in added):
        return None
    characters = byte_characters()
    vocabulary: Mapping[str, int] = model["vocab"]
    if any(character not in vocabulary for character in characters):
        return None
    if max(vocabulary.values()) >> ID_BITS:
        return None
    byte_ids = np.array([vocabulary[character] for character in characters], np.int32)
    tables = read_tables(model, vocabulary, byte_ids, characters)
    return None if tables is None else HanRuns(tables, int(byte_ids[CARRIAGE_RETURN]))


def _has_han(text: str) -> bool:
    return any("\u4e00" <= character <= "\u9fa5" for character in text)


def _splits_as_known(parsed: Mapping[str, Any]) -> bool:
    normaliser = parsed.get("normalizer") or {"type": "NFC"}
    splits = parsed.get("pre_tokenizer") or {}
    steps = splits.get("pretokenizers", [splits])
    patterns = [step["pattern"].get("Regex") for step in steps if step.get("type") == "Split"]
    levels = [step for step in steps if step.get("type") == "ByteLevel"]
    by_level = [SPLITS["gpt2"] for step in levels if step.get("use_regex", True)]
    return (
        normaliser["type"] == "NFC"
        and len(steps) == len(patterns) + len(levels)
        and len(levels) == 1
        and len(patterns + by_level) == 1
        and (patterns + by_level)[0] in _SPLITS
        and not any(step.get("invert") or step.get("add_prefix_space") for step in steps)
        and all(step.get("behavior", "Isolated") == "Isolated" for step in steps)
    )


@kernel
def _character_of_text(data: npt.NDArray[np.uint8], place: int, end: int) -> int:
    """The same where bytes are known to be UTF-8."""
    if place >= end or data[place] < 0xE4 or data[place] > 0xE9:
        return -1
    code = int(
        (np.int64(data[place]) & 0x0F) << 12
        | (np.int64(data[place + 1]) & 0x3F) << 6
        | np.int64(data[place + 2]) & 0x3F
    )
    code -= FIRST
    return code if 0 <= code < CHARACTERS else -1


@kernel
def _piece(
    data: npt.NDArray[np.uint8],
    start: int,
    end: int,
    tables: HanTables,
    seen: Seen,
    ids: npt.NDArray[np.int32],
    taken: int,
) -> int:
    """Write the ids of Han characters between two cuts behind those taken; return how many there are then."""
    key = np.uint64(0)
    is_short = end - start <= LONGEST_KEY * BYTES
    slot = np.int64(0)
    if is_short:
        for place in range(start, end, BYTES):
            key = key << np.uint64(16) | np.uint64(character_at(data, place, end) + 1)
        slot = np.int64((key * MULTIPLIER) >> np.uint64(64 - CACHE_BITS))
        if seen.keys[slot] == key:
            for place in range(seen.counts[slot]):
                ids[taken + place] = seen.ids[slot, place]
            return taken + int(seen.counts[slot])
    symbols = ids[taken:]
    for place in range(start, end):
        symbols[place - start] = tables.byte_ids[data[place]]
    count = merge_by_rank(symbols, end - start, tables)
    if is_short:
        seen.keys[slot], seen.counts[slot] = key, count
        for place in range(count):
            seen.ids[slot, place] = symbols[place]
    return taken + count


@kernel
def _take_out(
    data: npt.NDArray[np.uint8], offsets: npt.NDArray[np.int64], tables: HanTables, seen: Seen
) -> tuple[
    npt.NDArray[np.uint8], npt.NDArray[np.int64], npt.NDArray[np.int32], npt.NDArray[np.int64]
]:
    """What is left of the texts, where each ends, ids of what was taken, and where those of each end."""
    left = np.empty(len(data), np.uint8)
    ends = np.empty(len(offsets) - 1, np.int64)
    ids = np.empty(len(data), np.int32)  # a byte is a token at most
    id_ends = np.empty(len(data) // (2 * BYTES) + 1, np.int64)  # a run has two characters and more
    # Whoever is called with all tables counts references to each: what every character needs is here.
    joined, joined_bytes, pairs = tables.joined, tables.joined_bytes, tables.pairs
    alone = tables.alone
    written = taken = runs = 0
    for text in range(len(ends)):
        place, end = offsets[text], offsets[text + 1]
        while place < end:
            before = _character_of_text(data, place, end)
            if before < 0:
                left[written] = data[place]
                written += 1
                place += 1
                continue
            begun, cut, cuts = place, place, 0
            place += BYTES
            character = _character_of_text(data, place, end)
            while character >= 0:
                pair = pair_place(before, character)
                is_joined = (
                    joined[before] & JOINED_BEHIND
                    or joined[character] & JOINED_BEFORE
                    or joined_bytes[data[place - 1], data[place]]
                    or pairs[pair >> np.uint64(6)] >> (pair & np.uint64(63)) & np.uint64(1)
                )
                if not is_joined:
                    if cuts == 0:
                        written = _copy(data, begun, place, left, written)
                    elif place - cut == BYTES:
                        taken = _put_alone(alone[before], ids, taken)
                    else:
                        taken = _piece(data, cut, place, tables, seen, ids, taken)
                    cuts += 1
                    cut = place
                before = character
                place += BYTES
                character = _character_of_text(data, place, end)
            if cuts and place - cut == BYTES and _is_mark(data, place, end):
                taken = _put_alone(alone[before], ids, taken)
                cuts += 1
                cut = place
            if cuts > 1:
                left[written] = CARRIAGE_RETURN
                written += 1
                id_ends[runs] = taken
                runs += 1
            written = _copy(data, cut, place, left, written)
        ends[text] = written
    return left[:written], ends, ids[:taken], id_ends[:runs]


@kernel
def _put_alone(held: np.uint64, ids: npt.NDArray[np.int32], taken: int) -> int:
    """Write the ids of one character behind those taken; return how many there are then."""
    ids[taken] = held & ID_MASK  # of three, those that are not there are written over
    ids[taken + 1] = held >> np.uint64(ID_BITS) & ID_MASK
    ids[taken + 2] = held >> np.uint64(2 * ID_BITS) & ID_MASK
    return taken + int(np.int64(held >> np.uint64(BYTES * ID_BITS)))


@kernel
def _is_mark(data: npt.NDArray[np.uint8], place: int, end: int) -> bool:
    """Say whether a Chinese comma, full stop, colon and so on follows, which no word goes on with."""
    if place + BYTES > end or data[place] != 0xEF or data[place + 1] != 0xBC:
        return bool(
            place + BYTES <= end
            and data[place] == 0xE3
            and data[place + 1] == 0x80
            and data[place + 2] in (0x81, 0x82)
        )
    return bool(data[place + 2] in (0x81, 0x8C, 0x9A, 0x9B, 0x9F))


@kernel
def _copy(
    data: npt.NDArray[np.uint8], start: int, end: int, target: npt.NDArray[np.uint8], written: int
) -> int:
    for place in range(start, end):
        target[written + place - start] = data[place]
    return written + end - start


@kernel
def _put_back(
    ids: npt.NDArray[np.int32],
    offsets: npt.NDArray[np.int64],
    replaced: npt.NDArray[np.bool_],
    carriage_return: int,
    taken: npt.NDArray[np.int32],
    taken_ends: npt.NDArray[np.int64],
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int64]]:
    """Ids and offsets with what was taken in the place of each carriage return of the texts replaced."""
    joined = np.empty(len(ids) + len(taken), np.int32)
    ends = np.empty(len(offsets), np.int64)
    ends[0] = 0
    written = source = runs = 0
    for text in range(len(replaced)):
        for place in range(offsets[text], offsets[text + 1]):
            if replaced[text] and ids[place] == carriage_return:
                count = taken_ends[runs] - source
                joined[written : written + count] = taken[source : source + count]
                written += count
                source += count
                runs += 1
            else:
                joined[written] = ids[place]
                written += 1
        ends[text + 1] = written
    return joined[:written], ends
