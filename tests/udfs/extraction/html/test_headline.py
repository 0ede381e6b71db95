"""The title in front of a text that lacks it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from udfs.extract_document import extract
from udfs.extraction.contract import ExtractionOptions
from udfs.extraction.html.headline import with_headline

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
