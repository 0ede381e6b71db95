"""The truth that benches score against, and the generator, against plain Python."""

from __future__ import annotations

import itertools

import numpy as np
import pyarrow as pa
import pytest

from bench.dedup.synthetic_families import generate, generate_batches
from bench.dedup.truth import all_pairs_truth, family_truth, score_removed
from tests.jobs.dedup_documents import families, similarity


def test_all_pairs_from_one_half_on_are_found_and_no_others() -> None:
    texts = families(8, seed=3)
    truth = all_pairs_truth(pa.array(texts))
    found = {
        (min(pair), max(pair)): value
        for *pair, value in zip(
            truth.first.tolist(), truth.second.tolist(), truth.similarity, strict=True
        )
    }
    pairs = itertools.combinations(range(len(texts)), 2)
    expected = {pair: similarity(texts[pair[0]], texts[pair[1]]) for pair in pairs}
    expected = {pair: value for pair, value in expected.items() if value >= 0.5}
    assert len(expected) > 60
    assert found == pytest.approx(expected)


def test_families_hold_all_similar_pairs_of_a_generated_corpus() -> None:
    corpus = generate(400)
    texts = corpus.table["text"].combine_chunks()
    within, among_all = family_truth(texts, corpus.family), all_pairs_truth(texts)
    assert sorted(within.similarity) == pytest.approx(sorted(among_all.similarity))
    assert len(within.similarity) > 40


def test_a_corpus_is_the_same_however_it_is_cut() -> None:
    whole = generate(500, seed=9)
    parts = list(generate_batches(500, seed=9, batch=130))
    assert (
        pa.concat_tables(part.table for part in parts)["text"].to_pylist()
        == whole.table["text"].to_pylist()
    )
    assert np.concatenate([part.family for part in parts]).tolist() == whole.family.tolist()
    assert generate(500, seed=8).table["text"][0] != whole.table["text"][0]


def test_a_generated_corpus_has_the_structure_it_promises() -> None:
    corpus = generate(4000)
    texts = corpus.table["text"].to_pylist()
    in_families = (corpus.family >= 0).mean()
    assert 0.12 < in_families < 0.18
    assert 60 < (corpus.family == 0).sum() < 100
    assert 40 < len(texts) - len(set(texts)) < 250
    assert 2000 < np.mean([len(text) for text in texts]) < 3200


def test_recall_counts_pairs_of_which_not_both_stay() -> None:
    truth = all_pairs_truth(pa.array(["a b c d e f g h i j"] * 3 + ["k l m n o p q"]))
    assert score_removed(truth, np.array([1, 2]), 0.7)["recall"] == 1.0
    facts = score_removed(truth, np.array([2, 3]), 0.7)
    assert facts["recall"] == pytest.approx(2 / 3, abs=1e-4)
    assert (facts["no_partner_0.7"], facts["removed"]) == (1, 2)
