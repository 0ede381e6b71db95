"""Small tokenisers of every form, trained on the spot: none is copied, none is fetched."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Sequence

EOS, BOS, PAD = "<|endoftext|>", "<|begin|>", "<|pad|>"
TEXTS = (
    "Whoever cannot say what was in the data cannot say why the model lies.",
    "The keeper of the lighthouse wrote down the weather, the ships and the price of oil.",
    "def price(oil):\n    return {'oil': oil * 2}\n",
    "灯塔看守人每天记录天气、船只和油价。他从不写自己。",
    "Ärger über Öl: 12 345 Fässer, naïve café.",
)


def byte_level_json(
    texts: Sequence[str] = TEXTS,
    *,
    vocabulary: int = 600,
    special: Sequence[str] = (EOS, BOS, PAD),
    nfc: bool = False,
) -> bytes:
    """A byte-level BPE tokenizer.json with special tokens first."""
    from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

    tokeniser = Tokenizer(models.BPE())
    pattern = (
        r"(?i:'(?:[sdmt]|ll|ve|re))|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+|\s+"
    )
    split = pre_tokenizers.Split(Regex(pattern), "isolated")
    levels = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    tokeniser.pre_tokenizer = pre_tokenizers.Sequence([split, levels])
    tokeniser.decoder = decoders.ByteLevel()
    if nfc:
        tokeniser.normalizer = normalizers.NFC()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary,
        special_tokens=list(special),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokeniser.train_from_iterator(texts, trainer)
    return str(tokeniser.to_str()).encode()


def tiktoken_file(
    tokens: Sequence[bytes] = (b"he", b"ll", b"hell", b" w", b"or", b" wor"),
) -> bytes:
    """A tiktoken file: all bytes, then tokens that can be merged in this order."""
    ranked = [bytes([byte]) for byte in range(256)] + list(tokens)
    lines = [base64.b64encode(token) + b" %d" % rank for rank, token in enumerate(ranked)]
    return b"\n".join(lines) + b"\n"


def sentencepiece_model(texts: Sequence[str] = TEXTS) -> bytes:
    """A unigram model with byte fallback, <s> and </s>."""
    import sentencepiece

    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(list(texts) * 20),
        model_writer=model,
        vocab_size=400,
        byte_fallback=True,
        character_coverage=0.9995,
        hard_vocab_limit=False,
        minloglevel=2,
    )
    return model.getvalue()


def configuration(**roles: str) -> bytes:
    """A tokenizer_config.json."""
    return json.dumps({f"{role}_token": token for role, token in roles.items()}).encode()
