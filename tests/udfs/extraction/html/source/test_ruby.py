"""Readings of ruby kept in brackets, in the source and in what every reader of pages makes of it."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from udfs.extraction.contract import ExtractionOptions
from udfs.extraction.html.profiles import HTML_PROFILES
from udfs.extraction.html.reading import read_html
from udfs.extraction.html.source.ruby import with_readings

PAGE = (
    "<html lang=ja><head><title>渡し船</title></head><body><article><h1>渡し船の村</h1>"
    + "<p><ruby>渡<rp>(</rp><rt>わた</rt><rp>)</rp></ruby>し船は朝六時に出て、市の日には荷車の列が古い"
    "礼拝堂の先まで続きます。川の水が早く凍った冬のことを、村の人はだれも覚えていませんでした。</p>"
    * 6
    + "</article></body></html>"
)


@pytest.mark.parametrize(
    ("source", "written"),
    [
        ("<ruby>渡<rt>わた</rt></ruby>し", "渡（わた）し"),
        ("<ruby>漢<rp>(</rp><rt>かん</rt><rp>)</rp>字<rt>じ</rt></ruby>", "漢（かん）字（じ）"),
        ("<ruby><rb>東<rb>京<rt>とう<rt>きょう</ruby>へ", "東京（とう）（きょう）へ"),
        ("<ruby>東京<rtc><rt>Tokyo</rt></rtc></ruby>へ", "東京(Tokyo)へ"),
        ("<ruby>東京<rtc>Tokyo</rtc></ruby>へ", "東京(Tokyo)へ"),
        ("<ruby><ruby>攻<rt>こう</rt></ruby><rt>Ghost</rt></ruby>機", "攻（こう）(Ghost)機"),
        ("<RUBY class=a>北<RT lang=zh>ㄅㄟˇ</RT></RUBY>", "北(ㄅㄟˇ)"),
        ("<ruby>渡<rt> </rt></ruby>し", "渡し"),
        ("<ruby>渡<rt><b>わた</b></rt></ruby>し", "渡（わた）し"),
        ("<p><ruby>漢<rt>かん<p>next", "<p>漢（かん）<p>next"),
        ("<p>a <rt>no ruby</rt> b<ruby></ruby>", "<p>a <rt>no ruby</rt> b"),
        (
            "<!-- <ruby>渡<rt>わた</rt></ruby> --><ruby></ruby>",
            "<!-- <ruby>渡<rt>わた</rt></ruby> -->",
        ),
        ("<script>'<ruby>渡<rt>わた'</script>", "<script>'<ruby>渡<rt>わた'</script>"),
        ("no ruby at all", "no ruby at all"),
    ],
)
def test_readings_stand_in_brackets(source: str, written: str) -> None:
    assert with_readings(source) == written


@pytest.mark.parametrize("profile", sorted(HTML_PROFILES))
def test_every_profile_keeps_them_where_they_are_wanted(profile: str) -> None:
    kept = read_html(PAGE, options=ExtractionOptions(profile=profile, ruby_readings=True)).text  # type: ignore[arg-type]
    assert "渡（わた）し船は朝六時に" in kept
    dropped = read_html(PAGE, options=ExtractionOptions(profile=profile)).text  # type: ignore[arg-type]
    assert "渡し船は朝六時に" in dropped
    assert "わた" not in dropped


TAGS = ["<ruby>", "</ruby>", "<rt>", "</rt>", "<rtc>", "<rb>", "<p>", "<b>", "渡", "わ"]


@given(st.lists(st.sampled_from(TAGS), max_size=30).map("".join))
def test_no_base_text_is_lost_and_no_ruby_is_left(source: str) -> None:
    written = with_readings(source)
    assert "<ruby>" not in written
    assert written.count("渡") == source.count("渡")


def test_hostile_pages_take_linear_time() -> None:
    started = time.process_time()
    for source in (
        "<ruby><rt>" * 100_000,
        "<ruby>" + "<script " * 50_000,
        "<ruby>" + "<!--" * 100_000,
    ):
        with_readings(source)
    assert time.process_time() - started < 5
