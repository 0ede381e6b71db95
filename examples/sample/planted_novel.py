"""Planted chapters of a serial novel: each ends in one sentence repeated twenty times."""

from __future__ import annotations

from examples.sample.page_templates import fill, paragraphs_html
from examples.sample.planting import html_file, jsonl_text
from examples.sample.prose import Prose, load_prose
from examples.sample.sample_document import CLEANED, Expectation, SampleDocument

REPEATS = 20
# The chapters whose refrain stands on a line of its own each time; in the others it is one run.
ON_SEPARATE_LINES = ("2", "4")


def chapter_paragraphs(chapter: Prose) -> list[str]:
    """Return the chapter's paragraphs with its refrain repeated at the end."""
    if chapter.slug in ON_SEPARATE_LINES:
        return [*chapter.paragraphs, *[chapter.refrain] * REPEATS]
    return [*chapter.paragraphs, chapter.refrain * REPEATS]


def novel_documents() -> list[SampleDocument]:
    """Return the chapters as pages of a novel site; the last one only as a JSONL line."""
    documents = []
    for chapter in load_prose("novel", "zh"):
        url = f"https://www.yeyu-novel.example/book/88/chapter-{chapter.slug}"
        expectation = Expectation(
            "novel_refrain",
            CLEANED,
            contains=(chapter.refrain, *(part[:16] for part in chapter.paragraphs)),
            absent=(chapter.refrain * 2, f"{chapter.refrain}\n{chapter.refrain}"),
        )
        paragraphs = chapter_paragraphs(chapter)
        if chapter.slug == "5":
            text = "\n".join([chapter.title, *paragraphs])
            documents.append(jsonl_text(url, text, "zh", expectation))
            continue
        html = fill("yeyu", title=chapter.title, url=url, body=paragraphs_html(paragraphs))
        documents.append(html_file(url, html, "zh", expectation))
    return documents
