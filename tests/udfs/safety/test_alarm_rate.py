"""Thresholds keep the rate that they promise, on the sample and on documents not seen."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from udfs.safety.alarm_rate import alarm_offsets, alarm_thresholds, documents_needed

RATES = st.floats(0.001, 0.5)


@pytest.mark.parametrize(
    ("rate", "documents"), [(0.5, 1), (0.1, 9), (0.05, 19), (0.01, 99), (0.005, 199), (0.001, 999)]
)
def test_a_rate_needs_so_many_documents(rate: float, documents: int) -> None:
    assert documents_needed(rate) == documents
    languages = np.full(documents, "en", np.object_)
    margins = np.arange(documents, dtype=float)
    assert alarm_thresholds(margins, languages, rate)["en"].margin == documents - 1
    assert alarm_thresholds(margins[1:], languages[1:], rate) == {}


@given(RATES)
def test_one_document_less_never_suffices(rate: float) -> None:
    needed = documents_needed(rate)
    languages = np.full(needed, "en", np.object_)
    margins = np.zeros(needed)
    assert alarm_thresholds(margins, languages, rate)
    assert not alarm_thresholds(margins[1:], languages[1:], rate)


@given(st.lists(st.floats(-9, 9), min_size=1, max_size=300), RATES)
def test_fewer_than_the_rate_alarm_on_the_sample(scores: list[float], rate: float) -> None:
    margins = np.array(scores)
    found = alarm_thresholds(margins, np.full(len(scores), "zh", np.object_), rate)
    for threshold in found.values():
        above = int((margins > threshold.margin).sum())
        assert above == threshold.alarms
        assert above < rate * (len(scores) + 1) * (1 + 1e-9)


def test_of_new_documents_no_more_than_the_rate_alarm() -> None:
    generator = np.random.default_rng(3)
    rates = []
    for _ in range(400):
        clean, new = generator.normal(size=199), generator.normal(size=500)
        (threshold,) = alarm_thresholds(clean, np.full(199, "en", np.object_), 0.02).values()
        rates.append((new > threshold.margin).mean())
    assert 0.015 < np.mean(rates) < 0.0215


def test_languages_have_thresholds_of_their_own_and_nan_is_no_document() -> None:
    margins = np.array([1.0, 2.0, np.nan, 5.0, 6.0, 7.0])
    languages = np.array(["en", "en", "en", "zh", "zh", None], np.object_)
    found = alarm_thresholds(margins, languages, 0.4)
    assert {code: threshold.margin for code, threshold in found.items()} == {"en": 2.0, "zh": 6.0}
    offsets = alarm_offsets({"en": 2.0, "zh": 6.0}, languages)
    assert offsets.tolist() == [2.0, 2.0, 2.0, 6.0, 6.0, 0.0]


@pytest.mark.parametrize("rate", [0.0, 1.0, -0.1, float("nan")])
def test_a_rate_that_is_none_is_refused(rate: float) -> None:
    with pytest.raises(ValueError, match="no share"):
        alarm_thresholds(np.zeros(3), np.full(3, "en", np.object_), rate)
