"""References find their members in every spelling that producers are known for, and no others."""

from __future__ import annotations

import unicodedata
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from udfs.extraction.epub.member_names import MemberNames


@pytest.mark.parametrize(
    ("member", "reference"),
    [
        ("OEBPS/a.xhtml", "a.xhtml"),
        ("OEBPS/a.xhtml", "a.xhtml#part-2"),
        ("OEBPS/a.xhtml", "a.xhtml?page=2#x"),
        ("OEBPS/a.xhtml", "./x/../a.xhtml"),
        ("OEBPS/a.xhtml", "/OEBPS/a.xhtml"),
        ("OEBPS/a.xhtml", "/a.xhtml"),
        ("OEBPS/Text/a.xhtml", "Text\\a.xhtml"),
        ("OEBPS\\Text\\a.xhtml", "Text/a.xhtml"),
        ("OEBPS/Text/A.XHTML", "text/a.xhtml"),
        ("OEBPS/kap 1.xhtml", "kap%201.xhtml"),
        ("OEBPS/kap%201.xhtml", "kap%201.xhtml"),
        ("OEBPS/kap%201.xhtml", "kap 1.xhtml"),
        ("OEBPS/kap 1.xhtml", "kap%25201.xhtml"),
        ("OEBPS/a#b.xhtml", "a%23b.xhtml"),
        ("OEBPS/what?.xhtml", "what%3F.xhtml"),
        ("OEBPS/what?.xhtml", "what?.xhtml"),
        ("OEBPS/" + unicodedata.normalize("NFD", "Brücke.xhtml"), "Br%C3%BCcke.xhtml"),
        ("OEBPS/Brücke.xhtml", unicodedata.normalize("NFD", "BRÜCKE.xhtml")),
        ("OEBPS/Brücke.xhtml".encode().decode("cp437"), "Brücke.xhtml"),
        ("cover.xhtml", "../cover.xhtml"),
    ],
)
def test_spellings(member: str, reference: str) -> None:
    assert MemberNames([member, "OEBPS/other.xhtml"]).find("OEBPS", reference) == member


@pytest.mark.parametrize(
    "reference",
    [
        None,
        "",
        "#x",
        "b.xhtml",
        "../../a.xhtml",
        "file:///OEBPS/a.xhtml",
        "https://x.org/a.xhtml",
        "..",
    ],
)
def test_nothing_is_found_elsewhere(reference: str | None) -> None:
    assert MemberNames(["OEBPS/a.xhtml", "a.xhtml"]).find("OEBPS", reference) in {None, "a.xhtml"}
    assert MemberNames(["OEBPS/a.xhtml"]).find("OEBPS", reference) is None


def test_the_letter_counts_before_the_form() -> None:
    names = MemberNames(["OEBPS/A.xhtml", "OEBPS/a.xhtml", "OEBPS/a%20.xhtml", "OEBPS/a .xhtml"])
    assert names.find("OEBPS", "a.xhtml") == "OEBPS/a.xhtml"
    assert names.find("OEBPS", "A.xhtml") == "OEBPS/A.xhtml"
    assert names.find("OEBPS", "a%20.xhtml") == "OEBPS/a .xhtml"


@given(
    st.text(st.characters(exclude_characters="/\\#?%:\x00", exclude_categories=["Cs"]), min_size=1)
)
def test_whatever_a_member_is_called_its_quoted_name_finds_it(name: str) -> None:
    member = f"OEBPS/x{name}.xhtml"
    assert MemberNames([member]).find("OEBPS", quote(f"x{name}.xhtml")) == member
