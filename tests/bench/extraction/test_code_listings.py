"""Which listings of a page come out whole."""

from __future__ import annotations

from bench.extraction.code_listings import gold_listings, whole_listings

PAGE = (
    "<pre>not this</pre><main><table><tr><td class=gutter><pre>1<br>2</pre><td><pre>a:<br>  b</pre></table>"
    "<pre><b>c</b>\n\nd </pre><pre> </pre></main>"
)


def test_listings_of_an_element_without_numbers() -> None:
    assert gold_listings(PAGE, "main") == ["a:\n  b", "c\n\nd "]
    assert gold_listings(PAGE, ".none") == []


def test_a_listing_is_whole_in_one_fence_with_its_indentation() -> None:
    wanted = gold_listings(PAGE, "main")
    assert whole_listings("```\na:\n  b\n```\n\ntext\n\n````\nc\n\nd\n````", wanted) == 2
    assert whole_listings("```\na:\nb\n```\n\n```\nc\n```\n\n```\nd\n```", wanted) == 0
