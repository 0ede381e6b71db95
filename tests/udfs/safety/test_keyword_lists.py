from __future__ import annotations

import pytest

from tests.conftest import REPOSITORY
from udfs.safety.keyword_lists import KeywordList, parse_keyword_list
from udfs.safety.obfuscation import INVISIBLE_CHARACTERS, normalise_for_matching

LEXICONS = REPOSITORY / "conf" / "lexicons"
VALID = """\
format: 1
language: en
matching: word
groups:
  - {category: spam, severity: 1, entries: [Online  Casino, ＰＯＲＮ]}
allow: [Food Porn]
"""


def parsed(content: str) -> KeywordList:
    return parse_keyword_list(content.encode(), "list.yaml")


def shipped(name: str) -> KeywordList:
    return parse_keyword_list((LEXICONS / f"{name}.yaml").read_bytes(), name)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("PoRn", "porn"),
        ("ｐｏｒｎ", "porn"),
        ("𝐩𝐨𝐫𝐧", "porn"),
        ("po\u200brn", "porn"),
        ("po\u00adrn", "porn"),
        ("约\ufeff炮", "约炮"),
        ("ＡＶ女", "av女"),
        ("plain text", "plain text"),
    ],
)
def test_disguises_are_undone(text: str, expected: str) -> None:
    assert normalise_for_matching(text) == expected


def test_no_invisible_character_survives() -> None:
    assert normalise_for_matching(f"a{INVISIBLE_CHARACTERS}é") == "aé"


def test_a_list_is_loaded_normalised() -> None:
    loaded = parsed(VALID)
    assert [keyword.text for keyword in loaded.keywords] == ["online  casino", "porn"]
    assert loaded.keywords[0].category == "spam"
    assert loaded.keywords[0].severity == 1
    assert loaded.keywords[0].whole_word
    assert loaded.allow == ("food porn",)


def test_single_characters_of_unspaced_lists_are_ignored_and_reported() -> None:
    content = "format: 1\nlanguage: zh\nmatching: substring\ngroups:\n" + (
        "  - {category: x, severity: 2, entries: [性, 约炮]}\n"
    )
    loaded = parsed(content)
    assert [keyword.text for keyword in loaded.keywords] == ["约炮"]
    assert loaded.ignored == ("性",)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("format: 1", "format: 2", "this version reads 1"),
        ("language: en", "language: 3", "wanted an ISO 639-1 code"),
        ("matching: word", "matching: fuzzy", "wanted one of"),
        ("severity: 1", "severity: 9", "group 1: severity is 9"),
        ("severity: 1, ", "", "group 1 has to have exactly the keys"),
        ("category: spam", "category: 5", "group 1: category is 5"),
        ("[Online  Casino, ＰＯＲＮ]", "[12]", "group 1: entries has to be a list of texts"),
        ("[Online  Casino, ＰＯＲＮ]", "[]", "group 1: entries has to be a list of texts"),
        ("allow: [Food Porn]", "allow: yes", "allow has to be a list of texts"),
        ("allow: [Food Porn]", "permit: [x]", "unknown keys"),
        (VALID, "- just\n- words\n", "wanted a mapping"),
        (VALID, "a: [", "is no YAML in UTF-8"),
        (VALID, "format: 1\nlanguage: en\nmatching: word\ngroups: []\n", "at least one group"),
    ],
)
def test_a_faulty_list_is_refused_by_name_and_fault(old: str, new: str, message: str) -> None:
    with pytest.raises(ValueError, match=r"list\.yaml") as caught:
        parsed(VALID.replace(old, new))
    assert message in str(caught.value)


@pytest.mark.parametrize("name", ["unsafe-en", "unsafe-zh"])
def test_every_shipped_list_loads_with_every_entry(name: str) -> None:
    loaded = shipped(name)
    assert len(loaded.keywords) > 30
    assert not loaded.ignored
    assert {keyword.severity for keyword in loaded.keywords} == {1, 2, 3}


@pytest.mark.parametrize("name", ["unsafe-en", "unsafe-zh"])
def test_every_allowed_phrase_of_a_shipped_list_protects_from_an_entry(name: str) -> None:
    loaded = shipped(name)
    entries = [keyword.text for keyword in loaded.keywords]
    idle = [phrase for phrase in loaded.allow if not any(entry in phrase for entry in entries)]
    assert not idle
