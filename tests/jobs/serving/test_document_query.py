"""Lists of documents: each condition against the rows themselves, and addresses that say the same."""

from pathlib import Path
from urllib.parse import parse_qsl

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.runtime.errors import InputError
from jobs.serving.catalogue import STATUSES
from jobs.serving.document_query import ORDERS, DocumentQuery
from jobs.serving.served_run import ServedRun
from tests.jobs.serving.looked_at_run import make_run, rows

SIGNAL = "heuristics.words"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_run(tmp_path_factory.mktemp("query") / "run")


@pytest.fixture(scope="module")
def run(folder: Path) -> ServedRun:
    return ServedRun("run", str(folder))


def ids(run: ServedRun, **given: str) -> list[int]:
    query = DocumentQuery.read(given, run.signals())
    return [int(number) for number in run.catalogue().ids[run.places(query)]]


def test_every_document_has_the_end_that_the_run_gave_it(run: ServedRun, folder: Path) -> None:
    assert ids(run) == sorted(rows(folder, "documents"))
    assert ids(run, status="kept") == sorted(rows(folder, "corpus"))
    assert ids(run, status="quarantined") == sorted(rows(folder, "quarantined"))
    ledger = rows(folder, "dropped")
    assert ids(run, status="duplicate") == sorted(
        n for n in ledger if ledger[n]["stage"] == "dedup"
    )
    assert ids(run, status="dropped") == sorted(n for n in ledger if ledger[n]["stage"] != "dedup")
    assert sum(run.catalogue().counts().values()) == len(rows(folder, "documents"))


def test_reason_language_and_source_narrow_the_list(run: ServedRun, folder: Path) -> None:
    ledger, judged = rows(folder, "dropped"), rows(folder, "annotated")
    reason = next(iter(ledger.values()))["reason"]
    assert ids(run, reason=reason) == sorted(n for n in ledger if ledger[n]["reason"] == reason)
    assert ids(run, language="de") == sorted(
        n for n in judged if judged[n]["language"]["language"] == "de"
    )
    assert ids(run, source="FORUM.example") == sorted(
        n for n in judged if "forum.example" in (judged[n]["url"] or "")
    )
    assert ids(run, source="manuals/broken") == sorted(rows(folder, "quarantined"))
    assert ids(run, reason="no_such_reason") == []


def test_a_signals_range_is_inclusive_and_orders(run: ServedRun, folder: Path) -> None:
    judged = rows(folder, "annotated")
    words = {number: row["heuristics"]["words"] for number, row in judged.items()}
    low, high = sorted(words.values())[40], sorted(words.values())[80]
    found = ids(run, signal=SIGNAL, low=str(low), high=str(high), order="falling")
    assert sorted(found) == sorted(n for n in words if low <= words[n] <= high)
    assert [words[n] for n in found] == sorted((words[n] for n in found), reverse=True)


def test_a_sample_is_the_same_for_a_seed_and_another_for_another(run: ServedRun) -> None:
    first, again, other = (ids(run, order="random", seed=seed) for seed in ("1", "1", "2"))
    assert first == again != other
    assert sorted(first) == sorted(other) == ids(run)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"status": "keptt"}, "did you mean 'kept'"),
        ({"signal": "heuristics.word"}, "did you mean 'heuristics.words'"),
        ({"order": "rising"}, "choose a signal too"),
        ({"order": "sideways"}, "order=sideways"),
        ({"seed": "-1"}, "seed=-1"),
        ({"seed": "²"}, "seed=²"),
        ({"low": "much", "signal": SIGNAL}, "low=much: wanted a number"),
        ({"high": "nan", "signal": SIGNAL}, "high=nan: wanted a finite number"),
    ],
)
def test_what_no_list_can_be_asked_for_is_told(
    run: ServedRun, given: dict[str, str], told: str
) -> None:
    with pytest.raises(InputError) as caught:
        DocumentQuery.read(given, run.signals())
    assert told in str(caught.value)


@given(
    st.builds(
        DocumentQuery,
        status=st.sampled_from(["", *STATUSES]),
        reason=st.just("a&b=c"),
        source=st.text(max_size=5).map(str.strip),
        signal=st.just(SIGNAL),
        low=st.none() | st.integers(-9, 9).map(float),
        order=st.sampled_from(ORDERS),
        seed=st.integers(0, 99),
    )
)
def test_an_address_is_read_as_the_query_it_was_written_from(query: DocumentQuery) -> None:
    read = DocumentQuery.read(dict(parse_qsl(query.address())), [SIGNAL])
    assert read.address() == query.address()
    assert (read.source, read.low, read.order) == (query.source, query.low, query.order)


def test_a_run_that_was_made_anew_is_read_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jobs.serving.served_run.STATE_SECONDS", 0)
    folder = make_run(tmp_path / "run")
    run = ServedRun("run", str(folder))
    before = run.catalogue()
    assert run.catalogue() is before
    manifest = folder / "corpus" / "_manifest.json"
    manifest.write_text(manifest.read_text().replace('"fingerprint": "0', '"fingerprint": "1', 1))
    assert run.catalogue() is not before
    assert np.array_equal(run.catalogue().ids, before.ids)
