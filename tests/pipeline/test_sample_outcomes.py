"""Each document of the sample crawl ends where it has to, and the ledger says why."""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.conftest import REPOSITORY
from tests.sample_run import FinishedRun, expected_documents

pytestmark = pytest.mark.spark

DOCUMENTS = expected_documents()
SINGLE = [document for document in DOCUMENTS if document["outcome"] != "one_kept"]


class Ends:
    """Where every document of a run ended, by address or file."""

    def __init__(self, run: FinishedRun) -> None:
        self.corpus = self._keyed(run.rows("corpus"), run)
        self.dropped = self._keyed(run.rows("dropped"), run)
        self.quarantined = self._keyed(run.rows("quarantined"), run)

    @staticmethod
    def _keyed(rows: list[dict[str, Any]], run: FinishedRun) -> dict[str, list[dict[str, Any]]]:
        keyed: dict[str, list[dict[str, Any]]] = {}
        for row in rows:
            keyed.setdefault(row["url"] or "", []).append(row)
            below = str(Path(row["source"]).relative_to(run.inputs[0]))
            keyed.setdefault(below, []).append(row)
        return keyed


@pytest.fixture(scope="module")
def ends(finished_run: FinishedRun) -> Ends:
    return Ends(finished_run)


def key_of(document: dict[str, Any]) -> str:
    return str(document["url"] or document["file"])


def where(ends: Ends, key: str) -> str:
    places = [
        f"{name}: {[(row.get('reason') or row.get('status'), row.get('reasons')) for row in rows]}"
        for name, place in vars(ends).items()
        if (rows := place.get(key))
    ]
    return "; ".join(places) or "nowhere"


@pytest.mark.parametrize("document", SINGLE, ids=lambda d: f"{d['case']}:{key_of(d)[-60:]}")
def test_a_document_ends_where_it_has_to(ends: Ends, document: dict[str, Any]) -> None:
    key = key_of(document)
    reasons = {reason for row in ends.dropped.get(key, []) for reason in row["reasons"]}
    statuses = {row["status"] for row in ends.quarantined.get(key, [])}
    if document["outcome"] in ("kept", "cleaned"):
        assert key in ends.corpus, where(ends, key)
    else:
        allowed = reasons & set(document.get("reasons", ()))
        named = statuses & set(document.get("statuses", ()))
        assert allowed or named, where(ends, key)


@pytest.mark.parametrize(
    "document",
    [d for d in SINGLE if d.get("contains") and d["outcome"] in ("kept", "cleaned")],
    ids=lambda d: f"{d['case']}:{key_of(d)[-60:]}",
)
def test_a_kept_text_holds_its_story_once(ends: Ends, document: dict[str, Any]) -> None:
    texts = ["".join(row["text"].split()) for row in ends.corpus[key_of(document)]]
    for phrase in document["contains"]:
        assert max(text.count("".join(phrase.split())) for text in texts) == 1, phrase
    for phrase in document.get("absent", ()):
        assert not any("".join(phrase.split()) in text for text in texts), phrase


def test_of_each_group_of_copies_one_survives(ends: Ends) -> None:
    groups: dict[str, list[str]] = {}
    for document in DOCUMENTS:
        if document["outcome"] == "one_kept":
            groups.setdefault(document["group"], []).append(key_of(document))
    assert len(groups) >= 3
    kept = {group: sum(key in ends.corpus for key in keys) for group, keys in groups.items()}
    assert kept == dict.fromkeys(groups, 1)


def test_no_menu_or_banner_reaches_the_corpus(ends: Ends) -> None:
    path = REPOSITORY / "examples" / "expected_outcomes.yaml"
    phrases = yaml.safe_load(path.read_text(encoding="utf-8"))["site_chrome"]
    pages = [row for rows in ends.corpus.values() for row in rows if row["format"] == "html"]
    found = Counter(phrase for row in pages for phrase in phrases if phrase in row["text"])
    assert found == Counter()
