from __future__ import annotations

import pytest

from udfs.language.codes import CODE_ALIASES, SCRIPT_LANGUAGE, SHARED_SCRIPT_LANGUAGES, written_in


@pytest.mark.parametrize(
    ("language", "script", "expected"),
    [
        ("en", "Latn", True),
        ("en", "Cyrl", False),
        ("sr", "Latn", True),
        ("sr", "Cyrl", True),
        ("ru", "Latn", False),
        ("zh", "Latn", False),
        ("el", "Latn", False),
        ("fa", "Arab", True),
        ("fa", "Hebr", False),
        ("und", "Zzzz", True),
    ],
)
def test_a_language_is_accepted_only_in_its_scripts(
    language: str, script: str, expected: bool
) -> None:
    assert written_in(language, script) is expected


def test_a_script_is_either_owned_or_shared() -> None:
    assert not set(SCRIPT_LANGUAGE) & set(SHARED_SCRIPT_LANGUAGES)
    assert "Latn" not in set(SCRIPT_LANGUAGE) | set(SHARED_SCRIPT_LANGUAGES)


def test_aliases_end_in_codes_that_are_no_aliases() -> None:
    assert not set(CODE_ALIASES.values()) & set(CODE_ALIASES)
