"""Two orders of documents compared: correlations, groups, and the documents that differ most."""

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from jobs.ablation.score_facts import FEWEST, rank_correlation, score_facts
from tests.scored_run import RULES


def scores(kenlm: list[float], bits: list[float], **given: Any) -> pa.Table:
    count = len(kenlm)
    columns = {
        "id": list(range(count)), "language": ["en"] * count, "seen_share": [0.0] * count,
        "perplexity_bucket": ["head"] * count, "reasons": [[]] * count, "flags": [[]] * count,
        "kenlm_nats_a_token": kenlm, "bits_a_byte": bits, "nats_a_token": [2 * one for one in bits],
    } | given  # fmt: skip
    lists = pa.list_(pa.string())
    columns |= {name: pa.array(columns[name], lists) for name in ("reasons", "flags")}
    return pa.table(columns)


UP = [float(number) for number in range(40)]


def test_one_order_correlates_wholly_and_the_opposite_one_against_it() -> None:
    for sign in (1, -1):
        found = rank_correlation(np.array(UP), sign * np.exp(np.array(UP) / 10))
        assert found is not None
        assert [found[name] for name in ("rho", "low", "high")] == pytest.approx([sign] * 3)


def test_the_interval_is_that_of_its_source() -> None:
    # Bonett and Wright: tanh(atanh(rho) -+ 1.96 sqrt((1 + rho^2 / 2) / (n - 3))).
    values = np.arange(53.0)
    others = values.copy()
    others[::2] = others[::2][::-1]
    found = rank_correlation(values, others)
    assert found is not None
    reach = 1.96 * np.sqrt((1 + found["rho"] ** 2 / 2) / 50)
    assert np.arctanh(found["high"]) - np.arctanh(found["rho"]) == pytest.approx(reach)
    assert found["low"] < found["rho"] < found["high"]


@pytest.mark.parametrize("count", [0, 1, FEWEST - 1])
def test_few_documents_tell_nothing(count: int) -> None:
    assert rank_correlation(np.arange(float(count)), np.arange(float(count))) is None


def test_equal_losses_tell_nothing() -> None:
    assert rank_correlation(np.ones(30), np.arange(30.0)) is None


def test_documents_that_disagree_most_come_first() -> None:
    bits = [*UP]
    bits[3], bits[37] = 60.0, -1.0  # hard for the reference though easy for KenLM, and the opposite
    facts = score_facts(scores(UP, bits), RULES)
    easier, harder = (facts["disagreements"][name] for name in ("easier", "harder"))
    assert harder[0]["id"] == 3
    assert (harder[0]["rank"], harder[0]["kenlm_rank"]) == (1.0, pytest.approx(3 / 39))
    assert easier[0]["id"] == 37
    assert all(row["rank"] < row["kenlm_rank"] for row in easier)
    assert not {row["id"] for row in easier} & {row["id"] for row in harder}


def test_what_was_trained_on_is_judged_only_where_little_else_is() -> None:
    seen = [0.9] * 15 + [0.0] * 25
    (english,) = score_facts(scores(UP, UP, seen_share=seen), RULES)["languages"]
    assert (english["documents"], english["unseen"], english["judged_unseen"]) == (40, 25, True)
    (bucket,) = english["groups"]
    assert (bucket["documents"], bucket["bits_a_byte"]) == (25, 27.0)
    seen = [0.9] * 30 + [0.0] * 10
    (english,) = score_facts(scores(UP, UP, seen_share=seen), RULES)["languages"]
    assert (english["unseen"], english["judged_unseen"]) == (10, False)
    assert english["groups"][0]["documents"] == 40


def test_rules_on_perplexity_are_groups_and_others_are_not() -> None:
    reasons = [["too_few_words"]] * 36 + [["perplexity_tail"]] * 4
    buckets = ["head"] * 20 + ["tail"] * 20
    table = scores(UP, UP, reasons=reasons, perplexity_bucket=buckets)
    (english,) = score_facts(table, RULES)["languages"]
    assert [group["name"] for group in english["groups"]] == ["head", "tail", "perplexity_tail"]
    head, _, rule = english["groups"]
    assert rule["documents"] == 4
    assert rule["rank"] == pytest.approx(37.5 / 39)
    assert head["rank"] == pytest.approx(9.5 / 39)


def test_languages_are_ranked_apart_and_small_ones_not_at_all() -> None:
    languages: list[str | None] = ["en"] * 20 + ["zh"] * 18 + [None] * 2
    facts = score_facts(scores(UP, UP[::-1], language=languages), RULES)
    assert [one["language"] for one in facts["languages"]] == ["en", "zh", "und"]
    assert facts["languages"][1]["correlations"] == {"bits_a_byte": None, "nats_a_token": None}
    assert facts["languages"][1]["groups"][0]["rank"] is None
    told = [row for rows in facts["disagreements"].values() for row in rows]
    assert {row["language"] for row in told} == {"en"}
