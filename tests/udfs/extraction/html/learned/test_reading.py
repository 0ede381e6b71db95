"""The profile `learned`: its contract, pages made to break it, mutations, exact characters."""

from __future__ import annotations

import gzip
import random
import re
import time
from pathlib import Path

import numpy as np
import pytest
from resiliparse.parse.html import HTMLTree, NodeType

from udfs.extract_document import extract
from udfs.extraction.charsets.decoding import decode
from udfs.extraction.contract import ExtractionOptions
from udfs.extraction.html.blocks.page_blocks import segment
from udfs.extraction.html.learned.features import BLOCK_FIELDS
from udfs.extraction.html.learned.model import (
    BlockModel,
    judge_blocks,
    read_block_model,
    shipped_model,
)
from udfs.extraction.html.learned.reading import MinimumChances, holds_likeliest, learned_text
from udfs.extraction.html.training.class_words import no_class_odds
from udfs.learning.boosted_trees import BoostedTrees

LEARNED = ExtractionOptions(profile="learned")
SENTENCE = "Whoever cannot say what was in the data cannot say why the model lies about it. "
PAGE = (
    "<!doctype html><html lang=en><head><title>On data | Site</title><meta name=author content='Ann B'>"
    '<script type=\'application/ld+json\'>{"@type": "Article", "datePublished": "2024-05-06"}</script>'
    "</head><body><nav><ul><li><a href=/>Home</a><li><a href=/in>Log in</a></ul></nav>"
    "<article><h1>On data</h1>"
    + "".join(f"<p>{number}. {SENTENCE * 3}</p>" for number in range(6))
    + "<pre>a\n  b</pre></article><footer><a href=/c>Contact</a> © 2026 site</footer></body></html>"
)


def test_text_metadata_and_provenance() -> None:
    found = extract(PAGE.encode(), options=LEARNED)
    assert (found.status, found.extractor) == ("ok", "learned")
    assert found.extractor_version == shipped_model().version
    assert found.text.count(SENTENCE.strip()) == 18
    assert "Log in" not in found.text
    assert "Contact" not in found.text
    assert (found.title, found.author) == ("On data", "Ann B")
    assert (found.date, found.language) == ("2024-05-06", "en")


def model_of_first_tree(chances: list[float]) -> BlockModel:
    """Gives the blocks of a page these probabilities, by their place on it."""
    places = np.arange(len(chances) - 1, dtype=np.float32) / len(chances) + 0.01
    column = [field.name for field in BLOCK_FIELDS].index("place_block_share")
    odds = np.log(np.array(chances, np.float32) / (1 - np.array(chances, np.float32)))
    trees = BoostedTrees(
        np.full((len(places), 1), column, np.int32),
        places[:, None],
        np.stack([np.zeros(len(places), np.float32), np.diff(odds)], axis=1),
        odds[:1],
    )
    return BlockModel(no_class_odds(), trees, trees)


@pytest.mark.parametrize(
    ("text", "link", "kept"),
    [
        (0.0, 0.0, ["one", "two"]),
        (0.5, 0.0, ["one", "two"]),
        (0.0, 0.5, ["one", "two"]),
        (0.0, 0.6, ["one"]),
        (1.1, 0.5, ["two"]),
        (1.1, 0.6, []),
    ],
)
def test_blocks_must_have_a_share_of_what_the_likeliest_has(
    text: float, link: float, kept: list[str]
) -> None:
    model = model_of_first_tree([0.9, 0.49, 0.01])
    page = segment("<p>one<p><a href=x>two</a><p>three")
    judged = judge_blocks(page, model)
    assert learned_text(page, judged, MinimumChances(text, link)).split() == kept


@pytest.mark.parametrize("level", [0.9, 0.45])
def test_an_article_that_the_model_doubts_is_not_cut_to_a_few_sentences(level: float) -> None:
    chances = [level, *[0.55 * level] * 8, 0.01]
    page = segment("".join(f"<p>{SENTENCE}{number}" for number in range(10)))
    judged = judge_blocks(page, model_of_first_tree(chances))
    text = learned_text(page, judged, MinimumChances(0.5, 0.75))
    assert text.count(SENTENCE.strip()) == 9


FENCED = ["one", "```", "two", "```"]


@pytest.mark.parametrize(
    ("chance", "before", "kept"),
    [
        (0.2, 0.9, FENCED),
        (0.05, 0.9, FENCED),
        (0.02, 0.9, ["one"]),
        (0.2, 0.02, [*FENCED[1:], "last"]),
        (0.05, 0.02, ["last"]),
    ],
)
def test_listings_are_kept_behind_kept_text_or_where_they_are_likely(
    chance: float, before: float, kept: list[str]
) -> None:
    chances = [before, chance, 0.9 if before < 0.5 else 0.01, 0.01]
    page = segment(f"<p>one<pre>two</pre><p>last<p>{'three ' * 50}")
    judged = judge_blocks(page, model_of_first_tree(chances))
    assert learned_text(page, judged, MinimumChances(0.5, 0.5)).split() == kept


@pytest.mark.parametrize(
    ("page", "chances", "kept"),
    [
        ("<p>one<p>Figure 1<pre>two</pre><p>last", [0.9, 0.2, 0.5, 0.01], ["one", "Figure 1", "two"]),
        ("<pre>two</pre><p>and<p>then<pre>three</pre><p>last", [0.5, 0.2, 0.2, 0.5, 0.01],
         ["two", "and", "then", "three"]),
        ("<pre>two</pre><p>Reply<p>one<p>last", [0.5, 0.05, 0.9, 0.01], ["two", "one"]),
        ("<p>one<p>Figure 1<p>two<p>last", [0.9, 0.2, 0.9, 0.01], ["one", "two"]),
        ("<p>one<p>a<p>b<p>c<p>d<p>e<pre>two</pre><p>last", [0.9, *[0.2] * 5, 0.5, 0.01], ["one", "two"]),
        ("<p>one<p>Figure 1<pre>two</pre><p>last", [0.9, 0.05, 0.05, 0.01], ["one", "two"]),
        ("<p>one<p>a<p>b<p>c<p>d<p>e<pre>two</pre><p>last", [0.9, *[0.02] * 5, 0.05, 0.01], ["one"]),
        ("<p>one<p>Figure 1<pre>two</pre><p>last", [0.9, 0.2, 0.01, 0.01], ["one"]),
    ],
)  # fmt: skip
def test_the_few_blocks_beside_a_listing_belong_to_it(
    page: str, chances: list[float], kept: list[str]
) -> None:
    blocks = segment(page)
    judged = judge_blocks(blocks, model_of_first_tree(chances))
    lines = learned_text(blocks, judged, MinimumChances(0.5, 0.5)).splitlines()
    assert [line for line in lines if line and line != "```"] == kept


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("> Whoever cannot say", True),
        ("WHOEVER\ncannot say!", True),
        ("Me too. I agree.", False),
        ("", False),
    ],
)
def test_posts_that_lack_the_likeliest_text_are_comments(text: str, holds: bool) -> None:
    page = segment("<h1>On data</h1><p>Whoever cannot say<p>Me too. I agree.")
    judged = judge_blocks(page, model_of_first_tree([0.1, 0.9, 0.6]))
    assert holds_likeliest(text, page, judged) == holds


def test_posts_are_taken_where_nothing_is_likely() -> None:
    page = segment("")
    assert holds_likeliest("Me too.", page, judge_blocks(page, shipped_model()))


def test_an_article_is_not_given_up_for_its_comments() -> None:
    comments = "".join(
        f"<div class=comment-content><p>{word}, I say, and have said it before.</p></div>"
        for word in ("Yes", "No", "Me too")
    )
    page = PAGE.replace("</article>", f"</article><div class=forum-post>{comments}</div>")
    found = extract(page.encode(), options=LEARNED)
    assert found.extractor == "learned"
    assert found.text.count(SENTENCE.strip()) == 18


def test_the_script_is_that_of_the_likeliest_text() -> None:
    page = segment(f"<p>数据数据数据数据<ul>{'<li>January 2022' * 30}</ul>")
    judged = judge_blocks(page, model_of_first_tree([0.9, *[0.6] * 30]))
    assert judged.wide_share == 1


LONG = (
    "The ferry over the sound leaves at six in the morning, whatever the weather is, and comes back at"
    " noon with the mail."
)


@pytest.mark.parametrize(
    ("page", "times"),
    [
        (f"<p>{LONG}<div class=mobile><p>{LONG}</div>", 1),
        (f"<section><p>{LONG}</section><p>{LONG}<div><p>{LONG}</div>", 1),
        (f"<ul><li>{LONG}<li>{LONG}</ul>", 2),
        (f"<p>{LONG}<blockquote>{LONG} It does.</blockquote>", 2),
        (f"<pre>{LONG}</pre><div><pre>{LONG}</pre></div>", 2),
        (f"<p>{LONG}<table><tr><th>a<th>b<tr><td>c<td>{LONG}</table>", 2),
        ("<p>The ferry leaves at six.<div><p>The ferry leaves at six.</div>", 2),
    ],
)
def test_running_text_that_a_page_holds_in_two_places_comes_once(page: str, times: int) -> None:
    blocks = segment(page + "<p>end")
    judged = judge_blocks(blocks, model_of_first_tree([0.9] * (len(blocks.blocks) - 1) + [0.01]))
    text = learned_text(blocks, judged)
    assert text.count(LONG) + text.count("leaves at six.") == times


def test_listings_are_kept_or_dropped_whole_and_numbers_of_lines_do_not_count() -> None:
    table = "<table><tr><td><pre>1\n2</pre><td><pre><div>a</div><div>b</div></pre></table>"
    page = segment(f"<p>text{table}<p>foot")
    for likely in (0.9, 0.01):
        judged = judge_blocks(page, model_of_first_tree([0.9, 0.01, 0.2, likely / 4, 0.01]))
        kept = "```\na\nb\n```" in learned_text(page, judged)
        assert kept, likely
    judged = judge_blocks(page, model_of_first_tree([0.01, 0.9, 0.02, 0.02, 0.9]))
    assert "```" not in learned_text(page, judged)


TABLE = "<table><tr><th>Name<th>Age<tr><td>Ann<td>7</table>"


@pytest.mark.parametrize(
    ("table", "chances", "cells"),
    [
        (TABLE, [0.9, 0.5, 0.01, 0.5, 0.01, 0.01], ["Name", "Age", "Ann", "7"]),
        (TABLE, [0.9, 0.5, 0.01, 0.01, 0.01, 0.01], []),
        (TABLE.replace("th>", "td>"), [0.9, 0.5, 0.01, 0.5, 0.01, 0.01], ["Name", "Ann"]),
        (TABLE + "<table><td>x</table>", [0.9, 0.5, 0.5, 0.5, 0.5, 0.01, 0.01], ["Name", "Age", "Ann", "7"]),
    ],
)  # fmt: skip
def test_tables_with_header_cells_are_kept_or_dropped_whole(
    table: str, chances: list[float], cells: list[str]
) -> None:
    page = segment(f"<p>text{table}<p>foot")
    found = learned_text(page, judge_blocks(page, model_of_first_tree(chances)))
    assert re.findall(r"\w+", found) == ["text", *cells]


@pytest.mark.parametrize("content", [b"", b"PK", b"not a zip" * 20])
def test_a_broken_model_is_named_with_the_next_step(content: bytes) -> None:
    with pytest.raises(ValueError, match="train-extractor"):
        read_block_model(content)


@pytest.mark.parametrize(
    "page",
    [
        "<div>" * 50_000 + SENTENCE + "</div>" * 50_000,
        "some words<br>" * 49_000,
        "<svg>" * 200_000 + SENTENCE * 3,
        "<p>" + SENTENCE * 60_000,
        f'<p>{SENTENCE * 4}<a href="{SENTENCE * 50_000}',
        "</div></p></td>" * 100_000 + SENTENCE * 3,
        "<table><tr><td>" * 15_000 + SENTENCE,
        "<!--" * 400_000 + SENTENCE,
        "<" * 490_000,
        "<p>" + "&" * 4_000_000,
        "<p>" + "&CounterClockwiseContourIntegra" * 150_000,
        "<title>" * 100_000,
        "<textarea>x<xmp>" * 200_000 + SENTENCE,
        "<ul><li>x" * 24_000,
        "<ul><li>x" * 200_000,
        "<p " + "a=b " * 1_000_000 + ">" + SENTENCE * 4,
    ],
    ids=lambda page: page[:16],
)
def test_hostile_pages_end_within_two_seconds(page: str) -> None:
    extract(PAGE.encode(), options=LEARNED)  # compiles
    content = f"<html><body>{page}".encode()
    started = time.process_time()
    found = extract(content, options=LEARNED)
    assert time.process_time() - started < 2
    assert found.status in {"ok", "empty"}


@pytest.mark.slow
def test_ten_thousand_mutations_raise_nothing() -> None:
    draw = random.Random(9)
    tokens = [
        b"<",
        b">",
        b"</",
        b"<table>",
        b"<td>",
        b"</p>",
        b"<pre>",
        b"&#",
        b"\x00",
        b"\xff",
        b"'",
        b"<!--",
    ]
    for _ in range(10_000):
        content = bytearray(PAGE.encode()[: draw.randrange(200, len(PAGE))])
        for _ in range(draw.randrange(1, 12)):
            place = draw.randrange(len(content))
            content[place : place + draw.randrange(6)] = draw.choice(tokens)
        found = extract(bytes(content), options=LEARNED, known_format="html")
        assert found.status in {"ok", "empty", "decode_error"}, found.detail


# No text for a reader: neither do browsers show it, or only as a control.
UNREAD = frozenset(
    {
        "script",
        "style",
        "svg",
        "math",
        "select",
        "canvas",
        "rp",
        "iframe",
        "noembed",
        "noframes",
        "xmp",
    }
    | {"textarea", "title", "template", "head"}
)
BLANKS = re.compile(r"[\s\x00-\x20\xa0]+")


def parsed_text(page: str) -> str:
    """Text nodes of lexbor's tree in document order, without blanks."""
    parts: list[str] = []
    pending = [HTMLTree.parse(page).document]
    while pending:
        node = pending.pop()
        if node.type == NodeType.TEXT:
            parts.append(node.value or "")
        elif node.tag not in UNREAD:
            pending.extend(reversed(list(node.child_nodes)))
    return BLANKS.sub("", "".join(parts))


@pytest.mark.real_data
def test_blocks_hold_the_characters_of_an_html_parser(shared_data: Path) -> None:
    """Every block's characters occur in the parser's text; nearly every page is the same throughout.

    What differs: lexbor moves misplaced text out of tables, and we do not.
    """
    blocks = found = same = 0
    paths = sorted((shared_data / "wcxb_dev/html").glob("*.html.gz"))[::25]
    for path in paths:
        page = decode(gzip.decompress(path.read_bytes())).text
        expected = parsed_text(page)
        texts = [BLANKS.sub("", text).replace("`", "") for text in segment(page).texts()]
        plain = expected.replace("`", "")
        blocks += len(texts)
        found += sum(text in plain for text in texts)
        same += "".join(texts) == plain
    assert found >= 0.999 * blocks
    assert same >= 0.9 * len(paths)


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("name", "wanted", "unwanted"),
    [
        ("html_gutters/blog.html", "```\ntotal = 0\nfor boat in boats:\n    total +=", "\n2\n"),
        ("html_gutters/spans.html", "```\ntotal = 0\nfor boat in boats:\n    total +=", "2 for"),
        ("html_ruby/ruby.html", "渡し船は朝六時に出て、市の日には荷車の列が続きます。", "わた"),
        ("html_shadow_dom/shadow.html", "kitchen door of his daughter.", "Home"),
        ("html_wiki_edit_links/wiki.html", "## History\n", "edit"),
        ("html_lists_in_cells/list.html", "| Mon | 10 to 12 14 to 18 |", "Archive"),
        ("html_lists_in_cells/dl.html", "| Bell | noun a thing that rings |", "Archive"),
        ("html_body_lists/shortbread.html", "- Roll", "<li>"),
    ],
)
def test_shared_cases(shared_data: Path, name: str, wanted: str, unwanted: str) -> None:
    text = extract((shared_data.parent / "cases" / name).read_bytes(), options=LEARNED).text
    assert wanted in text
    assert unwanted not in text
