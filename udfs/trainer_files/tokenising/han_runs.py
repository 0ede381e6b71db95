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
from udfs.trainer_files.tokenising.tiktoken_file import SPLITS, byte_characters

FIRST: Final = 0x4E00
CHARACTERS: Final = 0x9FA6 - FIRST
"""Han characters from U+4E00 on that Unicode has had since its first version: all are letters."""
BYTES: Final = 3
FIRST_LEAD: Final = 0xE4
CARRIAGE_RETURN: Final = 13
LONGEST_KEY: Final = 4  # characters whose 16-bit codes fit one word
CACHE_BITS: Final = 12
PAIR_BITS: Final = 18
NO_RANK: Final = 1 << 30
JOINED_BEHIND: Final = np.uint8(1)
JOINED_BEFORE: Final = np.uint8(2)
MULTIPLIER: Final = np.uint64(0x9E3779B97F4A7C15)
_SAMPLED_PLACES: Final = 16
_LEAST_HAN: Final = 4
# Of these it is known that a carriage return between two letters is a word of its own and changes no
# other. In o200k_base letters of both cases tell words apart, so that what is before a run matters.
_SPLITS: Final = (
    SPLITS["cl100k_base"],
    SPLITS["cl100k_base"].replace(r"\p{N}{1,3}", r"\p{N}"),
    SPLITS["gpt2"],
)

_OTHER_MERGING: Final = (
    "dropout", "continuing_subword_prefix", "end_of_word_suffix", "byte_fallback",
)  # fmt: skip
Ids = npt.NDArray[np.int32]
Offsets = npt.NDArray[np.int64]


class HanTables(NamedTuple):
    """What kernels read of a vocabulary.

    Attributes:
        keys: uint64[slots]; open addressing, left id and right id of each merge of non-ASCII bytes, plus
            one; 0 where a slot is free.
        ranks: int32[slots]; lower merges first.
        products: int32[slots]; id of the merged token.
        byte_ids: int32[256]; id of each byte.
        counts: int32[characters]; ids of each Han character alone.
        ids: int32[characters, 3]; those ids.
        joined: uint8[characters]; bit 0: a token holds the character and the beginning of another;
            bit 1: a token holds the end of a character, and this one.
        joined_bytes: bool[256, 256]; a token holds the end of a character, its last byte first here, and
            the beginning of another.
        pairs: bool[1 << PAIR_BITS]; by hash of two characters, a token holds both.
    """

    keys: npt.NDArray[np.uint64]
    ranks: npt.NDArray[np.int32]
    products: npt.NDArray[np.int32]
    byte_ids: npt.NDArray[np.int32]
    counts: npt.NDArray[np.int32]
    ids: npt.NDArray[np.int32]
    joined: npt.NDArray[np.uint8]
    joined_bytes: npt.NDArray[np.bool_]
    pairs: npt.NDArray[np.bool_]


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
        engine: Callable[[Sequence[str]], tuple[Ids, Offsets]],
    ) -> tuple[Ids, Offsets]:
        """Return what the engine alone would.

        Args:
            texts: Without lone surrogates.
            engine: Gives the ids of all texts, one after the other, and int64[texts + 1] offsets into them.
        """
        places = [place for place, text in enumerate(texts) if is_chinese(text)]
        if not places:
            return engine(texts)
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
        ids.flags.writeable = id_offsets.flags.writeable = (
            False  # kernels are compiled for one kind
        )
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


def is_chinese(text: str) -> bool:
    """Say, from a few of its characters, whether a text has enough Chinese to be worth the reading."""
    if text.isascii() or "\r" in text:
        return False
    sampled = text[:: len(text) // _SAMPLED_PLACES + 1]
    return sum("\u4e00" <= character <= "\u9fa5" for character in sampled) >= _LEAST_HAN


def han_runs(content: bytes) -> HanRuns | None:
    """Read a tokenizer.json; None where runs may not be taken out, or its vocabulary has no Chinese.

    Args:
        content: The file; its model is byte-level BPE or it gets None.
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
    byte_ids = np.array([vocabulary[character] for character in characters], np.int32)
    tables = _tables(model, vocabulary, byte_ids, characters)
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


def _tables(
    model: Mapping[str, Any],
    vocabulary: Mapping[str, int],
    byte_ids: npt.NDArray[np.int32],
    characters: Sequence[str],
) -> HanTables | None:
    high = frozenset(characters[0x80:])
    codes = {character: byte for byte, character in enumerate(characters)}
    merges = []
    for rank, merge in enumerate(model["merges"]):
        left, right = merge.split(" ") if isinstance(merge, str) else merge
        if not (high.isdisjoint(left) and high.isdisjoint(right)):
            merges.append((vocabulary[left], vocabulary[right], rank, vocabulary[left + right]))
    tokens = [
        bytes(codes[character] for character in token)
        for token in vocabulary
        if len(token) > 1 and not high.isdisjoint(token) and codes.keys() >= set(token)
    ]
    held = np.array(merges, np.int64).reshape(-1, 4)
    slots = 1 << max(4, (2 * len(held)).bit_length())
    tables = HanTables(
        np.zeros(slots, np.uint64), np.zeros(slots, np.int32), np.zeros(slots, np.int32), byte_ids,
        np.zeros(CHARACTERS, np.int32), np.zeros((CHARACTERS, BYTES), np.int32),
        np.zeros(CHARACTERS, np.uint8), np.zeros((256, 256), np.bool_),
        np.zeros(1 << PAIR_BITS, np.bool_),
    )  # fmt: skip
    ends = np.cumsum([len(token) for token in tokens], dtype=np.int64)
    data = np.frombuffer(b"".join(tokens), np.uint8)
    _fill(held, data, ends, tables)
    if model.get("ignore_merges") and not _are_merged(data, ends, tables):
        return None
    return tables


@kernel
def _slot(left: int, right: int, keys: npt.NDArray[np.uint64]) -> int:
    """Where a pair is in the table, or would be."""
    key = (np.uint64(left) << np.uint64(32) | np.uint64(right)) + np.uint64(1)
    mask = np.uint64(len(keys) - 1)
    place = (key * MULTIPLIER) >> np.uint64(32) & mask
    while keys[place] != np.uint64(0) and keys[place] != key:
        place = (place + np.uint64(1)) & mask
    return int(place)


@kernel
def _merge(symbols: npt.NDArray[np.int32], count: int, tables: HanTables) -> int:
    """Merge by rank, the first of equals first; return how many are left."""
    while count > 1:
        best, where, product = NO_RANK, 0, 0
        for place in range(count - 1):
            slot = _slot(symbols[place], symbols[place + 1], tables.keys)
            if tables.keys[slot] != np.uint64(0) and tables.ranks[slot] < best:
                best, where, product = tables.ranks[slot], place, tables.products[slot]
        if best == NO_RANK:
            break
        symbols[where] = product
        for place in range(where + 1, count - 1):
            symbols[place] = symbols[place + 1]
        count -= 1
    return count


@kernel
def _character(data: npt.NDArray[np.uint8], place: int, end: int) -> int:
    """The number of the Han character at a place, -1 without one."""
    if place < 0 or place + BYTES > end or data[place] & 0xF0 != 0xE0:
        return -1
    if data[place + 1] & 0xC0 != 0x80 or data[place + 2] & 0xC0 != 0x80:
        return -1
    code = int(
        (np.int64(data[place]) & 0x0F) << 12
        | (np.int64(data[place + 1]) & 0x3F) << 6
        | np.int64(data[place + 2]) & 0x3F
    )
    return code - FIRST if FIRST <= code < FIRST + CHARACTERS else -1


@kernel
def _pair_place(left: int, right: int) -> int:
    key = np.uint64(left) << np.uint64(16) | np.uint64(right)
    return int((key * MULTIPLIER) >> np.uint64(64 - PAIR_BITS))


@kernel
def _fill(
    merges: npt.NDArray[np.int64],
    data: npt.NDArray[np.uint8],
    ends: npt.NDArray[np.int64],
    tables: HanTables,
) -> None:
    """Enter merges, what each character is alone, and what tokens join."""
    for row in range(len(merges)):
        left, right = merges[row, 0], merges[row, 1]
        slot = _slot(left, right, tables.keys)
        if tables.keys[slot] == np.uint64(0):
            tables.keys[slot] = (np.uint64(left) << np.uint64(32) | np.uint64(right)) + np.uint64(1)
            tables.ranks[slot] = merges[row, 2]
            tables.products[slot] = merges[row, 3]
    for character in range(CHARACTERS):
        code = character + FIRST
        tables.ids[character, 0] = tables.byte_ids[0xE0 | code >> 12]
        tables.ids[character, 1] = tables.byte_ids[0x80 | code >> 6 & 0x3F]
        tables.ids[character, 2] = tables.byte_ids[0x80 | code & 0x3F]
        tables.counts[character] = _merge(tables.ids[character], BYTES, tables)
    start = 0
    for end in ends:
        for place in range(start + 1, end):
            _join(data, start, place, end, tables)
        start = end


@kernel
def _join(data: npt.NDArray[np.uint8], start: int, place: int, end: int, tables: HanTables) -> None:
    """Note that a token holds both sides of a place, if that may be one between Han characters."""
    if data[place] & 0xF0 != 0xE0 or data[place - 1] & 0xC0 != 0x80:
        return
    left = _character(data, place - BYTES, place) if place - start >= BYTES else -1
    right = _character(data, place, end)
    if (place - start >= BYTES and left < 0) or (end - place >= BYTES and right < 0):
        return
    if left >= 0 and right >= 0:
        tables.pairs[_pair_place(left, right)] = True
    elif left >= 0:
        tables.joined[left] |= JOINED_BEHIND
    elif right >= 0:
        tables.joined[right] |= JOINED_BEFORE
    else:
        tables.joined_bytes[data[place - 1], data[place]] = True


@kernel
def _are_merged(
    data: npt.NDArray[np.uint8], ends: npt.NDArray[np.int64], tables: HanTables
) -> bool:
    """Say whether each token with a Han character is what its bytes are merged to.

    Else it is found where it is a whole word and only there, which the ends of a run now may be. Merges
    of ASCII are not in the tables; a token with more of it than one byte says no, too.
    """
    start = 0
    symbols = np.empty(len(data), np.int32)
    for end in ends:
        ascii_bytes, has_han = 0, False
        for place in range(start, end):
            symbols[place - start] = tables.byte_ids[data[place]]
            ascii_bytes += data[place] < 0x80
            has_han = has_han or _character(data, place, end) >= 0
        if has_han and (ascii_bytes > 1 or _merge(symbols, end - start, tables) > 1):
            return False
        start = end
    return True


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
            key = key << np.uint64(16) | np.uint64(_character(data, place, end) + 1)
        slot = np.int64((key * MULTIPLIER) >> np.uint64(64 - CACHE_BITS))
        if seen.keys[slot] == key:
            for place in range(seen.counts[slot]):
                ids[taken + place] = seen.ids[slot, place]
            return taken + int(seen.counts[slot])
    symbols = ids[taken:]
    for place in range(start, end):
        symbols[place - start] = tables.byte_ids[data[place]]
    count = _merge(symbols, end - start, tables)
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
    id_ends = np.empty(len(data) // BYTES + 1, np.int64)
    # Whoever is called with all tables counts references to each: what every character needs is here.
    joined, joined_bytes, pairs = tables.joined, tables.joined_bytes, tables.pairs
    counts, alone = tables.counts, tables.ids
    written = taken = runs = 0
    for text in range(len(ends)):
        place, end = offsets[text], offsets[text + 1]
        while place < end:
            before = _character(data, place, end)
            if before < 0:
                left[written] = data[place]
                written += 1
                place += 1
                continue
            begun, cut, cuts = place, place, 0
            place += BYTES
            character = _character(data, place, end)
            while character >= 0:
                is_joined = (
                    joined[before] & JOINED_BEHIND
                    or joined[character] & JOINED_BEFORE
                    or joined_bytes[data[place - 1], data[place]]
                    or pairs[_pair_place(before, character)]
                )
                if not is_joined:
                    if cuts == 0:
                        written = _copy(data, begun, place, left, written)
                    elif place - cut == BYTES:
                        for number in range(counts[before]):
                            ids[taken] = alone[before, number]
                            taken += 1
                    else:
                        taken = _piece(data, cut, place, tables, seen, ids, taken)
                    cuts += 1
                    cut = place
                before = character
                place += BYTES
                character = _character(data, place, end)
            if cuts > 1:
                left[written] = CARRIAGE_RETURN
                written += 1
                id_ends[runs] = taken
                runs += 1
            written = _copy(data, cut, place, left, written)
        ends[text] = written
    return left[:written], ends, ids[:taken], id_ends[:runs]


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
