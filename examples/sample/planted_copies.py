"""Planted copies: a question pasted on three forums, press releases, exact and half copies."""

from __future__ import annotations

from examples.sample.page_templates import fill, paragraphs_html
from examples.sample.planting import html_file, jsonl_text, parquet_text, warc_page, wet_text
from examples.sample.prose import Prose, find_prose
from examples.sample.sample_document import KEPT, ONE_KEPT, Expectation, SampleDocument

FORUMS = (
    ("forum_table", "https://board.two-wheels.example/viewtopic-20411"),
    ("forum_div", "https://pedal-commons.example/t/rear-brake-squeal"),
    ("forum_answers", "https://asktheshed.example/questions/3177"),
)

# (site, address, replacements): each version carries the same few edits a press desk would make.
FERRY_RELEASES: tuple[tuple[str, str, tuple[tuple[str, str], ...]], ...] = (
    ("Marlow Ferry Works", "https://www.marlow-ferry.example/press/heron", ()),
    (
        "Wire of the Week",
        "https://wire-of-the-week.example/release/88213",
        (("3 May", "May 3, 2021"), ("introduced", "announced"), ("sixteen", "16")),
    ),
    (
        "Boatyard Business",
        "https://boatyard-business.example/news/heron-electric-ferry",
        (
            ("MARL, 3 May. Marlow", "Marlow"),
            ("forty-eight", "48"),
            ("four hundred metres", "400 metres"),
        ),
    ),
    (
        "Harrow County Trade Desk",
        "https://trade-desk.harrow.example/2021/05/heron",
        (
            ("Georgina Talbot, managing director", "Ms Talbot, the managing director"),
            ("nineteen", "19"),
        ),
    ),
)


def copied_documents() -> list[SampleDocument]:
    """Return all planted copies."""
    return [*_forum_copies(), *_press_releases(), *_half_copies(), *_exact_copies()]


def _forum_copies() -> list[SampleDocument]:
    question = find_prose("copies", "en", "forum-question")
    answer = find_prose("copies", "en", "forum-answer")
    expectation = Expectation(
        "forum_question",
        ONE_KEPT,
        ("near_duplicate", "exact_duplicate"),
        group="forum_question",
        contains=("the old gentleman at number twelve who now comes out",),
    )
    return [
        html_file(
            url,
            fill(
                template,
                title=question.title,
                url=url,
                question=paragraphs_html(question.paragraphs),
                answer=paragraphs_html(answer.paragraphs),
            ),
            "en",
            expectation,
        )
        for template, url in FORUMS
    ]


def _press_releases() -> list[SampleDocument]:
    release = find_prose("copies", "en", "press-ferry")
    expectation = Expectation(
        "press_release",
        ONE_KEPT,
        ("near_duplicate",),
        group="press_release",
        contains=("Small ferries have been forgotten by the industry",),
    )
    documents = []
    for site, url, edits in FERRY_RELEASES:
        paragraphs = [_edited(text, edits) for text in release.paragraphs]
        html = fill(
            "pressroom",
            site=site,
            url=url,
            title=release.title,
            body=paragraphs_html(paragraphs),
        )
        documents.append(warc_page(url, html, "en", expectation))
    return documents


def _edited(text: str, edits: tuple[tuple[str, str], ...]) -> str:
    for old, new in edits:
        text = text.replace(old, new)
    return text


def _half_copies() -> list[SampleDocument]:
    """Two releases that share about half of their 5-grams: related, yet both worth keeping."""
    documents = []
    for slug in ("press-museum", "press-museum-second"):
        release = find_prose("copies", "en", slug)
        url = f"https://www.harrow-textile-museum.example/news/{slug}"
        html = fill(
            "pressroom",
            site="Harrow Textile Museum",
            url=url,
            title=release.title,
            body=paragraphs_html(release.paragraphs),
        )
        documents.append(warc_page(url, html, "en", Expectation("half_copy", KEPT)))
    return documents


def _exact_copies() -> list[SampleDocument]:
    prose = find_prose("copies", "en", "exact-copy")
    expectation = Expectation(
        "exact_copy",
        ONE_KEPT,
        ("exact_duplicate", "near_duplicate"),
        group="exact_copy",
        contains=("The plate remains empty.",),
    )
    return [
        jsonl_text("https://hilltop-notes.example/bench", prose.text, "en", expectation),
        parquet_text("https://mirror-one.example/hilltop/bench", prose.text, "en", expectation),
        wet_text("https://mirror-two.example/b/bench", _padded(prose), "en", expectation),
    ]


def _padded(prose: Prose) -> str:
    """Return the same text with other white space, as converters leave it."""
    return prose.text.replace("\n\n", " \n\n").replace(". ", ".  ") + "\n"
