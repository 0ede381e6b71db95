"""Pages without gold text, labelled where trafilatura and Resiliparse find the same words."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from trafilatura.utils import load_html

from jobs.runtime.errors import InputError
from udfs.extraction.charsets.decoding import decode
from udfs.extraction.html.blocks.page_blocks import segment
from udfs.extraction.html.libraries import resiliparse_text, trafilatura_text
from udfs.extraction.html.training.labels import bag_f1, label_blocks, words_of
from udfs.extraction.html.training.rows import TrainingPage

MINIMUM_AGREEMENT: Final = 0.85
"""Word F1 of the two texts against each other; below, one of them is wrong and nobody knows which."""
MINIMUM_WORDS: Final = 80
PAGES_PER_SITE: Final = 20
WEIGHT: Final = 0.5
"""Of a page whose labels no person made."""
MINIMUM_WIDE: Final = 0.3
"""Share of East Asian words: other scripts have gold text."""


def agreed_pages(folder: str) -> list[TrainingPage]:
    """Label the Chinese, Japanese and Korean pages of a folder tree.

    Args:
        folder: HTML files in folders, one a site; their order is that of their paths.

    Returns:
        Up to ``PAGES_PER_SITE`` a site, labelled by trafilatura's precision mode.

    Raises:
        InputError: There is no HTML file.
    """
    by_site: dict[str, list[Path]] = defaultdict(list)
    for path in sorted(Path(folder).rglob("*")):
        if path.suffix in {".html", ".htm"} and path.is_file():
            by_site[str(path.parent.relative_to(folder))].append(path)
    if not by_site:
        raise InputError(f"{folder} holds no .html file: give a folder of saved pages")
    return [page for site, paths in by_site.items() for page in _agreed(site, paths)]


def _agreed(site: str, paths: list[Path]) -> Iterator[TrainingPage]:
    found = 0
    for path in paths[: 4 * PAGES_PER_SITE]:
        text = decode(path.read_bytes()).text
        gold = _agreed_text(text)
        if gold is None:
            continue
        blocks = segment(text)
        labels = label_blocks(blocks.texts(), gold)
        yield TrainingPage(blocks, labels, site, WEIGHT, may_shorten=True)
        found += 1
        if found == PAGES_PER_SITE:
            return


def _agreed_text(text: str) -> str | None:
    second = words_of(resiliparse_text(text))
    wide = sum(len(word) == 1 and ord(word) > 0x3000 for word in second)
    if len(second) < MINIMUM_WORDS or wide < MINIMUM_WIDE * len(second):
        return None
    tree = load_html(text)
    first = "" if tree is None else trafilatura_text(tree, None, favor_precision=True)
    return first if bag_f1(words_of(first), second) >= MINIMUM_AGREEMENT else None
