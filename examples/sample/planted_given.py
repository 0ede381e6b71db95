"""Pages that leave a run only where it is given a grader, a safety model or a list of domains."""

from __future__ import annotations

from examples.sample.planting import home_page, jsonl_text
from examples.sample.prose import find_prose
from examples.sample.sample_document import KEPT, Expectation, SampleDocument

CASINO_HOST = "big-win-bonus.example"
"""The host that ``demo_companions.BLOCKED_DOMAINS`` lists."""


def given_documents() -> list[SampleDocument]:
    """Return two pages of offers, an advert with few listed words, and a harmless page of a listed host."""
    chinese = find_prose("given", "zh", "cup-offers-zh")
    return [
        home_page(
            find_prose("given", "en", "hose-offers"),
            "https://garden-corner.example/shop/hoses",
            Expectation("shop_offers", KEPT, demo_reasons=("low_grade",)),
        ),
        jsonl_text(
            "https://beizi-dian.example/xinpin",
            chinese.text,
            "zh",
            Expectation("shop_offers", KEPT, demo_reasons=("low_grade",)),
        ),
        home_page(
            find_prose("given", "en", "long-casino"),
            "https://night-tables.example/members",
            Expectation("unsafe_page", KEPT, demo_reasons=("unsafe_agreed",)),
        ),
        home_page(
            find_prose("given", "en", "house-of-the-club"),
            f"https://club.{CASINO_HOST}/house",
            Expectation("blocked_domain", KEPT, demo_reasons=("blocked_domain",)),
        ),
    ]
