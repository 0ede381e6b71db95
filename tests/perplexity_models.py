"""Model folders for tests, trained without Spark."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pyarrow as pa

from jobs.perplexity.trained_model import model_card, train_in_memory, write_card, write_model_files
from udfs.perplexity_tokens import tokenise_lines
from udfs.perplexity_vocabulary import folds_of, hash_documents


def train_folder(
    folder: Path, documents: Mapping[str, Sequence[str]], *, folds: int = 2, binary: bool = False
) -> Path:
    """Train one model a language and fold as ``jobs.perplexity`` does; returns the folder."""
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
