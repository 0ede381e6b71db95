"""What a vocabulary makes of texts it was not trained on: bytes a token, fallback, and its tokens."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from udfs.trainer_files.tokenising.engines import EngineName, load_decoder, load_engine
from udfs.trainer_files.tokenising.sentencepiece_model import load_processor
from udfs.trainer_files.tokenising.tokeniser_file import TokeniserFile

LONGEST_SHOWN: Final = 10


@dataclass(frozen=True)
class GroupFacts:
    """Texts of one language or source under one vocabulary.

    Attributes:
        documents: Texts.
        text_bytes: Their UTF-8 bytes.
        tokens: Their tokens.
        fallback: Of them, single bytes of a longer character, or unknown.
    """

    documents: int
    text_bytes: int
    tokens: int
    fallback: int

    @property
    def bytes_a_token(self) -> float:
        """How much text a token stands for; more is cheaper to train on."""
        return self.text_bytes / self.tokens if self.tokens else 0.0

    @property
    def fallback_share(self) -> float:
        """0 to 1."""
        return self.fallback / self.tokens if self.tokens else 0.0


@dataclass(frozen=True)
class VocabularyFacts:
    """One vocabulary.

    Attributes:
        size: One more than the largest id.
        longest: Its longest tokens, as text.
        numbers: Tokens of two and more digits and nothing else.
        white_space: Tokens of two and more white-space characters and nothing else.
        groups: Language or source → what it makes of their texts.
    """

    size: int
    longest: tuple[str, ...]
    numbers: int
    white_space: int
    groups: Mapping[str, GroupFacts]


def vocabulary_facts(file: TokeniserFile, texts: Mapping[str, Sequence[str]]) -> VocabularyFacts:
    """Measure a vocabulary.

    Args:
        file: The tokeniser.
        texts: Language or source → texts that it was not trained on.

    Raises:
        ValueError: The package that reads it is missing.
    """
    name: EngineName = "sentencepiece" if file.kind == "sentencepiece" else "tokenizers"
    engine = load_engine(file, name, special_tokens_in_text=False)
    fallback = _fallback_ids(file)
    groups = {}
    for group, found in texts.items():
        ids = engine.encode(found).ids
        groups[group] = GroupFacts(
            len(found),
            sum(len(text.encode("utf-8")) for text in found),
            len(ids),
            int(np.isin(ids, fallback).sum()),
        )
    special = set(file.special_tokens.values())
    decode = load_decoder(file)
    tokens = [decode([number]) for number in range(file.vocabulary_size) if number not in special]
    return VocabularyFacts(
        file.vocabulary_size,
        tuple(sorted(tokens, key=lambda token: (-len(token), token))[:LONGEST_SHOWN]),
        sum(len(token) > 1 and token.strip().isdigit() for token in tokens),
        sum(len(token) > 1 and token.isspace() for token in tokens),
        groups,
    )


def _fallback_ids(file: TokeniserFile) -> list[int]:
    """Ids of single bytes that are no character of their own, and of "unknown"."""
    if file.kind == "sentencepiece":
        processor = load_processor("the tokeniser", file.content)
        return [
            number
            for number in range(file.vocabulary_size)
            if processor.is_byte(number) or processor.is_unknown(number)
        ]
    model: dict[str, Any] = json.loads(file.content)["model"]
    vocabulary: Any = model["vocab"]
    if not isinstance(vocabulary, dict):
        return [number for number in [model.get("unk_id")] if number is not None]
    unknown = vocabulary.get(model.get("unk_token"))
    lone = _is_lone_letter if b'"ByteLevel"' in file.content else _is_lone_code
    bytes_ = [number for token, number in vocabulary.items() if lone(token)]
    return bytes_ + ([] if unknown is None else [unknown])


def _is_lone_letter(token: str) -> bool:
    # GPT-2's table writes bytes from 0x80 on as letters from U+00A1 on.
    return len(token) == 1 and (0xA1 <= ord(token) < 0x100 or 0x122 <= ord(token) <= 0x143)


def _is_lone_code(token: str) -> bool:
    return len(token) == 6 and token.startswith("<0x") and token > "<0x7F>"
