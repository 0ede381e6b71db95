"""Numbers of an ablation from losses and texts: bits a byte, repetition, phrases, differences."""

import math

import numpy as np
import pytest

from jobs.ablation.ablation_facts import ablation_facts, occurrences, repeated_share
from jobs.ablation.arm_training import Measured
from jobs.ablation.held_out_choice import HeldOut

KEPT = np.array([True, False, True])
HELD_OUT = HeldOut(
    [],
    KEPT,
    np.array([10, 1000, 30]),
    {"all": KEPT, "language en": np.array([True, False, False])},
    {},
)
LOOP = "to find out what happens next, listen to the next chapter; " * 8
STORY = "the keeper wrote down the weather, then every ship, and last of all the price of oil"


def measured(bits: float, texts: list[str]) -> Measured:
    nats = np.array([10.0, 1e9, 30.0]) * bits * math.log(2)
    return Measured(nats, [texts], np.array([1.0, 3.0]) * bits * math.log(2))


def test_facts_of_two_arms() -> None:
    arms = {
        "raw": [measured(2.0, [LOOP, STORY]), measured(2.2, [LOOP, LOOP])],
        "cleaned": [measured(1.0, [STORY, STORY]), measured(1.2, [STORY, STORY])],
    }
    facts = ablation_facts(arms, HELD_OUT, ["listen to the next chapter"])
    everything, english = facts["bits"]
    assert (everything["bytes"], english["bytes"]) == (40, 10)
    for row in (everything, english):
        assert [arm["mean"] for arm in row["arms"]] == pytest.approx([2.1, 1.1])
        assert [arm["spread"] for arm in row["arms"]] == pytest.approx([math.sqrt(0.02)] * 2)
    repeated, phrases, again = facts["behaviour"]
    assert [arm["mean"] for arm in phrases["arms"]] == [6.0, 0.0]
    assert repeated["arms"][0]["mean"] > 0.7 > repeated["arms"][1]["mean"] == 0.0
    assert [arm["mean"] for arm in again["arms"]] == pytest.approx([4.2, 2.2])
    bits, _, counted, _ = facts["comparisons"]
    assert (bits["arm"], bits["baseline"], bits["measure"]) == ("cleaned", "raw", "bits a byte")
    assert bits["mean"] == pytest.approx(-1.0)
    assert bits["is_told"]
    assert not counted["is_told"]  # 4 and 8 times: two seeds that differ so tell nothing


def test_texts_that_are_too_short_for_a_signal_have_none() -> None:
    assert repeated_share(["", "two words"]) == 0.0
    assert repeated_share([LOOP, ""]) == repeated_share([LOOP])


def test_phrases_are_counted_without_overlap() -> None:
    assert occurrences(["ababab", "ab"], ["ab", "ba"]) == 6 / 2
    assert occurrences([], ["ab"]) == 0
