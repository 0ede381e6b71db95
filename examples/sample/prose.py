"""Read the prose files: several texts a file, each with a slug, a title and a kind of page."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

PROSE_FOLDER = Path(__file__).parent / "prose"
PAGE_KINDS = ("news", "howto", "essay", "reference")


@dataclass(frozen=True)
class Prose:
    """One text: `slug` is unique in its language; a paragraph of verse or chat has line breaks."""

    slug: str
    title: str
    kind: str
    language: str
    paragraphs: tuple[str, ...]
    refrain: str = ""

    @property
    def text(self) -> str:
        """Title and paragraphs as plain text, a blank line between them."""
        return "\n\n".join((self.title, *self.paragraphs))


def parse_prose(source: str, language: str) -> list[Prose]:
    """Split one prose file into its texts.

    Args:
        source: File content; each text starts with a line `=== slug`, then `title:`, `kind:`
            and perhaps `refrain:` lines, then paragraphs separated by blank lines.
        language: Two-letter code given to every text.

    Returns:
        The texts in file order.

    Raises:
        ValueError: A text lacks a title or a paragraph, or its kind is unknown.
    """
    return [_parse_one(block, language) for block in source.split("\n=== ") if block.strip()]


def _parse_one(block: str, language: str) -> Prose:
    head, *paragraphs = [part.strip() for part in block.split("\n\n") if part.strip()]
    slug, *fields = head.removeprefix("=== ").splitlines()
    values = dict(line.split(": ", 1) for line in fields)
    kind = values.get("kind", "")
    if not paragraphs or not values.get("title") or kind not in PAGE_KINDS:
        raise ValueError(
            f"text {slug!r} has title {values.get('title')!r}, kind {kind!r} and "
            f"{len(paragraphs)} paragraphs; wanted a title, a kind of {PAGE_KINDS} and a paragraph"
        )
    return Prose(
        slug.strip(),
        values["title"],
        kind,
        language,
        tuple(paragraphs),
        values.get("refrain", ""),
    )


def load_prose(name: str, language: str) -> list[Prose]:
    """Return the texts of `prose/<name>.txt`."""
    return parse_prose((PROSE_FOLDER / f"{name}.txt").read_text(encoding="utf-8"), language)


def find_prose(name: str, language: str, slug: str) -> Prose:
    """Return the text `slug` of `prose/<name>.txt`."""
    for prose in load_prose(name, language):
        if prose.slug == slug:
            return prose
    raise ValueError(f"no text {slug!r} in prose/{name}.txt; add it or correct the slug")
