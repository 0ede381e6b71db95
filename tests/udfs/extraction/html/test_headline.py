"""The title in front of a text that lacks it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from udfs.extract_document import extract
from udfs.extraction.contract import ExtractionOptions
from udfs.extraction.html.headline import headline_of, with_headline

BODY = "The ferry leaves at six. " * 30
TITLE = "The ferry that leaves at dawn"


@pytest.mark.parametrize(
    ("text", "title", "is_added"),
    [
        (BODY, TITLE, True),
        (f"# {TITLE}\n\n{BODY}", TITLE, False),
        (f"{TITLE.upper()}!\n\n{BODY}", TITLE, False),
        (f"By Ann\n\n{TITLE}\n\n{BODY}", TITLE, False),
        (f"{BODY}\n\n## {TITLE}\n\n{BODY}", TITLE, False),
        (f"# The ferry that leaves\n\n{BODY}", f"{TITLE} - News", False),
        (f"# Ferries\n\n{BODY}", TITLE, True),
        (f"{TITLE}  {TITLE}  {TITLE}\n\n{BODY}", TITLE, False),
        (f"## Ferries\n\n{BODY}", "The harbour of a small town – boats for everybody: Ferries", False),
        (f"{BODY}\n\n" * 3 + "## Ferries", "The harbour of a small town – boats: Ferries", True),
        ("# ＴＣＰ／ＩＰ入門\n\n本文です。", "TCP/IP入門", False),
        (f"{BODY}", "Ferry", True),
        (f"{BODY}\n\nWe saw {TITLE.lower()} and wrote down what we saw there on that day.", TITLE, True),
        ("渡し船は朝六時に出て、市の日には荷車の列が続きます。", "渡し船", True),
        ("", TITLE, False),
        (BODY, None, False),
        (BODY, " – ", False),
    ],
)  # fmt: skip
def test_a_title_is_put_in_front_when_it_is_not_there(
    text: str, title: str | None, is_added: bool
) -> None:
    assert with_headline(text, title) == (f"# {title}\n\n{text}" if is_added else text)


@pytest.mark.parametrize(
    ("title", "site_name", "address", "wanted"),
    [
        (TITLE, None, None, TITLE),
        (None, "Harbour News", "https://example.org/a", None),
        (f"{TITLE} | Harbour News", "Harbour News", None, TITLE),
        (f"{TITLE} – harbour-news", "Harbour News", None, TITLE),
        (f"{TITLE} - Harbour News", None, "https://www.harbournews.org/a", TITLE),
        (f"Harbour News » {TITLE}", None, "https://harbournews.org/a", TITLE),
        (f"{TITLE} - Harbour News", None, "https://example.org/a", f"{TITLE} - Harbour News"),
        ("Harbour News", "Harbour News", None, None),
        ("HarbourNews", None, "https://harbournews.org/", None),
        ("Harbour News | Harbour News", "Harbour News", None, "Harbour News"),
        ("渡船今晨停航_港口日报", None, None, "渡船今晨停航"),
        ("渡し船の朝 - 港ブログ", "港ブログ", None, "渡し船の朝"),
        ("The function read_page", None, None, "The function read_page"),
        ("Rock - paper - scissors", None, "https://example.org/rock", "Rock - paper - scissors"),
        ("News at ten", None, "https://news.example.org/", "News at ten"),
        ("Ferries | ", "", None, "Ferries | "),
        (TITLE, None, "https://[broken", TITLE),
    ],
)  # fmt: skip
def test_the_headline_is_the_title_without_the_name_of_the_site(
    title: str | None, site_name: str | None, address: str | None, wanted: str | None
) -> None:
    assert headline_of(title, site_name, address) == wanted


@given(st.text(max_size=60), st.text(max_size=20), st.text(max_size=30))
def test_a_headline_is_a_part_of_the_title(title: str, site_name: str, address: str) -> None:
    found = headline_of(title, site_name, address)
    assert found is None or found in title


@given(st.text(max_size=200), st.text(max_size=50))
def test_text_is_never_lost_and_no_title_comes_twice(text: str, title: str) -> None:
    found = with_headline(text, title)
    assert found.endswith(text)
    assert with_headline(found, title) == found


def test_the_setting_switches_it_off() -> None:
    sentence = "<p>Nobody in the village could remember a winter in which the river had frozen as early.</p>"
    page = f"<title>{TITLE}</title><article>{sentence * 4}</article>".encode()
    given = {
        wanted: extract(
            page, options=ExtractionOptions(profile="learned", html_headline=wanted)
        ).text
        for wanted in (True, False)
    }
    assert given[True] == f"# {TITLE}\n\n{given[False]}"
    assert TITLE not in given[False]
