"""Gold text by a person's selectors, as the benches of extraction use it."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.extraction.selected_pages import news_pages, selected_text
from udfs.extraction.html.training.labels import words_of

PAGE = (
    "<nav>Menu</nav><div class=post><p>One two.</p><script>no()</script></div>"
    "<div class=comment><p>Three.</p></div><div class=comment><p>Four.</p></div>"
)


@pytest.mark.parametrize(
    ("selector", "words"),
    [
        (".post", "one two"),
        (".comment", "three"),
        ((".post", ".comment"), "one two three four"),
        ((".comment", ".post"), "three four one two"),
        (".missing", ""),
        ((".missing",), ""),
    ],
)
def test_text_of_selected_elements(selector: str | tuple[str, ...], words: str) -> None:
    assert words_of(selected_text(PAGE, selector)) == words.split()


def test_a_pages_own_selector_goes_before_its_sites_and_short_gold_is_left_out(
    tmp_path: Path,
) -> None:
    (tmp_path / "163").mkdir()
    story, other = "数据质量很差" * 20, "别的内容" * 30
    page = f"<div id=endText>{story}</div><div id=content>{other}</div>"
    for name in ("1.html", "9.html"):
        (tmp_path / "163" / name).write_text(page, "utf-8")
    (tmp_path / "163" / "2.html").write_text("<div id=endText>很短</div>", "utf-8")
    (tmp_path / "unknown").mkdir()
    (tmp_path / "unknown" / "1.html").write_text(page, "utf-8")
    found = news_pages(tmp_path)
    assert [(page.site, page.name, page.gold.strip()) for page in found] == [
        ("163", "163/1.html", story),
        ("163", "163/9.html", other),
    ]
    assert all(page.is_wide for page in found)
