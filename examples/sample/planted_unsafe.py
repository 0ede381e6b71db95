"""Planted adverts for adults and gamblers, in mild words, for the safety rule."""

from __future__ import annotations

from examples.sample.planting import home_page
from examples.sample.prose import find_prose
from examples.sample.sample_document import DROPPED, Expectation, SampleDocument

UNSAFE_PAGES = (
    ("unsafe-adult", "en", "https://naughty-nights.example/join"),
    ("unsafe-casino", "en", "https://big-win-bonus.example/casino"),
    ("unsafe-zh", "zh", "https://yeliao.example/zhibo"),
)


def unsafe_documents() -> list[SampleDocument]:
    """Return the adverts, each a page of its own."""
    return [
        home_page(
            find_prose("noise", language, slug),
            url,
            Expectation(slug.removesuffix("-zh").replace("-", "_"), DROPPED, ("unsafe",)),
        )
        for slug, language, url in UNSAFE_PAGES
    ]
