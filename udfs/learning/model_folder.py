"""The file ``model.json`` of a model folder: of which kind and version the model is."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

FORMAT_VERSION: Final = 1
DESCRIPTION_NAME: Final = "model.json"


def write_description(folder: Path, kind: str, content: Mapping[str, Any]) -> None:
    """Write ``model.json``; the same content gives the same bytes.

    Args:
        folder: Of the model.
        kind: ``linear``, ``fasttext``, ``encoder`` or ``cascade``.
        content: What the kind's reader needs; JSON values.
    """
    described = {"format": FORMAT_VERSION, "kind": kind, **content}
    text = json.dumps(described, indent=1, sort_keys=True, ensure_ascii=False)
    (folder / DESCRIPTION_NAME).write_text(text + "\n", "utf-8")


def read_description(folder: Path) -> dict[str, Any]:
    """Read ``model.json``.

    Returns:
        Its keys without ``format``; ``kind`` is a text.

    Raises:
        ValueError: If it is missing, no JSON, or of another version; the text says what to do.
    """
    path = folder / DESCRIPTION_NAME
    try:
        content = json.loads(path.read_text("utf-8"))
    except OSError as error:
        raise ValueError(
            f"model card {path} cannot be read ({error.strerror}): give the folder that the"
            " training wrote"
        ) from error
    except ValueError as error:
        raise ValueError(
            f"model card {path} is no JSON ({error}): copy the folder again"
        ) from error
    version = content.pop("format", None) if isinstance(content, dict) else None
    if version != FORMAT_VERSION or not isinstance(content.get("kind"), str):
        raise ValueError(
            f"model card {path} has format {version!r}, this version of corpusmill reads"
            f" {FORMAT_VERSION}: train the model again, or install the version that wrote it"
        )
    return dict(content)


def check_kind(folder: Path, found: str, wanted: str) -> None:
    """Refuse a model of another kind.

    Raises:
        ValueError: If the kinds differ.
    """
    if found != wanted:
        raise ValueError(
            f"model {folder} is of kind {found!r}, wanted {wanted!r}: give the other folder, or train"
            " one with `corpusmill train-grader`"
        )


def read_part(path: Path, digest: object) -> bytes:
    """Read a file of a model and compare it with the digest that its card keeps.

    Args:
        path: The file.
        digest: Hexadecimal SHA-256; None where the model has no card to compare with.

    Raises:
        ValueError: If it cannot be read, is truncated or belongs to another model.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ValueError(
            f"model weights {path} cannot be read ({error.strerror}): copy the whole model folder"
        ) from error
    check_digest(path, hashlib.sha256(content).hexdigest(), digest)
    return content


def check_digest(path: Path, found: str, wanted: object) -> None:
    """Refuse a file of another digest than its card keeps.

    Args:
        path: The file.
        found: Hexadecimal SHA-256 of its content.
        wanted: The card's; None where it keeps none.

    Raises:
        ValueError: If they differ.
    """
    if wanted is not None and found != wanted:
        raise ValueError(
            f"model weights {path} ({path.stat().st_size} bytes) have digest {found[:12]}, the card says"
            f" {str(wanted)[:12]}: the file is truncated or of another model; copy the folder again"
        )


def file_digest(path: Path) -> str:
    """Hexadecimal SHA-256 of a file, read piece by piece."""
    whole = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            whole.update(block)
    return whole.hexdigest()
