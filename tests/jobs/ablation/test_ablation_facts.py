"""Numbers of an ablation from losses and texts: bits a byte, repetition, phrases, differences."""

import math

import numpy as np
import pytest

from jobs.ablation.ablation_facts import ablation_facts, occurrences, repeated_share
from jobs.ablation.arm_training import Measured
from jobs.ablation.held_out_choice import HeldOut
from jobs.ablation.memorised_text import SharedRuns

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
    said_again = np.array([1.0, 3.0]) * bits * math.log(2)
    recited = np.array([bits / 10, 1.0, np.nan])
    return Measured(nats, [texts], [[1] * 10, [2] * 30], said_again, recited, recited * 2)


def runs(*shares: float) -> tuple[SharedRuns, SharedRuns]:
    """Two models that wrote 10 and 30 tokens each; of held-out text they wrote nothing."""
    own = SharedRuns(np.array(shares), np.array([10, 30] * 2), [], None)
    return own, own._replace(shares=np.zeros(4))


RUNS = {"raw": runs(1.0, 0.2, 0.0, 0.4), "cleaned": runs(0.0, 0.0, 0.0, 0.2)}


def test_facts_of_two_arms() -> None:
    arms = {
        "raw": [measured(2.0, [LOOP, STORY]), measured(2.2, [LOOP, LOOP])],
        "cleaned": [measured(1.0, [STORY, STORY]), measured(1.2, [STORY, STORY])],
    }
    facts = ablation_facts(arms, HELD_OUT, ["listen to the next chapter"], RUNS)
    everything, english = facts["bits"]
    assert (everything["bytes"], english["bytes"]) == (40, 10)
    for row in (everything, english):
        assert [arm["mean"] for arm in row["arms"]] == pytest.approx([2.1, 1.1])
        assert [arm["spread"] for arm in row["arms"]] == pytest.approx([math.sqrt(0.02)] * 2)
    repeated, phrases, again, of_own, of_held_out, own, held_out = facts["behaviour"]
    assert [arm["mean"] for arm in phrases["arms"]] == [6.0, 0.0]
    assert repeated["arms"][0]["mean"] > 0.7 > repeated["arms"][1]["mean"] == 0.0
    assert [arm["mean"] for arm in again["arms"]] == pytest.approx([4.2, 2.2])
    assert [arm["values"] for arm in of_own["arms"]] == [
        pytest.approx([0.4, 0.3]), pytest.approx([0, 0.15])
    ]  # fmt: skip
    assert [arm["mean"] for arm in of_held_out["arms"]] == [0, 0]
    # Of held-out segments those that count, and of all those that are long enough.
    assert [arm["mean"] for arm in held_out["arms"]] == pytest.approx([0.21, 0.11])
    assert [arm["mean"] for arm in own["arms"]] == pytest.approx([(0.42 + 2) / 2, (0.22 + 2) / 2])
    bits, _, counted, *_ = facts["comparisons"]
    assert (bits["arm"], bits["baseline"], bits["measure"]) == ("cleaned", "raw", "bits a byte")
    assert bits["mean"] == pytest.approx(-1.0)
    assert bits["is_told"]
    assert not counted["is_told"]  # 4 and 8 times: two seeds that differ so tell nothing


def test_documents_too_short_to_be_written_on_are_left_out() -> None:
    one = measured(2.0, [STORY])
    without = one._replace(recited=np.full(3, np.nan), recited_own=np.full(2, np.nan))
    facts = ablation_facts(
        {"a": [without] * 2, "b": [without] * 2},
        HELD_OUT,
        [],
        {"a": RUNS["raw"], "b": RUNS["cleaned"]},
    )
    assert len(facts["behaviour"]) == 3
    assert facts["comparisons"]


def test_texts_that_are_too_short_for_a_signal_have_none() -> None:
    assert repeated_share(["", "two words"]) == 0.0
    assert repeated_share([LOOP, ""]) == repeated_share([LOOP])


def test_phrases_are_counted_without_overlap() -> None:
    assert occurrences(["ababab", "ab"], ["ab", "ba"]) == 6 / 2
    assert occurrences([], ["ab"]) == 0
