"""SentencePiece models by the package of that name, an optional extra that is imported when needed."""

from __future__ import annotations

from typing import Any


def load_processor(name: str, content: bytes) -> Any:
    """Return a ``SentencePieceProcessor`` of a serialised model.

    Args:
        name: The file's name, for messages.
        content: Its bytes.

    Raises:
        ValueError: The package is missing, or the bytes are no model.
    """
    try:
        from sentencepiece import SentencePieceProcessor
    except ImportError as error:
        raise ValueError(
            f"{name} would be a SentencePiece model, which the package sentencepiece reads: "
            "pip install 'corpusmill[tokens]'"
        ) from error
    processor = SentencePieceProcessor()
    try:
        processor.LoadFromSerializedProto(content)
    except RuntimeError as error:
        raise ValueError(
            f"{name} is no tokeniser: wanted a Hugging Face tokenizer.json, a tiktoken file (base64, "
            f"blank, rank a line) or a SentencePiece model; its first bytes are {content[:12]!r}"
        ) from error
    return processor
