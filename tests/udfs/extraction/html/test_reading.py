"""Main text of pages, the second reader, structural caps, metadata."""

from __future__ import annotations

import time

import pytest

from udfs.extraction.contract import DEFAULT_OPTIONS, DocumentRefusedError, ExtractionOptions
from udfs.extraction.html.reading import read_html

SENTENCE = "Whoever cannot say what was in the data cannot say why the model lies about it. "
BALANCED = ExtractionOptions(profile="balanced")
CHROME = "<nav><ul><li><a href=/>Home</a></li><li><a href=/login>Log in</a></li></ul></nav>"


def page(body: str, head: str = "") -> str:
    return f"<!doctype html><html><head>{head}</head><body>{CHROME}{body}</body></html>"


def article(extra: str = "") -> str:
    paragraphs = "".join(f"<p>{i}. {SENTENCE * 3}</p>" for i in range(6))
    return page(
        f"<article><h1>On data</h1>{paragraphs}{extra}</article><footer>© 2026 site</footer>"
    )


@pytest.mark.parametrize(
    ("options", "extractor"), [(DEFAULT_OPTIONS, "learned"), (BALANCED, "trafilatura")]
)
def test_main_text_without_chrome(options: ExtractionOptions, extractor: str) -> None:
    document = read_html(article(), options=options)
    assert document.extractor == extractor
    assert document.text.startswith("# On data")
    assert document.text.count(SENTENCE.strip()) == 18
    assert "Log in" not in document.text


def test_tables_and_lists_are_kept_as_markdown() -> None:
    table = "<table><tr><th>Name</th><th>Age</th></tr><tr><td>Ann</td><td>7</td></tr></table>"
    document = read_html(article(f"<ul><li>one item</li><li>two items</li></ul>{table}"))
    assert "- one item\n- two items" in document.text
    assert "| Ann | 7 |" in document.text
    assert document.tables_kept == 1


@pytest.mark.parametrize(
    ("text", "extractor"),
    [
        ("<html><body>" + "<div>" * 20_000 + SENTENCE + "</div>" * 20_000, "resiliparse_all_text"),
        ("<html><body>" + "some words<br>" * 60_000, "resiliparse_all_text"),
        (f'<html><body><p title="{"x" * 11_000_000}">{SENTENCE}</p>', "resiliparse"),
    ],
)
def test_pages_that_defeat_trafilatura_are_read_in_linear_time(text: str, extractor: str) -> None:
    start = time.process_time()
    document = read_html(text, options=BALANCED)
    assert document.extractor == extractor
    assert document.text
    assert time.process_time() - start < 5  # 40 s and more without the caps


def test_too_many_tags_are_refused_with_both_numbers() -> None:
    with pytest.raises(DocumentRefusedError, match="101 tags; at most 100") as caught:
        read_html("<p>" * 101, options=ExtractionOptions(html_max_tags=100))
    assert caught.value.status == "too_complex"


@pytest.mark.parametrize("text", ["", " ", "<html></html>", "<script>x</script>", "<!--", "<" * 50])
def test_nothing_to_read_is_no_error(text: str) -> None:
    assert read_html(text).text in {"", "<" * 50}


def test_same_text_whatever_was_read_before() -> None:
    first = read_html(article())
    for other in range(20):
        read_html(article(f"<p>{SENTENCE * 4} number {other}</p>"))
    assert read_html(article()) == first


def test_a_page_that_lives_in_a_template_is_rendered() -> None:
    inner = f"<h1>Design</h1><p>{SENTENCE * 3}</p>{{{{> note}}}}<p>{SENTENCE * 3}</p>"
    text = page(
        f'<script id="t" type="text/x-handlebars-template">{inner}</script><div class="p"></div>'
    )
    document = read_html(text)
    assert document.text.count(SENTENCE.strip()) == 6
    assert "note" not in document.text
    assert read_html(page(f"<script>var a = '{SENTENCE}'</script>")).text.count(SENTENCE) == 0
