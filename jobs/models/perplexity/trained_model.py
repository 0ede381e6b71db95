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
import pyarrow as pa

from udfs.perplexity.arpa_file import compress_file, format_section, write_arpa
from udfs.perplexity.folder import FORMAT_VERSION, MODEL_CARD, MODEL_FORMAT
from udfs.perplexity.kenlm_binary import load, reads_gzip, write_binary
from udfs.perplexity.kenlm_tables import write_tables
from udfs.perplexity.kneser_ney import NgramSection, estimate
from udfs.perplexity.model import file_entry
from udfs.perplexity.ngram_scoring import LibraryScorer, open_line_scorer
from udfs.perplexity.tokens import TOKEN_SCHEME
from udfs.perplexity.word_ids import number_words

_SAMPLE_LINES = 50  # lines that ARPA and binary must score alike


@dataclass(frozen=True)
class TrainedModel:
    """What training as Spark jobs yields.

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


@dataclass(frozen=True)
class EstimatedModel:
    """A model that lies in this process's memory.

    Attributes:
        words: large_string[words]; index = word id.
        sections: One an order, as ``estimate`` returns them.
    """

    words: pa.Array
    sections: Sequence[NgramSection]

    @property
    def counts(self) -> list[int]:
        """N-grams of each order."""
        return [len(section.words) for section in self.sections]

    def write_arpa(self, path: Path) -> None:
        """Write the model as plain text."""
        backoffs = [*(section.log_backoff for section in self.sections[:-1]), None]
        texts = (
            [format_section(section.words, section.log_probability, backoff, self.words)]
            for section, backoff in zip(self.sections, backoffs, strict=True)
        )
        write_arpa(path, self.counts, texts)

    def write_binary(self, path: Path, samples: Sequence[bytes]) -> bool:
        """Write the model as kenlm's binary, unless this machine's kenlm reads something else in it.

        Args:
            path: The file; left absent when kenlm does not read it.
            samples: Lines of tokens that kenlm must score as the file is meant.

        Returns:
            Whether ``path`` exists.
        """
        write_tables(path, self.words, self.sections)
        if _reads_alike(path, samples):
            return True
        path.unlink()
        return False


def train_in_memory(documents: Iterable[bytes], order: int, prune: Sequence[int]) -> EstimatedModel:
    """Train on the driver.

    Args:
        documents: Token lines of each document, at least one token altogether.
        order: 2..6.
        prune: One threshold an order.
    """
    data = np.frombuffer(b"".join(documents), np.uint8)
    words, ids = number_words(data)
    return EstimatedModel(words, estimate(ids, order, prune, len(words)))


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
    samples = lines[:_SAMPLE_LINES] or [b"</s>"]
    plain, path = folder / f"{stem}.arpa", folder / f"{stem}.binary"
    as_binary = (
        binary and isinstance(trained, EstimatedModel) and trained.write_binary(path, samples)
    )
    if keep_arpa or not as_binary:
        # kenlm reads plain text in half the time; compressing what is read once costs more than training.
        trained.write_arpa(plain)
        as_binary = as_binary or (binary and write_binary(plain, path, samples))
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


def _reads_alike(path: Path, lines: Sequence[bytes]) -> bool:
    """Whether kenlm scores lines by a binary as our own reading of its tables does."""
    try:
        library, tables = LibraryScorer(load(path)), open_line_scorer(path)
    except ValueError:
        return False
    data, offsets = _joined(lines)
    found, meant = library.score(data, offsets), tables.score(data, offsets)
    return np.array_equal(found.log10_probability, meant.log10_probability)


def _joined(lines: Sequence[bytes]) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64]]:
    """Lines as ``LineScorer.score`` wants them."""
    ends = np.cumsum([len(line) + 1 for line in lines])
    data = np.frombuffer(b"\n".join(lines) + b"\n", np.uint8)
    return data, np.concatenate([[0], ends])


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
    data, offsets = _joined(lines)
    tokens = int((data <= 0x20).sum())
    scores = open_line_scorer(path).score(data, offsets)
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
