"""A charset is declared where browsers look for it, and nowhere else."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from udfs.extraction.charsets.declarations import (
    PRESCANNED_BYTES,
    SCANNED_BYTES,
    declared_charset,
)
from udfs.extraction.charsets.decoding import decode
from udfs.extraction.charsets.labels import encoding_of_label

KOI8 = '<meta charset="koi8-r">'
RUSSIAN = "Паром отходит в шесть утра, и в базарные дни очередь тянется до старой часовни."


@pytest.mark.parametrize(
    ("page", "charset"),
    [
        ("<meta charset=gbk>", "gbk"),
        ("<META/CHARSET='gbk'/>", "gbk"),
        ("<meta\ncharset\n=\n gbk\n>", "gbk"),
        ('<meta name=x charset = "  gbk " >', "gbk"),
        ('<meta http-equiv=Content-Type content="text/html; charset=gbk">', "gbk"),
        ("<meta content='text/html; CHARSET = \"gbk\"' http-equiv=content-type>", "gbk"),
        ("<meta http-equiv=content-type content='charset; charset=gbk;x'>", "gbk"),
        ("<!-- x --><p a=b><meta charset=gbk>", "gbk"),
        ("<!--><meta charset=gbk>", "gbk"),  # a comment may close with the hyphens it opened with
        ("<meta charset=none-such><meta charset=gbk>", "gbk"),
        ("<meta charset=gbk charset=big5>", "gbk"),
        ("<meta charset=gbk http-equiv=content-type content='charset=big5'>", "gbk"),
        ("<a =b c d='>' e=\">\"><meta charset=gbk>", "gbk"),
        ('<?xml version="1.0" encoding="gbk"?><x/>', "gbk"),
        ("\n<?xml version='1.0' encoding = 'gbk' ?><x/>", "gbk"),
        ('<?xml version="1.0" encoding="gbk"?><html><meta charset=big5>', "big5"),
        ("Warning<!doctype html><meta charset=gbk>", "gbk"),
        ("<meta charset=UTF-16LE>", "utf-8"),
        ("<meta charset=unicode>", "utf-8"),
        ('<?xml version="1.0" encoding="utf-16"?>', "utf-8"),
        ("<meta charset=x-user-defined>", "windows-1252"),
    ],
)
def test_a_declaration_is_found(page: str, charset: str) -> None:
    assert declared_charset(page.encode()) == charset


@pytest.mark.parametrize(
    "page",
    [
        f"<!-- {KOI8} -->",
        f"<!-- > {KOI8} <!-- -->",
        f"<!--{KOI8}",
        f"<!--[if IE]>{KOI8}<![endif]-->",
        f"<script>document.write('{KOI8}')</script>",
        f"<script>document.write('{KOI8}')",
        f"<style>/* {KOI8} */</style >",
        f"<TITLE>How to write {KOI8}</TITLE>",
        f"<textarea>{KOI8}</textarea>",
        f"<noframes>{KOI8}</noframes>",
        "<meta name=description content='how to declare charset=koi8-r'>",
        "<meta http-equiv=refresh content='0; charset=koi8-r'>",
        "<meta http-equiv=content-type content='charset=\"koi8-r'>",
        f"<img alt='{KOI8}'>",
        f"<img alt={KOI8.replace(' ', '/')}>",
        "<a href=/?charset=koi8-r>x</a>",
        "<metadata charset=koi8-r>",
        "</meta charset=koi8-r>",
        f"<?php echo {KOI8} ?>",
        f"<! {KOI8}",
        "<meta charset=koi8-r",
        '<meta charset="koi8-r>',
        f"In pages you write {KOI8} in front.",
        "<x/><?xml version='1.0' encoding='koi8-r'?>",
        "<?xml version='1.0'?> encoding='koi8-r'>",
        "<meta charset=none-such>",
        "<meta charset=cp500>",  # EBCDIC would make something of any bytes
    ],
)
def test_what_only_looks_like_a_declaration_is_none(page: str) -> None:
    assert declared_charset(page.encode()) is None


def test_behind_the_first_bytes_only_the_head_declares() -> None:
    filler = "<script>" + "x" * PRESCANNED_BYTES + "</script>"
    assert declared_charset(f"<html><head>{filler}{KOI8}".encode()) == "koi8-r"
    assert declared_charset(f"<html><head>{filler}</head>{KOI8}".encode()) is None
    assert declared_charset(f"<html><body>{filler}{KOI8}".encode()) is None
    assert declared_charset(f"<html><body>{KOI8}".encode()) == "koi8-r"
    far = "<script>" + "x" * SCANNED_BYTES + "</script>"
    assert declared_charset(f"<head>{far}{KOI8}".encode()) is None


@given(
    st.lists(
        st.sampled_from(
            [
                b"<!--", b"-->", b"<meta", b" charset=", b"gbk", b">", b'"', b"'", b"=", b"/", b" ",
                b"<script>", b"</script>", b"<?xml", b" encoding=", b"</", b"<!", b"\x00", b"\xe9",
            ]
        ),
        max_size=40,
    )
)  # fmt: skip
@settings(max_examples=300, deadline=None)
def test_whatever_the_markup_the_answer_is_a_label_or_none(parts: list[bytes]) -> None:
    label = declared_charset(b"".join(parts))
    assert label is None or encoding_of_label(label) == "gb18030"


@pytest.mark.parametrize(
    "part", [b"<a ", b"<", b"<!--", b"<a b ", b" /", b"<script>", b"encoding="]
)
def test_no_markup_takes_long(part: bytes) -> None:
    # Quadratic work on 16 KB would be some seconds; the time is left to the runner's own limit.
    assert declared_charset(b"<?xml <a " + part * 20_000) is None


def test_what_is_not_declared_leaves_the_page_to_the_next_declaration_or_the_detector() -> None:
    page = f"<html><head><!-- {KOI8} --><meta charset=windows-1251></head><p>{RUSSIAN}</p>"
    assert decode(page.encode("cp1251")) == (page, "cp1251", 0.0)
    undeclared = f"<html><head><!-- {KOI8} --></head><p>{RUSSIAN}</p>"
    assert decode(undeclared.encode("cp1251")).text == undeclared


@pytest.mark.real_data
def test_commented_declarations_of_the_shared_cases(shared_data: Path) -> None:
    for name, charset in {"ru": "cp1251", "zh": "gb18030"}.items():
        content = (shared_data.parent / f"cases/charset_in_comment/{name}.html").read_bytes()
        assert decode(content) == (content.decode(charset), charset, 0.0)
