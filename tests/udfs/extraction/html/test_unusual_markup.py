"""What the profiles of trafilatura and Resiliparse make of whole pages with unusual markup."""

from __future__ import annotations

from pathlib import Path

import pytest

from udfs.extraction.contract import ExtractionOptions, ProfileName
from udfs.extraction.html.reading import read_html

PROFILES: tuple[ProfileName, ...] = ("quality", "balanced", "fast", "resiliparse")
FIRST = (
    "<p>The ferry leaves the eastern landing shortly after six, and on market days the queue of carts "
    "reaches back past the chapel and the two old lime trees.</p>"
)
LAST = (
    "<p>When the bridge was opened, the ferryman sold his boat to a museum and kept only the bell, which "
    "still hangs beside the kitchen door of his daughter.</p>"
)


def page(body: str) -> str:
    return (
        "<!doctype html><html lang=en><head><meta charset=utf-8><title>The ferry</title></head><body>"
        "<header><a href='/'>Home</a></header><article><h1>The ferry</h1>"
        f"{FIRST}{body}{FIRST}{LAST}</article><footer>© 2024</footer></body></html>"
    )


def read(source: str, profile: ProfileName) -> str:
    return read_html(source, options=ExtractionOptions(profile=profile)).text


def middle(body: str, profile: ProfileName) -> str:
    """What a page's text has between its first and second paragraph."""
    text = read(page(body), profile)
    return text.split("lime trees.")[1].rpartition("The ferry leaves")[0].strip()


@pytest.mark.parametrize("profile", PROFILES)
class TestEveryProfile:
    @pytest.mark.parametrize(
        ("case", "wanted", "unwanted"),
        [
            ("html_ruby/ruby.html", ["渡し船は朝六時に出て、市の日には荷車の列"], ["わた"]),
            ("html_lists_in_cells/list.html", ["10 to 12", "14 to 18", "(winter)"], []),
            ("html_lists_in_cells/dl.html", ["a thing that rings", "wood"], []),
            ("html_body_lists/shortbread.html", ["Mix the", "Roll it", "Bake the"], []),
            ("html_shadow_dom/shadow.html", ["The ferry leaves", "Nobody", "When the"], ["Home"]),
            ("html_wiki_edit_links/wiki.html", ["History\n"], ["[edit]", "[", "edit"]),
        ],
    )
    def test_cases(
        self,
        shared_data: Path,
        profile: ProfileName,
        case: str,
        wanted: list[str],
        unwanted: list[str],
    ) -> None:
        text = read((shared_data.parent / "cases" / case).read_text(), profile)
        assert [part for part in wanted if part not in text] == []
        assert [part for part in unwanted if part in text] == []

    @pytest.mark.parametrize("name", ["blog.html", "spans.html"])
    def test_listings_stand_once_in_one_fence(
        self, shared_data: Path, profile: ProfileName, name: str
    ) -> None:
        text = read((shared_data.parent / "cases/html_gutters" / name).read_text(), profile)
        code = (
            "total = 0\nfor boat in boats:\n    total += boat.length\n    if total > 200:\n"
            "        break\nprint(total)"
        )
        assert f"```\n{code}\n```" in text
        assert text.count("```") == 2
        assert text.count("total = 0") == 1

    def test_exponents_and_notes(self, profile: ProfileName) -> None:
        body = (
            "<p>It held 10<sup>6</sup> litres of H<sub>2</sub>O in 1848<sup><a href='#n'>1</a></sup>, and "
            "the 4<sup>th</sup> of x<sup>n+1</sup> as the chronicle has it in its book.</p>"
        )
        assert middle(body, profile) == (
            "It held 10^6 litres of H2O in 1848[1], and the 4th of x^(n+1) as the chronicle has it in "
            "its book."
        )

    def test_formulas_stand_once_as_tex(self, profile: ProfileName) -> None:
        tex = "\\frac{a_1}{b} * c^2 &lt; [d]"
        math = (
            "<math><semantics><mi>c</mi>"
            f"<annotation encoding='application/x-tex'>{tex}</annotation></semantics></math>"
        )
        body = (
            f"<p>As everybody knows that <span class=katex><span class=katex-mathml>{math}</span>"
            "<span class=katex-html aria-hidden=true><span>cba</span></span></span> holds here and in "
            "all other places, a half is <math><mfrac><mn>1</mn><mn>2</mn></mfrac></math>.</p>"
        )
        assert middle(body, profile) == (
            "As everybody knows that $\\frac{a_1}{b} * c^2 < [d]$ holds here and in all other places, a "
            "half is 1/2."
        )

    def test_a_drawing_has_no_words(self, profile: ProfileName) -> None:
        body = (
            "<p>Press the <svg><title>Arrow</title><text>label</text></svg>button and the bell will be "
            "heard on the other side of the river.</p>"
        )
        assert "Arrow" not in middle(body, profile)
        assert "label" not in middle(body, profile)
        assert "Press the button" in middle(body, profile)

    @pytest.mark.parametrize("tag", ["ul", "ol"])
    @pytest.mark.parametrize("wrapper", ["", "div", "div><div", "section"])
    def test_lists_beside_paragraphs_are_text(
        self, profile: ProfileName, tag: str, wrapper: str
    ) -> None:
        items = "".join(f"<li>{verb} the boat to the other side.</li>" for verb in ("Row", "Push"))
        opening = f"<{wrapper}>" if wrapper else ""
        text = read(
            f"<html><body>{opening}<h1>Ferry</h1>{FIRST}<{tag}>{items}</{tag}>{LAST}</body></html>",
            profile,
        )
        assert "Row the boat" in text
        assert "Push the boat" in text

    def test_blocks_in_cells_are_kept_apart(self, profile: ProfileName) -> None:
        body = (
            "<table><caption>Table 1: Prices</caption><tr><th>Goods</th><th>Price</th></tr>"
            "<tr><td><p>bread</p><p>dark</p></td><td>3<br>pence</td></tr>"
            "<tr><td>salt</td><td><ul><li>fine</li><li>loose</li></ul></td></tr></table>"
        )
        text = middle(body, profile)
        for part in ("Table 1: Prices", "bread", "dark", "pence", "fine", "loose"):
            assert part in text
        for glued in ("breaddark", "3pence", "fineloose", "PricesGoods"):
            assert glued not in text


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (
            "<table><caption>Table 1: Prices</caption><thead><tr><th>Goods</th><th>Price</th></tr></thead>"
            "<tr><td><p>bread</p><p>dark</p></td><td>3</td></tr><tr><td>salt</td>"
            "<td><ul><li>fine<ul><li>sea</li></ul></li><li>loose</li></ul></td></tr></table>",
            "Table 1: Prices\n\n| Goods | Price |\n|---|---|\n| bread dark | 3 |\n| salt | fine sea loose |",
        ),
        (
            "<table><tr><td><h2>Two</h2><p>First words in the box.</p><p>Second words in the box.</p>"
            "<ul><li>one</li><li>two</li></ul></td></tr></table>",
            "## Two\n\nFirst words in the box.\n\nSecond words in the box.\n\n- one\n- two",
        ),
        (
            "<table><tr><td>Text before the table.<table><tr><th>A</th><th>B</th></tr>"
            "<tr><td>c</td><td>d</td></tr></table>Text behind it.</td></tr></table>",
            "Text before the table.\n\n| A | B |\n|---|---|\n| c | d |\n\nText behind it.",
        ),
        (
            "<table><tr><th>Kind</th><th>Data</th></tr><tr><td>one</td><td>before<table><tr><td>a</td>"
            "<td>b</td></tr></table>behind</td></tr></table>",
            "| Kind | Data |\n|---|---|\n| one | before a b behind |",
        ),
        (
            "<table><thead><tr><th rowspan=2>Year</th><th colspan=2>Boats</th></tr><tr><th>in</th>"
            "<th>out</th></tr></thead><tr><td rowspan=2>1848</td><td>10</td><td>12</td></tr><tr><td>11</td>"
            "<td>13</td></tr></table>",
            "| Year | Boats |  |\n|---|---|---|\n|  | in | out |\n| 1848 | 10 | 12 |\n|  | 11 | 13 |",
        ),
        (
            "<table role=presentation><tr><td>alone</td><td>beside it</td></tr></table>",
            "alone\n\nbeside it",
        ),
    ],
    ids=["blocks", "layout", "nested", "nested in data", "spans", "role"],
)
def test_tables_of_trafilatura(body: str, text: str) -> None:
    assert middle(body, "balanced") == text


def test_a_menu_in_the_body_is_no_text() -> None:
    links = "".join(
        f"<li><a href='/{name}'>{name}</a></li>" for name in ("Home", "Archive", "About")
    )
    source = f"<html><body><ul>{links}</ul><h1>Ferry</h1>{FIRST}{LAST}</body></html>"
    for profile in PROFILES:
        assert "Archive" not in read(source, profile)
