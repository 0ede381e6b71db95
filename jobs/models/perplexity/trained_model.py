"""A trained model on its way into the model folder: files, digests, held-out measurement."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from udfs.perplexity.arpa_file import compress_file, format_section, write_arpa
from udfs.perplexity.folder import FORMAT_VERSION, MODEL_CARD, MODEL_FORMAT
from udfs.perplexity.kenlm_binary import reads_gzip, write_binary
from udfs.perplexity.kneser_ney import estimate
from udfs.perplexity.model import file_entry
from udfs.perplexity.ngram_scoring import open_line_scorer
from udfs.perplexity.tokens import TOKEN_SCHEME
from udfs.perplexity.word_ids import build_vocabulary, distinct_words, encode_lines

_SAMPLE_LINES = 50  # lines that ARPA and binary must score alike


@dataclass(frozen=True)
class TrainedModel:
    """What training yields, whichever way it ran.

    Attributes:
        counts: N-grams of each order.
        sections: For each order pieces of ARPA lines, plain or as gzip members.
    """

    counts: Sequence[int]
    sections: Iterable[Iterable[bytes]]

    def write_arpa(self, path: Path) -> None:
        """Write the model; its sections are used up."""
        write_arpa(path, self.counts, self.sections)


class ArpaSource(Protocol):
    """A model that can be written as an ARPA file, once."""

    @property
    def counts(self) -> Sequence[int]:
        """N-grams of each order."""
        ...

    def write_arpa(self, path: Path) -> None:
        """Write the model as plain text."""
        ...


def train_in_memory(documents: Iterable[bytes], order: int, prune: Sequence[int]) -> TrainedModel:
    """Train on the driver.

    Args:
        documents: Token lines of each document, at least one token altogether.
        order: 2..6.
        prune: One threshold an order.
    """
    data = np.frombuffer(b"".join(documents), np.uint8)
    vocabulary = build_vocabulary(set(distinct_words(data)))
    ids = encode_lines(data, vocabulary.hashes, vocabulary.ids)
    sections = estimate(ids, order, prune, len(vocabulary.words))
    texts = (
        [
            format_section(
                section.words,
                section.log_probability,
                section.log_backoff if n < order else None,
                vocabulary.words,
            )
        ]
        for n, section in enumerate(sections, start=1)
    )
    return TrainedModel([len(section.words) for section in sections], texts)


def write_model_files(
    folder: Path,
    stem: str,
    trained: ArpaSource,
    held_out: Sequence[bytes],
    *,
    binary: bool,
    keep_arpa: bool = False,
) -> dict[str, Any]:
    """Write one model's files and measure it.

    Args:
        folder: Where to write.
        stem: File name without ending, e.g. ``zh.0``.
        trained: The model; used up.
        held_out: Token lines of documents it has not seen; may be empty.
        binary: Write kenlm's binary if this machine can, else ARPA.
        keep_arpa: Leave the model as ARPA beside the binary.

    Returns:
        The model's entry in model.json, still without the facts of its training.

    Raises:
        ValueError: kenlm cannot read what was written.
    """
    lines = [line for document in held_out for line in document.splitlines()]
    # kenlm reads plain text in half the time; compressing what is read once costs more than training.
    plain, path = folder / f"{stem}.arpa", folder / f"{stem}.binary"
    trained.write_arpa(plain)
    as_binary = binary and write_binary(plain, path, [*lines[:_SAMPLE_LINES], b""])
    if as_binary and not keep_arpa:
        plain.unlink()
    else:
        arpa = _packed(plain)
        path = path if as_binary else arpa
    return {
        "model": asdict(file_entry(path)),
        "kind": "binary" if as_binary else "arpa",
        "ngrams": list(trained.counts),
        "held_out": _measure(path, lines) if lines else None,
    }


def _packed(plain: Path) -> Path:
    """Replace an ARPA file by its gzip where kenlm reads that."""
    if not reads_gzip():
        return plain
    packed = plain.with_name(f"{plain.name}.gz")
    compress_file(plain, packed)
    plain.unlink()
    return packed


def model_card(
    order: int, folds: int, languages: dict[str, Any], skipped: dict[str, str]
) -> dict[str, Any]:
    """The content of model.json.

    Args:
        order: Highest n of all models.
        folds: Number of folds.
        languages: For each language its ``models``, entries of ``write_model_files`` and more.
        skipped: Reason by language that has no model.
    """
    return {
        "format": MODEL_FORMAT,
        "version": FORMAT_VERSION,
        "token_scheme": TOKEN_SCHEME,
        "order": order,
        "folds": folds,
        "languages": languages,
        "skipped": dict(sorted(skipped.items())),
    }


def write_card(folder: Path, card: dict[str, Any]) -> None:
    """Write model.json, the last file of a model folder."""
    (folder / MODEL_CARD).write_text(json.dumps(card, indent=2, ensure_ascii=False) + "\n", "utf-8")


def _measure(path: Path, lines: list[bytes]) -> dict[str, Any]:
    """Perplexity and share of unknown tokens on text that the model has not seen."""
    data = np.frombuffer(b"\n".join(lines) + b"\n", np.uint8)
    tokens = int((data <= 0x20).sum())
    ends = np.cumsum([len(line) + 1 for line in lines])
    scores = open_line_scorer(path).score(data, np.concatenate([[0], ends]))
    log10_probability = math.fsum(scores.log10_probability.tolist())
    return {
        "tokens": tokens,
        "events_per_character": round((tokens + len(lines)) / max(_characters(data), 1), 6),
        "perplexity": round(10.0 ** (-log10_probability / (tokens + len(lines))), 3),
        "oov_share": round(int(scores.unknown.sum()) / tokens, 6),
    }


def _characters(data: npt.NDArray[np.uint8]) -> int:
    """Characters of UTF-8 other than white space."""
    return int(((data > 0x20) & (data & 0xC0 != 0x80)).sum())
