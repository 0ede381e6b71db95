"""The file of documents to leave out: what it may say, and the sentence for every fault."""

from pathlib import Path

import pytest

from jobs.recipes.exclusions import excluding_rules
from jobs.recipes.recipe import ExcludeSettings
from jobs.recipes.rules import Listed
from jobs.runtime.errors import SettingsError


def rules_of(folder: Path, text: str) -> list[Listed | None]:
    path = folder / "exclusions.yaml"
    path.write_text(text, encoding="utf-8")
    return [rule.listed for rule in excluding_rules(ExcludeSettings(file=str(path)))]


def test_without_a_file_there_is_no_rule() -> None:
    assert excluding_rules(ExcludeSettings()) == []


def test_documents_are_named_by_address_or_by_file_and_record(tmp_path: Path) -> None:
    text = (
        "documents:\n- url: https://b.example/\n  note: wrong\n- url: https://a.example/\n"
        "- source: dump.jsonl\n  record: 3\n- url: https://a.example/\n"
    )
    assert rules_of(tmp_path, text) == [
        Listed(urls=("https://a.example/", "https://b.example/"), records=(("dump.jsonl", 3),))
    ]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("documents: [{}]", "give url alone, or source and record together"),
        ("documents: [{source: x}]", "give url alone, or source and record together"),
        ("documents: [{url: x, source: y, record: 1}]", "give url alone"),
        ("documents: [{url: x, recrod: 1}]", "documents.0.recrod"),
        ("documents: [{source: x, record: -1}]", "documents.0.record"),
        ("other: []", "documents: Field required"),
        ("", "file: "),
        ("documents: [", "is no YAML"),
    ],
)
def test_a_fault_is_told_with_its_place(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(SettingsError, match=r"exclusions\.yaml") as caught:
        rules_of(tmp_path, text)
    assert told in str(caught.value)


def test_a_file_that_is_missing_or_no_text_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="no such file"):
        excluding_rules(ExcludeSettings(file=str(tmp_path / "gone.yaml")))
    (tmp_path / "bytes").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SettingsError, match="cannot be read"):
        excluding_rules(ExcludeSettings(file=str(tmp_path / "bytes")))
