"""A tiktoken file as a ``tokenizer.json``: merges are found from ranks, so that one engine reads both.

A tiktoken file has a token and its rank a line and nothing else: neither how texts are split before
merging nor special tokens. tiktoken looks a whole piece up first and then merges by rank, which in a
``tokenizer.json`` is ``ignore_merges``.
"""

from __future__ import annotations

import base64
import binascii
import itertools
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final, Literal

SplitName = Literal["gpt2", "cl100k_base", "o200k_base"]

_LETTERS_GPT2 = r" ?\p{L}+"
_NUMBERS_GPT2 = r" ?\p{N}+"
_OTHERS_GPT2 = r" ?[^\s\p{L}\p{N}]+"
_SPACE_BEFORE_A_WORD = r"\s+(?!\S)|\s+"
# Spelt as most tokenizer.json spell it: fastokens knows the usual spellings and is three times as fast on
# them as on any other of the same meaning.
_CONTRACTIONS = r"'s|'t|'re|'ve|'m|'ll|'d"
_ANY_CASE = rf"(?i:{_CONTRACTIONS})"
_ONE_TO_THREE_DIGITS = r"\p{N}{1,3}"
_LINE_ENDS = r"\s*[\r\n]+"
_UPPER, _LOWER = r"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]", r"[\p{Ll}\p{Lm}\p{Lo}\p{M}]"
_BEFORE_LETTERS = r"[^\r\n\p{L}\p{N}]?"

SPLITS: Final[dict[str, str]] = {
    "gpt2": "|".join(
        [_CONTRACTIONS, _LETTERS_GPT2, _NUMBERS_GPT2, _OTHERS_GPT2, _SPACE_BEFORE_A_WORD]
    ),
    "cl100k_base": "|".join(
        [_ANY_CASE, rf"{_BEFORE_LETTERS}\p{{L}}+", _ONE_TO_THREE_DIGITS,
         rf"{_OTHERS_GPT2}[\r\n]*", _LINE_ENDS, _SPACE_BEFORE_A_WORD]
    ),
    "o200k_base": "|".join(
        [rf"{_BEFORE_LETTERS}{_UPPER}*{_LOWER}+{_ANY_CASE}?",
         rf"{_BEFORE_LETTERS}{_UPPER}+{_LOWER}*{_ANY_CASE}?", _ONE_TO_THREE_DIGITS,
         rf"{_OTHERS_GPT2}[\r\n/]*", _LINE_ENDS, _SPACE_BEFORE_A_WORD]
    ),
}  # fmt: skip
"""How the vocabularies of these names cut a text before they merge; what tiktoken documents of them."""

_LINE = re.compile(rb"^[A-Za-z0-9+/]+={0,2} \d+\r?$")


def is_tiktoken(content: bytes) -> bool:
    """Say whether a file begins with a line of base64, a blank and a rank."""
    return _LINE.match(content.split(b"\n", 1)[0]) is not None


def tokeniser_json(content: bytes, split: str, special_tokens: Mapping[str, int]) -> bytes:
    """Return the ``tokenizer.json`` that gives tiktoken's ids.

    Args:
        content: The tiktoken file.
        split: A name of ``SPLITS``, or a regular expression.
        special_tokens: Spelling → id.

    Raises:
        ValueError: A line is not a token and a rank, an id is given twice, or a token cannot be merged
            from others, as in a vocabulary that is no byte-level BPE.
    """
    ranks = _ranks(content)
    taken = {rank: token for token, rank in ranks.items()}
    for spelling, number in special_tokens.items():
        if number in taken:
            raise ValueError(
                f"special token {spelling!r} has id {number}, which is the token {taken[number]!r}'s"
            )
    characters = byte_characters()
    spelt = {token: "".join(characters[byte] for byte in token) for token in ranks}
    return json.dumps(
        {
            "version": "1.0",
            "added_tokens": list(_added_tokens(len(ranks), special_tokens)),
            "normalizer": None,
            "pre_tokenizer": _pre_tokeniser(SPLITS.get(split, split)),
            "post_processor": None,
            "decoder": _byte_level(),
            "model": {
                "type": "BPE",
                "ignore_merges": True,
                "vocab": {spelt[token]: rank for token, rank in ranks.items()},
                "merges": [[spelt[left], spelt[right]] for left, right in _merges(ranks)],
            },
        },
        ensure_ascii=False,
    ).encode("utf-8")


def _ranks(content: bytes) -> dict[bytes, int]:
    ranks: dict[bytes, int] = {}
    for number, line in enumerate(content.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            token, rank = line.split()
            ranks[base64.b64decode(token, validate=True)] = int(rank)
        except (ValueError, binascii.Error) as error:
            raise ValueError(
                f"line {number} of the tiktoken file is {line[:40]!r}: wanted base64, a blank and a rank"
            ) from error
    if sorted(ranks.values()) != list(range(len(ranks))):
        raise ValueError(
            f"the tiktoken file has {len(ranks)} tokens whose ranks are not 0 to {len(ranks) - 1}: a line is "
            "missing or doubled"
        )
    return ranks


def _merges(ranks: Mapping[bytes, int]) -> Iterator[tuple[bytes, bytes]]:
    """The pair that each token of two and more bytes is merged from, by rank."""
    for token, rank in sorted(ranks.items(), key=lambda pair: pair[1]):
        if len(token) == 1:
            continue
        parts = _merged(token, ranks, rank)
        if len(parts) == 2:
            yield parts[0], parts[1]
        # Else no merge leads to it (Llama 3 has some); tiktoken finds it by looking whole pieces up.


def _merged(token: bytes, ranks: Mapping[bytes, int], limit: int) -> list[bytes]:
    parts = [token[place : place + 1] for place in range(len(token))]
    while len(parts) > 1:
        pairs = [ranks.get(left + right, limit) for left, right in itertools.pairwise(parts)]
        best = min(pairs)
        if best >= limit:
            break
        place = pairs.index(best)
        parts[place : place + 2] = [parts[place] + parts[place + 1]]
    return parts


def byte_characters() -> list[str]:
    """The printable character that byte-level vocabularies write for each byte (GPT-2's table).

    Bytes that are printable in Latin-1 stand for themselves, the others follow from U+0100 on.
    """
    printable = [*range(ord("!"), ord("~") + 1), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(256) if byte not in printable]
    table = {byte: chr(byte) for byte in printable}
    table |= {byte: chr(0x100 + place) for place, byte in enumerate(others)}
    return [table[byte] for byte in range(256)]


def _pre_tokeniser(pattern: str) -> dict[str, Any]:
    split = {
        "type": "Split",
        "pattern": {"Regex": pattern},
        "behavior": "Isolated",
        "invert": False,
    }
    return {"type": "Sequence", "pretokenizers": [split, _byte_level()]}


def _byte_level() -> dict[str, Any]:
    return {
        "type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": False,
    }  # fmt: skip


def _added_tokens(first: int, special_tokens: Mapping[str, int]) -> Iterator[dict[str, Any]]:
    """The special tokens by id; every id between them gets a token, too.

    The package tokenizers does not read the ids of added tokens, but counts on from the vocabulary.
    """
    spelt = {number: spelling for spelling, number in special_tokens.items()}
    for number in range(first, 1 + max(spelt, default=-1)):
        yield {
            "id": number, "content": spelt.get(number, f"<|unused_{number}|>"), "single_word": False,
            "lstrip": False, "rstrip": False, "normalized": False, "special": True,
        }  # fmt: skip
