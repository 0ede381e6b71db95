"""Readers of the user's own: which files and addresses they are for, and what may come back from one."""

from __future__ import annotations

import pkgutil
from collections.abc import Callable
from urllib.parse import urlsplit

from udfs.extraction.contract import DocumentRefusedError, ReadDocument
from udfs.extraction.markdown.cleanup import clean_text

PACKINGS = ("gz", "zst")
"""Endings of files that are unpacked before they are read; the ending before says what is in them."""

OwnReader = Callable[[bytes], str]


def ending(name: str) -> str:
    """Return what a file's name ends in, in lower case without the dot: ``rst`` of ``A.RST.gz``."""
    *stem, last = name.rpartition("/")[2].lower().split(".")
    if last in PACKINGS and len(stem) > 1:
        last = stem[-1]
    return last if stem else ""


def ending_of_address(url: str | None) -> str:
    """Return what an address's path ends in; see :func:`ending`. Nothing of it is packed."""
    try:
        *stem, last = urlsplit(url or "").path.rpartition("/")[2].lower().split(".")
    except ValueError:  # no address at all
        return ""
    return last if stem else ""


def read_own(place: str, content: bytes) -> ReadDocument:
    """Read a document with the user's function, in this process.

    Args:
        place: ``MODULE:FUNCTION``; it is given the bytes and returns the text, Markdown or plain.
        content: The document.

    Returns:
        The text, with characters that no corpus wants taken out, as behind every reader.

    Raises:
        DocumentRefusedError: Something that the function imports is missing.
        Exception: Whatever the function raises.
    """
    function: OwnReader = pkgutil.resolve_name(place)
    try:
        text = function(content)
    except ImportError as error:  # of ours it would be a broken installation, and end the child
        raise DocumentRefusedError("malformed", f"{type(error).__name__}: {error}") from error
    if not isinstance(text, str):
        raise TypeError(f"{place} returned {type(text).__name__}, wanted text (str)")
    return ReadDocument(clean_text(text), extractor=place, extractor_version="own")
