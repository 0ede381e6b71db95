"""Pages that Chromium prints: right to left, from top to bottom, initials, raised figures, listings."""

from __future__ import annotations

import base64
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.font_builder import boxes_font
from udfs.extraction.pdf.reading import read_pdf

pytestmark = pytest.mark.browser

ARABIC = (
    "بلغت الأجرة 25 قرشا في عام 1848، ثم ارتفعت إلى 40%. "
    "استخدمت شركة Riverside Ltd قاربا جديدا (رقم 7) على النهر."
)
HEBREW = "המעבורת יוצאת בשעה 06:30 (כל יום), והנהג של Riverside Ltd מחכה ליד הכנסייה הישנה."
VERTICAL = (
    "渡し船は朝六時に出て、市の日には荷車の列が古い礼拝堂の先まで続きます。川の水が早く凍った冬のことを、"
    "村の人はだれも覚えていませんでした。"
)
SENTENCE = (
    "Every morning the ferry leaves the eastern landing shortly after six, and on market days the queue of "
    "carts reaches back past the chapel and the two old lime trees that stand beside the water and throw "
    "their shade on the road, as everybody in the village knows who ever had to wait there."
)
LISTING = "def cross(river):\n    for plank in river:\n        step(plank)\n\n    return None"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    system = shutil.which("chromium") or shutil.which("chromium-browser")
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=system, args=["--no-sandbox"])
        yield found
        found.close()


def printed(browser: Browser, body: str, style: str = "") -> str:
    """Our text of the PDF that Chromium prints of a page, in a font that has every character of it."""
    characters = body + "".join(map(chr, range(32, 127)))
    font = base64.b64encode(boxes_font("".join(c for c in characters if c.isprintable()))).decode()
    page = browser.new_page()
    try:
        page.set_content(
            f"<style>@font-face {{ font-family: Boxes; src: url(data:font/ttf;base64,{font}) }}"
            f"body {{ font: 14px/1.4 Boxes }} {style}</style>{body}"
        )
        page.evaluate("document.fonts.ready")
        return read_pdf(page.pdf()).text
    finally:
        page.close()


@pytest.mark.parametrize(("language", "text"), [("ar", ARABIC), ("he", HEBREW)])
def test_right_to_left(browser: Browser, language: str, text: str) -> None:
    body = f"<p dir=rtl lang={language}>{text}</p>"
    assert printed(browser, body) == text


def test_right_to_left_in_two_columns(browser: Browser) -> None:
    body = f"<div dir=rtl lang=ar><p>{ARABIC}</p><p>{HEBREW}</p><p>{ARABIC}</p></div>"
    text = printed(
        browser, body, "div { column-count: 2; column-gap: 40px } p { margin: 0 0 20px }"
    )
    assert " ".join(text.split()) == f"{ARABIC} {HEBREW} {ARABIC}"


@pytest.mark.parametrize("direction", ["vertical-rl", "horizontal-tb"])
def test_japanese_in_either_direction(browser: Browser, direction: str) -> None:
    body = f"<p>{VERTICAL}</p>"
    style = f"p {{ writing-mode: {direction}; height: 300px; width: 300px; line-height: 1.8 }}"
    assert printed(browser, body, style) == VERTICAL


def test_vertical_lines_with_turned_words_and_upright_figures(browser: Browser) -> None:
    body = (
        "<p>昭和<span>48</span>年に橋が開通し、Riverside社の船は休みました。"
        "それから長い年月が過ぎました。</p>"
    )
    style = "p { writing-mode: vertical-rl; height: 300px } span { text-combine-upright: all }"
    assert printed(browser, body, style) == (
        "昭和48年に橋が開通し、Riverside社の船は休みました。それから長い年月が過ぎました。"
    )


@pytest.mark.parametrize("size", ["2.4em", "3.4em", "4.6em"])
def test_initials(browser: Browser, size: str) -> None:
    style = (
        f"p::first-letter {{ float: left; font-size: {size}; line-height: .9; padding-right: 4px }}"
    )
    text = printed(browser, f"<p>{SENTENCE}</p><p>{SENTENCE}</p>", style)
    assert text == f"{SENTENCE}\n\n{SENTENCE}"


def test_narrow_justified_columns(browser: Browser) -> None:
    style = "div { column-count: 4; column-gap: 16px; text-align: justify } p { margin: 0 0 14px }"
    text = printed(browser, f"<div>{f'<p>{SENTENCE}</p>' * 6}</div>", style)
    assert " ".join(text.split()) == " ".join([SENTENCE] * 6)


def test_raised_and_lowered_figures(browser: Browser) -> None:
    body = (
        f"<p>{SENTENCE}</p><p>It holds 10<sup>6</sup> litres on 25 km<sup>2</sup>, H<sub>2</sub>O, "
        "all of it. So the chronicle says.<sup>12</sup></p>"
    )
    text = printed(browser, body).split("\n\n")[1]
    assert text == "It holds 10^6 litres on 25 km^2, H2O, all of it. So the chronicle says.[12]"


def test_a_listing(browser: Browser) -> None:
    body = f"<p>{SENTENCE}</p><pre>{LISTING}</pre><p>{SENTENCE}</p>"
    text = printed(browser, body, "p { word-spacing: -2.5px } pre { font-family: Boxes }")
    assert f"\n\n```\n{LISTING}\n```\n\n" in text


@pytest.mark.parametrize("degrees", [90, 180, 270])
def test_pages_printed_sideways(browser: Browser, degrees: int) -> None:
    body = f"<p lang=en>{SENTENCE}</p>"
    style = (
        f"p {{ transform: rotate({degrees}deg); width: 300px; margin: 200px 100px; hyphens: auto }}"
    )
    assert printed(browser, body, style) == SENTENCE


@pytest.mark.parametrize("direction", ["vertical-rl", "horizontal-tb"])
def test_readings_are_left_out_in_either_direction(browser: Browser, direction: str) -> None:
    readings = {
        "朝六時": "あさろくじ",
        "荷車": "にぐるま",
        "礼拝堂": "れいはいどう",
        "川": "かわ",
        "冬": "ふゆ",
    }
    body = VERTICAL
    for word, reading in readings.items():
        body = body.replace(word, f"<ruby>{word}<rt>{reading}</rt></ruby>")
    style = f"body {{ writing-mode: {direction} }}"
    assert printed(browser, f"<p>{body}</p>", style).replace("\n\n", "") == VERTICAL
