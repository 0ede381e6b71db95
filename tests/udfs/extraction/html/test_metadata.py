"""What pages say of themselves."""

from __future__ import annotations

import pytest
from lxml import html as lxml_html

from udfs.extraction.html.metadata import PageMetadata, read_metadata


def metadata(head: str, body: str = "<p>x</p>", attributes: str = "") -> PageMetadata:
    page = f"<html {attributes}><head>{head}</head><body>{body}</body></html>"
    return read_metadata(lxml_html.document_fromstring(page))


@pytest.mark.parametrize(
    ("head", "body", "title"),
    [
        ("<title>Head | Site</title>", "<h1>Head</h1>", "Head"),
        ("<title>Site - Head line</title>", "<h1>Head line</h1>", "Head line"),
        ('<meta property="og:title" content=" A  B "><title>C</title>', "", "A B"),
        ("", "<h1>Only heading</h1>", "Only heading"),
        ("<title>One</title>", "<h1>A</h1><h1>B</h1>", "One"),
        ("", "", None),
    ],
)
def test_title(head: str, body: str, title: str | None) -> None:
    assert metadata(head, body).title == title


@pytest.mark.parametrize(
    ("head", "author"),
    [
        ('<meta name="author" content="Ann">', "Ann"),
        ('<meta property="article:author" content="https://example.org/ann">', None),
        (
            '<script type="application/ld+json">{"author":[{"name":"A"},{"name":"B"}]}</script>',
            "A, B",
        ),
        ('<script type="application/ld+json">{broken</script>', None),
        (f'<script type="application/ld+json">{"[" * 90_000}</script>', None),
    ],
)
def test_author(head: str, author: str | None) -> None:
    assert metadata(head).author == author


@pytest.mark.parametrize(
    ("head", "body", "date"),
    [
        ('<meta property="article:published_time" content="2024-02-29T10:00Z">', "", "2024-02-29"),
        ('<meta name="date" content="20240105">', "", "2024-01-05"),
        ('<meta name="date" content="2023-02-30">', "", None),  # no such day
        ('<meta name="date" content="soon">', '<time datetime="2020-03-04">x</time>', "2020-03-04"),
        (
            '<script type="application/ld+json">'
            '{"@graph":[{"@type":"NewsArticle","datePublished":"2019-08-07T01:02:03"}]}</script>',
            "",
            "2019-08-07",
        ),
    ],
)
def test_date(head: str, body: str, date: str | None) -> None:
    assert metadata(head, body).date == date


@pytest.mark.parametrize(
    ("attributes", "head", "language"),
    [
        ('lang="zh_CN"', "", "zh-CN"),
        ("", '<meta property="og:locale" content="de_DE">', "de-DE"),
        ('lang="{{ lang }}"', '<meta http-equiv="content-language" content="fr">', "fr"),
        ("", "", None),
    ],
)
def test_language(attributes: str, head: str, language: str | None) -> None:
    assert metadata(head, attributes=attributes).language == language


def test_addresses() -> None:
    found = metadata(
        '<link rel="canonical" href="https://example.org/a">',
        '<a rel="license nofollow" href="https://creativecommons.org/licenses/by/4.0/">cc</a>',
    )
    assert found.canonical_url == "https://example.org/a"
    assert found.licence_url == "https://creativecommons.org/licenses/by/4.0/"
    assert metadata('<link rel="canonical" href="javascript:alert(1)">').canonical_url is None
