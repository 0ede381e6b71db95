"""Pages with gold text: `html/NAME.html(.gz)` beside `ground-truth/NAME.json`, as WCXB lays them out."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple
from urllib.parse import urlparse

from jobs.runtime.errors import InputError
from udfs.extraction.charsets.decoding import decode
from udfs.extraction.html.blocks.page_blocks import segment
from udfs.extraction.html.training.labels import label_blocks
from udfs.extraction.html.training.rows import TrainingPage

SHORTENED_KINDS: Final = ("article", "documentation", "service")
"""Kinds of pages that may also come with far less content."""


class GoldPage(NamedTuple):
    """One page and what a person found in it.

    Attributes:
        name: Of its file.
        text: The decoded page.
        gold: Its wanted text.
        kind: What sort of page it is; empty when nobody said.
        site: Host of its address, or its name.
    """

    name: str
    text: str
    gold: str
    kind: str
    site: str


def read_gold_pages(folder: str) -> list[GoldPage]:
    """Read all pages of a folder in the order of their names.

    Args:
        folder: With ``html/`` and ``ground-truth/``. A gold file states ``ground_truth.main_content``, and
            may state ``url`` and ``_internal.page_type.primary``; pages without the first are left out.

    Raises:
        InputError: The folder holds no such page, or a gold file is no JSON.
    """
    pages = list(_pages(Path(folder)))
    if not pages:
        raise InputError(
            f"{folder} holds no page with gold text: html/NAME.html or html/NAME.html.gz beside"
            " ground-truth/NAME.json with ground_truth.main_content was wanted"
        )
    return pages


def _pages(folder: Path) -> Iterator[GoldPage]:
    for path in sorted((folder / "ground-truth").glob("*.json")):
        stated = _stated(path)
        gold = stated.get("ground_truth", {}).get("main_content")
        content = _content(folder / "html", path.stem)
        if gold is None or content is None:
            continue
        kind = stated.get("_internal", {}).get("page_type", {}).get("primary", "")
        site = urlparse(stated.get("url", "")).netloc.removeprefix("www.") or path.stem
        yield GoldPage(path.stem, decode(content).text, gold, kind, site)


def _stated(path: Path) -> dict[str, Any]:
    try:
        stated = json.loads(path.read_text("utf-8"))
    except ValueError as error:
        raise InputError(f"{path} is no JSON ({error}): copy it again or remove it") from error
    return stated if isinstance(stated, dict) else {}


def _content(folder: Path, name: str) -> bytes | None:
    packed, plain = folder / f"{name}.html.gz", folder / f"{name}.html"
    if packed.is_file():
        return gzip.decompress(packed.read_bytes())
    return plain.read_bytes() if plain.is_file() else None


def training_page(page: GoldPage) -> TrainingPage:
    """Cut a page into blocks and label them by its gold text."""
    blocks = segment(page.text)
    labels = label_blocks(blocks.texts(), page.gold)
    return TrainingPage(blocks, labels, page.site, may_shorten=page.kind in SHORTENED_KINDS)
