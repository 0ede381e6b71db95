"""A tokeniser trained on texts: byte-level BPE as a tokenizer.json, or unigram as a SentencePiece model."""

from __future__ import annotations

import io
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal

from udfs.trainer_files.tokenising.tiktoken_file import SPLITS

KINDS: Final = ("bpe", "unigram")
SMALLEST_VOCABULARY: Final = 300
"""256 bytes, special tokens, and something to merge."""
SPECIAL_TOKENS: Final = ("<|endoftext|>", "<|pad|>")
_LINE_CHARACTERS: Final = 2_000
FILE_NAMES: Final = {"bpe": "tokenizer.json", "unigram": "tokenizer.model"}


@dataclass(frozen=True)
class TokeniserPlan:
    """What is trained.

    Attributes:
        kind: ``bpe`` or ``unigram``.
        vocabulary: Tokens, special ones and bytes included.
        split: How texts are split before bytes are merged; a name of ``SPLITS``.
    """

    kind: Literal["bpe", "unigram"] = "bpe"
    vocabulary: int = 32_000
    split: str = "cl100k_base"

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"kind is {self.kind!r}, wanted one of {', '.join(KINDS)}")
        if self.vocabulary < SMALLEST_VOCABULARY:
            raise ValueError(
                f"a vocabulary of {self.vocabulary} has no room beside 256 bytes and special tokens: give "
                f"{SMALLEST_VOCABULARY} or more"
            )


def train_tokeniser(plan: TokeniserPlan, texts: Iterable[str]) -> bytes:
    """Train and return the file's content.

    Args:
        plan: Kind and size.
        texts: The sample, in an order that does not change between runs.

    Raises:
        ValueError: The package that trains is missing, or the sample is too small for the vocabulary.
    """
    return _train_bpe(plan, texts) if plan.kind == "bpe" else _train_unigram(plan, texts)


def _train_bpe(plan: TokeniserPlan, texts: Iterable[str]) -> bytes:
    try:
        from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
    except ImportError as error:
        raise ValueError(
            "the package tokenizers is not installed: pip install 'corpusmill[tokens]'"
        ) from error
    tokeniser = Tokenizer(models.BPE())
    levels = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    split = pre_tokenizers.Split(Regex(SPLITS[plan.split]), "isolated")
    tokeniser.pre_tokenizer = pre_tokenizers.Sequence([split, levels])
    tokeniser.decoder = decoders.ByteLevel()
    tokeniser.train_from_iterator(
        texts,
        trainers.BpeTrainer(
            vocab_size=plan.vocabulary,
            special_tokens=list(SPECIAL_TOKENS),
            initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
            show_progress=False,
        ),
    )
    found = tokeniser.get_vocab_size()
    if found < plan.vocabulary:
        raise ValueError(
            f"the sample gives {found:,} tokens, wanted {plan.vocabulary:,}: raise --sample-megabytes or "
            "lower --vocabulary"
        )
    return str(tokeniser.to_str()).encode("utf-8")


def _train_unigram(plan: TokeniserPlan, texts: Iterable[str]) -> bytes:
    try:
        from sentencepiece import SentencePieceTrainer
    except ImportError as error:
        raise ValueError(
            "the package sentencepiece is not installed: pip install 'corpusmill[tokens]'"
        ) from error
    model = io.BytesIO()
    # Its sentences are lines; a longer one than this would be left out without a word.
    lines = (piece for text in texts for line in text.splitlines() for piece in _pieces(line))
    try:
        SentencePieceTrainer.train(
            sentence_iterator=lines,
            model_writer=model,
            model_type="unigram",
            vocab_size=plan.vocabulary,
            byte_fallback=True,
            character_coverage=0.9995,
            normalization_rule_name="identity",
            remove_extra_whitespaces=False,
            split_digits=True,
            allow_whitespace_only_pieces=True,
            max_sentence_length=4 * _LINE_CHARACTERS,
            num_threads=1,
            minloglevel=2,
        )
    except RuntimeError as error:
        raise ValueError(
            f"sentencepiece cannot train {plan.vocabulary:,} tokens on this sample ({error}): raise "
            "--sample-megabytes or lower --vocabulary"
        ) from error
    return model.getvalue()


def _pieces(line: str) -> Iterable[str]:
    return (
        line[start : start + _LINE_CHARACTERS] for start in range(0, len(line), _LINE_CHARACTERS)
    )
