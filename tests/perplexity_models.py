"""Model folders for tests, trained without Spark."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pyarrow as pa

from jobs.models.perplexity.trained_model import (
    model_card,
    train_in_memory,
    write_card,
    write_model_files,
)
from udfs.perplexity.kenlm_binary import write_binary
from udfs.perplexity.tokens import tokenise_lines
from udfs.perplexity.vocabulary import folds_of, hash_documents


def train_folder(
    folder: Path, documents: Mapping[str, Sequence[str]], *, folds: int = 2, binary: bool = False
) -> Path:
    """Train one model a language and fold as ``jobs.models.perplexity`` does; returns the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    languages = {}
    for language, texts in documents.items():
        lines = tokenise_lines(pa.array(texts))
        own = folds_of(hash_documents(lines), folds).tolist()
        data, ends = lines.data.tobytes(), lines.line_offsets[lines.document_lines].tolist()
        models = []
        for fold in range(folds):
            seen = [row for row in range(len(texts)) if folds == 1 or own[row] != fold]
            trained = train_in_memory(
                (data[ends[row] : ends[row + 1]] for row in seen), 4, (0,) * 4
            )
            files = write_model_files(folder, f"{language}.{fold}", trained, [], binary=binary)
            models.append({"held_out_fold": fold if folds > 1 else None, **files})
        languages[language] = {"models": models}
    write_card(folder, model_card(4, folds, languages, {}))
    return folder


def train_pair(folder: Path, language: str, lines: Sequence[str]) -> tuple[Path, Path]:
    """A tiny ``xx.arpa.bin`` and ``xx.sp.model``, as CCNet publishes them; needs sentencepiece."""
    import sentencepiece

    pieces = folder / f"{language}.sp.model"
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(lines * 30), model_prefix=str(pieces).removesuffix(".model"),
        vocab_size=200, hard_vocab_limit=False, character_coverage=1.0, minloglevel=2,
    )  # fmt: skip
    processor = sentencepiece.SentencePieceProcessor(model_file=str(pieces))
    every = [processor.id_to_piece(number) for number in range(3, processor.get_piece_size())]
    encoded = [*processor.encode(list(lines), out_type=str), every]
    text = "".join(" ".join(line) + "\n" for line in encoded)
    trained = train_in_memory([text.encode()], 3, (0, 0, 0))
    entry = write_model_files(folder, f"_{language}", trained, [], binary=False)
    arpa, binary = folder / entry["model"]["name"], folder / f"{language}.arpa.bin"
    if not write_binary(arpa, binary, [b"a"]):
        arpa.rename(binary)  # kenlm tells a file's kind by its content
    else:
        arpa.unlink()
    return binary, pieces
