"""Lists of inputs: files of paths, as crawls come with, spelled out to the paths they name."""

from __future__ import annotations

import gzip
import re
import zlib
from collections.abc import Iterator, Sequence

from jobs.ingest.unpacking import GZIP_MAGIC
from jobs.runtime.errors import InputError
from jobs.runtime.store import storage

CRAWL = re.compile(r"cc:(?P<name>[A-Za-z0-9-]+)(?:/(?P<kind>warc|wet))?")
"""`cc:CC-MAIN-2026-10`: the WARC files of a crawl of Common Crawl; `…/wet`: its extracted texts."""
LIST = re.compile(r".*\.paths(?:\.gz)?", re.DOTALL)
_PLACE = re.compile(r"[a-z0-9]+://|/")
"""How a path begins that stands for itself; others in a list are below its prefix."""


def list_of(given: str, prefix: str) -> str | None:
    """Return the file of paths that an input names; None for an input that is no list.

    Args:
        given: As the user named it: ``cc:NAME``, ``cc:NAME/wet``, ``….paths`` or ``….paths.gz``.
        prefix: Where crawls, and the paths of lists, begin.

    Raises:
        InputError: It begins as a crawl does and has another form.
    """
    crawl = CRAWL.fullmatch(given)
    if crawl is not None:
        kind = crawl["kind"] or "warc"
        return storage.join(prefix.rstrip("/"), "crawl-data", crawl["name"], f"{kind}.paths.gz")
    if given.startswith("cc:"):
        raise InputError(
            f"{given} names no files: give cc:NAME for the pages of a crawl of Common Crawl, such as "
            "cc:CC-MAIN-2026-10, or cc:NAME/wet for their texts"
        )
    return given if LIST.fullmatch(given) else None


def spelled_out(inputs: Sequence[str], prefix: str) -> Iterator[str]:
    """Yield the inputs, each list among them as the paths that it names.

    Args:
        inputs: As the user named them.
        prefix: Of paths in lists that do not begin with a slash or a scheme.

    Raises:
        InputError: A list is not there, is empty, or is no text.
    """
    for given in inputs:
        place = list_of(given, prefix)
        if place is None:
            yield given
            continue
        for path in read_list(place):
            below = storage.join(prefix.rstrip("/"), path)
            yield path if _PLACE.match(path) else below


def read_list(path: str) -> list[str]:
    """Return the lines of a file of paths, packed or not; blank ones and those that begin with # left out.

    Raises:
        InputError: It is not there, is empty, or is no text.
    """
    place = storage.absolute(path)
    try:
        with storage.open_input(place) as stream:
            content = stream.read()
        text = (gzip.decompress(content) if content.startswith(GZIP_MAGIC) else content).decode(
            "utf-8"
        )
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as error:
        raise InputError(f"{path}, a list of inputs, cannot be read: {error}") from error
    lines = [line.strip() for line in text.splitlines()]
    found = [line for line in lines if line and not line.startswith("#")]
    if not found:
        raise InputError(f"{path}, a list of inputs, names none: write a path a line")
    return found
